"""Hostile and broken messages: read as well as possible, in time and memory that are bounded."""

import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tickets.mail.mime import Flag
from tickets.mail.reader import read
from tickets.tests.mail.messages import message, multipart

PLAIN = "Content-Type: text/plain\n\n"
MAX_SECONDS = 10  # a busy machine; alone each takes less than one
PIECES = [
    *(b"From: Kim <kim@example.org>\n", b"Subject: =?utf-8?q?a?=\n", b"\n", b"\r\n", b"--b\n"),
    *(b"--b--\n", b'Content-Type: multipart/mixed; boundary="b"\n', b"Content-Type: text/html\n"),
    *(b"Content-Type: message/rfc822\n", b"Content-Type: message/delivery-status\n", b"<p>Hi</p>"),
    *(b"Content-Transfer-Encoding: base64\n", b"Content-Type: application/ms-tnef\n", b"\x00\xff"),
    *(b"Final-Recipient: rfc822; a@example.org\nStatus: 5.1.1\n", b"Auto-Submitted: x\n", b" "),
    *(b"Return-Path: <>\n", b"Date: Mon, 99\n", b"+2AA-"),
    b"Content-Type: text/plain; charset=utf-7\n",
]  # fmt: skip


MANY_HEADERS = b"".join(b"X-%d: y\n" % n for n in range(1_000_000)) + b"\nThe text."
MIXED = b'Content-Type: multipart/mixed; boundary="b"\n\n'


def nested(depth, content=b"Content-Type: text/plain\n\nDeep text.\n"):
    heads = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (level, level)
        for level in range(depth)
    )
    return heads + content


@pytest.mark.parametrize(
    ("raw", "flag"),
    [
        (MANY_HEADERS, Flag.TOO_MANY_HEADERS),
        (b"X: y\n" + b" z\n" * 1_000_000 + b"\nThe text.", Flag.TOO_MANY_HEADERS),
        (message("The text.", "To: " + "x@example.org,\n " * 1000), None),
        (nested(50), Flag.TOO_DEEP),
        (nested(100_000), Flag.TOO_DEEP),
        (multipart(*[f"{PLAIN}x"] * 5000), Flag.TOO_MANY_PARTS),
        (MIXED + b"--b\n\n" * 500_000, Flag.TOO_MANY_PARTS),
        (b"From: " + b"(" * 1_000_000, None),
        (b"\n" * 5_000_000, None),
        (b"x" * 30_000_000, Flag.TOO_LARGE),
        (b"Content-Type: text/html\n\n" + b"<div>" * 1_000_000, None),
        (b"Content-Type: text/html\n\n" + b"<" * 3_000_000, None),
    ],
)  # fmt: skip
def test_hostile_messages_end_soon(raw, flag):
    start = time.process_time()
    parsed = read(raw)
    assert time.process_time() - start < MAX_SECONDS
    assert flag is None or flag in parsed.flags


def test_padding_takes_no_more_room_than_the_message():
    """Each piece between padding is an object, and a large message has millions of them."""
    raw = b"Content-Transfer-Encoding: base64\n\n" + b"QQ=" * 1_000_000
    tracemalloc.start()
    try:
        read(raw)
        assert tracemalloc.get_traced_memory()[1] < 10 * len(raw)
    finally:
        tracemalloc.stop()


def test_a_text_below_too_many_headers_is_read():
    raw = b"".join(b"X-%d: y\n" % n for n in range(5000)) + b"\nThe text."
    assert read(raw).text == "The text."


def test_many_recipients_are_read():
    raw = message("Hi", "To: " + ", ".join(f"u{number}@example.org" for number in range(1000)))
    assert len(read(raw).to) == 1000


def test_what_is_too_deep_is_an_attachment():
    (file,) = read(nested(50)).attachments
    assert b"Deep text." in file.content


def test_memory_is_bounded():
    tracemalloc.start()
    read(MANY_HEADERS)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000_000


@pytest.mark.parametrize(
    ("raw", "text", "flags"),
    [
        (multipart(f"{PLAIN}Text.")[: -len("--b--\n")], "Text.", {Flag.NO_CLOSING_BOUNDARY}),
        (b"Content-Type: multipart/mixed\n\n--x\n\nText.\n--x--\n", "Text.", {Flag.NO_BOUNDARY}),
        (b"Content-Type: multipart/mixed; boundary=y\n\nText.", "Text.", {Flag.NO_BOUNDARY}),
        (b"Content-Type: nonsense\n\nText.", "Text.", set()),
        (b"Content-Type: text/plain\n\nText.", "Text.", set()),
        (b"From kim@example.org Mon Jan  5\nSubject: a\n\nText.", "Text.", set()),
        (b"Subject: a\nno header\n\nText.", "no header\n\nText.", set()),
        (b"Subject: a\nwrapped\nX: y\n\nText.", "Text.", set()),
        (b"Subject: a\rX: y\r\rText.", "Text.", set()),
        (b"Subject: a\r\r\nX: y\r\r\n\r\r\nText.", "Text.", set()),
        (b"Just text.", "Just text.", set()),
    ],
)
def test_broken_messages_lose_no_text(raw, text, flags):
    parsed = read(raw)
    assert parsed.text.strip() == text
    assert parsed.flags == flags


def test_similar_boundaries_are_told_apart():
    raw = multipart(f"{PLAIN}One.\n--bb\nstill one.\n--b b", f"{PLAIN}Two.")
    assert read(raw).text == "One.\n--bb\nstill one.\n--b b\n\nTwo."


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.binary(max_size=20), max_size=30).map(b"".join))
def test_reading_never_raises_and_loses_no_text(raw):
    parsed = read(raw, authserv_id="mx.example.org")
    assert "".join(segment.text for segment in parsed.folding.segments) == parsed.text
    for text in (parsed.text, parsed.subject, parsed.plain, parsed.html, parsed.message_id):
        text.encode()
        assert "\0" not in text


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0\r")))
def test_a_plain_text_arrives_as_it_was_written(text):
    text = text.replace("\n", " ")
    parsed = read(message(text))
    assert parsed.text == (text if text.strip() else "")
