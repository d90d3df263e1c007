"""What the forms let through, beyond what the API's and the pages' own tests show."""

import time

import pytest

from tickets.exceptions import InvalidInput
from tickets.forms.fields import clean_data
from tickets.forms.lists import PageForm
from tickets.forms.tickets import ClassifyForm, MessageForm, NewTicketForm

TEXT = {"title": "Help", "description": "It does not work."}


def refused(form) -> dict[str, list[str]]:
    with pytest.raises(InvalidInput) as caught:
        clean_data(form)
    return caught.value.errors


def test_a_run_of_spaces_takes_no_longer_than_as_many_letters():
    """A pattern around line ends took minutes for what letters take milliseconds."""

    def seconds(filling: str) -> float:
        start = time.perf_counter()
        assert "title" in refused(ClassifyForm({**TEXT, "title": f"a{filling * 200_000}b"}))
        return time.perf_counter() - start

    letters = min(seconds("x") for _ in range(3))
    for filling in (" ", "\t", "\n", " \n"):
        assert min(seconds(filling) for _ in range(3)) < 200 * max(letters, 0.001)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\u2028", "\u2029", " \n\n "])
def test_a_title_is_one_line(end):
    title = clean_data(NewTicketForm({**TEXT, "title": f"first{end}second"}))["title"]
    assert title.split() == ["first", "second"]
    assert "\n" not in title
    assert "\u2028" not in title


@pytest.mark.parametrize("field", ["title", "description"])
@pytest.mark.parametrize("unseen", ["\U0001d173", "\U0001bca0", "\u070f", "\U00013430", "\uffff"])
def test_text_that_nobody_can_see_is_refused(field, unseen):
    assert field in refused(NewTicketForm({**TEXT, field: unseen}))


@pytest.mark.parametrize("field", ["title", "description"])
@pytest.mark.parametrize("code", [0x01, 0x7F, 0x80, 0x9B])
def test_control_characters_are_refused(field, code):
    assert field in refused(NewTicketForm({**TEXT, field: f"a{chr(code)}b"}))


@pytest.mark.parametrize("unseen", ["\u200b", "\u200e\u200f", "\u2066\u2069", "\ufeff", "\u3164"])
def test_an_address_with_invisible_characters_is_refused(unseen):
    form = NewTicketForm({**TEXT, "requester_email": f"kim@example.com{unseen}"})
    assert "cannot be seen" in refused(form)["requester_email"][0]


@pytest.mark.parametrize(
    "address",
    [
        "not an address",
        "Kim Lee <kim@example.org>",
        "kim @example.org",
        "kim@example .org",
        "kim\u00a0lee@example.org",
        '"kim lee"@example.org',
    ],
)
def test_a_space_in_an_address_is_no_invisible_character(address):
    form = NewTicketForm({**TEXT, "requester_email": address})
    assert refused(form)["requester_email"] == ["Enter a valid email address."]


@pytest.mark.parametrize("domain", ["☃.example", "exam\u3000ple.org", "a。-ü.example"])
def test_an_address_whose_domain_cannot_be_is_refused(domain):
    form = NewTicketForm({**TEXT, "requester_email": f"kim@{domain}"})
    assert refused(form)["requester_email"] == [
        "What follows the @ cannot be the name of a domain."
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("limit", ["1_0", "٣", "5.0", "+5", "0x5", "1e1"])
def test_a_limit_is_plain_digits(limit):
    assert "limit" in refused(PageForm({"limit": limit}))


@pytest.mark.django_db
@pytest.mark.parametrize("moment", ["20260101", "2026-W01-1", "2026-1-1", "26-01-01", "2026-13-01"])
def test_a_time_is_written_as_rfc_3339_says(moment):
    assert "created_after" in refused(PageForm({"created_after": moment}))


@pytest.mark.parametrize("word", ["banana", "yes", "2", "true ", "None", "\0"])
def test_a_switch_takes_no_other_word_for_a_tick(word):
    """A note whose `public` was nonsense became a public reply."""
    assert refused(MessageForm({"body": "Hello", "public": word})) == {
        "public": ["This must be true or false."]
    }


@pytest.mark.parametrize(
    ("sent", "means"),
    [
        ({"public": "true"}, True),
        ({"public": "on"}, True),
        ({"public": True}, True),
        ({"public": "false"}, False),
        ({"public": ""}, False),
        ({}, False),
    ],
)
def test_a_switch_is_on_or_off(sent, means):
    assert clean_data(MessageForm({"body": "Hello", **sent}))["public"] is means
