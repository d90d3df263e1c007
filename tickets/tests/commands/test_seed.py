"""`manage.py seed`: it loads demo tickets that look used, and removes nothing but them."""

import json
from collections import Counter
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from tickets.audit.trail import audit_trail
from tickets.management.commands.seed import DEMO_TICKETS
from tickets.models.ticket import Comment, Ticket
from tickets.models.triage import Feedback, Prediction, TriageCount
from tickets.tests.factories import AgentFactory, CommentFactory, TicketFactory
from tickets.vocabulary import Category, Priority, Sentiment, Status

pytestmark = pytest.mark.django_db
ROWS = json.loads(DEMO_TICKETS.read_text(encoding="utf-8"))
SECOND = timedelta(seconds=1)


def seed(*arguments):
    out = StringIO()
    call_command("seed", *arguments, stdout=out)
    return out.getvalue()


def test_it_loads_every_ticket_unchanged():
    agent = AgentFactory(username="agent")
    assert seed() == f"Loaded {len(ROWS)} demo tickets.\n"
    tickets = {ticket.title: ticket for ticket in Ticket.objects.with_people()}
    assert len(tickets) == len(ROWS) >= 120
    for row in ROWS:
        ticket = tickets[row["title"]]
        for name in ("description", "category", "priority", "status"):
            assert getattr(ticket, name) == row[name], (row["title"], name)
        assert ticket.sentiment_source in ("offline", "default")  # no person can set it
        assert ticket.requester_email == (row["requester_email"] or "")
        assert ticket.assignee == (agent if row["assignee"] == "agent" else None)
        assert ticket.link_digest
    bodies = Counter(comment["body"] for row in ROWS for comment in row["comments"])
    assert Counter(Comment.objects.values_list("body", flat=True)) == bodies


def test_the_demo_covers_every_value_and_thirty_days():
    seed()
    for field, choices in {
        "category": Category,
        "priority": Priority,
        "status": Status,
        "sentiment": Sentiment,
    }.items():
        assert set(Ticket.objects.values_list(field, flat=True)) == set(choices.values)
    assert len({row["language"] for row in ROWS}) >= 4
    ages = [
        timezone.now() - created_at
        for created_at in Ticket.objects.values_list("created_at", flat=True)
    ]
    assert timedelta(0) < min(ages) < timedelta(days=1)
    assert timedelta(days=28) < max(ages) < timedelta(days=31)


def test_ids_grow_with_time_as_in_real_use():
    seed()
    times = list(Ticket.objects.order_by("id").values_list("created_at", flat=True))
    assert times == sorted(times)


def test_times_and_audit_trail_are_backdated():
    seed()
    now = timezone.now()
    for ticket in Ticket.objects.prefetch_related("comments"):
        assert ticket.created_at <= ticket.updated_at <= now
        trail = audit_trail(ticket)
        assert trail[0].event == "created"
        assert abs(trail[0].at - ticket.created_at) < SECOND
        assert max(entry.at for entry in trail) <= now
        assert trail == sorted(trail, key=lambda entry: entry.at)
        written = [entry.at for entry in trail if entry.event == "comment created"]
        assert written == [comment.created_at for comment in ticket.comments.all()]


def test_the_audit_trail_names_the_agent():
    AgentFactory(username="agent")
    seed()
    ticket = Ticket.objects.filter(assignee__username="agent", status="closed").first()
    changed = [entry for entry in audit_trail(ticket) if entry.event == "changed"]
    assert [entry.actor for entry in changed] == ["agent"]
    assert changed[0].changes["status"] == ("open", "closed")


def test_clear_removes_only_the_demo_tickets():
    own = TicketFactory()
    comment = CommentFactory(ticket=own)
    seed()
    assert seed("--clear") == f"Removed {len(ROWS)} demo tickets.\n"
    assert list(Ticket.objects.all()) == [own]
    assert list(Comment.objects.all()) == [comment]
    assert seed("--clear") == "Removed 0 demo tickets.\n"


def test_loading_again_replaces_the_demo_tickets():
    own = TicketFactory()
    seed()
    Ticket.objects.filter(demoticket__isnull=False).update(status="closed")
    seed()
    assert Ticket.objects.count() == len(ROWS) + 1
    assert Ticket.objects.filter(demoticket__isnull=False, status="open").exists()
    assert Ticket.objects.filter(pk=own.pk).exists()


def test_the_predictions_are_those_of_triage():
    seed()
    ticket = Ticket.objects.filter(category_source="offline").first()
    predictions = {row.field: row for row in ticket.predictions.all()}
    assert set(predictions) == {"category", "priority", "sentiment", "urgency"}
    assert predictions["category"].value == predictions["category"].final_value == ticket.category
    assert predictions["category"].created_at == ticket.created_at
    report = TriageCount.objects.report()["fields"]["category"]
    assert report["judged"] == len(ROWS)
    assert 0.5 < report["accuracy"] < 1  # measured, not made up


def test_the_demo_gives_no_feedback_and_leaves_no_trace():
    seed()
    assert not Feedback.objects.exists()
    seed("--clear")
    assert not Prediction.objects.exists()


def test_response_and_resolution_times_are_set():
    seed()
    for ticket in Ticket.objects.prefetch_related("comments"):
        replies = [
            comment.created_at
            for comment in ticket.comments.all()
            if comment.public and comment.author_role == "agent"
        ]
        assert ticket.first_response_at == min(replies, default=None)
        assert (ticket.resolved_at is not None) == ticket.is_finished
        if ticket.is_finished:
            assert ticket.created_at < ticket.resolved_at == ticket.updated_at
    assert Ticket.objects.exclude(first_response_at=None).count() > 20
    assert Ticket.objects.exclude(resolved_at=None).count() > 20
