import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.triage import prompts, redaction, text


@pytest.mark.parametrize("position", range(2900, 3020, 7))
def test_no_part_of_an_address_remains_at_the_cut(position):
    description = ("word " * 2000)[:position] + " john.doe@example.org " + "word " * 2000
    sent = redaction.outgoing(description, 4000)
    assert "john" not in sent
    assert "example" not in sent


def test_three_quarters_of_a_long_text_come_from_its_start():
    cut = text.shorten("a" * 5000 + "z" * 5000, 1000)
    assert len(cut) == 1000
    assert 700 < cut.count("a") < 760
    assert 200 < cut.count("z") < 260


@given(st.text(), st.integers(0, 50))
def test_outgoing_text_can_always_be_sent(value, limit):
    redaction.outgoing(value, limit).encode()
    json.loads(prompts.about(prompts.CLASSIFY, "", redaction.outgoing(value, limit)).ticket)


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
