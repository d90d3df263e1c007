"""Headers of messages: words, parameters, addresses, ids and dates."""

from datetime import UTC, datetime

import pytest

from tickets.mail import addresses, headers
from tickets.mail.addresses import Address
from tickets.tests.timing import takes_linear_time


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("=?UTF-8?B?R3LDvMOfZQ==?= an =?iso-8859-1?q?J=F6rg?=", "Grüße an Jörg"),
        # Adjacent words are one text, even if a character is split between them.
        ("=?utf-8?q?Gr=C3?= =?utf-8?q?=BC=C3=9Fe?=", "Grüße"),
        ("=?utf-8?q?one_?=\t=?utf-8?q?two?=", "one two"),
        ("=?utf-8*en?q?with_language?=", "with language"),
        # Broken words: blanks, missing padding, an unknown charset, bytes that are no text.
        ("=?utf-8?q?with blanks?=", "with blanks"),
        ("=?utf-8?b?R3LDvMOfZQ?=", "Grüße"),
        ("=?no-such-charset?q?plain?=", "plain"),
        ("=?utf-8?q?a=FFb?=", "a\ufffdb"),
        ("=?utf-8?x?never closed", "=?utf-8?x?never closed"),
        ("=?gb2312?b?1tDOxA==?=", "中文"),
        ("=?ks_c_5601-1987?b?x9GxuQ==?=", "한국"),
        ("=?utf-8?q?a=00b=0D=0Ac?=", "ab c"),
    ],
)
def test_encoded_words_are_decoded(value, text):
    assert headers.decode_words(value) == text


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ('attachment; filename="a;b.txt"', "a;b.txt"),
        ("attachment; filename*=utf-8''Gr%C3%BC%C3%9Fe.txt", "Grüße.txt"),
        ("attachment; filename*0*=utf-8''Gr%C3%BC; filename*1=sse.txt", "Grüsse.txt"),
        ('attachment; filename*1="two.txt"; filename*0="one-"', "one-two.txt"),
        ('attachment; filename="=?utf-8?q?Gr=C3=BC=C3=9Fe.txt?="', "Grüße.txt"),
        (r'attachment; filename="a\"b.txt"', 'a"b.txt'),
        ("attachment; filename=no quotes.txt", "no quotes.txt"),
        ('attachment; filename="never closed.txt', "never closed.txt"),
    ],
)
def test_parameters_are_decoded(value, name):
    assert headers.parameters(value) == ("attachment", {"filename": name})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("kim@example.org", [("", "kim@example.org")]),
        ('"Doe, Jane" <j@x.org>, k@x.org', [("Doe, Jane", "j@x.org"), ("", "k@x.org")]),
        ("=?utf-8?q?M=C3=B6ller=2C_Kim?= <k@example.org>", [("Möller, Kim", "k@example.org")]),
        ("k@example.org (Kim (of sales))", [("Kim of sales", "k@example.org")]),
        ("team: a@example.org, b@example.org;", [("", "a@example.org"), ("", "b@example.org")]),
        ("<@relay.example.org:k@example.org>", [("", "k@example.org")]),
        ('"k@example.org" <k@example.org>', [("k@example.org", "k@example.org")]),
        ("=?utf-8?q?Kim_=3Ck=40example=2Eorg=3E?=", [("Kim", "k@example.org")]),
        ('"never closed <k@example.org>', [("never closed", "k@example.org")]),
        ("undisclosed-recipients:;", []),
        ("nobody", []),
        ("", []),
    ],
)  # fmt: skip
def test_addresses_are_found(value, expected):
    assert addresses.parse(value) == tuple(Address(*item) for item in expected)


def test_ids_keep_their_order_and_come_once():
    value = "<a@x> text <b@x> <a@x> <with blank@x> <>"
    assert headers.message_ids(value) == ("<a@x>", "<b@x>")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Mon, 5 Jan 2026 12:00:00 +0100", datetime(2026, 1, 5, 11, tzinfo=UTC)),
        ("Thu, 1 Jan 1970 00:00:00 +0000", datetime(1970, 1, 1, tzinfo=UTC)),
        ("5 Jan 2026 12:00", datetime(2026, 1, 5, 12, tzinfo=UTC)),
        ("Mon, 32 Jan 2026 12:00:00 +0100", None),
        ("Fri, 31 Dec 9999 23:59:59 -1200", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_dates_that_do_not_exist_are_none(value, expected):
    assert headers.date(value) == expected


@pytest.mark.parametrize(
    "part", ["=?utf-8?q?a?= ", "=?", "=?a?q?", "a@", '"', "(", "<a@b>,", ":", ";", "\\", "a@b:"]
)
def test_headers_take_linear_time(part):
    assert takes_linear_time(headers.decode_words, part)
    assert takes_linear_time(addresses.parse, part)
    assert takes_linear_time(headers.parameters, f";{part}")
    assert takes_linear_time(headers.message_ids, part)
