"""The desk in numbers, and how often triage was right."""

from __future__ import annotations

from datetime import UTC, date, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from tickets.forms import PeriodForm, valid
from tickets.models import Category, DemoTicket, Prediction, Priority, Ticket, TriageModel
from tickets.pages import charts
from tickets.pages.decorators import Request, page

FIELDS = {"category": Category.values, "priority": Priority.values}


@page("GET", agents=True)
def dashboard(request: Request) -> HttpResponse:
    return render(request, "tickets/dashboard.html", {"stats": Ticket.objects.stats()})


@page("GET", agents=True)
def triage(request: Request) -> HttpResponse:
    days = valid(PeriodForm(request.GET))["days"]
    today = timezone.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    since = today - timedelta(days=days - 1) if days else None  # whole days, today the last
    report = Prediction.objects.report(since, None)
    context = {
        "days": days,
        "periods": PeriodForm.PERIODS,
        "report": report,
        "fields": [
            _field(name, values, report, today.date(), days) for name, values in FIELDS.items()
        ],
        "learners": TriageModel.objects.order_by("field"),
        "demo": DemoTicket.objects.exists(),
        "waiting": Ticket.objects.needing_review().count(),
    }
    return render(request, "tickets/triage.html", context)


def _field(
    name: str, values: list[str], report: dict[str, Any], today: date, days: int
) -> dict[str, Any]:
    """What the page shows of one field."""
    per_day = [entry for entry in report["per_day"] if entry["field"] == name]
    dates = [date.fromisoformat(entry["date"]) for entry in per_day]
    first = today - timedelta(days=days - 1) if days else min(dates, default=today)
    return {
        "name": name,
        "values": values,
        "figures": report["fields"][name],
        "sources": [row for row in report["sources"] if row["field"] == name],
        "confusion": charts.confusion(report["confusion"][name], values),
        "calibration": charts.calibration(report["calibration"][name]),
        "chart": charts.accuracy_chart(per_day, first, today),
    }
