"""The desk in numbers, and how often triage was right."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import get_conditional_response

from tickets.forms import PeriodForm, valid
from tickets.models import Category, DemoTicket, Prediction, Priority, Ticket, TriageModel
from tickets.pages import charts
from tickets.pages.decorators import Request, page
from tickets.pages.templatetags.desk import list_url
from tickets.querysets import newest_change
from tickets.querysets.figures import TriageFigures

FIELDS = {"category": Category.values, "priority": Priority.values}
BREAKDOWNS = {
    "priority": "Priority",
    "category": "Category",
    "status": "Status",
    "sentiment": "Mood",
}


@dataclass(frozen=True, slots=True)
class Period:
    """The last `days` days (UTC), today the last of them; 0 means all of the past."""

    days: int
    today: datetime  # its midnight

    @classmethod
    def of(cls, request: Request) -> Period:
        days = valid(PeriodForm(request.GET))["days"]
        now = timezone.now().astimezone(UTC)
        return cls(days, now.replace(hour=0, minute=0, second=0, microsecond=0))

    @property
    def since(self) -> datetime | None:
        return self.today - timedelta(days=self.days - 1) if self.days else None

    def bounds(self, seen: list[date]) -> tuple[date, date]:
        """The first and the last day that a chart shows; `seen` are days that have something."""
        last = self.today.date()
        return self.since.date() if self.since else min([*seen, last]), last

    def context(self) -> dict[str, Any]:
        return {"days": self.days, "periods": PeriodForm.PERIODS}


@page("GET", agents=True)
def dashboard(request: Request) -> HttpResponse:
    period = Period.of(request)
    # Read before the figures, so that it never stands for newer ones than these.
    etag = f'W/"{newest_change()}-{period.today:%Y%m%d}"'
    response = get_conditional_response(request, etag=etag)
    if response is None:
        context = _overview(period) | {"etag": etag}
        response = render(request, "tickets/dashboard.html", context)
        response["ETag"] = etag
    return response


def _overview(period: Period) -> dict[str, Any]:
    since = period.since
    tickets = Ticket.objects.filter(created_at__gte=since) if since else Ticket.objects.all()
    found = tickets.overview()
    per_day: dict[date, int] = found["per_day"]
    of_period = {"created_after": since.date().isoformat() if since else ""}
    return {
        **period.context(),
        "overview": found,
        "per_day": round(found["total"] / len(per_day), 1) if per_day else None,
        "chart": charts.day_chart(per_day, *period.bounds(list(per_day))),
        "open_url": list_url({}, status="open", **of_period),
        "all_url": list_url({}, **of_period),
        "breakdowns": [
            (
                name,
                title,
                [
                    (bar, list_url({}, **{name: bar.value}, **of_period))
                    for bar in charts.bars(found["breakdowns"][name])
                ],
            )
            for name, title in BREAKDOWNS.items()
        ],
    }


@page("GET", agents=True)
def triage(request: Request) -> HttpResponse:
    period = Period.of(request)
    report = Prediction.objects.report(period.since, None)
    context = {
        **period.context(),
        "report": report,
        "fields": [_field(name, values, report, period) for name, values in FIELDS.items()],
        "learners": TriageModel.objects.order_by("field"),
        "demo": DemoTicket.objects.exists(),
        "waiting": Ticket.objects.needing_review().count(),
    }
    return render(request, "tickets/triage.html", context)


def _field(name: str, values: list[str], report: TriageFigures, period: Period) -> dict[str, Any]:
    """What the page shows of one field."""
    per_day = [entry for entry in report["per_day"] if entry["field"] == name]
    days = [date.fromisoformat(entry["date"]) for entry in per_day]
    return {
        "name": name,
        "values": values,
        "figures": report["fields"][name],
        "sources": [row for row in report["sources"] if row["field"] == name],
        "confusion": charts.confusion(report["confusion"][name], values),
        "calibration": charts.calibration(report["calibration"][name]),
        "chart": charts.accuracy_chart(per_day, *period.bounds(days)),
    }
