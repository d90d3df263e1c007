"""Load or remove the demo tickets."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from tickets.access.actors import REQUESTER, SYSTEM, Actor, user_actor
from tickets.models.housekeeping import DemoTicket
from tickets.models.ticket import Comment, Ticket
from tickets.services.editing import audited
from tickets.services.triage.assessment import Assessment
from tickets.triage import engine
from tickets.vocabulary import TRIAGE_FIELDS, AuthorRole, LearnedField, Source

DEMO_TICKETS = Path(__file__).parent.parent / "demo_tickets.json"
CREATED_STATUS = "open"
DECIDED = ("category", "priority")


class Command(BaseCommand):
    help = "Load about 120 demo tickets, spread over the last 30 days; --clear removes them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--clear", action="store_true", help="remove the demo tickets")

    def handle(self, *args: Any, **options: Any) -> None:
        removed = clear()
        if options["clear"]:
            self.stdout.write(f"Removed {removed} demo tickets.")
            return
        rows = json.loads(DEMO_TICKETS.read_text(encoding="utf-8"))
        # Oldest first, so that ids grow with time as they do in real use.
        for row in sorted(rows, key=lambda row: -row["days_ago"]):
            load(row)
        self.stdout.write(f"Loaded {len(rows)} demo tickets.")


def clear() -> int:
    """Delete the demo tickets with their conversations; returns how many."""
    with audited(SYSTEM):
        demo = Ticket.objects.filter(demoticket__isnull=False)
        count = demo.count()
        demo.delete()
    return count


def load(row: dict[str, Any]) -> None:
    """One demo ticket with its conversation and history, dated back."""
    created_at = timezone.now() - timedelta(days=row["days_ago"])
    ticket = new_ticket(row, created_at)
    with audited(REQUESTER):
        ticket.save(force_insert=True)
        DemoTicket.objects.create(ticket=ticket)
        record(ticket)
    date_back(ticket, created_at)
    for comment in row["comments"]:
        add_comment(ticket, comment, created_at + timedelta(hours=comment["hours_later"]))
    if row["status"] != CREATED_STATUS or row["assignee"]:
        hours = row["closed_hours"] or min(2.0, row["days_ago"] * 12)
        finish(ticket, row, created_at + timedelta(hours=hours))


def new_ticket(row: dict[str, Any], created_at: datetime) -> Ticket:
    """The ticket as it was when it arrived. Where offline triage has another opinion than
    the demo's author, a person corrected it; how it sounds is triage's alone to say."""
    values = {name: row[name] for name in ("title", "description", *DECIDED)}
    ticket = Ticket(
        **values,
        requester_email=row["requester_email"] or "",
        created_at=created_at,
        updated_at=created_at,
    )
    opinion = opinion_of(ticket)
    opinion.apply(ticket)
    for name in DECIDED:
        if getattr(ticket, name) != row[name]:
            setattr(ticket, name, row[name])
            ticket.decide(name, Source.HUMAN)
    ticket.issue_link()
    return ticket


def record(ticket: Ticket) -> None:
    """What triage really says of it, beside what the demo's author decided. That is nobody's
    lesson: a site learns from its own tickets.
    """
    opinion_of(ticket).record(ticket)
    ticket.predictions.update(created_at=ticket.created_at)
    for name in LearnedField.values:
        ticket.predictions.filter(field=name).update(
            final_value=getattr(ticket, name), final_at=ticket.created_at
        )


def opinion_of(ticket: Ticket) -> Assessment:
    found = engine.classify(ticket.description, ticket.title, use_model=False)
    tone = engine.score_tone(ticket.description, ticket.title, use_model=False)
    return Assessment(found, tone, TRIAGE_FIELDS)


def add_comment(ticket: Ticket, comment: dict[str, Any], moment: datetime) -> None:
    by_requester = comment["author"] == "requester"
    with audited(REQUESTER if by_requester else actor(comment["author"])):
        added = Comment.objects.create(
            ticket=ticket,
            author=None if by_requester else account(comment["author"]),
            author_role=AuthorRole.REQUESTER if by_requester else AuthorRole.AGENT,
            body=comment["body"],
            public=comment["public"],
            created_at=moment,
        )
        if added.public and not by_requester and ticket.first_response_at is None:
            ticket.first_response_at = moment
            ticket.save(update_fields=["first_response_at"])
    date_back(added, moment)


def finish(ticket: Ticket, row: dict[str, Any], moment: datetime) -> None:
    """The agent takes the ticket and sets its present status."""
    with audited(actor(row["assignee"] or "agent")):
        ticket.assignee = account(row["assignee"])
        ticket.status = row["status"]
        ticket.version += 1
        ticket.updated_at = moment
        ticket.resolved_at = moment if ticket.is_finished else None
        ticket.save(update_fields=["assignee", "status", "version", "updated_at", "resolved_at"])
    date_back(ticket, moment)


def date_back(row: Ticket | Comment, moment: datetime) -> None:
    """Give the audit trail's newest entry of this row the demo's time."""
    events = row.pgh_event_model.objects  # type: ignore[union-attr]
    newest = events.filter(pgh_obj_id=row.pk).order_by("-pgh_id").values("pk")[:1]
    events.filter(pk__in=newest).update(pgh_created_at=moment)


def account(name: str | None) -> User | None:
    """The demo's agent or admin, where the site has these accounts."""
    return User.objects.filter(username=name).first() if name else None


def actor(name: str) -> Actor:
    user = account(name)
    return user_actor(user) if user else SYSTEM
