"""Questions about tickets: filters, search, pages, statistics."""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Count, Max, Q
from django.db.models.functions import TruncDate
from django.utils import timezone

from ..exceptions import NotFound
from ..triage.types import LEARNED_FIELDS, SURE_FROM
from .cursors import Place, read_cursor, write_cursor
from .figures import DayCount, Stats
from .review import ReviewQuerySet
from .search import parse_search
from .similar import SimilarQuerySet
from .statuses import UNFINISHED
from .times import TimesQuerySet

if TYPE_CHECKING:
    from ..models import Lesson, Ticket

# Lists that a filter takes; each becomes `column IN (...)`.
LIST_FILTERS = ("category", "priority", "status", "sentiment")
DAYS_SHOWN = 30
# How many rows an export reads at a time (a description has up to 20 000 characters), and how
# many numbers of rows.
ROWS_AT_ONCE, NUMBERS_AT_ONCE = 500, 10_000


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of a list, and the cursors of the pages beside them ("" where there is none)."""

    rows: list[Ticket]
    older: str
    newer: str


class TicketQuerySet(ReviewQuerySet, SimilarQuerySet, TimesQuerySet):  # type: ignore[override]  # as_manager
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
            found = found.search(filters["search"], filters.get("me"))
        return found

    def search(self, text: str, me: Any = None) -> Self:
        """Tickets that fit every term: words (as prefixes), "phrases", -excluded ones, numbers,
        requesters' addresses, and qualifiers such as `status:open`; `me` is who searches.

        Goes through the GIN indexes. Letters that full text drops (`%`, `_`, `#`) still count:
        such a term is also looked for as it is written.
        """
        found = self
        for term in parse_search(text):
            condition = term.condition(me)
            found = found.exclude(condition) if term.excluded else found.filter(condition)
        return found

    def newest_first(self) -> Self:
        return self.order_by("-created_at", "-id")

    def page(self, limit: int, cursor: str = "") -> Page:
        """Up to `limit` tickets, newest first, of the place that the cursor names.

        A cursor names a row that was seen, so pages stay right while tickets arrive. A page
        back that would be short of rows is the newest page.
        """
        found = self.defer("document")
        if not cursor:
            return _page(list(found.newest_first()[: limit + 1]), limit)
        place = read_cursor(cursor)
        found = found.filter(place.condition())
        if not place.newer:
            rows = list(found.newest_first()[: limit + 1])
            return _page(rows, limit, newer=rows[0] if rows else place.turned())
        rows = list(found.order_by("created_at", "id")[: limit + 1])
        if len(rows) <= limit:
            return self.page(limit)
        rows = rows[limit - 1 :: -1]
        return Page(rows, older=write_cursor(rows[-1]), newer=write_cursor(rows[0], newer=True))

    def newer_than(self, cursor: str, most: int) -> int:
        """How many of these tickets are newer than the place of the cursor ("" for all);
        counts no further than `most`."""
        newer = self
        if cursor:
            place = read_cursor(cursor)
            newer = self.filter(Place(place.created_at, place.pk, newer=True).condition())
        return len(newer.newest_first().values_list("pk", flat=True)[:most])

    def in_chunks(
        self, size: int = ROWS_AT_ONCE, most_numbers: int = NUMBERS_AT_ONCE
    ) -> Iterator[list[Ticket]]:
        """All of these tickets, newest first, so many at a time.

        Each statement is short and little is in memory, however many there are. Numbers are
        read by keyset in larger portions, since each of these asks the filters again.
        """
        places = self.newest_first().values_list("created_at", "pk")
        portion = list(places[:most_numbers])
        while portion:
            numbers = [pk for _, pk in portion]
            for start in range(0, len(numbers), size):
                yield self._rows(numbers[start : start + size])
            if len(portion) < most_numbers:
                return
            portion = list(places.filter(Place(*portion[-1]).condition())[:most_numbers])

    def _rows(self, numbers: list[int]) -> list[Ticket]:
        """These tickets in this order, without those that are gone by now."""
        found = self.model._default_manager.with_people().defer("document").in_bulk(numbers)
        return [found[number] for number in numbers if number in found]

    def stats(self) -> Stats:
        """Return the API's statistics of these tickets, in two queries."""
        days = Count(TruncDate("created_at", tzinfo=UTC), distinct=True)
        row, breakdowns = self.counted(days=days)
        return {
            "total_tickets": row["total"],
            "open_tickets": row["status_open"],
            "avg_tickets_per_day": round(row["total"] / row["days"], 1) if row["days"] else 0.0,
            "priority_breakdown": breakdowns["priority"],
            "category_breakdown": breakdowns["category"],
            "status_breakdown": breakdowns["status"],
            "sentiment_breakdown": breakdowns["sentiment"],
            "avg_urgency_score": None if row["urgency"] is None else round(row["urgency"], 1),
            "tickets_per_day": self._tickets_per_day(),
        }

    def _tickets_per_day(self) -> list[DayCount]:
        today = timezone.now().astimezone(UTC).date()
        first = today - timedelta(days=DAYS_SHOWN - 1)
        since = datetime(first.year, first.month, first.day, tzinfo=UTC)
        counts = self.filter(created_at__gte=since).per_day()
        days = [first + timedelta(days=n) for n in range(DAYS_SHOWN)]
        return [{"date": day.isoformat(), "count": counts.get(day, 0)} for day in days]

    def counts_by_status(self, most: int | None = None) -> dict[str, int]:
        """How many of these tickets have each status that any has, for the list's tabs; with
        `most`, among so many of them: a word that most tickets have takes seconds to count."""
        members = [value for value, _ in self.model._meta.get_field("status").flatchoices]
        counts = {value: Count("status", filter=Q(status=value)) for value in members}
        found = self.order_by().values("status")[:most].aggregate(**counts)
        return {value: count for value, count in found.items() if count}

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
    return Q(unsure, status__in=list(UNFINISHED))


def _unsure(name: str) -> Q:
    vague = Q(**{f"{name}_confidence": None}) | Q(**{f"{name}_confidence__lt": SURE_FROM})
    return Q(**{f"{name}_source__in": ["offline", "default"]}) & vague


def _page(rows: list[Ticket], limit: int, newer: Ticket | Place | None = None) -> Page:
    """One page of the rows, of which there may be one more to show that others follow."""
    older = write_cursor(rows[limit - 1]) if len(rows) > limit else ""
    if newer is None:
        return Page(rows[:limit], older, "")
    back = newer.write() if isinstance(newer, Place) else write_cursor(newer, newer=True)
    return Page(rows[:limit], older, back)
