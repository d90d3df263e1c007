"""Text pasted from terminals and slides, from pages and through the API."""

import re

import pytest
from django.http import QueryDict
from django.utils.http import urlencode

from tickets.api.shapes import STORABLE
from tickets.exceptions import InvalidInput
from tickets.forms.fields import UNSTORABLE, clean_data
from tickets.forms.pasted_text import clean_pasted
from tickets.forms.tickets import MessageForm, NewTicketForm, TicketForm
from tickets.tests.timing import takes_linear_time

TEXT = {"title": "Help", "description": "It does not work."}


def from_page(form, **values):
    return clean_data(form(QueryDict(urlencode(values))))


@pytest.mark.parametrize(
    ("pasted", "stored"),
    [
        ("\x1b[1;31mERROR\x1b[0m: \x1b[38;2;1;2;3mno\x1b[K", "ERROR: no"),
        ("\x9b31mred\x9b0m", "red"),
        ("\x1b]0;title\x07$ ls", "$ ls"),
        ("\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9d0;title\x9c$ ls", "$ ls"),
        ("\x1b(B\x1b)0\x1b=\x1b>\x1bMdone", "done"),
        ("\x1b]never ended\nnext\x07", "]never ended\nnext"),
        ("N\x08NA\x08AM\x08ME\x08E _\x08f_\x08o", "NAME fo"),
        ("pass\x08word", "password"),
        ("slide\x0bone\x0ctwo", "slide\none\ntwo"),
        ("a\x1cb\x1dc\x1ed\x85e\u2028f\u2029g", "a\nb\nc\nd\ne\nf\ng"),
        ("10%\r20%\r\nend", "10%\n20%\nend"),
        ("a\x00b\x07c\x7fd\x80e\x1ff", "abcdef"),
        ("tab\tand\nline \U0001f389", "tab\tand\nline \U0001f389"),
    ],
)
def test_control_characters_from_a_page_are_removed_or_end_a_line(pasted, stored):
    assert clean_pasted(pasted) == stored
    assert from_page(MessageForm, body=f"x{pasted}y")["body"] == f"x{stored}y"


def test_a_title_stays_one_line():
    data = from_page(NewTicketForm, title="Two\x0blines\x1b[0m", description="x")
    assert data["title"] == "Two lines"


def test_an_address_is_cleaned_as_well():
    assert from_page(TicketForm, **TEXT, requester_email="kim\x00@example.org")[
        "requester_email"
    ] == ("kim@example.org")


def test_nothing_but_control_characters_is_empty():
    with pytest.raises(InvalidInput) as caught:
        from_page(MessageForm, body="\x1b[0m\x00")
    assert caught.value.errors == {"body": ["This field is required."]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\x1b[0m", "a control character (U+001B) at line 1, character 2."),
        ("one\r\ntwo\rth\U0001f389\x00", "a control character (U+0000) at line 3, character 4."),
        ("\n\n  a\x0b", "a control character (U+000B) at line 3, character 4."),
        ("a\x0c", "a control character (U+000C) at line 1, character 2."),
        ("one\ntwo\ud83d", "broken Unicode (U+D83D) at line 2, character 4."),
    ],
)
@pytest.mark.parametrize("field", ["title", "description"])
def test_a_program_learns_where_the_character_is(field, text, message):
    with pytest.raises(InvalidInput) as caught:
        clean_data(NewTicketForm({**TEXT, field: text}))
    assert caught.value.errors == {field: [f"This text contains {message}"]}


@pytest.mark.parametrize(
    "part",
    ["\x1b", "\x1b[", "\x1b]", "\x1b[1;", "\x90", "\x9d", "\x9b", "a\x08", "\x08", "_\x08", "\r"],
)
def test_it_takes_linear_time(part):
    assert takes_linear_time(clean_pasted, part)


def test_the_published_pattern_says_what_is_refused():

    for code in range(0x3000):
        character = chr(code)
        is_line_end = character == "\r"  # becomes a line feed
        assert bool(re.search(STORABLE, character)) == (
            is_line_end or not UNSTORABLE.search(character)
        )
