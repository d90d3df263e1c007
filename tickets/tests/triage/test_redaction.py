"""What a model never gets, however it is spelt."""

import html
import re
import secrets
import time
import uuid
from urllib.parse import quote, unquote

import pytest
from django.core import signing
from hypothesis import given
from hypothesis import strategies as st

from tickets.models.tokens import ApiToken
from tickets.triage.redaction import IBAN_CHARS, normalised, outgoing, redact
from tickets.triage.results import Classification
from tickets.triage.signed_suggestions import sign

ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
INVISIBLE = "\u00ad\u200b\u200d\u2060\ufeff\u200e\ufe0f\u034f\U000e0041"
PASSWORD_CHARS = ALPHANUMERIC + "!#$%&*+-./:;<=>?@^_~"


def characters(count: int, alphabet: str = ALPHANUMERIC) -> st.SearchStrategy[str]:
    return st.text(alphabet, min_size=count, max_size=count)


def fullwidth(text: str) -> str:
    return "".join(chr(ord(each) + 0xFEE0) if "!" <= each <= "~" else each for each in text)


def bold(text: str) -> str:
    """Return the text with the letters and digits of mathematics."""
    starts = {"A": 0x1D400, "a": 0x1D41A, "0": 0x1D7CE}
    return "".join(
        chr(ord(each) - ord(first) + starts[first])
        if (first := "A" if each.isupper() else "a" if each.islower() else "0")
        and each.isascii()
        and each.isalnum()
        else each
        for each in text
    )


def with_invisible(text: str) -> str:
    return "".join(
        f"{each}{INVISIBLE[position % len(INVISIBLE)]}" for position, each in enumerate(text)
    )


def with_codes(text: str) -> str:
    return "".join(
        (f"&#{ord(each)};", f"&#x{ord(each):x};", each)[position % 3]
        for position, each in enumerate(text)
    )


SPELLINGS = (
    str,
    fullwidth,
    bold,
    with_invisible,
    with_codes,
    html.escape,
    lambda text: quote(text, safe=""),
    lambda text: "".join(f"%{each:02x}" for each in text.encode()),
    lambda text: with_codes(with_invisible(text)),
    lambda text: quote(fullwidth(text)),
)


def links() -> st.SearchStrategy[str]:
    secret = characters(22, ALPHANUMERIC + "-_")
    token = st.builds(lambda each: signing.dumps([each, "x"], salt="tickets.test"), st.integers())
    return st.one_of(
        secret.map(lambda each: f"https://desk.example.org/t/{each}/"),
        secret.map(lambda each: f"/t/{each}/attachments/{uuid.UUID(int=7)}/"),
        token.map(lambda each: f"https://desk.example.org/confirm/{each}/"),
        *(
            characters(39, ALPHANUMERIC.lower()).map(
                f"https://desk.example.org/{page}/MTI/{{0:.6}}-{{0:.32}}/".format
            )
            for page in ("invitation", "reset")
        ),
    )


def api_keys() -> st.SearchStrategy[str]:
    word = characters(24)
    return st.one_of(
        word.map("sk-{}".format),
        word.map("sk-proj-{}".format),
        word.map("sk_live_{}".format),
        characters(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567").map("AKIA{}".format),
        characters(36).map("ghp_{}".format),
        characters(60).map("github_pat_{}".format),
        characters(43, ALPHANUMERIC + "-_").map("desk_{}".format),
        st.tuples(word, word, word).map(lambda parts: "eyJ{}.eyJ{}.{}".format(*parts)),
    )


def luhn(digits: str) -> str:
    """Return the digits with their check digit."""
    doubled = [sum(divmod(2 * int(digit), 10)) for digit in digits[::-2]]
    return f"{digits}{-(sum(map(int, digits[-2::-2])) + sum(doubled)) % 10}"


@st.composite
def cards(draw) -> str:
    prefix, length = draw(st.sampled_from([("4", 16), ("51", 16), ("2221", 16), ("37", 15)]))
    digits = luhn(prefix + draw(characters(length - len(prefix) - 1, "0123456789")))
    between = draw(st.sampled_from(["", " ", "-", "\u2013", "\u00a0", ".", "  ", " - ", ", "]))
    groups = [digits[:4], digits[4:10], digits[10:]] if length == 15 else []
    groups = groups or [digits[start : start + 4] for start in range(0, length, 4)]
    return between.join(groups)


@st.composite
def ibans(draw) -> str:
    country = draw(st.sampled_from(sorted(IBAN_CHARS)))
    account = draw(characters(IBAN_CHARS[country] - 4, ALPHANUMERIC[:26] + "0123456789"))
    remainder = int("".join(str(int(each, 36)) for each in f"{account}{country}00")) % 97
    number = f"{country}{98 - remainder:02}{account}"
    between = draw(st.sampled_from(["", " ", "-", "\u00a0"]))
    number = between.join(number[start : start + 4] for start in range(0, len(number), 4))
    return draw(st.sampled_from([number, number.lower()]))


@st.composite
def emails(draw) -> str:
    name = draw(characters(8, ALPHANUMERIC[:52])) + draw(st.sampled_from(["", ".x", "+tag", "-y"]))
    at, dot = draw(
        st.sampled_from(
            [
                *(("@", "."), (" @ ", "."), ("(at)", "."), (" [at] ", " [dot] ")),
                *((" {at} ", "(dot)"), (" at ", " dot "), (" AT ", " DOT "), ("<at>", ".")),
                *((" (\u00e4t) ", " (Punkt) "), (" arroba ", " punto "), ("(a)", ".")),
            ]
        )
    )
    return f"{name}{at}{draw(characters(9, ALPHANUMERIC[26:52]))}{dot}example"


# What stands in place of something: a secret may spell "phon", too.
MARK = re.compile(r"\[(?:number|phone|private link)\]")


def assert_gone(secret: str, sent: str, *, around: str, separators: str = "") -> None:
    """Assert that no four characters of a secret were sent, but for those of the text around it.

    `separators` divide it, and are no part of it.
    """
    seen = MARK.sub(" ", normalised(unquote(html.unescape(sent))).lower())
    for mark in separators:
        secret = secret.replace(mark, " ")
    for part in secret.lower().split():
        for start in range(len(part) - 3):
            piece = part[start : start + 4]
            assert piece in around.lower() or piece not in seen, (piece, sent)


@pytest.mark.parametrize("spell", SPELLINGS)
@given(data=st.data())
def test_no_private_link_of_ours_survives(spell, data):
    link = data.draw(links())
    secret = max(link.replace("%3A", ":").split("/"), key=len)
    if "attachments" in link:
        secret = link.split("/")[2]
    path = f"[private link]/attachments/{uuid.UUID(int=7)}/"
    around = f"I opened https://desk.example.org/{path} yesterday"
    assert_gone(secret, redact(f"I opened {spell(link)} yesterday"), around=around)


@pytest.mark.parametrize("spell", SPELLINGS)
@given(data=st.data())
def test_no_key_survives(spell, data):
    key = data.draw(api_keys())
    sent = redact(f"My key {spell(key)} does not work")
    assert_gone(key, sent, around="My key [key] or [token] does not work")


@pytest.mark.parametrize("spell", SPELLINGS)
@given(data=st.data())
def test_no_card_survives(spell, data):
    card = data.draw(cards())
    sent = redact(f"Card {spell(card)} was charged")
    assert_gone(card, sent, around="Card [card] was charged", separators=" -,.\u2013\u00a0")


@pytest.mark.parametrize("spell", SPELLINGS)
@given(data=st.data())
def test_no_iban_survives(spell, data):
    iban = data.draw(ibans())
    sent = redact(f"Account {spell(iban)}, please")
    assert_gone(iban, sent, around="Account [iban], please", separators=" -\u00a0")


@pytest.mark.parametrize("spell", SPELLINGS)
@given(data=st.data())
def test_no_address_survives(spell, data):
    address = data.draw(emails())
    sent = redact(f"Write to {spell(address)}, please")
    assert_gone(address, sent, around="Write to [email], please", separators="@.()[]{}<>+-")


@pytest.mark.parametrize("spell", [str, fullwidth, bold, with_invisible, html.escape, quote])
@pytest.mark.parametrize(
    "before",
    [
        *(
            "password: ",
            "Password=",
            "Passwort: ",
            "mot de passe : ",
            "contrase\u00f1a:",
            "senha: ",
        ),
        *("DB_PASSWORD=", "PIN: ", '{"password": "', "Kennwort lautet 7", "the password is 1"),
    ],
)
@given(password=st.text(PASSWORD_CHARS, min_size=6, max_size=30))
def test_no_password_survives(spell, before, password):
    sent = redact(f"{before}{spell(password)}")
    assert_gone(password, sent, around=f"{before} [password]")


@pytest.mark.parametrize(
    "spell",
    [str, fullwidth, bold, with_invisible, html.escape, lambda text: quote(text, safe="")],
)
@given(name=characters(6), password=st.text(PASSWORD_CHARS, min_size=6, max_size=20))
def test_no_password_in_an_address_survives(spell, name, password):
    address = f"postgres://{name}:{quote(password, safe='')}@db.example.org/tickets"
    sent = redact(f"It says {spell(address)}")
    around = "It says postgres://[password]@db.example.org/tickets"
    assert_gone(quote(password, safe=""), sent, around=around, separators="%")
    assert_gone(name, sent, around=around)


def test_a_private_key_goes_with_all_its_lines():
    lines = "\n".join(secrets.token_hex(32) for _ in range(20))
    for kind in ("PRIVATE KEY", "RSA PRIVATE KEY", "PGP PRIVATE KEY BLOCK"):
        key = f"-----BEGIN {kind}-----\n{lines}\n-----END {kind}-----"
        assert redact(f"See\n{key}\nThanks") == "See\n[key]\nThanks"
        cut = key.partition("-----END")[0]
        assert lines[-20:] not in redact(f"See\n{cut}")
    header = "The file begins with -----BEGIN PRIVATE KEY-----, but the desk refuses it."
    assert redact(header) == "The file begins with [key], but the desk refuses it."


def test_our_own_tokens_and_suggestions_go():
    token, suggestion = ApiToken.new_secret(), sign(Classification(), uuid.uuid4(), "It fails.")
    assert redact(f"token {token}.") == "token [token]."
    assert redact(f"suggestion {suggestion} is") == "suggestion [token] is"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Authorization: Bearer abcdefghijklmnopqrstuvwx", "Authorization: Bearer [key]"),
        ("curl -H 'Authorization: Basic dXNlcjpwYXNzd29yZA=='", "[key]'"),
        ("api_key=0123456789abcdef", "api_key=[key]"),
        ('"client_secret": "abcdefgh12345678"', '"client_secret": "[key]"'),
        ("https://jane:secret@example.org/x", "https://[password]@example.org/x"),
        ('mail "jane doe"@example.org', "mail [email]"),
        ("mail jane@[192.0.2.1] now", "mail [email] now"),
        ("mail jane@example\u3002org", "mail [email]"),
        ("IBAN:DE89370400440532013000,", "IBAN:[iban],"),
        ("Konto\u53f7DE89 3704 0044 0532 0130 00 danke", "Konto\u53f7[iban] danke"),
        ("card 4111, 1111, 1111, 1111", "card [card]"),
        ("my password for the shop is hunter2", "my password for the shop is [password]"),
        ("I set the password to hunter2", "I set the password to [password]"),
    ],
)
def test_secrets_are_replaced_by_their_kind(before, after):
    assert after in redact(before)


ORDINARY = [
    "My order 4711-22 of 2026-11-30 has not arrived",
    "since 30.11.2026 and 2026-11-30 07:25 it fails",
    "from 11/30/2026",
    "version 10.2.3, build 1.2.3-rc4",
    "It costs 1.234.567,89 EUR or $1,234,567.89, not 42.50",
    "ticket #1234567, order A-1234, invoice INV-2026-42",
    "My password is wrong. I forgot my password! Is a password required?",
    "Das Passwort ist falsch",
    "Please reset the PIN of my account",
    "Meet me at example.com, or at this point",
    "https://forum.example.org/t/how-to-reset-my-password/12",
    "R&amp;D has 100%25 of the share, AT&T too: 50%",
    "The risk-averse task-based desk-sharing",
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \U0001f468\u200d\U0001f469\u200d\U0001f467",
    "Z\u00fcrich\u00a0\u2013 \ufb01nd \u00bd",
    "token expired, secret santa, key lost",
    "Port 8080 of http://127.0.0.1:8000/t/ is closed",
]


@pytest.mark.parametrize("ordinary", ORDINARY)
def test_ordinary_text_is_sent_as_it_was_written(ordinary):
    assert redact(ordinary) == ordinary


@given(st.text(), st.integers(8, 80))
def test_what_is_sent_can_always_be_sent(value, limit):
    sent = outgoing(value, limit)
    sent.encode()
    assert len(sent) <= limit


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("write to jane.doe+x@mail.example.co.uk now", "write to [email] now"),
        ("card 4111 1111 1111 1111.", "card [card]."),
        ("card 4111-1111-1111-1111", "card [card]"),
        ("card 378282246310005", "card [card]"),
        ("call +49 (0)170 / 123 45 67", "call [phone]"),
        ("call 555-123-4567 today", "call [phone] today"),
        ("iban 12345678901234567890", "iban [number]"),
        ("Card no.4111111111111111 was charged", "Card no.[card] was charged"),
        ("Tel.01712345678", "Tel.[phone]"),
        ("a.4111 1111 1111 1111", "a.[card]"),
        ("card 4111\u00a01111\u00a01111\u00a01111", "card [card]"),
        ("card 4111\u20131111\u20131111\u20131111", "card [card]"),
        ("card 4111_1111_1111_1111", "card [card]"),
        ("\u5361\u53f74111111111111111\u8bf7", "\u5361\u53f7[card]\u8bf7"),
        ("Kartennr4111111111111111", "Kartennr[card]"),
        ("card 4111\u200b1111\u200b1111\u200b1111", "card [card]"),
        ("card 4111\u22121111\u22121111\u22121111", "card [card]"),
        ("card 4111 * 1111 * 1111 * 1111", "card [card]"),
        ("mail john\uff20example.com", "mail [email]"),
        ("mail john @ example.com please", "mail [email] please"),
        ("mail o'brien@a.b.c.d.e.f.example", "mail [email]"),
    ],
)
def test_personal_numbers_are_replaced_by_their_kind(before, after):
    assert redact(before) == after


@pytest.mark.parametrize(
    "text_with_number",
    ["error 504", "since 3 days", "version 10.2.3", "42.50 euros", "order A1234", "50%"],
)
def test_short_numbers_stay(text_with_number):
    assert redact(text_with_number) == text_with_number


@pytest.mark.parametrize(
    "unit",
    [
        *("1", "1 ", "a@", "a.", "+(", "4111-", "@.", "1.", "(1)", "a\u0301\u0316", "&#1", "&#12;"),
        *("%40", "password ", "password:", "password is ", "password for a ", "://", "://a:"),
        *(
            "-----BEGIN PRIVATE KEY-----",
            "-----",
            "sk-",
            "eyJ.",
            "de12",
            "d e 1 2 ",
            " at a",
            "[at]",
        ),
        *(" dot a", '"a', "/t/", "/confirm/", "a:", "a:bbbbbb:", "bearer ", "token: ", "("),
        *("2026-11-30 ", "\ufdfa"),
    ],
)
def test_redacting_takes_linear_time(unit):
    hostile = unit * (400_000 // len(unit))
    started = time.perf_counter()
    redact(hostile)
    # Usually less than a second. Quadratic time would be hours.
    assert time.perf_counter() - started < 20
