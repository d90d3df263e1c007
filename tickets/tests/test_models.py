"""What the database refuses from any writer, and what one row can do."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction
from django.db.models import CheckConstraint
from django.utils import timezone

from tickets.access.actors import is_admin, is_agent
from tickets.audit.trail import audit_trail
from tickets.models.private_link import digest
from tickets.models.ticket import Comment, Ticket
from tickets.models.tokens import ApiToken
from tickets.tests.factories import (
    AdminFactory,
    AgentFactory,
    CommentFactory,
    TicketFactory,
    TokenFactory,
    UserFactory,
)
from tickets.vocabulary import (
    ACTIVE_STATUSES,
    ADMINS_GROUP,
    AGENTS_GROUP,
    FINISHED_STATUSES,
    MAX_TEXT_CHARS,
    MAX_TITLE_CHARS,
    TRIAGE_FIELDS,
    Source,
    Status,
)

pytestmark = pytest.mark.django_db

INVISIBLE = [
    *("", " ", "\t\r\n", "\u00a0", "\u3000\u2003", "\u2028", "\u200b\u200d\ufeff", "\u202e\u2066"),
    *("\u00ad", "\u2800", "\u3164", "\ufe0f", "\x01\x1b", "\x7f\x85", "\U000e0041"),
]
# Constraint -> its model, its column, and values that it must refuse.
REFUSED: Any = {
    "ticket_title_visible": (Ticket, "title", INVISIBLE),
    "ticket_description_visible": (
        Ticket,
        "description",
        [*INVISIBLE, "x" * (MAX_TEXT_CHARS + 1), "🎉" * (MAX_TEXT_CHARS + 1)],
    ),
    "ticket_category_known": (Ticket, "category", ["", "Billing", "root", "billing "]),
    "ticket_priority_known": (Ticket, "priority", ["", "P0", "urgent"]),
    "ticket_status_known": (Ticket, "status", ["", "done", "in progress"]),
    "ticket_sentiment_known": (Ticket, "sentiment", ["", "happy"]),
    "ticket_language_known": (Ticket, "language", ["", "eo", "EN"]),
    "ticket_urgency_score_in_range": (Ticket, "urgency_score", [-1, 101, 32_767]),
    "ticket_category_source_known": (Ticket, "category_source", ["", "gpt"]),
    "ticket_priority_source_known": (Ticket, "priority_source", ["", "gpt"]),
    "ticket_sentiment_source_known": (Ticket, "sentiment_source", ["", "gpt"]),
    "ticket_category_confidence_in_range": (Ticket, "category_confidence", [-0.01, 1.01, "NaN"]),
    "ticket_priority_confidence_in_range": (Ticket, "priority_confidence", [-1, 2, "Infinity"]),
    "ticket_sentiment_confidence_in_range": (
        Ticket,
        "sentiment_confidence",
        [-0.01, 1.01, "-Infinity"],
    ),
    "ticket_not_in_itself": (Ticket, "merged_into_id", [lambda row: row.pk]),
    "comment_body_visible": (Comment, "body", [*INVISIBLE, "x" * (MAX_TEXT_CHARS + 1)]),
    "comment_author_role_known": (Comment, "author_role", ["", "admin"]),
    "comment_requester_public": (Comment, "author_role", ["requester"]),
    "apitoken_name_visible": (ApiToken, "name", INVISIBLE),
    "apitoken_scopes_known": (ApiToken, "scopes", [[], ["root"], ["read", "root"]]),
}
FACTORIES: Any = {Ticket: TicketFactory, Comment: CommentFactory, ApiToken: TokenFactory}


def write(model, column, value):
    """Write by plain SQL, past every form and model. Return what was stored."""
    row = FACTORIES[model]()
    value = value(row) if callable(value) else value
    with transaction.atomic(), connection.cursor() as cursor:
        table = model._meta.db_table
        cursor.execute(f"UPDATE {table} SET {column} = %s WHERE id = %s", [value, row.pk])
    row.refresh_from_db()
    return getattr(row, column)


@pytest.mark.parametrize("name", REFUSED)
def test_the_database_refuses(name):
    model, column, values = REFUSED[name]
    for value in values:
        with pytest.raises(IntegrityError, match=name):
            write(model, column, value)


def test_no_constraint_is_left_out_here():
    constraints = {
        constraint.name
        for model in FACTORIES
        for constraint in model._meta.constraints
        if isinstance(constraint, CheckConstraint)
    }
    assert constraints == set(REFUSED)


@pytest.mark.parametrize("column", ["title", "description", "category", "urgency_score", "version"])
def test_the_database_refuses_null(column):
    with pytest.raises(IntegrityError, match="not-null"):
        write(Ticket, column, None)


@pytest.mark.parametrize(
    ("model", "column", "value"),
    [
        (Ticket, "title", "🎉" * MAX_TITLE_CHARS),
        (Ticket, "title", "\u200bx\u200b"),
        (Ticket, "description", "🎉" * MAX_TEXT_CHARS),
        (Ticket, "urgency_score", 0),
        (Ticket, "urgency_score", 100),
        (Ticket, "sentiment_confidence", 0.0),
        (Ticket, "sentiment_confidence", 1.0),
        (Ticket, "sentiment_confidence", None),
        (ApiToken, "scopes", ["read", "write", "admin"]),
    ],
)
def test_the_database_accepts_what_the_rules_allow(model, column, value):
    assert write(model, column, value) == value


def test_plain_sql_gets_the_documented_defaults():
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tickets_ticket (title, description, created_at, updated_at, link_nonce)"
            " VALUES ('x', 'y', now(), now(), '') RETURNING id"
        )
        ticket = Ticket.objects.get(pk=cursor.fetchone()[0])
    assert (ticket.category, ticket.priority, ticket.status) == ("general", "medium", "open")
    assert (ticket.sentiment, ticket.urgency_score, ticket.version) == ("neutral", 50, 1)
    assert {ticket.decision(name).source for name in TRIAGE_FIELDS} == {"default"}


def test_a_ticket_tells_who_decided_its_values():
    ticket = Ticket()
    ticket.decide("category", Source.HUMAN)
    ticket.decide("sentiment", Source.LLM, 0.5)
    assert ticket.decided_by(Source.HUMAN, Source.LLM) == ["category", "sentiment"]
    assert ticket.decision("sentiment") == ("llm", 0.5)
    ticket.decide("sentiment", Source.HUMAN)
    assert ticket.decision("sentiment").confidence is None


@pytest.mark.parametrize(
    ("status", "is_finished"),
    [("open", False), ("in_progress", False), ("resolved", True), ("closed", True)],
)
def test_resolved_and_closed_tickets_are_finished(status, is_finished):
    assert Ticket(status=status).is_finished == is_finished


def test_every_status_is_active_or_finished():
    assert [*ACTIVE_STATUSES, *FINISHED_STATUSES] == Status.values


def test_a_private_link_has_128_bits_and_is_stored_as_a_hash_only():
    ticket, other = TicketFactory(), TicketFactory()
    assert len(ticket.link_secret) == 22
    assert ticket.link_secret != other.link_secret
    assert ticket.link_digest == digest(ticket.link_secret)
    assert ticket.link_secret in ticket.private_link_path()
    assert ticket.link_secret not in str(Ticket.objects.filter(pk=ticket.pk).values().get())


def test_a_private_link_needs_the_key_of_the_site(settings):
    ticket = TicketFactory()
    before = ticket.link_secret
    settings.SECRET_KEY = "another"
    assert Ticket.objects.get().link_secret != before


def test_a_new_private_link_ends_the_one_before():
    ticket = TicketFactory()
    before = ticket.link_secret
    ticket.issue_link()
    ticket.save()
    assert ticket.link_secret != before
    assert not Ticket.objects.filter(link_digest=digest(before)).exists()


def test_a_ticket_without_a_link_can_be_stored():
    Ticket.objects.create(title="x", description="y")
    Ticket.objects.create(title="x", description="y")


def test_the_text_digest_distinguishes_title_from_description():
    assert Ticket(title="ab", description="c").text_digest() != (
        Ticket(title="a", description="bc").text_digest()
    )


def test_a_deleted_user_leaves_the_tickets_and_comments():
    agent = AgentFactory()
    ticket = TicketFactory(assignee=agent)
    CommentFactory(ticket=ticket, author=agent)
    agent.delete()
    ticket.refresh_from_db()
    assert ticket.assignee is None
    assert ticket.comments.get().author is None


@pytest.mark.parametrize(
    ("create", "changes", "roles"),
    [
        (UserFactory, {}, (False, False)),
        (AgentFactory, {}, (True, False)),
        (AdminFactory, {}, (True, True)),
        (UserFactory, {"is_superuser": True}, (True, True)),
        (UserFactory, {"is_staff": True}, (False, False)),
        (AgentFactory, {"is_active": False}, (False, False)),
        (AdminFactory, {"is_active": False}, (False, False)),
        (UserFactory, {"is_superuser": True, "is_active": False}, (False, False)),
    ],
)
def test_roles_come_from_groups(create, changes, roles):
    user = create(**changes)
    assert (is_agent(user), is_admin(user)) == roles


def test_both_groups_exist_after_a_migration():
    assert {AGENTS_GROUP, ADMINS_GROUP} <= set(Group.objects.values_list("name", flat=True))


@pytest.mark.parametrize(
    ("changes", "usable"),
    [
        ({}, True),
        ({"expires_at": timedelta(minutes=1)}, True),
        ({"expires_at": timedelta(0)}, False),
        ({"revoked_at": timedelta(0)}, False),
        ({"revoked_at": timedelta(days=1)}, False),
    ],
)
def test_a_token_is_usable_until_it_expires_or_is_revoked(changes, usable):
    now = timezone.now()
    token = TokenFactory(**{name: now + delta for name, delta in changes.items()})
    assert token.is_usable == usable
    assert ApiToken.objects.usable(token.secret) == (token if usable else None)


def test_a_tokens_secret_is_long_and_never_the_same():
    secrets = {ApiToken.new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert all(len(secret) >= 43 and secret.startswith("desk_") for secret in secrets)


def test_bulk_changes_and_plain_sql_are_audited_too():
    ticket = TicketFactory()
    Ticket.objects.update(status="closed")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM tickets_ticket")
    assert [entry.event for entry in audit_trail(ticket)] == ["created", "changed", "deleted"]
