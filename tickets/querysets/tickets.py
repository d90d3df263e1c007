"""Questions about tickets: filters, search, pages, statistics."""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db import models
from django.db.models import Avg, Count, F, Max, Q
from django.db.models.functions import TruncDate
from django.utils import timezone

from ..exceptions import NotFound
from ..triage.types import LEARNED_FIELDS, SURE_FROM
from .cursors import read_cursor, write_cursor
from .search import parse_search

if TYPE_CHECKING:
    from ..models import Lesson, Ticket

# Lists that a filter takes; each becomes `column IN (...)`.
LIST_FILTERS = ("category", "priority", "status", "sentiment")
BREAKDOWNS = ("priority", "category", "status", "sentiment")
DAYS_SHOWN = 30
# How many words of a text and how many tickets are compared to find similar ones.
WORDS_COMPARED, LOOKED_AT = 12, 2000


class TicketQuerySet(models.QuerySet["Ticket"]):
    def filtered(self, filters: Mapping[str, Any]) -> Self:
        """The tickets that `FilterForm.cleaned_data` asks for; empty values mean no filter."""
        found = self
        for name in LIST_FILTERS:
            if filters.get(name):
                found = found.filter(**{f"{name}__in": filters[name]})
        if filters.get("assignee"):
            found = found.filter(_assigned_to(filters["assignee"]))
        if filters.get("created_after"):
            found = found.filter(created_at__gte=filters["created_after"])
        if filters.get("created_before"):
            found = found.filter(created_at__lt=filters["created_before"])
        if filters.get("needs_review"):
            found = found.needing_review()
        if filters.get("search"):
            found = found.search(filters["search"])
        return found

    def search(self, text: str) -> Self:
        """Tickets that hold every term: words (as prefixes), "phrases", -excluded ones.

        Goes through the GIN index. Letters that full text drops (`%`, `_`, `#`) still count:
        such a term is also looked for as it is written.
        """
        found = self
        for term in parse_search(text):
            condition = term.condition()
            found = found.exclude(condition) if term.excluded else found.filter(condition)
        return found

    def similar_to(self, text: str, limit: int) -> list[Ticket]:
        """Unfinished tickets that share words with the text, the nearest first.

        Long words count, since they are the rarer ones, and only the newest tickets are
        looked at, so that this costs the same however many there are.
        """
        words = sorted(set(re.findall(r"[^\W_]{4,}", text.lower())), key=len)[-WORDS_COMPARED:]
        if not words:
            return []
        query = functools.reduce(
            operator.or_, (SearchQuery(word, config="simple") for word in words)
        )
        newest = self.filter(status__in=["open", "in_progress"]).newest_first()[:LOOKED_AT]
        found = self.model._default_manager.filter(pk__in=newest.values("pk"), document=query)
        return list(found.order_by(SearchRank(F("document"), query).desc(), "-id")[:limit])

    def newest_first(self) -> Self:
        return self.order_by("-created_at", "-id")

    def page(self, limit: int, cursor: str = "") -> tuple[list[Ticket], str]:
        """Up to `limit` tickets, newest first, and the next page's cursor ("" on the last).

        The cursor names the last row seen, so pages stay right while tickets arrive.
        """
        found = self.newest_first().defer("document")
        if cursor:
            found = found.filter(_older_than(*read_cursor(cursor)))
        rows = list(found[: limit + 1])
        more = len(rows) > limit
        return rows[:limit], write_cursor(rows[limit - 1]) if more else ""

    def stats(self) -> dict[str, Any]:
        """The statistics of `contract.md` over these tickets, in two queries."""
        members = {field: self._members(field) for field in BREAKDOWNS}
        row = self.order_by().aggregate(
            total=Count("*"),
            days=Count(TruncDate("created_at", tzinfo=UTC), distinct=True),
            urgency=Avg("urgency_score"),
            **{
                f"{field}_{value}": Count("pk", filter=Q(**{field: value}))
                for field, values in members.items()
                for value in values
            },
        )
        return {
            "total_tickets": row["total"],
            "open_tickets": row["status_open"],
            "avg_tickets_per_day": round(row["total"] / row["days"], 1) if row["days"] else 0.0,
            **{
                f"{field}_breakdown": {value: row[f"{field}_{value}"] for value in values}
                for field, values in members.items()
            },
            "avg_urgency_score": None if row["urgency"] is None else round(row["urgency"], 1),
            "tickets_per_day": self._tickets_per_day(),
        }

    def _members(self, field: str) -> list[str]:
        described: Any = self.model._meta.get_field(field)
        return [str(value) for value, _ in described.choices]

    def _tickets_per_day(self) -> list[dict[str, Any]]:
        today = timezone.now().astimezone(UTC).date()
        first = today - timedelta(days=DAYS_SHOWN - 1)
        counts = dict(
            self.order_by()
            .filter(created_at__gte=datetime(first.year, first.month, first.day, tzinfo=UTC))
            .annotate(day=TruncDate("created_at", tzinfo=UTC))
            .values_list("day")
            .annotate(count=Count("*"))
        )
        days = [first + timedelta(days=n) for n in range(DAYS_SHOWN)]
        return [{"date": day.isoformat(), "count": counts.get(day, 0)} for day in days]

    def counts_by_status(self) -> dict[str, int]:
        """How many of these tickets have each status, for the list's tabs."""
        return dict(self.order_by().values_list("status").annotate(count=Count("pk")))

    def needing_review(self) -> Self:
        """Unfinished tickets of whose category or priority triage is not sure."""
        return self.filter(needs_review())

    def confirmed(self) -> Self:
        """Tickets with lessons, those first whose latest lesson is the oldest."""
        latest = self.filter(lessons__isnull=False).annotate(learned=Max("lessons__at"))
        return latest.order_by("learned", "pk").prefetch_related("lessons").defer("document")

    def with_people(self) -> Self:
        return self.select_related("assignee")

    def find(self, pk: int) -> Ticket:
        """The ticket of this number; raise NotFound when there is none."""
        ticket = self.defer("document").filter(pk=pk).first()
        if ticket is None:
            raise NotFound
        return ticket


class LessonQuerySet(models.QuerySet["Lesson"]):
    def newest(self, limit: int) -> list[Lesson]:
        """The latest lessons with their tickets, oldest first."""
        found = self.select_related("ticket").defer("ticket__document")
        return list(found.order_by("-at", "-pk")[:limit])[::-1]


def _assigned_to(names: list[str]) -> Q:
    """`none` stands for tickets that nobody has taken."""
    wanted = Q(assignee__username__in=[name for name in names if name != "none"])
    return wanted | Q(assignee=None) if "none" in names else wanted


def needs_review() -> Q:
    """Unfinished, and triage is not sure of category or priority. An index holds just these."""
    unsure = functools.reduce(operator.or_, map(_unsure, LEARNED_FIELDS))
    return Q(unsure, status__in=["open", "in_progress"])


def _unsure(name: str) -> Q:
    vague = Q(**{f"{name}_confidence": None}) | Q(**{f"{name}_confidence__lt": SURE_FROM})
    return Q(**{f"{name}_source__in": ["offline", "default"]}) & vague


def _older_than(created_at: datetime, pk: int) -> Q:
    # The first condition repeats the second's bound so that the index can start there.
    return Q(created_at__lte=created_at) & (Q(created_at__lt=created_at) | Q(id__lt=pk))
