"""The lists of the back office: ours, and Django's stock lists with the same columns and filters.

Each run covers a request up to the rendered page. Both must show the same rows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.test import RequestFactory
from procrastinate.contrib.django.models import ProcrastinateJob

from tickets.models.mail import Email
from tickets.models.ticket import Ticket
from tickets.models.triage import Feedback, Prediction

from .harness import RARE_TERM, Pair

# One statement per table.
PREDICTIONS = """
INSERT INTO tickets_prediction (suggestion, ticket_id, field, value, confidence, source, provider,
    model, prompt_version, evidence, latency_ms, cost_usd, use, created_at, accepted, final_value)
SELECT gen_random_uuid(), id, field, CASE field WHEN 'category' THEN category ELSE priority END,
    (id %% 100) / 100.0, 'offline', '', '', '', '[]', 1, 0, 'applied', created_at, NULL, ''
FROM tickets_ticket CROSS JOIN (VALUES ('category'), ('priority')) AS fields (field)
"""
FEEDBACK = """
INSERT INTO tickets_feedback (ticket_id, field, value, corrected, decided_at)
SELECT id, 'category', category, id %% 5 = 0, created_at FROM tickets_ticket
"""
MAIL = """
INSERT INTO tickets_email (ticket_id, kind, event, address, state, error, created_at)
SELECT id, 'received', 'received ' || id, requester_email,
    CASE WHEN id %% 100 = 0 THEN 'failed' ELSE 'sent' END, '', created_at FROM tickets_ticket
"""
JOBS = """
INSERT INTO procrastinate_jobs (queue_name, task_name, args, status)
SELECT 'triage', 'tickets.tasks.triage_ticket', jsonb_build_object('ticket_id', n),
    (CASE WHEN n %% 1000 = 0 THEN 'failed' ELSE 'succeeded' END)::procrastinate_job_status
FROM generate_series(1, %(tickets)s) n
"""
FILL = (PREDICTIONS, FEEDBACK, MAIL, JOBS)

LISTS: tuple[tuple[Any, dict[str, str]], ...] = (
    (Ticket, {}),
    (Ticket, {"p": "2"}),
    (Ticket, {"status__exact": "open", "priority__exact": "critical"}),
    (Ticket, {"q": RARE_TERM}),
    (Prediction, {}),
    (Feedback, {}),
    (Email, {}),
    (ProcrastinateJob, {}),
)
stock_site = admin.AdminSite()


def pairs(tickets: int) -> list[Pair]:
    root = User.objects.create_superuser("root")
    return [
        (
            " ".join([f"{model._meta.verbose_name_plural}", *map("=".join, query.items())]),
            changelist(admin.site.get_model_admin(model), query, root),
            changelist(stock_admin(model), query, root),
        )
        for model, query in LISTS
    ]


def stock_admin(model: Any) -> admin.ModelAdmin[Any]:
    """Return a stock admin with the same columns, filters and order."""
    ours = admin.site.get_model_admin(model)
    columns = {
        Ticket: ("title", "status", "priority", "category", "sentiment", "assignee", "created_at"),
        Prediction: ("created_at", "ticket", "field", "value", "confidence", "source"),
        Feedback: ("decided_at", "ticket", "field", "value", "corrected"),
        Email: ("created_at", "kind", "ticket", "address", "state"),
        ProcrastinateJob: ("id", "task_name", "status", "queue_name", "attempts"),
    }
    filters = [name for name in ours.list_filter if isinstance(name, str)]
    options = {
        "list_display": columns[model],
        "list_filter": filters,
        "list_per_page": ours.list_per_page,
        "ordering": ours.ordering,
        "search_fields": ("title", "description") if model is Ticket else (),
        "has_add_permission": lambda *_: False,
    }
    stock_class = type(f"Stock{model.__name__}Admin", (admin.ModelAdmin,), options)
    result: admin.ModelAdmin[Any] = stock_class(model, stock_site)
    return result


def changelist(model_admin: Any, query: dict[str, str], user: User) -> Callable[[], list[Any]]:
    """Return a function that renders the list and returns its rows' keys."""

    def render() -> list[Any]:
        request = RequestFactory().get("/admin/", query)
        request.user = user
        response = model_admin.changelist_view(request)
        response.render()
        return [row.pk for row in response.context_data["cl"].result_list]

    return render
