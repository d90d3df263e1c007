"""Every question that concerns many rows: filters, search, pages, statistics."""

from __future__ import annotations

import functools
import heapq
import operator
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.contrib.postgres.search import SearchQuery, SearchRank
from django.core import signing
from django.db import connection, models
from django.db.models import Avg, Count, F, Func, Max, Q, Value
from django.db.models.functions import TruncDate
from django.utils import timezone

from .exceptions import InvalidInput, NotFound
from .triage.types import LEARNED_FIELDS, SURE_FROM

if TYPE_CHECKING:
    from .models import Lesson, Ticket

# Lists that a filter takes; each becomes `column IN (...)`.
LIST_FILTERS = ("category", "priority", "status", "sentiment")
BREAKDOWNS = ("priority", "category", "status", "sentiment")
DAYS_SHOWN = 30
# How many words of a text and how many tickets are compared to find similar ones.
WORDS_COMPARED, LOOKED_AT = 12, 2000
# What separates words in a search and in the indexed text (PostgreSQL's regular expressions).
NOT_WORD = r"[\W_]+"


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
        unsure = functools.reduce(operator.or_, map(_unsure, LEARNED_FIELDS))
        return self.filter(unsure, status__in=["open", "in_progress"])

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


class Term:
    """One search term: a word (found as a prefix too) or a phrase (found whole)."""

    def __init__(self, text: str, *, phrase: bool, excluded: bool) -> None:
        self.text, self.phrase, self.excluded = text, phrase, excluded

    def condition(self) -> Q:
        """Words go through the index; what full text drops is compared as it is written."""
        condition = Q()
        letters = "".join(self.text.split())
        indexed = [letter.isalpha() or letter.isdecimal() for letter in letters]
        if any(indexed):
            kind = SearchQuery if self.phrase else PrefixQuery
            words = words_of(Value(self.text))
            condition &= Q(document=kind(words, config="simple", search_type="phrase"))
        if not all(indexed):
            condition &= Q(title__icontains=self.text) | Q(description__icontains=self.text)
        return condition


class PrefixQuery(SearchQuery):
    """Words side by side, the last of them as a prefix; finds nothing when there are none."""

    template = "COALESCE(NULLIF(%(function)s(%(expressions)s)::text, '') || ':*', '')::tsquery"


def words_of(text: F | Value) -> Func:
    """The text with everything but words blanked, so that full text sees plain words only.

    Otherwise PostgreSQL's parser would keep `INV-7` or `a.b@c.de` as single tokens which no
    search for one of their parts would find.
    """
    return Func(
        text,
        Value(NOT_WORD),
        Value(" "),
        Value("g"),
        function="regexp_replace",
        output_field=models.TextField(),
    )


def parse_search(text: str) -> list[Term]:
    """Split a search into terms. `-` before a word or phrase excludes it."""
    pattern = re.compile(r'(?P<no>-?)(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')
    terms = []
    for match in pattern.finditer(text):
        phrase = match["phrase"]
        content = (match["word"] if phrase is None else phrase).strip()
        if content:
            terms.append(Term(content, phrase=phrase is not None, excluded=bool(match["no"])))
    return terms


def _assigned_to(names: list[str]) -> Q:
    """`none` stands for tickets that nobody has taken."""
    wanted = Q(assignee__username__in=[name for name in names if name != "none"])
    return wanted | Q(assignee=None) if "none" in names else wanted


def _unsure(name: str) -> Q:
    vague = Q(**{f"{name}_confidence": None}) | Q(**{f"{name}_confidence__lt": SURE_FROM})
    return Q(**{f"{name}_source__in": ["offline", "default"]}) & vague


def _older_than(created_at: datetime, pk: int) -> Q:
    # The first condition repeats the second's bound so that the index can start there.
    return Q(created_at__lte=created_at) & (Q(created_at__lt=created_at) | Q(id__lt=pk))


def write_cursor(ticket: Ticket) -> str:
    return signing.dumps([ticket.created_at.isoformat(), ticket.pk], salt="tickets.cursor")


def read_cursor(cursor: str) -> tuple[datetime, int]:
    """Raise InvalidInput for a cursor that this program did not write."""
    try:
        created_at, pk = signing.loads(cursor, salt="tickets.cursor")
    except signing.BadSignature:
        raise InvalidInput(errors={"cursor": ["This is not a cursor of this list."]}) from None
    return datetime.fromisoformat(created_at), pk


# One statement, so that processes that count at the same moment lose nothing.
COUNT_MORE = """
INSERT INTO {table} AS counter (name, time_window, count, expires_at)
VALUES (%s, %s, %s, to_timestamp(%s))
ON CONFLICT (name) DO UPDATE SET
    count = CASE WHEN counter.time_window = excluded.time_window
                 THEN counter.count + excluded.count ELSE excluded.count END,
    time_window = excluded.time_window,
    expires_at = excluded.expires_at
RETURNING count
"""


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One recorded change; `changes` maps each field to its old and its new value.

    `event` is "created", "changed" or "deleted", and "comment created" and so on for a comment.
    `actor` is None for a change that was made past this program.
    """

    at: datetime
    actor: str | None
    event: str
    changes: dict[str, tuple[Any, Any]]


def history_of(ticket: Ticket) -> list[HistoryEntry]:
    """The audit trail of a ticket and its comments, oldest first, in two queries."""
    tickets = apps.get_model("tickets", "TicketEvent").objects.filter(pgh_obj_id=ticket.pk)
    comments = apps.get_model("tickets", "CommentEvent").objects.filter(ticket_id=ticket.pk)
    # Each trail is in the order of its changes; the clock only says how the two interleave.
    return list(
        heapq.merge(
            _entries(tickets.select_related("assignee").order_by("pgh_id"), TICKET_EVENTS),
            _entries(comments.order_by("pgh_id"), COMMENT_EVENTS),
            key=lambda entry: entry.at,
        )
    )


TICKET_EVENTS = {"insert": "created", "update": "changed", "delete": "deleted"}
COMMENT_EVENTS = {label: f"comment {event}" for label, event in TICKET_EVENTS.items()}
NOT_TOLD = {"id", "version", "created_at", "updated_at", "ticket", "author", "author_role"}


def _entries(events: Iterable[Any], names: Mapping[str, str]) -> Iterator[HistoryEntry]:
    """Compare each recorded row with the one before it."""
    before: dict[int, dict[str, Any]] = {}
    for event in events:
        old, new = before.get(event.pgh_obj_id, {}), _recorded(event)
        before[event.pgh_obj_id] = new
        changes = {
            name: (old.get(name), value) for name, value in new.items() if old.get(name) != value
        }
        if changes or event.pgh_label != "update":
            actor = (event.pgh_context or {}).get("actor")
            yield HistoryEntry(event.pgh_created_at, actor, names[event.pgh_label], changes)


def changes_since(ticket: Ticket, version: int) -> dict[str, tuple[Any, Any]]:
    """What differs between an earlier version of the ticket and its newest: {field: (old, new)}.

    Everything does where that version was never recorded.
    """
    records = apps.get_model("tickets", "TicketEvent").objects.filter(pgh_obj_id=ticket.pk)
    newest_first = records.select_related("assignee").order_by("-pgh_id")
    old, new = newest_first.filter(version=version).first(), newest_first.first()
    before, after = (_recorded(event) if event else {} for event in (old, new))
    return {
        name: (before.get(name), value)
        for name, value in after.items()
        if before.get(name) != value
    }


def _recorded(event: Any) -> dict[str, Any]:
    fields = [field for field in event._meta.fields if not field.name.startswith("pgh_")]
    values = {field.name: getattr(event, field.attname) for field in fields}
    if values.get("assignee") is not None:
        gone = f"user {event.assignee_id}"
        values["assignee"] = event.assignee.get_username() if event.assignee else gone
    return {
        name: None if value == "" else value
        for name, value in values.items()
        if name not in NOT_TOLD
    }


class CounterQuerySet(models.QuerySet[Any]):
    """Fixed-window counters that every process shares."""

    def hit(self, name: str, *, limit: int, seconds: int) -> int:
        """Count one more and return 0, or the seconds to wait when `limit` is passed."""
        count = self.add(name, 1, seconds=seconds)
        now = timezone.now().timestamp()
        wait = int((now // seconds + 1) * seconds - now) + 1
        return wait if count > limit else 0

    def add(self, name: str, amount: int, *, seconds: int) -> int:
        """Add to the count of the present window of so many seconds; returns the new count."""
        window = int(timezone.now().timestamp() // seconds)
        query = COUNT_MORE.format(table=self.model._meta.db_table)
        with connection.cursor() as cursor:
            cursor.execute(query, [name, window, amount, (window + 1) * seconds])
            row = cursor.fetchone()
        return int(row[0]) if row else 0

    def counts(self, prefix: str, *, seconds: int) -> dict[str, int]:
        """The present window's counts of all names that begin with the prefix, without it."""
        window = int(timezone.now().timestamp() // seconds)
        rows = self.filter(name__startswith=prefix, time_window=window)
        return {
            name.removeprefix(prefix): count for name, count in rows.values_list("name", "count")
        }

    def purge(self) -> int:
        """Delete counters whose window has ended; returns how many."""
        return self.filter(expires_at__lt=timezone.now()).delete()[0]
