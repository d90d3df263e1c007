"""What the forms accept, beyond what the tests of the API and the pages show."""

import time

import pytest
from django.utils.datastructures import MultiValueDict

from tickets.exceptions import InvalidInput
from tickets.forms.base import InputForm
from tickets.forms.fields import clean_data
from tickets.forms.lists import PageForm
from tickets.forms.tickets import ClassifyForm, MessageForm, NewTicketForm, TicketForm

TEXT = {"title": "Help", "description": "It does not work."}


def errors_of(form) -> dict[str, list[str]]:
    with pytest.raises(InvalidInput) as caught:
        clean_data(form)
    return caught.value.errors


def test_a_run_of_spaces_takes_no_longer_than_as_many_characters():
    """A pattern around line ends took minutes for spaces, and milliseconds for letters."""

    def seconds(filling: str) -> float:
        start = time.perf_counter()
        assert "title" in errors_of(ClassifyForm({**TEXT, "title": f"a{filling * 200_000}b"}))
        return time.perf_counter() - start

    baseline = min(seconds("x") for _ in range(3))
    for filling in (" ", "\t", "\n", " \n"):
        assert min(seconds(filling) for _ in range(3)) < 200 * max(baseline, 0.001)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\u2028", "\u2029", " \n\n "])
def test_a_title_is_one_line(end):
    title = clean_data(NewTicketForm({**TEXT, "title": f"first{end}second"}))["title"]
    assert title.split() == ["first", "second"]
    assert "\n" not in title
    assert "\u2028" not in title


@pytest.mark.parametrize("field", ["title", "description"])
@pytest.mark.parametrize(
    "invisible", ["\U0001d173", "\U0001bca0", "\u070f", "\U00013430", "\uffff"]
)
def test_text_that_nobody_can_see_is_refused(field, invisible):
    assert field in errors_of(NewTicketForm({**TEXT, field: invisible}))


@pytest.mark.parametrize("field", ["title", "description"])
@pytest.mark.parametrize("code", [0x01, 0x7F, 0x80, 0x9B])
def test_control_characters_are_refused(field, code):
    assert field in errors_of(NewTicketForm({**TEXT, field: f"a{chr(code)}b"}))


@pytest.mark.parametrize(
    "invisible", ["\u200b", "\u200e\u200f", "\u2066\u2069", "\ufeff", "\u3164"]
)
def test_an_address_with_invisible_characters_is_refused(invisible):
    form = NewTicketForm({**TEXT, "requester_email": f"kim@example.com{invisible}"})
    assert "invisible characters" in errors_of(form)["requester_email"][0]


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
def test_a_space_in_an_address_is_not_an_invisible_character(address):
    form = NewTicketForm({**TEXT, "requester_email": address})
    assert errors_of(form)["requester_email"] == ["Enter a valid email address."]


@pytest.mark.parametrize("domain", ["☃.example", "exam\u3000ple.org", "a。-ü.example"])
def test_an_address_with_an_invalid_domain_is_refused(domain):
    form = NewTicketForm({**TEXT, "requester_email": f"kim@{domain}"})
    assert errors_of(form)["requester_email"] == ["The part after the @ is not a valid domain."]


@pytest.mark.django_db
@pytest.mark.parametrize("limit", ["1_0", "٣", "5.0", "+5", "0x5", "1e1"])
def test_a_limit_is_plain_digits(limit):
    assert "limit" in errors_of(PageForm({"limit": limit}))


@pytest.mark.django_db
@pytest.mark.parametrize("moment", ["20260101", "2026-W01-1", "2026-1-1", "26-01-01", "2026-13-01"])
def test_a_time_is_written_as_in_rfc_3339(moment):
    assert "created_after" in errors_of(PageForm({"created_after": moment}))


@pytest.mark.parametrize("value", ["banana", "yes", "2", "true ", "None", "\0"])
def test_a_switch_takes_no_other_value_for_true(value):
    """A note whose `public` was nonsense became a public reply."""
    assert errors_of(MessageForm({"body": "Hello", "public": value})) == {
        "public": ["This must be true or false."]
    }


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"public": "true"}, True),
        ({"public": "on"}, True),
        ({"public": True}, True),
        ({"public": "false"}, False),
        ({"public": ""}, False),
        ({}, False),
    ],
)
def test_a_switch_is_on_or_off(data, expected):
    assert clean_data(MessageForm({"body": "Hello", **data}))["public"] is expected


# --- forms that share their fields ---


def shared_forms(form=InputForm):
    for each in form.__subclasses__():
        yield from [each] if each.shares_fields else []
        yield from shared_forms(each)


@pytest.mark.parametrize("form", sorted(set(shared_forms()), key=str))
@pytest.mark.parametrize("value", ["", "x", "1", "true", None])
def test_no_form_changes_a_field_that_others_use(db, form, value):
    before = {name: dict(vars(field)) for name, field in form.base_fields.items()}
    made = form(dict.fromkeys(form.base_fields, value))
    assert made.is_valid() in (True, False)
    assert {name: vars(field) for name, field in form.base_fields.items()} == before


def test_a_partial_form_has_a_field_of_its_own():
    """A value that is sent must be one; a value that is left out is for triage to decide."""
    assert "priority" in errors_of(TicketForm({"priority": ""}, only=["priority"]))
    assert clean_data(TicketForm(TEXT))["priority"] == ""


@pytest.mark.parametrize("form", sorted(set(shared_forms()), key=str))
@pytest.mark.parametrize("value", ["", " ", "x", "1", "true", "a" * 500, None, 5])
def test_what_a_program_sends_is_cleaned_as_what_a_page_sends(db, form, value):
    """Without bound fields, which only pages need."""
    names = [name for name in form.base_fields if value is not None]
    sent = dict.fromkeys(names, value)
    by_program, by_page = form(sent), form(MultiValueDict({name: [value] for name in names}))
    assert by_program.errors == by_page.errors
    assert by_program.cleaned_data == by_page.cleaned_data
