"""The desk's figures, and how often triage was right."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any, TypedDict

from django.db.models import Exists, OuterRef, Subquery
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import get_conditional_response

from ...audit.trail import latest_event
from ...forms.fields import clean_data
from ...forms.periods import PeriodForm
from ...models.housekeeping import DemoTicket
from ...models.ticket import Ticket
from ...models.triage import MIN_MEASURED, Feedback, Prediction, TriageCount, TriageModel
from ...querysets.figures import FieldFigures, SourceFigures, TriageFigures
from ...querysets.statements import CountOf, Statement
from ...services.triage.shared_state import model_failure
from ...services.triage.similar import reading_progress
from ...transactions import long_reading
from ...triage.offline.classifier import estimate_version
from ...triage.offline.encoders import choice
from ...vocabulary import (
    ACTIVE_STATUSES,
    Category,
    LearnedField,
    Priority,
    Sort,
    Source,
    WaitingFor,
)
from ...web import wording
from .. import charts
from ..addresses import list_url
from ..alerts import Alerts
from ..decorators import Request, page

FIELD_VALUES = {LearnedField.CATEGORY: Category.values, LearnedField.PRIORITY: Priority.values}
MAX_COUNTED = 1000  # tickets that wait for review
BREAKDOWNS = ("priority", "category", "status", "sentiment")


@dataclass(frozen=True, slots=True)
class Period:
    """The last `days` days in the desk's time zone, today included. 0 means all of the past."""

    days: int
    today: date

    @classmethod
    def of(cls, request: Request) -> Period:
        return cls(clean_data(PeriodForm(request.GET))["days"], timezone.localdate())

    @property
    def first(self) -> date | None:
        return self.today - timedelta(days=self.days - 1) if self.days else None

    @property
    def since(self) -> datetime | None:
        """Return the midnight at which the first day begins."""
        zone = timezone.get_current_timezone()
        return datetime.combine(self.first, time.min, zone) if self.first else None

    def bounds(self, days: list[date]) -> tuple[date, date]:
        """Return the first and the last day of a chart over these days that have data."""
        return self.first or min([*days, self.today]), self.today

    def context(self) -> dict[str, Any]:
        return {"days": self.days, "periods": PeriodForm.PERIODS}


@page("GET", agents=True, from_replica=True)
def dashboard(request: Request) -> HttpResponse:
    period = Period.of(request)
    # Read before the figures, so that the tag never stands for newer figures than it knows.
    alerts = Alerts.read()
    etag = f'W/"{latest_event()}-{period.today:%Y%m%d}-{alerts.tag}"'
    response = get_conditional_response(request, etag=etag)
    if response is None:
        context = _overview(period) | {"etag": etag, "alerts": alerts}
        context["newest_url"] = list_url({}, sort=Sort.NEWEST)
        response = render(request, "tickets/dashboard.html", context)
        response["ETag"] = etag
    return response


def _overview(period: Period) -> dict[str, Any]:
    overview = Ticket.objects.since(period.first, timezone.get_current_timezone())
    breakdowns, per_day = overview.breakdowns, overview.per_day
    in_period = {"created_after": period.first.isoformat() if period.first else ""}
    return {
        **period.context(),
        "overview": overview,
        "breakdowns": breakdowns,
        "per_day": round(breakdowns.total / len(per_day), 1) if per_day else None,
        "chart": charts.day_chart(per_day, *period.bounds(list(per_day))),
        "open_url": list_url({}, status="open", **in_period),
        "active_url": list_url({}, status=",".join(ACTIVE_STATUSES), **in_period),
        "unanswered_url": list_url({}, search="is:unanswered", sort=Sort.OLDEST, **in_period),
        "owed": breakdowns.waiting_for[WaitingFor.US],
        "owed_url": list_url({}, waiting_for=WaitingFor.US, sort=Sort.LONGEST_WAITING, **in_period),
        "asked": breakdowns.waiting_for[WaitingFor.REQUESTER],
        "asked_url": list_url(
            {}, waiting_for=WaitingFor.REQUESTER, sort=Sort.LAST_ACTIVITY, **in_period
        ),
        "all_url": list_url({}, **in_period),
        "bars": [
            (
                name,
                name.capitalize(),
                [
                    (bar, list_url({}, **{name: bar.value}, **in_period))
                    for bar in charts.bars(breakdowns.counts[name])
                ],
            )
            for name in BREAKDOWNS
        ],
    }


@page("GET", agents=True, from_replica=True)
def triage(request: Request) -> HttpResponse:
    period = Period.of(request)
    zone = timezone.get_current_timezone()
    [(began_at, waiting, has_demo)] = _beside_report().rows({})
    is_bounded = period.days or began_at is None
    first_day = [] if is_bounded else [timezone.localdate(began_at)]
    step, spans = charts.spans_of(*period.bounds(first_day))
    # The charts need no day by itself, and all time has thousands.
    starts = [span.first for span in spans]
    with long_reading():
        report = TriageCount.objects.report(period.since, zone=zone, steps=starts)
    context = {
        **period.context(),
        "report": report,
        "fields": [_field_section(name, report, step, spans) for name in LearnedField.values],
        "models": _models(),
        "min_measured": MIN_MEASURED,
        "estimate_name": wording.offline_name(estimate_version(choice.current())),
        "has_model": any(row["source"] == Source.LLM for row in report["sources"]),
        "progress": reading_progress(),
        "demo": has_demo,
        "waiting": min(waiting, MAX_COUNTED),
        "more_wait": waiting > MAX_COUNTED,
        "model_failure": model_failure(),
    }
    return render(request, "tickets/triage.html", context)


@cache
def _beside_report() -> Statement:
    """Return what else the page asks: when triage began, how much waits, and for demo tickets."""
    began_at = Prediction.objects.order_by("created_at").values("created_at")[:1]
    waiting = Ticket.objects.needing_review().values("pk")[: MAX_COUNTED + 1]
    has_demo = Exists(DemoTicket.objects.all())
    return Statement.of(began_at=Subquery(began_at), waiting=CountOf(waiting), has_demo=has_demo)


class LearnedModel(TypedDict):
    """What the classifier has learned of one field. The accuracies are None for too few items."""

    model: TriageModel
    prior_accuracy: float | None
    learned_accuracy: float | None
    last_learned: datetime | None


def _models() -> list[LearnedModel]:
    return [
        {
            "model": model,
            "prior_accuracy": model.measured(model.prior_accuracy),
            "learned_accuracy": model.measured(model.learned_accuracy),
            "last_learned": model.last_learned,
        }
        for model in _learned().models({})
    ]


@cache
def _learned() -> Statement:
    last_learned = Subquery(Feedback.objects.last_learned(OuterRef("field")))
    models = TriageModel.objects.order_by("field").annotate(last_learned=last_learned)
    return Statement(models, prepared=True)


class FieldSection(TypedDict):
    """What the triage page shows about one field."""

    name: str
    answered: int  # suggestions that came back with a ticket, accepted or not
    values: list[str]
    figures: FieldFigures
    sources: list[SourceFigures]
    confusion: list[tuple[str, list[charts.Cell]]]
    calibration: list[charts.Point]
    chart: charts.AccuracyChart


def _field_section(
    name: str, report: TriageFigures, step: str, spans: list[charts.Span]
) -> FieldSection:
    values = FIELD_VALUES[LearnedField(name)]
    per_day = [entry for entry in report["per_day"] if entry["field"] == name]
    sources = [row for row in report["sources"] if row["field"] == name]
    return {
        "name": name,
        "answered": sum(row["shown"] for row in sources),
        "values": values,
        "figures": report["fields"][name],
        "sources": sources,
        "confusion": charts.confusion(report["confusion"][name], values),
        "calibration": charts.calibration(report["calibration"][name]),
        "chart": charts.accuracy_chart(per_day, step, spans),
    }
