"""The audit trail: what changed, when, and who changed it."""

import pytest
from django.db import connection

from tickets.access.actors import SYSTEM, TRIAGE, user_actor
from tickets.audit.trail import (
    audit_trail,
    changes_since,
    event_at_version,
    fields_changed_by_others,
    ticket_events,
)
from tickets.models.ticket import Ticket
from tickets.pages.audit_text import noteworthy, sentence, summary
from tickets.services.editing import audited
from tickets.services.tickets import delete_ticket, update_ticket
from tickets.services.undo import undo
from tickets.tests.attachments.attaching import attach_content
from tickets.tests.factories import AgentFactory, CommentFactory, TicketFactory

pytestmark = pytest.mark.django_db


def test_it_lists_comments_and_changes_in_the_order_they_came():
    ticket = TicketFactory()
    comment = CommentFactory(ticket=ticket)
    Ticket.objects.update(priority="low")
    comment.body = "Changed."
    comment.save()
    comment.delete()
    assert [(entry.event, entry.changes) for entry in audit_trail(ticket)[1:]] == [
        ("comment created", {"body": (None, "We are looking into it."), "public": (None, False)}),
        ("changed", {"priority": ("medium", "low")}),
        ("comment changed", {"body": ("We are looking into it.", "Changed.")}),
        ("comment deleted", {}),
    ]


def by_save(tickets):
    for ticket in tickets:
        ticket.priority = "low"
        ticket.save()


def by_update(tickets):
    Ticket.objects.filter(pk__in=[each.pk for each in tickets]).update(priority="low")


def by_bulk_update(tickets):
    for ticket in tickets:
        ticket.priority = "low"
    Ticket.objects.bulk_update(tickets, ["priority"])


def by_sql(tickets):
    run("UPDATE tickets_ticket SET priority = 'low' WHERE id = ANY(%s)", tickets)


def by_merge_statement(tickets):
    run(
        "MERGE INTO tickets_ticket t USING unnest(%s::bigint[]) one (id) ON t.id = one.id"
        " WHEN MATCHED THEN UPDATE SET priority = 'low'",
        tickets,
    )


def by_upsert(tickets):
    run(
        "INSERT INTO tickets_ticket SELECT * FROM tickets_ticket WHERE id = ANY(%s)"
        " ON CONFLICT (id) DO UPDATE SET priority = 'low'",
        tickets,
    )


def by_service(tickets):
    for ticket in tickets:
        update_ticket(ticket.pk, {"priority": "low"}, user_actor(AgentFactory()))


def run(statement, tickets):
    with connection.cursor() as cursor:
        cursor.execute(statement, [[each.pk for each in tickets]])


# By the API and in the back office: api/test_update.py, admin/test_tickets.py. By erasing:
# test_privileges.py.
@pytest.mark.parametrize(
    "change",
    [by_save, by_update, by_bulk_update, by_sql, by_merge_statement, by_upsert, by_service],
)
def test_no_way_to_change_a_ticket_goes_round_it(change):
    tickets = TicketFactory.create_batch(3, priority="medium")
    change(tickets)
    for ticket in tickets:
        entry = audit_trail(ticket)[-1]
        assert (entry.event, entry.changes["priority"]) == ("changed", ("medium", "low"))


def test_it_lists_attached_files():
    ticket = TicketFactory()
    with audited(user_actor(AgentFactory(username="maria"))):
        attach_content(ticket, b"A log.", "log.txt")
    entry = audit_trail(ticket)[-1]
    assert (entry.event, entry.actor) == ("file attached", "maria")
    assert entry.changes == {"name": (None, "log.txt")}
    assert sentence(entry) == "maria attached \u201clog.txt\u201d"


def test_it_takes_five_queries(django_assert_num_queries):
    ticket = TicketFactory()
    for number in range(10):
        CommentFactory(ticket=ticket)
        Ticket.objects.update(urgency_score=number, assignee=AgentFactory())
    with django_assert_num_queries(5):
        assert len(audit_trail(ticket)) == 21


@pytest.mark.parametrize(
    ("urgency", "sentences"),
    [(92, []), (82, []), (81, ["Triage changed urgency from 94 to 81"])],
)
def test_readers_hear_of_an_urgency_that_leaves_its_band(urgency, sentences):
    ticket = TicketFactory(urgency_score=94)
    with audited(TRIAGE):
        Ticket.objects.update(urgency_score=urgency, sentiment_confidence=0.7)
    entries = audit_trail(ticket)[1:]
    assert entries[0].changes["urgency_score"] == (94, urgency)  # the trail keeps it
    assert [sentence(entry) for entry in noteworthy(entries)] == sentences
    assert summary(entries) == "".join(f"{text}." for text in sentences)


def test_an_urgency_that_an_admin_set_is_told():
    ticket = TicketFactory(urgency_score=94)
    with audited(user_actor(AgentFactory(username="maria"))):
        Ticket.objects.update(urgency_score=92)
    assert summary(audit_trail(ticket)[1:]) == "maria changed urgency from 94 to 92."


# --- texts that events do not repeat ----------------------------------------------------


def stored_texts(ticket):
    """Return the descriptions as they are stored, oldest first."""
    events = Ticket.pgh_event_model.objects.filter(pgh_obj_id=ticket.pk).order_by("pgh_id")
    return list(events.values_list("description", flat=True))


def read_texts(ticket):
    return [event.description for event in ticket_events(ticket.pk).order_by("pgh_id")]


def test_a_description_is_stored_with_its_own_changes_only():
    ticket = TicketFactory(description="First")
    update_ticket(ticket.pk, {"status": "in_progress"}, SYSTEM)
    update_ticket(ticket.pk, {"description": "Second", "priority": "low"}, SYSTEM)
    update_ticket(ticket.pk, {"status": "closed"}, SYSTEM)
    assert stored_texts(ticket) == ["First", "", "Second", ""]
    assert read_texts(ticket) == ["First", "First", "Second", "Second"]
    delete_ticket(ticket.pk, SYSTEM)
    assert stored_texts(ticket) == []


def test_each_version_has_its_description():
    ticket, other = TicketFactory(description="First"), TicketFactory(description="Other")
    update_ticket(ticket.pk, {"status": "in_progress"}, SYSTEM)
    update_ticket(other.pk, {"status": "in_progress"}, SYSTEM)
    update_ticket(ticket.pk, {"description": "Second"}, SYSTEM)
    ticket = update_ticket(ticket.pk, {"status": "open"}, SYSTEM).ticket
    texts = [event_at_version(ticket, version).description for version in range(1, 5)]
    assert texts == ["First", "First", "Second", "Second"]
    assert changes_since(ticket, 2)["description"] == ("First", "Second")
    assert "description" not in changes_since(ticket, 3)
    assert fields_changed_by_others(ticket, 3, None) == {"status"}
    assert "description" in fields_changed_by_others(ticket, 2, None)
    changes = ["description" in entry.changes for entry in audit_trail(ticket)[1:]]
    assert changes == [False, True, False]


def test_a_change_of_the_description_is_undone():
    ticket = TicketFactory(description="First")
    update_ticket(ticket.pk, {"priority": "low"}, SYSTEM)
    edit = update_ticket(ticket.pk, {"description": "Second"}, SYSTEM)
    update_ticket(ticket.pk, {"priority": "high"}, SYSTEM)
    undo([(ticket.pk, edit.ticket.version)], SYSTEM)
    ticket.refresh_from_db()
    assert (ticket.description, ticket.priority) == ("First", "high")
    assert read_texts(ticket) == ["First", "First", "Second", "Second", "First"]


def test_what_an_earlier_release_stored_is_read_as_it_is():
    ticket = TicketFactory(description="First")
    update_ticket(ticket.pk, {"status": "in_progress"}, SYSTEM)
    Ticket.pgh_event_model.objects.filter(version=2).update(description="First")
    update_ticket(ticket.pk, {"status": "closed"}, SYSTEM)
    assert stored_texts(ticket) == ["First", "First", ""]
    assert read_texts(ticket) == ["First"] * 3
