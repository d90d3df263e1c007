"""Words that were redacted are nowhere any more, and the history says who and when."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tickets.access.actors import user_actor
from tickets.audit.trail import audit_trail
from tickets.exceptions import InvalidInput
from tickets.models.events import Erasure
from tickets.models.incoming import Mailbox
from tickets.models.ticket import Comment, Ticket
from tickets.services.comments import add_comment
from tickets.services.merging import merge_tickets, unmerge_ticket
from tickets.services.personal_data.redaction import redact
from tickets.services.splitting import split_comment
from tickets.services.tickets import create_ticket, update_ticket
from tickets.tests.api.client import Api
from tickets.tests.factories import AdminFactory, AgentFactory, TicketFactory, TokenFactory
from tickets.tests.incoming.messages import DESK, answer_to, deliver, letter

from .leftovers import columns_with, files_with

pytestmark = pytest.mark.django_db
SECRET = "zqxw4711"
TEXT = f"The safe opens with {SECRET}, and the door too."


@pytest.fixture
def user(db):
    return AgentFactory(username="lena")


@pytest.fixture
def actor(user):
    return user_actor(user)


@pytest.fixture
def agent(user):
    client = Client()
    client.force_login(user)
    return client


def texts_of(entry):
    return [str(value) for change in entry.changes.values() for value in change]


def assert_gone(ticket):
    assert columns_with(SECRET) == set()
    entries = audit_trail(ticket)
    [entry] = [entry for entry in entries if entry.event == "redacted"]
    assert entry.actor == "lena"
    assert SECRET not in " ".join(text for each in entries for text in texts_of(each))


@pytest.mark.parametrize("part", ["", SECRET])
def test_a_tickets_text_is_gone_from_everywhere(actor, part):
    api = Api(TokenFactory().secret)
    sent = api.send(
        "POST", "/api/tickets/", {"title": SECRET, "description": TEXT}, idempotency_key="key"
    )
    ticket = Ticket.objects.get(pk=sent.json()["id"])
    update_ticket(ticket.pk, {"description": f"{TEXT} Please hurry."}, actor)
    redacted = redact(ticket.pk, None, actor, part=part)
    assert_gone(redacted)
    redacted.refresh_from_db()
    assert redacted.title == "[redacted]"
    assert redacted.description == (
        "The safe opens with [redacted], and the door too. Please hurry." if part else "[redacted]"
    )
    assert redacted.version == 3
    rows = Erasure.objects.values_list("ticket_number", "kind", "actor")
    assert list(rows) == [(ticket.pk, "redacted", "lena")]


@pytest.mark.parametrize("public", [True, False])
def test_a_comments_text_is_gone_and_the_others_stay(actor, public):
    ticket = TicketFactory(description="It does not open.")
    comment = add_comment(ticket, {"body": TEXT, "public": public}, actor)
    other = add_comment(ticket, {"body": "Try again.", "public": public}, actor)
    redact(ticket.pk, comment.pk, actor, part=SECRET)
    assert_gone(ticket)
    bodies = dict(Comment.objects.values_list("pk", "body"))
    assert bodies[comment.pk] == "The safe opens with [redacted], and the door too."
    assert bodies[other.pk] == "Try again."
    ticket.refresh_from_db()
    assert ticket.description == "It does not open."


def test_the_message_that_it_came_with_keeps_its_sender_only(actor):
    mailbox = Mailbox.objects.create(name="Support", address=DESK)
    row = deliver(letter(TEXT, subject=SECRET), mailbox)
    answer = deliver(letter(TEXT, to=answer_to(row.ticket)), mailbox)
    redact(row.ticket_id, None, actor)
    redact(row.ticket_id, answer.comment_id, actor)
    assert columns_with(SECRET) == set()
    for message in (row, answer):
        message.refresh_from_db()
        assert bytes(message.raw) == b""
        assert message.sender_address == "kim@example.org"
    page = f"/tickets/{row.ticket_id}/messages/{row.pk}/original/"
    client = Client()
    client.force_login(AgentFactory())
    assert "no longer stored" in client.get(page).content.decode()
    assert client.get(f"/tickets/{row.ticket_id}/").status_code == 200


def test_words_that_are_quoted_go_everywhere_if_asked(actor):
    ticket = create_ticket({"title": "Safe", "description": TEXT}, actor)
    add_comment(ticket, {"body": f"> {TEXT}\n\nThanks", "public": True}, actor)
    redact(ticket.pk, None, actor, part=SECRET, everywhere=True)
    assert_gone(ticket)


def test_a_merged_tickets_text_goes_from_both(actor):
    source, target = TicketFactory(description=TEXT), TicketFactory()
    merge_tickets(source.pk, target.pk, actor, same_requester=True)
    opening = Comment.objects.get(is_opening=True)
    redact(target.pk, opening.pk, actor, part=SECRET)
    assert_gone(target)


def test_a_text_that_was_on_another_ticket_for_a_time_goes_from_there(actor):
    source, target = TicketFactory(description=TEXT), TicketFactory()
    merge_tickets(source.pk, target.pk, actor, same_requester=True)
    unmerge_ticket(source.pk, actor)
    redact(source.pk, None, actor)
    assert columns_with(SECRET) == set()


def test_a_text_that_became_a_ticket_goes_from_both(actor):
    source = TicketFactory()
    comment = add_comment(source, {"body": TEXT, "public": True}, actor)
    ticket = split_comment(source.pk, comment.pk, actor).ticket
    redact(ticket.pk, None, actor)
    assert columns_with(SECRET) == set()


def test_words_that_are_not_there_change_nothing(actor):
    ticket = TicketFactory()
    with pytest.raises(InvalidInput):
        redact(ticket.pk, None, actor, part="4711")
    ticket.refresh_from_db()
    assert ticket.version == 1
    assert not Erasure.objects.exists()


def test_files_go_with_the_text_if_asked(actor, agent, files):
    ticket = TicketFactory()
    upload = SimpleUploadedFile(f"{SECRET}.txt", SECRET.encode())
    values = {"body": TEXT, "public": "true", "form_key": "a", "files": [upload]}
    agent.post(f"/tickets/{ticket.pk}/comments/", values)
    comment = Comment.objects.get()
    assert files_with(files, SECRET)
    redact(ticket.pk, comment.pk, actor, deletes_files=True)
    assert columns_with(SECRET) == set()


# --- the page ---------------------------------------------------------------------------


def test_the_page_asks_for_a_confirmation(agent):
    ticket = TicketFactory(description=TEXT)
    assert f'href="/tickets/{ticket.pk}/redact/"' in agent.get(f"/tickets/{ticket.pk}/").text
    page = agent.get(f"/tickets/{ticket.pk}/redact/")
    assert SECRET in page.text
    refused = agent.post(f"/tickets/{ticket.pk}/redact/", {"part": SECRET})
    assert refused.status_code == 400
    assert "Confirm that it cannot be undone" in refused.text
    ticket.refresh_from_db()
    assert ticket.description == TEXT
    sent = {"part": SECRET, "confirmed": "true"}
    response = agent.post(f"/tickets/{ticket.pk}/redact/", sent, follow=True)
    assert response.redirect_chain == [(f"/tickets/{ticket.pk}/", 302)]
    assert "redacted a text" in response.text
    assert columns_with(SECRET) == set()


def test_the_page_of_a_comment(agent, actor):
    ticket = TicketFactory()
    comment = add_comment(ticket, {"body": TEXT, "public": False}, actor)
    path = f"/tickets/{ticket.pk}/redact/"
    assert SECRET in agent.get(f"{path}?comment={comment.pk}").text
    sent = {"comment": comment.pk, "part": "", "confirmed": "true"}
    assert agent.post(path, sent).status_code == 302
    comment.refresh_from_db()
    assert comment.body == "[redacted]"


def test_the_back_office_leads_to_the_page(actor):
    ticket = TicketFactory()
    comment = add_comment(ticket, {"body": TEXT, "public": True}, actor)
    client = Client()
    client.force_login(AdminFactory(is_staff=True))
    page = client.get(f"/admin/tickets/ticket/{ticket.pk}/change/").text
    assert f'href="/tickets/{ticket.pk}/redact/"' in page
    assert f'href="/tickets/{ticket.pk}/redact/?comment={comment.pk}"' in page


def test_words_that_are_not_there_are_refused(agent):
    ticket = TicketFactory()
    sent = {"part": "nothing like it", "confirmed": "true"}
    response = agent.post(f"/tickets/{ticket.pk}/redact/", sent)
    assert response.status_code == 400
    assert "These words are not in the text." in response.text


def test_a_comment_of_another_ticket_is_not_shown(agent, actor):
    comment = add_comment(TicketFactory(), {"body": TEXT}, actor)
    path = f"/tickets/{TicketFactory().pk}/redact/"
    assert agent.get(f"{path}?comment={comment.pk}").status_code == 404
    sent = {"comment": comment.pk, "confirmed": "true"}
    assert agent.post(path, sent).status_code == 404


def test_nobody_redacts_in_the_open_demo(settings):
    settings.ACCESS_MODE = "open"
    ticket = TicketFactory(description=TEXT)
    response = Client().post(f"/tickets/{ticket.pk}/redact/", {"confirmed": "true"})
    assert response.status_code in (401, 403)
    ticket.refresh_from_db()
    assert ticket.description == TEXT
