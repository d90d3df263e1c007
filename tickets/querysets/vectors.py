"""Questions about what tickets mean: their vectors, and which of them mean nearly the same."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from django.db import connection, models, transaction
from django.db.models import Q, QuerySet, Subquery

from ..vocabulary import ACTIVE_STATUSES, FINISHED_STATUSES
from .statements import Statement

VectorT = TypeVar("VectorT", bound=models.Model)
MatchT = TypeVar("MatchT", bound=models.Model)

# How many tickets are searched by meaning, the newest ones.
MAX_ACTIVE, MAX_FINISHED = 5_000, 20_000
MAX_NEAR = 200  # matches of one ticket that are looked at, the nearest of those in each direction

# Each status has an index by time, so only the newest rows of each are read.
NEWEST = """
    (SELECT newest.id, newest.created_at FROM unnest(%({kind})s::text[]) wanted(status)
    CROSS JOIN LATERAL (
        SELECT id, created_at FROM tickets_ticket
        WHERE tickets_ticket.status = wanted.status AND NOT spam AND merged_into_id IS NULL
        ORDER BY created_at DESC, id DESC LIMIT %(max_{kind})s
    ) newest ORDER BY created_at DESC, id DESC LIMIT %(max_{kind})s)
"""
# The statements below are formatted with it.
SEARCHED = " UNION ALL ".join(NEWEST.format(kind=kind) for kind in ("active", "finished"))
LACKING = """
    SELECT searched.id FROM ({searched}) searched LEFT JOIN tickets_ticketvector stored
        ON stored.ticket_id = searched.id AND stored.encoder = %(encoder)s AND stored.matched
    WHERE stored.ticket_id IS NULL
    ORDER BY searched.created_at DESC, searched.id DESC LIMIT %(limit)s
"""
PROGRESS = """
    SELECT count(stored.ticket_id), count(*) FROM ({searched}) searched
    LEFT JOIN tickets_ticketvector stored
        ON stored.ticket_id = searched.id AND stored.encoder = %(encoder)s AND stored.matched
"""
PURGE_MATCHES = """
    WITH searched AS MATERIALIZED ({searched})
    DELETE FROM tickets_ticketmatch WHERE ticket_id NOT IN (SELECT id FROM searched)
        OR other_id NOT IN (SELECT id FROM searched)
"""
# A ticket that many others resemble has an index entry for each, so only the nearest are read.
NEAR = """
WITH near AS (
    (SELECT other_id AS id, similarity, possibly_same FROM tickets_ticketmatch
    WHERE ticket_id = %(ticket)s)
    UNION ALL
    (SELECT ticket_id, similarity, possibly_same FROM tickets_ticketmatch
    WHERE other_id = %(ticket)s ORDER BY similarity DESC LIMIT %(read)s)
), best AS (
    SELECT id, max(similarity) AS similarity, bool_or(possibly_same) AS possibly_same
    FROM near GROUP BY id
), ranked AS (
    SELECT id, possibly_same, status = ANY(%(finished)s) AS is_finished, row_number() OVER (
        PARTITION BY status = ANY(%(finished)s)
        ORDER BY possibly_same DESC, similarity DESC, id DESC
    ) AS place
    FROM best JOIN tickets_ticket USING (id) WHERE NOT spam AND merged_into_id IS NULL
)
SELECT id, possibly_same FROM tickets_ticketvector stored
LEFT JOIN ranked ON place <= %(limit)s
WHERE stored.ticket_id = %(ticket)s AND stored.matched AND stored.encoder = %(encoder)s
    AND stored.text_digest = %(digest)s
ORDER BY is_finished DESC, place
"""

# Nobody can delete these tickets until the transaction ends. Edits go on.
KEEP_TICKETS = "SELECT id FROM tickets_ticket WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE"


class TicketVectorQuerySet(models.QuerySet[VectorT]):
    def put(self, rows: Iterable[VectorT]) -> set[int]:
        """Store these vectors in the place of earlier ones of their tickets.

        Return the ids of the tickets; those that were deleted meanwhile are left out.
        """
        by_ticket = {row.pk: row for row in rows}
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(KEEP_TICKETS, [sorted(by_ticket)])
            present = [row[0] for row in cursor.fetchall()]
            self.bulk_create(
                [by_ticket[pk] for pk in present],
                update_conflicts=True,
                unique_fields=["ticket"],
                update_fields=["encoder", "text_digest", "vector", "stored_at", "matched"],
            )
        return set(present)

    def searched(self) -> set[int]:
        """Return the ids of the tickets that are searched, with a vector or without."""
        return set(_ids("SELECT id FROM ({searched}) searched"))

    def lacking(self, encoder: str, limit: int) -> list[int]:
        """Return tickets that are searched, but not matched by this encoder, newest first."""
        return _ids(LACKING, encoder=encoder, limit=limit)

    def progress(self, encoder: str) -> tuple[int, int]:
        """Return how many searched tickets are matched by this encoder, and how many there are."""
        with connection.cursor() as cursor:
            cursor.execute(PROGRESS.format(searched=SEARCHED), _limits() | {"encoder": encoder})
            matched, count = cursor.fetchone()
        return matched, count

    def newest(self) -> tuple[datetime | None, int | None]:
        """Return when the latest vector was stored, and the number of the newest ticket.

        One query.
        """
        [newest] = _newest(self.model).rows({})
        return newest

    def stored_since(self, encoder: str, moment: datetime) -> QuerySet[VectorT, Any]:
        """Return an encoder's id, vector and time of storing, of those stored since then."""
        rows = self.filter(encoder=encoder, stored_at__gte=moment)
        return rows.values_list("ticket_id", "vector", "stored_at")

    def purge(self, learned: QuerySet[Any, Any]) -> int:
        """Delete those of tickets that are not searched. `learned` is a query for ids to keep."""
        unused = self.exclude(ticket__in=self.searched()).exclude(ticket__in=learned)
        return unused.delete()[0]


@cache
def _newest(model: Any) -> Statement:
    tickets: Any = model._meta.get_field("ticket").related_model
    vectors = model.objects.order_by("-stored_at").values("stored_at")
    numbers = tickets.with_merged.order_by("-pk").values("pk")
    return Statement.of(stored_at=Subquery(vectors[:1]), number=Subquery(numbers[:1]))


class TicketMatchQuerySet(models.QuerySet[MatchT]):
    def near(self, ticket: Any, encoder: str, limit: int) -> dict[int, bool] | None:
        """Return the nearest finished tickets and then the nearest active ones, each up to `limit`.

        By their ids; the values say whether they are possibly the same, and those come first.
        None if the ticket's present text was not compared by this encoder. One query.
        """
        parameters: dict[str, Any] = {
            "ticket": ticket.pk,
            "digest": ticket.text_digest(),
            "encoder": encoder,
            "limit": limit,
            "read": MAX_NEAR,
            "finished": list(FINISHED_STATUSES),
        }
        with connection.cursor() as cursor:
            cursor.execute(NEAR, parameters)
            rows = cursor.fetchall()
        if not rows:
            return None
        return {ticket_id: is_same for ticket_id, is_same in rows if ticket_id is not None}

    @transaction.atomic
    def replace(self, ticket_id: int, rows: Iterable[MatchT]) -> None:
        """Store a ticket's matches in the place of earlier ones. Those of other tickets stay."""
        self.filter(ticket=ticket_id).delete()
        self.bulk_create(rows, ignore_conflicts=True)

    def forget(self, ticket_ids: Collection[int]) -> None:
        """Delete the matches of these tickets in either direction: their texts have changed."""
        self.filter(Q(ticket__in=ticket_ids) | Q(other__in=ticket_ids)).delete()

    def purge(self) -> None:
        """Delete those of tickets that are no longer searched."""
        with connection.cursor() as cursor:
            cursor.execute(PURGE_MATCHES.format(searched=SEARCHED), _limits())


def _limits() -> dict[str, Any]:
    return {
        "active": list(ACTIVE_STATUSES),
        "max_active": MAX_ACTIVE,
        "finished": list(FINISHED_STATUSES),
        "max_finished": MAX_FINISHED,
    }


def _ids(statement: str, **parameters: Any) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement.format(searched=SEARCHED), _limits() | parameters)
        return [row[0] for row in cursor.fetchall()]
