"""Load or remove the demo tickets."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypedDict

import pghistory
import pgtrigger
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection, transaction
from django.utils import timezone

from tickets.access.actors import REQUESTER, SYSTEM, Actor, user_actor
from tickets.models.housekeeping import DemoTicket
from tickets.models.ticket import Comment, Ticket
from tickets.services.editing import audited, lock_relations
from tickets.services.tickets import erase
from tickets.services.triage.assessment import assess_offline
from tickets.vocabulary import TRIAGE_FIELDS, AuthorRole, Language, LearnedField, Source

DEMO_TICKETS = Path(__file__).parent.parent / "demo_tickets.json"
CREATED_STATUS = "open"
# What a comment changes on its ticket, and what its agent does.
MESSAGE_COLUMNS = ("waiting_since", "last_activity_at", "first_response_at")
STATUS_COLUMNS = ("assignee", "status", "resolved_at", "waiting_since")


class CommentRow(TypedDict):
    """`author` is a demo account or "requester"."""

    author: str
    public: bool
    body: str
    hours_later: float  # after the ticket arrived


class TicketRow(TypedDict):
    """A ticket of `demo_tickets.json`. The columns of triage hold what its author decided."""

    title: str
    description: str
    language: str
    category: str
    priority: str
    status: str
    requester_email: str | None
    days_ago: float
    assignee: str | None  # a demo account
    closed_hours: float | None  # after it arrived
    comments: list[CommentRow]


class Command(BaseCommand):
    help = "Load about 120 demo tickets, spread over the last 30 days; --clear removes them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--clear", action="store_true", help="remove the demo tickets")

    def handle(self, *args: Any, **options: Any) -> None:
        removed = clear()
        if options["clear"]:
            self.stdout.write(f"Removed {removed} demo tickets.")
            return
        rows: list[TicketRow] = json.loads(DEMO_TICKETS.read_text(encoding="utf-8"))
        # Oldest first, so that ids grow with time as they do in real use.
        for row in sorted(rows, key=lambda row: -row["days_ago"]):
            load(row)
        self.stdout.write(f"Loaded {len(rows)} demo tickets.")


def clear() -> int:
    """Delete the demo tickets with their conversations. Return how many."""
    with audited(SYSTEM):
        lock_relations()
        demo = list(Ticket.with_merged.filter(demoticket__isnull=False))
        for ticket in demo:
            erase(ticket, SYSTEM)
    return len(demo)


def load(row: TicketRow) -> None:
    """Store one demo ticket with its conversation and audit trail, backdated.

    This does what the services do for real tickets, except that it sends no mail, asks no model
    and gives the classifier no feedback.
    """
    created_at = timezone.now() - timedelta(days=row["days_ago"])
    ticket = store_ticket(row, created_at)
    for comment in row["comments"]:
        store_comment(ticket, comment, created_at + timedelta(hours=comment["hours_later"]))
    if row["status"] != CREATED_STATUS or row["assignee"]:
        hours = row["closed_hours"] or min(2.0, row["days_ago"] * 12)
        set_status(ticket, row, created_at + timedelta(hours=hours))


def store_ticket(row: TicketRow, created_at: datetime) -> Ticket:
    """Store the ticket as it was when it arrived.

    If offline triage disagrees with the demo's author about a category or priority, the ticket
    counts as corrected by a person. The sentiment is always that of triage.
    """
    ticket = Ticket(
        title=row["title"],
        description=row["description"],
        requester_email=row["requester_email"] or "",
        language=row["language"] if row["language"] in Language.values else Language.EN,
        created_at=created_at,
        updated_at=created_at,
        last_activity_at=created_at,
        waiting_since=created_at,
    )
    assessment = assess_offline(ticket, TRIAGE_FIELDS)
    for name in ("category", "priority"):
        if getattr(ticket, name) != row[name]:
            setattr(ticket, name, row[name])
            ticket.decide(name, Source.HUMAN)
    ticket.issue_link()
    with event_of(ticket, "insert", created_at, REQUESTER):
        ticket.save(force_insert=True)
        DemoTicket.objects.create(ticket=ticket)
        assessment.save_predictions(ticket)
    # The author's decision judges the predictions. It is not feedback: a desk learns from its own
    # tickets only.
    ticket.predictions.update(created_at=created_at)
    for name in LearnedField.values:
        decision = {"final_value": getattr(ticket, name), "final_at": created_at}
        ticket.predictions.filter(field=name).update(**decision)
    return ticket


def store_comment(ticket: Ticket, row: CommentRow, created_at: datetime) -> None:
    by_requester = row["author"] == "requester"
    author = REQUESTER if by_requester else actor(row["author"])
    comment = Comment(
        ticket=ticket,
        author=None if by_requester else account(row["author"]),
        author_role=AuthorRole.REQUESTER if by_requester else AuthorRole.AGENT,
        body=row["body"],
        public=row["public"],
        created_at=created_at,
    )
    with event_of(comment, "insert", created_at, author):
        comment.save(force_insert=True)
    with event_of(ticket, "update", created_at, author):
        if by_requester:
            ticket.waiting_since = ticket.waiting_since or created_at
        elif comment.public:
            ticket.waiting_since = None
            ticket.first_response_at = ticket.first_response_at or created_at
        ticket.version += 1
        ticket.updated_at = ticket.last_activity_at = created_at
        ticket.save(update_fields=[*MESSAGE_COLUMNS, "version", "updated_at"])


def set_status(ticket: Ticket, row: TicketRow, changed_at: datetime) -> None:
    """Assign the ticket to its agent and set its current status."""
    with event_of(ticket, "update", changed_at, actor(row["assignee"] or "agent")):
        ticket.assignee = account(row["assignee"])
        ticket.status = row["status"]
        ticket.version += 1
        ticket.updated_at = changed_at
        if ticket.is_finished:
            ticket.resolved_at, ticket.waiting_since = changed_at, None
        ticket.save(update_fields=[*STATUS_COLUMNS, "version", "updated_at"])


@contextmanager
def event_of(row: Ticket | Comment, label: str, time: datetime, actor: Actor) -> Iterator[None]:
    """Save the row in the block. The event that a trigger would write now gets an earlier time."""
    # Not `audited`: what it holds back is written out, and pgtrigger adds parameters to it.
    with pghistory.context(**actor.audit_context()), transaction.atomic():
        with pgtrigger.ignore(f"{row._meta.label}:{label}_{label}"):
            yield
        model: Any = row.pgh_event_model  # type: ignore[union-attr]
        columns = [field.attname for field in model._meta.concrete_fields]
        values = {name: getattr(row, name) for name in columns if not name.startswith("pgh_")}
        if label == "update":  # no text of a demo ticket changes, see models/events.py
            values["description"] = ""
        event = model(
            **values,
            pgh_obj_id=row.pk,
            pgh_label=label,
            pgh_created_at=time,
            pgh_context=actor.audit_context(),
        )
        # Django would store the time at which it does so.
        fields = [field for field in model._meta.concrete_fields if not field.primary_key]
        stored = [
            field.get_db_prep_save(getattr(event, field.attname), connection) for field in fields
        ]
        names = ", ".join(f'"{field.column}"' for field in fields)
        placeholders = ", ".join(["%s"] * len(fields))
        insert = f"INSERT INTO {model._meta.db_table} ({names}) VALUES ({placeholders})"  # noqa: S608  # nosec B608  # names of columns
        with connection.cursor() as cursor:
            cursor.execute(insert, stored)


def account(name: str | None) -> User | None:
    """Return the account of this name, such as "agent", if the desk has it."""
    return User.objects.filter(username=name).first() if name else None


def actor(name: str) -> Actor:
    user = account(name)
    return user_actor(user) if user else SYSTEM
