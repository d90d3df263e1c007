"""Generated tickets in the database: stored as the desk itself would have stored them."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction

from bench.load import fill as filling
from bench.load.fill import copy_lines, events_of, without_indexes
from bench.load.tickets import TABLES, Plan, make_chunk
from tickets.audit.trail import audit_trail, ticket_events
from tickets.models.relations import TicketMerge
from tickets.models.ticket import Comment, Ticket
from tickets.models.triage import Feedback, Prediction

pytestmark = pytest.mark.django_db


def silent(phase, share):
    pass


@pytest.fixture
def chunk():
    users = [User.objects.create_user(name) for name in ("ann", "bob")]
    plan = Plan(400, datetime(2026, 1, 31, tzinfo=UTC), tuple(user.pk for user in users))
    chunk = make_chunk(plan, 0)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table, columns in TABLES.items():
            copy_lines(cursor, table, columns, chunk.lines[table])
        for statement, parameters in events_of(cursor, chunk):
            cursor.execute(statement, parameters)
        cursor.execute("SET LOCAL session_replication_role = origin")
    return chunk


def test_every_row_is_valid(chunk):
    for ticket in Ticket.with_merged.all():
        ticket.full_clean(exclude=["assignee", "link_digest"])
    for model in (Comment, Prediction, Feedback):
        for row in model.objects.all():
            row.clean_fields(exclude=["ticket", "origin", "author", "evidence", "accepted"])


def test_the_audit_trail_has_every_version_of_a_ticket(chunk):
    assert TicketMerge.objects.exists()
    for ticket in Ticket.with_merged.all():
        rows = list(ticket_events(ticket.pk).order_by("pgh_created_at", "version"))
        assert [row.version for row in rows] == list(range(1, ticket.version + 1))
        assert [row.pgh_label for row in rows] == ["insert"] + ["update"] * (len(rows) - 1)
        assert rows[-1].status == ticket.status
        assert rows[-1].description == ticket.description
        assert rows[-1].pgh_created_at == ticket.updated_at


def test_the_audit_trail_names_who_answered(chunk):
    comment = Comment.objects.filter(author__isnull=False, public=True).first()
    entries = audit_trail(comment.ticket)
    assert entries[0].actor == "anonymous"
    assert comment.author.username in [entry.actor for entry in entries]


def test_turns_follow_from_the_conversation(chunk):
    for ticket in Ticket.objects.all():
        before = (ticket.first_response_at, ticket.last_activity_at, ticket.waiting_since)
        ticket.follow_conversation()
        after = (ticket.first_response_at, ticket.last_activity_at, ticket.waiting_since)
        assert after == before, ticket.pk


def test_what_triggers_would_have_derived_is_what_they_derive(chunk):
    def documents(cursor):
        cursor.execute("SELECT ticket_id, created_at, document::text FROM tickets_ticketdocument")
        return set(cursor.fetchall())

    with connection.cursor() as cursor:
        for statement in filling.DERIVED.values():
            cursor.execute(statement, {"first": chunk.first, "last": chunk.last})
        derived = documents(cursor)
        assert len(derived) == Ticket.including_spam.count()
        cursor.execute("DELETE FROM tickets_ticketdocument")
        cursor.execute("UPDATE tickets_ticket SET title = title || '!'")
        cursor.execute("UPDATE tickets_ticket SET title = rtrim(title, '!')")
        assert documents(cursor) == derived


def test_indexes_are_built_again_as_they_were(transactional_db):
    def definitions():
        with connection.cursor() as cursor:
            cursor.execute(filling.INDEXES, [list(filling.FILLED)])
            indexes = cursor.fetchall()
            cursor.execute(filling.UNIQUE, [list(filling.FILLED)])
            unique = cursor.fetchall()
        # PostgreSQL spells the conditions of some anew, with the same meaning.
        return {(name, text.partition(" WHERE ")[0]) for name, text in indexes} | {*unique}

    before = definitions()
    with connection.cursor() as cursor, without_indexes(cursor, filling.FILLED, silent):
        assert not definitions()
    assert definitions() ^ before == set()


def test_a_desk_with_tickets_is_not_filled(chunk):
    plan = Plan(10, datetime(2026, 1, 31, tzinfo=UTC), (1,))
    with pytest.raises(RuntimeError, match="has tickets"):
        filling.fill(plan, silent)
