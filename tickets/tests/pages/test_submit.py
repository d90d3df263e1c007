"""The public form, and the similar tickets that agents see beside it."""

import re
import time
import uuid

import pytest
from django.core import signing
from django.test import Client

from tickets.forms.fields import RENDERED_AT_SALT
from tickets.models.mail import Email
from tickets.models.ticket import Ticket
from tickets.tests.factories import TicketFactory
from tickets.triage import signed_suggestions
from tickets.triage.results import Classification
from tickets.vocabulary import MAX_TEXT_CHARS, MAX_TITLE_CHARS, Source

CONTENT = {
    "title": "Charged twice",
    "description": "I was charged twice for my invoice this month.",
    "requester_email": "anna@example.org",
    "category": "",
    "priority": "",
}
SUGGESTION = Classification(
    "billing", "high", category_confidence=0.9, priority_confidence=0.6, source="offline"
)


def send(client, **values):
    return client.post("/", CONTENT | {"form_key": "one form"} | values)


def form_key(response):
    return re.search(rb'name="form_key" value="([^"]+)"', response.content)[1].decode()


def test_it_redirects_to_the_requesters_page(visitor):
    response = send(visitor)
    ticket = Ticket.objects.get()
    assert (response.status_code, response.url) == (302, ticket.private_link_path())
    assert (ticket.title, ticket.requester_email) == ("Charged twice", "anna@example.org")
    assert "sessionid" not in visitor.cookies


def test_triage_chooses_empty_values(visitor):
    send(visitor)
    ticket = Ticket.objects.get()
    assert ticket.category == "billing"
    assert ticket.category_source != Source.HUMAN


def test_a_persons_choice_is_kept(visitor):
    send(visitor, category="account", priority="low")
    ticket = Ticket.objects.get()
    assert (ticket.category, ticket.priority) == ("account", "low")
    assert ticket.category_source == ticket.priority_source == Source.HUMAN


def test_accepted_values_stay_the_suggestions(visitor):
    signed = signed_suggestions.sign(SUGGESTION, uuid.uuid4(), CONTENT["description"])
    values = {"category": "billing", "priority": "low", "kept": ["category"]}
    send(visitor, suggestion_id=signed, **values)
    ticket = Ticket.objects.get()
    assert (ticket.category_source, ticket.category_confidence) == ("offline", 0.9)
    assert (ticket.priority_source, ticket.priority_confidence) == ("human", None)


@pytest.mark.parametrize("client", [Client(), Client(REMOTE_ADDR="10.0.0.9")])
def test_a_second_click_redirects_to_the_first_ticket(visitor, client):
    first, second = send(visitor), send(client)
    assert second.url == first.url
    assert Ticket.objects.count() == 1


def test_a_suggestion_between_two_clicks_does_not_make_a_second_ticket(visitor):
    first = send(visitor)
    signed = signed_suggestions.sign(SUGGESTION, uuid.uuid4(), CONTENT["description"])
    values = {"category": "billing", "priority": "high", "kept": ["category", "priority"]}
    second = send(visitor, suggestion_id=signed, **values)
    assert second.url == first.url


def test_other_content_of_the_same_form_is_another_ticket(visitor):
    first, second = send(visitor), send(visitor, title="Charged three times")
    assert second.url != first.url
    assert Ticket.objects.count() == 2


def test_another_choice_makes_another_ticket(visitor):
    send(visitor)
    send(visitor, priority="critical")
    assert Ticket.objects.filter(priority="critical", priority_source="human").count() == 1


def test_the_same_content_of_another_form_is_another_ticket(visitor):
    send(visitor)
    send(visitor, form_key="another form")
    assert Ticket.objects.count() == 2


@pytest.mark.parametrize("status", ["resolved", "closed"])
def test_the_same_content_after_the_ticket_is_finished_is_another_ticket(visitor, status):
    first = send(visitor)
    Ticket.objects.update(status=status)
    second, third = send(visitor), send(visitor)
    assert second.url != first.url
    assert third.url == second.url
    assert sorted(Ticket.objects.values_list("status", flat=True)) == sorted([status, "open"])


def test_a_reload_keeps_the_form_key(visitor):
    assert form_key(visitor.get("/")) == form_key(visitor.get("/"))


def test_another_browser_gets_another_form_key(visitor):
    assert form_key(visitor.get("/")) != form_key(Client().get("/"))


def test_a_deleted_ticket_is_not_created_again(visitor):
    send(visitor)
    Ticket.objects.all().delete()
    response = send(visitor)
    assert response.status_code == 404
    assert not Ticket.objects.exists()


@pytest.mark.parametrize("title", ["", "  ", "\r\n"])
def test_triage_writes_a_title_that_is_left_empty(visitor, title):
    send(visitor, title=title, description="Guten Tag,\n\nmein Konto ist gesperrt. Danke")
    assert Ticket.objects.get().title == "Mein Konto ist gesperrt"


def test_a_text_without_a_matter_gets_a_title_too(visitor):
    send(visitor, title="", description="?!? \U0001f600")
    assert Ticket.objects.get().title == "Support request"


def test_a_suggested_title_between_two_clicks_does_not_make_a_second_ticket(visitor):
    first = send(visitor, title="")
    second = send(visitor, title="I was charged twice", kept=["title"])
    assert second.url == first.url


def test_the_json_api_needs_a_title(visitor):
    body = {"description": "It is broken."}
    response = visitor.post("/api/tickets/", body, content_type="application/json")
    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["title"]


def test_an_invalid_form_keeps_what_was_typed(visitor):
    response = send(visitor, title="Twice", category="account", requester_email="nobody")
    page = response.content.decode()
    assert response.status_code == 400
    assert "I was charged twice for my invoice" in page
    assert 'value="Twice"' in page
    assert 'value="nobody"' in page
    assert '<option value="account" selected>' in page
    assert not Ticket.objects.exists()


def test_each_error_describes_its_field(visitor):
    page = send(visitor, title="x" * 201).content.decode()
    field = re.search(r'<input id="title"[^>]*>', page)[0]
    assert 'aria-invalid="true"' in field
    assert "title-error" in re.search(r'aria-describedby="([^"]*)"', field)[1]
    assert 'id="title-error"' in page


def test_the_list_of_errors_gets_the_focus(visitor):
    page = send(visitor, description="").content.decode()
    summary = re.search(r'<div class="notice bad"[^>]*>', page)[0]
    assert "autofocus" in summary
    assert 'tabindex="-1"' in summary
    assert '<a href="#description">' in page


def test_an_invalid_form_keeps_the_accepted_values(visitor):
    signed = signed_suggestions.sign(SUGGESTION, uuid.uuid4(), CONTENT["description"])
    values = {"description": "", "suggestion_id": signed, "kept": ["category", "title"]}
    page = send(visitor, **values).content.decode()
    assert f'value="{signed}"' in page
    assert re.search(r'name="kept" value="category" :disabled', page)
    assert re.search(r'name="kept" value="priority" disabled', page)
    assert re.search(r'name="kept" value="title" :disabled', page)


def test_a_forged_suggestion_is_dropped(visitor):
    page = send(visitor, suggestion_id="forged").content.decode()
    assert not Ticket.objects.exists()
    assert 'value="forged"' not in page


@pytest.mark.parametrize(
    "values",
    [
        {"title": "\u200b\u200b"},
        {"title": "x" * (MAX_TITLE_CHARS + 1)},
        {"description": "y" * (MAX_TEXT_CHARS + 1)},
        {"category": "everything"},
        {"priority": "urgent"},
        {"kept": ["status"]},
        {"requester_email": "a@b"},
        {"suggestion_id": "x" * 3000},
    ],
)
def test_invalid_values_are_refused(visitor, values):
    response = send(visitor, **values)
    assert response.status_code == 400
    assert not Ticket.objects.exists()


def test_an_emoji_counts_as_one_character(visitor):
    send(visitor, title="😀" * MAX_TITLE_CHARS)
    assert Ticket.objects.get().title == "😀" * MAX_TITLE_CHARS


def test_requesters_cannot_set_status_or_assignee(visitor):
    send(visitor, status="closed", assignee="admin")
    ticket = Ticket.objects.get()
    assert (ticket.status, ticket.assignee) == ("open", None)


def test_a_throttled_form_keeps_what_was_typed(visitor, settings):
    settings.CREATE_LIMIT = 1
    send(visitor)
    response = send(visitor, title="Another problem", form_key="two")
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert b'value="Another problem"' in response.content
    assert Ticket.objects.count() == 1


def test_agents_are_not_throttled(agent, settings):
    settings.CREATE_LIMIT = 1
    for n in range(3):
        send(agent, title=f"Problem {n}")
    assert Ticket.objects.count() == 3


def test_it_needs_the_csrf_token(db):
    response = send(Client(enforce_csrf_checks=True))
    assert response.status_code == 403
    assert not Ticket.objects.exists()


def test_search_engines_may_index_it(visitor):
    page = visitor.get("/").content
    assert b"noindex" not in page
    assert b'<meta name="description"' in page


def test_markup_is_escaped(visitor):
    page = send(
        visitor, title="x" * 201, description="</textarea><script>alert(1)</script>"
    ).content
    assert b"<script>alert" not in page


# --- similar tickets, for agents ---


def similar(client, text):
    response = client.get("/tickets/similar/", {"text": text})
    assert response.status_code == 200
    page = response.content.decode()
    return [int(pk) for pk in re.findall(r'href="/tickets/(\d+)/"', page)]


def test_an_agent_sees_up_to_three_similar_active_tickets(agent):
    near = TicketFactory(title="Invoice charged twice", description="The invoice was charged twice")
    far = TicketFactory(title="Invoice charged to a wrong address", description="Please change it")
    TicketFactory(title="Invoice charged twice", status="closed")
    TicketFactory(title="Broken door", description="It does not close")
    assert similar(agent, "My invoice was charged twice!") == [near.pk, far.pk]
    TicketFactory.create_batch(3, title="Charged without an invoice")
    assert len(similar(agent, "My invoice was charged twice!")) == 3


@pytest.mark.parametrize("text", ["", "a b c", "\x00", "'|&!", "\ud83d", "____", "x" * 5000])
def test_any_text_is_accepted_for_similar_tickets(agent, text):
    TicketFactory()
    assert similar(agent, text.encode("utf-8", "ignore").decode()) == []


def test_only_agents_see_similar_tickets(visitor, user, agent, settings):
    for client, is_visible in ((visitor, False), (user, False), (agent, True)):
        assert (b'id="similar"' in client.get("/").content) is is_visible
    settings.ACCESS_MODE = "open"
    assert b'id="similar"' not in visitor.get("/").content


# --- programs that fill in forms --------------------------------------------------------


def stamp(response):
    return re.search(rb'name="rendered_at" value="([^"]+)"', response.content)[1].decode()


def rendered(seconds):
    """Return the stamp of a form that was rendered this many seconds ago."""
    return signing.dumps(time.time() - seconds, salt=RENDERED_AT_SALT)


def confirmation():
    email = Email.objects.get(kind="received")
    return email.state, email.error


@pytest.mark.parametrize("seconds", [4, 3600, 30 * 24 * 3600])
def test_a_form_that_a_person_filled_in_is_confirmed(visitor, seconds):
    send(visitor, rendered_at=rendered(seconds))
    assert confirmation() == ("waiting", "")


def test_a_form_filled_in_within_no_time_is_held_for_an_agent(visitor, agent):
    response = send(visitor, rendered_at=stamp(visitor.get("/")))
    ticket = Ticket.objects.get()
    assert (response.status_code, response.url) == (302, ticket.private_link_path())
    assert not ticket.spam
    assert confirmation() == ("held", "The form was filled in within 3 seconds.")
    page = agent.get(ticket.get_absolute_url()).content.decode()
    assert "<strong>Confirmation</strong> held until an agent answers" in page
    assert "The form was filled in within 3 seconds." in page


@pytest.mark.parametrize("value", ["", "1764381600", "1764381600.0:forged"])
def test_a_form_without_its_time_is_held_for_an_agent(visitor, value):
    send(visitor, rendered_at=value)
    assert confirmation() == ("held", "The form was sent without having been opened.")


def test_a_form_that_is_shown_again_keeps_its_time(visitor):
    first = stamp(visitor.get("/"))
    response = send(visitor, description="", rendered_at=first)
    assert response.status_code == 400
    assert stamp(response) == first


def test_what_an_agent_sends_is_never_held(agent):
    send(agent)
    assert confirmation() == ("waiting", "")


def test_a_filled_honeypot_makes_spam_and_the_answer_is_as_usual(visitor, agent):
    response = send(visitor, homepage="https://spam.example")
    ticket = Ticket.with_merged.get()
    assert ticket.spam
    assert (response.status_code, response.url) == (302, ticket.private_link_path())
    assert b"We have received your ticket" in visitor.get(response.url).content
    assert not Email.objects.exists()
    page = agent.get(ticket.get_absolute_url()).content.decode()
    assert "filled in a field that people do not see, so it is spam" in page
    send(visitor, homepage="https://spam.example", form_key="another", description="And again")
    assert Ticket.with_merged.filter(spam=True).count() == 2


def test_nobody_meets_the_honeypot(visitor):
    html = visitor.get("/").content.decode()
    [trap] = re.findall(r"<div class=\"unseen\" aria-hidden=\"true\">.*?</div>", html)
    assert 'name="homepage" tabindex="-1" autocomplete="off"' in trap
    assert "Leave this empty" in trap
