"""Questions about tickets: filters, search, pages, statistics."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, tzinfo
from functools import cache
from typing import Any, NoReturn, Self, TypeVar

from django.db import models
from django.db.models import F, Max, Q
from django.utils import timezone

from ..exceptions import NotFound, TicketMerged
from ..vocabulary import ACTIVE_STATUSES, Sort
from . import counts
from .cursors import BY_NUMBER, NEWEST_FIRST, ORDERS, Cursor, Order, read_cursor
from .exported import ExportedRow, exported_rows
from .figures import Stats
from .listed import is_listed
from .pages import NewestMatches, Page, Step, read_page
from .rendered import RenderedQuerySet, RenderedTicket, find_rendered, rendered_page
from .requesters import RequesterQuerySet, others_of_requester
from .review import ReviewQuerySet
from .search import lists
from .search.bounded import Listing, Sought, find
from .search.grammar import (
    Qualifier,
    document_query,
    of_columns,
    parse_search,
    positive_query,
)
from .search.query import DocumentQuery
from .similar import SimilarQuerySet
from .statements import Parameter, Statement
from .statistics import Overview, StatisticsQuerySet, StatusCounts, midnight
from .turns import TurnQuerySet, priority_rank, waiting_order

TicketT = TypeVar("TicketT", bound=models.Model)

# Filters that take a list; each becomes `column IN (...)`.
LIST_FILTERS = ("category", "priority", "status", "sentiment")
# What orders sort by beside columns.
ORDER_EXPRESSIONS = {"waiting_order": waiting_order, "priority_rank": priority_rank}
# An export reads ids in large batches, because each batch applies the filters again, and rows in
# small ones, because a description may have 20 000 characters.
ROW_BATCH, ID_BATCH = 500, 10_000


class TicketQuerySet(  # type: ignore[override]  # as_manager
    RenderedQuerySet[TicketT],
    RequesterQuerySet[TicketT],
    ReviewQuerySet[TicketT],
    SimilarQuerySet[TicketT],
    StatisticsQuerySet[TicketT],
    TurnQuerySet[TicketT],
):
    sought: Sought | None = None  # by `search`; lists and pages read it instead of this queryset

    def _clone(self) -> Self:
        clone: Self = super()._clone()  # type: ignore[misc]
        clone.sought = self.sought
        return clone

    def filtered(self, filters: Mapping[str, Any]) -> Self:
        """Apply `FilterForm.cleaned_data`. An empty value means no filter.

        The search comes last, see `search`.
        """
        queryset = self
        for name in LIST_FILTERS:
            if filters.get(name):
                queryset = queryset.filter(**{f"{name}__in": filters[name]})
        if filters.get("assignee"):
            queryset = queryset.filter(_is_assigned_to(filters["assignee"]))
        if filters.get("created_after"):
            queryset = queryset.filter(created_at__gte=filters["created_after"])
        if filters.get("created_before"):
            queryset = queryset.filter(created_at__lt=filters["created_before"])
        queryset = queryset._needing_attention(filters)
        if filters.get("search"):
            queryset = queryset.search(filters["search"], filters.get("me"))
        return queryset

    def _needing_attention(self, filters: Mapping[str, Any]) -> Self:
        queryset = self
        if filters.get("needs_review"):
            queryset = queryset.needing_review()
        if filters.get("waiting_for"):
            queryset = queryset.waiting_for(filters["waiting_for"])
        if filters.get("snoozed") is not None:
            queryset = queryset.snoozed(filters["snoozed"])
        if filters.get("unread"):
            queryset = queryset.unread_by(filters.get("me"))
        return queryset

    def search(self, text: str, me: Any = None) -> Self:
        """Return tickets that match every term of a search; `me` is the account that searches.

        Terms are words (as prefixes), "phrases", -excluded ones, numbers, requesters' addresses,
        and qualifiers such as `status:open`. Words are found however they are spelt, see
        `search/folding.py`, also in replies, in notes, and in tickets that were merged into one.
        """
        terms = parse_search(text)
        queryset = self.qualified(of_columns(terms), me)
        if query := document_query(terms):
            sought = Sought(Listing(queryset), query, positive_query(terms))
            queryset = queryset.filter(search_document__document=DocumentQuery(query))
            queryset.sought = sought
        return queryset

    def qualified(self, qualifiers: Iterable[Qualifier], me: Any = None) -> Self:
        """Return tickets that match each of these qualifiers, which ask for columns."""
        queryset = self
        for qualifier in qualifiers:
            narrow = queryset.exclude if qualifier.excluded else queryset.filter
            queryset = narrow(qualifier.condition(me))
        return queryset

    def newest_first(self) -> Self:
        return self.order_by(*NEWEST_FIRST.fields)

    def in_order(self, order: Order, *, backwards: bool = False) -> Self:
        """Return the tickets in an order, each with the expressions that it sorts by."""
        names = {name.removeprefix("-") for name in order.fields} & set(ORDER_EXPRESSIONS)
        queryset = self.annotate(**{name: ORDER_EXPRESSIONS[name]() for name in names})
        return queryset.order_by(*(order.reversed_fields() if backwards else order.fields))

    def page(self, limit: int, cursor: str = "", sort: str = Sort.NEWEST) -> Page[TicketT]:
        """Return up to `limit` tickets beside the cursor, in the order `sort`.

        A cursor names a row, so pages stay valid while tickets arrive. A page backwards that
        would be short of rows is the first page instead.
        """
        if self.sought is not None:
            matches = lists.search_page(self.sought, ORDERS[Sort(sort)], limit, cursor)
            rows = self._in_list(matches.ids)
            return Page(rows, matches.older, matches.newer, matches.is_partial, matches.searched_to)

        def fetch(order: Order, position: Cursor | None, count: int) -> list[TicketT]:
            rows = self.in_order(order, backwards=_is_backwards(position))
            return list(rows.filter(position.condition() if position else Q())[:count])

        return read_page(fetch, limit, cursor, sort)

    def nearest(self, cursor: Cursor) -> TicketT | None:
        """Return the ticket next to the cursor's position, on its side; None at the end.

        A search that would have to read too much also returns None.
        """
        if self.sought is not None:
            matches = lists.nearest(self.sought, cursor)
            return next(iter(self._in_list([matches] if matches else [])), None)
        queryset = self.in_order(cursor.order, backwards=cursor.backwards)
        return queryset.filter(cursor.condition()).first()

    def ranked_position(self, ticket_id: int) -> Cursor | None:
        """Return a ticket's position in the order of relevance; None if it has none."""
        return lists.ranked_position(self.sought, ticket_id) if self.sought else None

    def not_newer_than(self, cursor: str) -> Self:
        """Leave out tickets that are newer than the cursor's position. "" leaves out none."""
        return self._narrowed(read_cursor(cursor).reversed().condition()) if cursor else self

    def without(self, ticket_id: int) -> Self:
        return self._narrowed(~Q(pk=ticket_id))

    def _narrowed(self, condition: Q) -> Self:
        queryset = self.filter(condition)
        if self.sought is not None:
            listing = Listing(self.sought.listing.tickets.filter(condition))
            queryset.sought = replace(self.sought, listing=listing)
        return queryset

    def ids_below(self, ticket_id: int | None, limit: int) -> list[int]:
        """Return up to `limit` ids, the highest first, below this one (None for all)."""
        queryset = self if ticket_id is None else self.filter(pk__lt=ticket_id)
        return list(queryset.order_by("-pk").values_list("pk", flat=True)[:limit])

    def step_below(self, ticket_id: int | None, limit: int) -> Step:
        """Return the next step of a walk through all tickets, from the highest id on."""
        if self.sought is not None:
            cursor = None if ticket_id is None else Cursor(BY_NUMBER, (ticket_id,))
            matches = find(self.sought, BY_NUMBER, limit, cursor)
            return Step(matches.ids, matches.came_to[0] if matches.came_to else None)
        ids = self.ids_below(ticket_id, limit + 1)
        return Step(ids[:limit], ids[limit - 1] if len(ids) > limit else None)

    def newer_than(self, cursor: str, limit: int) -> int:
        """Count tickets that are newer than the cursor's position ("" for all), up to `limit`."""
        position = replace(read_cursor(cursor), backwards=True) if cursor else None
        if self.sought is not None:
            return len(find(self.sought, NEWEST_FIRST, limit, position).positions)
        newer = self.filter(position.condition()) if position else self
        return len(newer.newest_first().values_list("pk", flat=True)[:limit])

    def exported(
        self, zone: tzinfo | None = None, row_batch: int = ROW_BATCH, id_batch: int = ID_BATCH
    ) -> Iterator[list[ExportedRow]]:
        """Yield all tickets, newest first, as `exported_rows`, in lists of `row_batch`.

        Each statement is short and little is in memory, however many tickets there are.
        """
        tickets: Any = self.model.including_spam  # type: ignore[attr-defined]
        for ids in self._id_batches(id_batch):
            for start in range(0, len(ids), row_batch):
                yield exported_rows(tickets, ids[start : start + row_batch], zone)

    def _id_batches(self, size: int) -> Iterator[list[int]]:
        if self.sought is not None:
            yield from lists.batches(self.sought)
            return
        positions = self.newest_first().values_list("created_at", "pk")
        batch = list(positions[:size])
        while batch:
            yield [pk for _, pk in batch]
            if len(batch) < size:
                return
            last = Cursor(NEWEST_FIRST, batch[-1])
            batch = list(positions.filter(last.condition())[:size])

    def newest_matches(self, limit: int) -> NewestMatches[Self]:
        """Return up to `limit` matches of the search, the newest ones; all tickets without one."""
        if self.sought is None:
            return NewestMatches(self, has_more=False)
        matches = find(self.sought, NEWEST_FIRST, limit)
        return NewestMatches(self.filter(pk__in=matches.ids), matches.came_to is not None)

    def _in_list(self, ids: list[int]) -> list[TicketT]:
        """Return these tickets in this order, without those that no longer belong to this list."""
        rows = {row.pk: row for row in self.order_by().filter(pk__in=ids)} if ids else {}
        return [rows[ticket_id] for ticket_id in ids if ticket_id in rows]

    def with_feedback(self) -> Self:
        """Return tickets that agents decided about, those with the oldest latest decision first."""
        decided = self.filter(feedback__isnull=False).annotate(
            last_feedback=Max("feedback__decided_at")
        )
        ordered = decided.order_by("last_feedback", "pk")
        return ordered.prefetch_related("feedback")

    def active(self) -> Self:
        return self.filter(status__in=[status.value for status in ACTIVE_STATUSES])

    def active_of(self, assignee: Any) -> Self:
        return self.active().filter(assignee=assignee)

    def reassign(self, assignee: Any | None) -> int:
        """Change the assignee of many tickets at once, each to a new version. One query."""
        values = {"version": F("version") + 1, "updated_at": timezone.now()}
        return self.update(assignee=assignee, **values)

    def with_people(self) -> Self:
        return self.select_related("assignee")

    def for_rows(self, user: Any) -> Self:
        """Return the tickets with all that a row of the list shows to this account."""
        return self.with_people().with_unread(user).with_twin()


def _is_assigned_to(names: list[str]) -> Q:
    """`none` means unassigned."""
    is_assigned = Q(assignee__username__in=[name for name in names if name != "none"])
    return is_assigned | Q(assignee=None) if "none" in names else is_assigned


def _is_backwards(position: Cursor | None) -> bool:
    return position is not None and position.backwards


# --- which tickets a manager has ----------------------------------------------------------


class ListedTickets(models.Manager.from_queryset(TicketQuerySet)[TicketT]):  # type: ignore[misc]
    """What lists and figures show: no spam, and no merged tickets. The default.

    It cannot `find` a ticket by its number, because that would hide spam.
    """

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(is_listed())

    def filtered(self, filters: Mapping[str, Any]) -> Any:
        """Apply `FilterForm.cleaned_data`. With `filters["spam"]`, return spam and nothing else."""
        tickets: Any = super().get_queryset().filter(is_listed(spam=bool(filters.get("spam"))))
        return tickets.filtered(filters)

    def rendered_page(self, filters: Mapping[str, Any], user: Any) -> Page[Any]:
        """Return the page that `PageForm.cleaned_data` asks for, as this account sees it.

        Each row has `json`, a TicketJson. One query.
        """
        return rendered_page(self.model, filters, user)

    # What the database keeps counts of comes from there, whatever the number of tickets. The rest
    # is counted, as is everything until a job has made the counts, after an upgrade.

    def statistics(self, filters: Mapping[str, Any]) -> Stats:
        """Return the statistics of the JSON API. One query with one filter or none, else two."""
        stats: Stats = counts.stats(filters) or self.filtered(filters).stats()
        return stats

    def by_status(self, filters: Mapping[str, Any], limit: int) -> StatusCounts:
        """Count the tickets of each status. One query, or up to three to count them.

        Those that have to be counted are counted up to `limit`.
        """
        stored = counts.by_status(filters)
        if stored is not None:
            return StatusCounts(stored)
        tickets = self.filtered(filters)
        if tickets.sought is not None:
            return lists.count_by_status(tickets.sought, limit)
        counted = tickets.counts_by_status(limit)
        return StatusCounts(counted, is_limited=sum(counted.values()) == limit)

    def since(self, first: date | None, zone: tzinfo) -> Overview:
        """Return the dashboard's figures over the tickets created since a day, or over all.

        Two queries.
        """
        stored = counts.overview(first, zone)
        if stored is not None:
            return stored
        tickets = self.filter(created_at__gte=midnight(first, zone)) if first else self.all()
        overview: Overview = tickets.overview(zone)
        return overview

    def others_of_requester(self, ticket: Any, limit: int) -> list[Any]:
        """Return what else a ticket's requester has asked. One query."""
        return others_of_requester(self.model, ticket, limit)


class NamedTicketQuerySet(TicketQuerySet[TicketT]):  # type: ignore[override]  # as_manager
    """Tickets that somebody names by their number."""

    def find(self, pk: int) -> TicketT:
        """Return the ticket with this number. Raise NotFound.

        Raise TicketMerged if these are standing tickets and this one is merged.
        """
        ticket = self.filter(pk=pk).first()
        return ticket if ticket is not None else self._missing(pk)

    def find_rendered(self, pk: int, user: Any) -> RenderedTicket:
        """Return the ticket with this number, merged or not, as this account sees it.

        One query. Raise NotFound.
        """
        return find_rendered(self.model, pk, user)

    def lock(self, pk: int) -> TicketT:
        """Return a standing ticket, locked, with its assignee. Raise as `find` does."""
        rows: list[TicketT] = _locking(self.model).models({"pk": pk})
        return rows[0] if rows else self._missing(pk)

    def _missing(self, pk: int) -> NoReturn:
        merged = self.model.with_merged.filter(pk=pk)  # type: ignore[attr-defined]
        if into := merged.values_list("merged_into", flat=True).first():
            raise TicketMerged(pk, into)
        raise NotFound

    def find_current(self, pk: int) -> TicketT:
        """Return the ticket with this number, or the one that it is merged into. Raise NotFound."""
        while True:
            try:
                return self.find(pk)
            except TicketMerged as merged:  # perhaps another time, since the last query
                pk = merged.into


class StandingTickets(models.Manager.from_queryset(NamedTicketQuerySet)[TicketT]):  # type: ignore[misc]
    """Tickets that are not merged into another one, spam included."""

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(merged_into=None)


@cache
def _locking(model: Any) -> Statement:
    standing = model.including_spam.select_for_update(of=("self",)).with_people()
    return Statement(standing.filter(pk=Parameter("pk")))
