import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.triage import prompts, text


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
    assert text.redact(before) == after


@pytest.mark.parametrize(
    "text_with_number",
    ["error 504", "since 3 days", "version 10.2.3", "42.50 euros", "order A1234", "50%"],
)
def test_short_numbers_stay(text_with_number):
    assert text.redact(text_with_number) == text_with_number


@pytest.mark.parametrize("position", range(2900, 3020, 7))
def test_no_part_of_an_address_remains_at_the_cut(position):
    description = ("word " * 2000)[:position] + " john.doe@example.org " + "word " * 2000
    sent = text.outgoing(description, 4000)
    assert "john" not in sent
    assert "example" not in sent


def test_three_quarters_of_a_long_text_come_from_its_start():
    cut = text.shorten("a" * 5000 + "z" * 5000, 1000)
    assert len(cut) == 1000
    assert 700 < cut.count("a") < 760
    assert 200 < cut.count("z") < 260


@given(st.text(), st.integers(0, 50))
def test_outgoing_text_can_always_be_sent(value, limit):
    text.outgoing(value, limit).encode()
    json.loads(prompts.about(prompts.CLASSIFY, "", text.outgoing(value, limit)).ticket)


@pytest.mark.parametrize("unit", ["1", "1 ", "a@", "a.", "+(", "4111-", "@.", "1.", "(1)"])
def test_redacting_takes_linear_time(unit):
    hostile = unit * (400_000 // len(unit))
    started = time.perf_counter()
    text.redact(hostile)
    # Usually a twentieth of a second. Quadratic time would be hours.
    assert time.perf_counter() - started < 20


@given(st.text(), st.text())
def test_no_ticket_text_escapes_from_its_string(title, description):
    ticket = prompts.about(prompts.CLASSIFY, title, description).ticket
    expected = (
        {"title": title, "description": description} if title else {"description": description}
    )
    assert json.loads(ticket) == expected
    assert "\n" not in ticket


@given(st.text(max_size=200), st.integers(1, 80))
def test_cutting_at_a_word_keeps_within_the_limit(line, limit):
    cut = text.cut_at_word(" ".join(line.split()), limit)
    assert len(cut) <= limit
