"""Creating, changing, replacing and deleting tickets."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from tickets.access.actors import SYSTEM, Actor, user_actor
from tickets.audit.trail import audit_trail
from tickets.exceptions import Conflict, NotFound, StaleVersion
from tickets.models.housekeeping import IdempotencyKey
from tickets.models.ticket import Ticket
from tickets.services import tickets
from tickets.tests.factories import AgentFactory, TicketFactory
from tickets.triage.signed_suggestions import SignedSuggestion
from tickets.vocabulary import Source

pytestmark = pytest.mark.django_db

TEXT = {"title": "Charged twice", "description": "I was charged twice. Refund the invoice please!"}
ANONYMOUS = Actor("anonymous")
SUGGESTION = SignedSuggestion(uuid.uuid4(), "technical", "critical", "llm", 0.9, 0.8)


# --- creating ---------------------------------------------------------------------------


def test_a_new_ticket_is_triaged_offline_at_once():
    ticket = tickets.create_ticket(TEXT, ANONYMOUS)
    ticket.refresh_from_db()
    assert ticket.category == "billing"
    assert ticket.decided_by(Source.OFFLINE) == ["category", "priority", "sentiment"]


def test_a_value_that_the_person_chose_is_theirs():
    ticket = tickets.create_ticket(TEXT | {"category": "account", "priority": "low"}, ANONYMOUS)
    assert (ticket.category, ticket.priority) == ("account", "low")
    assert ticket.decided_by(Source.HUMAN) == ["category", "priority"]
    assert ticket.decided_by(Source.OFFLINE) == ["sentiment"]


def test_an_accepted_suggestion_stays_the_suggestions():
    data = TEXT | {"category": "technical", "priority": "critical", "suggestion": SUGGESTION}
    ticket = tickets.create_ticket(data, ANONYMOUS, accepted=["category", "priority"])
    assert ticket.decision("category") == ("llm", 0.9)
    assert ticket.decision("priority") == ("llm", 0.8)


def test_a_value_that_differs_from_the_accepted_suggestion_is_the_persons():
    data = TEXT | {"category": "billing", "priority": "critical", "suggestion": SUGGESTION}
    ticket = tickets.create_ticket(data, ANONYMOUS, accepted=["category", "priority"])
    assert ticket.decision("category").source == "human"
    assert ticket.decision("priority").source == "llm"


def test_an_accepted_value_without_a_suggestion_is_the_persons():
    data = TEXT | {"category": "billing"}
    ticket = tickets.create_ticket(data, ANONYMOUS, accepted=["category"])
    assert ticket.decision("category").source == "human"


def test_a_value_left_out_comes_from_the_suggestion():
    data = TEXT | {"priority": "low", "suggestion": SUGGESTION}
    ticket = tickets.create_ticket(data, ANONYMOUS)
    assert (ticket.category, ticket.priority) == ("technical", "low")
    assert ticket.decision("category").source == "llm"
    assert ticket.decision("priority").source == "human"


# --- creating the same ticket again -----------------------------------------------------


def create_once(key="k", caller="anonymous", body=TEXT, **options):
    return tickets.create_ticket_once(
        key,
        caller,
        body,
        lambda: tickets.create_ticket(body, ANONYMOUS),
        lambda ticket: {"id": ticket.pk},
        **options,
    )


def test_a_repetition_returns_the_first_answer():
    first = create_once()
    assert (first.answer, first.is_replay) == ({"id": first.ticket.pk}, False)
    again = create_once()
    assert (again.ticket, again.answer, again.is_replay) == (first.ticket, first.answer, True)
    with pytest.raises(Conflict):
        create_once(body=TEXT | {"title": "Another"})


def test_a_program_gets_its_first_answer_even_if_the_ticket_is_finished():
    first = create_once()
    Ticket.objects.update(status="resolved")
    again = create_once()
    assert (again.answer, again.is_replay) == (first.answer, True)
    assert Ticket.objects.get() == first.ticket


def test_a_form_makes_another_ticket_once_the_first_is_finished():
    first = create_once(until_finished=True)
    assert create_once(until_finished=True).ticket == first.ticket
    Ticket.objects.update(status="resolved")
    second = create_once(until_finished=True)
    assert (second.is_replay, second.ticket == first.ticket) == (False, False)
    again = create_once(until_finished=True)
    assert (again.ticket, again.is_replay) == (second.ticket, True)


def test_a_form_makes_another_ticket_once_the_first_has_another_link():
    first = create_once(until_finished=True).ticket
    first.issue_link()
    first.save()
    assert create_once(until_finished=True).ticket != first


def test_a_repetition_says_that_the_ticket_was_deleted():
    first = create_once()
    Ticket.objects.all().delete()
    again = create_once()
    assert (again.ticket, again.answer, again.is_replay) == (None, first.answer, True)
    assert not Ticket.objects.exists()


def test_a_create_that_fails_leaves_its_key_unused():
    def fail():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        tickets.create_ticket_once("k", "anonymous", TEXT, fail, lambda ticket: {})
    assert not IdempotencyKey.objects.exists()
    assert create_once().is_replay is False


def test_a_key_and_a_caller_are_told_apart():
    create_once("b", "a")
    assert create_once("", "a\0b").is_replay is False


# --- changing ---------------------------------------------------------------------------


def test_a_change_makes_a_new_version_and_an_audit_entry_of_its_actor():
    ticket, grace = TicketFactory(), AgentFactory()
    edit = tickets.update_ticket(ticket.pk, {"status": "closed"}, user_actor(grace))
    assert edit.is_new_version
    assert edit.ticket.version == 2
    assert edit.ticket.updated_at > ticket.updated_at
    entry = audit_trail(edit.ticket)[-1]
    assert (entry.actor, entry.changes) == (grace.username, {"status": ("open", "closed")})


def test_a_change_of_nothing_is_not_a_change():
    ticket = TicketFactory(category_source=Source.HUMAN)
    edit = tickets.update_ticket(ticket.pk, {"category": "general"}, SYSTEM)
    assert not edit.is_new_version
    assert (edit.ticket.version, edit.ticket.updated_at) == (1, ticket.updated_at)
    assert len(audit_trail(ticket)) == 1


def test_a_new_text_gets_a_new_sentiment_and_keeps_the_other_values():
    ticket = TicketFactory(sentiment_source=Source.LLM, sentiment="calm", urgency_score=0)
    edit = tickets.update_ticket(ticket.pk, {"description": "URGENT! All down!"}, SYSTEM)
    assert edit.ticket.sentiment_source == Source.OFFLINE
    assert edit.ticket.urgency_score > 50
    assert (edit.ticket.category, edit.ticket.priority) == ("general", "medium")


def test_a_new_text_leaves_a_sentiment_that_a_person_set():
    ticket = TicketFactory(sentiment_source=Source.HUMAN, sentiment="calm", urgency_score=0)
    edit = tickets.update_ticket(ticket.pk, {"description": "URGENT! All down!"}, SYSTEM)
    assert (edit.ticket.sentiment, edit.ticket.urgency_score) == ("calm", 0)


@pytest.mark.parametrize("change", [tickets.update_ticket, tickets.replace_ticket])
def test_a_stale_version_changes_nothing(change):
    ticket = TicketFactory()
    tickets.update_ticket(ticket.pk, {"title": "First"}, SYSTEM, version=1)
    with pytest.raises(StaleVersion):
        change(ticket.pk, TEXT, SYSTEM, version=1)
    with pytest.raises(StaleVersion):
        tickets.delete_ticket(ticket.pk, SYSTEM, version=1)
    assert Ticket.objects.get().title == "First"


@pytest.mark.parametrize("change", [tickets.update_ticket, tickets.replace_ticket])
def test_a_missing_ticket_cannot_be_changed(change):
    with pytest.raises(NotFound):
        change(1, TEXT, SYSTEM)
    with pytest.raises(NotFound):
        tickets.delete_ticket(1, SYSTEM)


def test_replacing_gives_back_to_triage_what_a_person_chose():
    ticket = tickets.create_ticket(TEXT | {"category": "account"}, SYSTEM)
    replaced = tickets.replace_ticket(ticket.pk, TEXT, SYSTEM).ticket
    assert (replaced.category, replaced.category_source) == ("billing", Source.OFFLINE)


def test_a_bulk_edit_says_what_became_of_each_ticket():
    first, second = TicketFactory(), TicketFactory(status="closed")
    edit = tickets.update_tickets([first.pk, second.pk, 4711], {"status": "closed"}, SYSTEM)
    assert (edit.changed, edit.unchanged, edit.missing) == ([first], [second], [4711])
    assert edit.tickets == [first, second]


@pytest.mark.django_db(transaction=True)
def test_with_one_version_one_of_many_edits_at_once_wins():
    ticket = TicketFactory()
    start = Barrier(8)

    def change(number):
        try:
            start.wait()
            tickets.update_ticket(ticket.pk, {"title": f"Title {number}"}, SYSTEM, version=1)
        except StaleVersion:
            return None
        finally:
            connection.close()
        return f"Title {number}"

    with ThreadPoolExecutor(8) as pool:
        winners = [title for title in pool.map(change, range(8)) if title]
    ticket.refresh_from_db()
    assert winners == [ticket.title]
    assert ticket.version == 2


@pytest.mark.django_db(transaction=True)
def test_without_a_version_none_of_many_edits_at_once_is_lost():
    ticket = TicketFactory()
    fields = ["title", "description", "requester_email", "status"]
    values = dict(zip(fields, ["New", "Text", "a@example.org", "closed"], strict=True))
    start = Barrier(len(fields))

    def change(field):
        try:
            start.wait()
            tickets.update_ticket(ticket.pk, {field: values[field]}, SYSTEM)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(fields)) as pool:
        list(pool.map(change, fields))
    ticket.refresh_from_db()
    assert {field: getattr(ticket, field) for field in fields} == values
    assert ticket.version == 1 + len(fields)
