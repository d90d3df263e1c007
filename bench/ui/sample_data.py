"""Make a desk look as it would after a year: `python -m bench.ui.sample_data 10000`.

Repeat the demo tickets for other customers and agents, with comments, predictions and saved views,
and print as JSON the tickets that `pages.py` uses. Run by `desk.py`.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.contrib.auth.models import User  # noqa: E402  (needs the applications)
from django.db import connection  # noqa: E402
from django.urls import reverse  # noqa: E402
from django.utils import timezone  # noqa: E402

from tickets.access.actors import SYSTEM  # noqa: E402
from tickets.models.incoming import InboundMessage  # noqa: E402
from tickets.models.second_factors import SecondFactor  # noqa: E402
from tickets.models.ticket import Ticket  # noqa: E402
from tickets.models.triage import TriageModel  # noqa: E402
from tickets.models.workplace import SavedReply, SavedView  # noqa: E402
from tickets.services.accounts import create_account, create_token  # noqa: E402
from tickets.services.invitations import INVITATION, RESET  # noqa: E402
from tickets.services.second_factors import new_key  # noqa: E402
from tickets.vocabulary import (  # noqa: E402
    ACTIVE_STATUSES,
    FactorKind,
    InboundKind,
    InboundState,
    Sender,
    Verified,
)

from .sample_mail import add_mail  # noqa: E402

AGENTS = ("maria.keller", "tom.okafor", "lena.novak", "yuki.tanaka", "omar.haddad")
COMPANIES = (
    *("Kestrel Dental", "Harbour Rowing Club", "Bright Bakery", "Northwind Cycles"),
    *("Old Mill Brewery", "Larch & Sons", "Meadow Clinic", "Casa Verde", "Atelier Blanc"),
    *("Polar Logistics", "Sunny Side Nursery", "Quarry Lane School", "Tidewater Books"),
)
PEOPLE = ("anna.kovacs", "ben.ortiz", "carla.rossi", "dev.patel", "emma.lind", "farid.nasser")
REPLIES = (
    ("Refund", "We have refunded it. It takes three to five days until it shows.\n\n{agent}"),
    ("Opening hours", "We are here from nine to five."),
)
VIEWS = (
    ("Angry customers", "sentiment=angry&status=open", False),
    ("Billing this week", "category=billing&status=open", False),
    ("Outages", "search=outage", True),
)
# One statement per table. Demo tickets are repeated as often as necessary.
TICKETS = """
INSERT INTO tickets_ticket (title, description, category, priority, status, sentiment,
    urgency_score, category_source, category_confidence, priority_source, priority_confidence,
    sentiment_source, sentiment_confidence, requester_email, assignee_id, version, created_at,
    updated_at, first_response_at, resolved_at, link_nonce)
SELECT left(demo.title || ' (' || (%(companies)s::text[])[1 + n %% %(company_count)s] || ')', 200),
    demo.description, demo.category, demo.priority, made.status, demo.sentiment,
    demo.urgency_score, 'offline', made.confidence, 'offline', 0.7, 'offline', 0.8,
    (%(people)s::text[])[1 + n %% 6] || n || '@example.com',
    CASE WHEN n %% 4 > 0 THEN (%(agents)s::int[])[1 + n %% %(agent_count)s] END,
    2, made.created_at, made.created_at + interval '5 hours',
    CASE WHEN n %% 3 > 0 THEN made.created_at + n %% 300 * interval '1 minute' END,
    CASE WHEN made.status IN ('resolved', 'closed')
        THEN made.created_at + (1 + n %% 60) * interval '1 hour' END,
    ''
FROM generate_series(1, %(tickets)s) n
JOIN (SELECT *, row_number() OVER (ORDER BY md5(title)) AS position, count(*) OVER () AS demos
    FROM tickets_ticket) demo ON demo.position = 1 + n * 37 %% demo.demos
CROSS JOIN LATERAL (SELECT now() - n * interval '50 minutes' - interval '2 hours' AS created_at,
    CASE WHEN n %% 10 = 0 THEN 0.3 ELSE 0.85 END AS confidence,
    CASE WHEN random() < 300.0 / (300 + n) THEN (ARRAY['open', 'open', 'in_progress'])[1 + n %% 3]
        ELSE (ARRAY['resolved', 'closed'])[1 + n %% 2] END AS status) made
"""
COMMENTS = """
INSERT INTO tickets_comment (ticket_id, author_id, author_role, body, public, created_at)
SELECT id, assignee_id, 'agent', CASE WHEN id %% 3 > 0
    THEN 'Thank you for the details. We have found the cause and are working on it.'
    ELSE 'Same cause as the others of this week, see the notes of the team.' END,
    id %% 3 > 0, created_at + interval '1 hour'
FROM tickets_ticket WHERE id > %(last)s AND assignee_id IS NOT NULL
"""
PREDICTIONS = """
INSERT INTO tickets_prediction (suggestion, ticket_id, field, value, confidence, source, provider,
    model, prompt_version, evidence, latency_ms, cost_usd, use, created_at, final_value, final_at)
SELECT gen_random_uuid(), id, field, CASE WHEN id %% 7 > 0 THEN final
    WHEN field = 'category' THEN 'general' ELSE 'medium' END,
    0.25 + id %% 75 / 100.0, CASE WHEN id %% 3 > 0 THEN 'offline' ELSE 'llm' END,
    '', '', '', '[]', id %% 900, 0, 'applied', created_at,
    CASE WHEN status IN ('resolved', 'closed') THEN final ELSE '' END,
    CASE WHEN status IN ('resolved', 'closed') THEN resolved_at END
FROM tickets_ticket CROSS JOIN LATERAL
    (VALUES ('category', category), ('priority', priority)) AS fields (field, final)
WHERE id > %(last)s
"""


def main(tickets: int) -> None:
    if tickets:
        repeat_tickets(tickets)
    else:
        # For screenshots: few machines have fonts for these scripts.
        Ticket.objects.filter(title__regex="[\u3040-\u9fff\uac00-\ud7a3]").delete()
    add_views_and_tokens()
    print(json.dumps(chosen_tickets() | add_mail()))


def repeat_tickets(tickets: int) -> None:
    agents = [create_account(name, f"{name} of the desk").pk for name in AGENTS]
    last = Ticket.objects.order_by("pk").last()
    values: dict[str, Any] = {
        "tickets": tickets - Ticket.objects.count(),
        "agents": agents,
        "agent_count": len(agents),
        "companies": list(COMPANIES),
        "company_count": len(COMPANIES),
        "people": list(PEOPLE),
        "last": last.pk if last else 0,
    }
    with connection.cursor() as cursor:
        for statement in (TICKETS, COMMENTS, PREDICTIONS):
            cursor.execute(statement, values)
    with connection.as_owner(), connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def add_views_and_tokens() -> None:
    agent = User.objects.get(username="agent")
    for name, query, shared in VIEWS:
        SavedView.objects.create(name=name, owner=agent, query=query, shared=shared)
    for name, body in REPLIES:
        SavedReply.objects.create(name=name, owner=agent, body=body, shared=True)
    create_token("nightly export", ["read"], SYSTEM, user=agent, days=90)
    TriageModel.objects.create(
        field="category", feedback_count=240, prior_accuracy=0.81, learned_accuracy=0.86
    )


def hold_mail(ticket: int) -> None:
    """Store messages that belong to no ticket, to this one, and one that was discarded."""
    chosen = (
        (InboundState.HELD, None),
        (InboundState.HELD, ticket),
        (InboundState.DISCARDED, None),
    )
    for number, (state, ticket_id) in enumerate(chosen):
        InboundMessage.objects.create(
            sha256=f"sample {number}",
            raw=b"Subject: Invoices of March\n\n",
            state=state,
            ticket_id=ticket_id,
            subject="Invoices of March",
            sender_name="Lou Okafor",
            sender_address="lou@example.net",
            text="Please send us the invoices of March once more.",
            kind=InboundKind.WRITTEN,
            sender=Sender.OTHER,
            verified=Verified.FAILED if number else Verified.VERIFIED,
            explanation=["Somebody else wrote it: only agents see it until one accepts it."],
        )


def chosen_tickets() -> dict[str, Any]:
    """Return the numbers and private links of tickets that fill their pages."""
    demo = Ticket.objects.filter(demoticket__isnull=False)
    # Active, so that it can be snoozed and its requester can close it.
    active = demo.exclude(requester_email="").filter(status__in=ACTIVE_STATUSES)
    discussed = active.filter(comments__public=False).order_by("pk")
    longest = max(discussed.distinct(), key=lambda ticket: ticket.comments.count())
    finished = demo.filter(status="resolved").order_by("pk").last()
    newcomer = User.objects.create_user("ada", "ada@example.org")  # who never signs in
    fay = User.objects.create_user("fay", password="fay of the desk")
    SecondFactor.objects.create(account=fay, kind=FactorKind.APP, name="App", secret=new_key())
    hold_mail(longest.pk)
    open_tickets = demo.filter(status="open").exclude(pk=longest.pk).order_by("pk")
    return {
        "ticket": longest.pk,
        "requester": longest.private_link_path(),
        "requester_done": finished.private_link_path() if finished else longest.private_link_path(),
        "invitation": reverse("invitation", args=INVITATION.key(newcomer)),
        "reset": reverse("reset-password", args=RESET.key(newcomer)),
        "spare": [ticket.pk for ticket in open_tickets],  # may be changed
        "made_at": timezone.now().isoformat(),
    }


if __name__ == "__main__":
    main(int(sys.argv[1]))
