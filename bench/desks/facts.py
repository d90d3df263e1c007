"""What the routes and their checks need to know of the tickets, from plain SQL."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

import psycopg

from .data import LISTED

PAGE = 20
TICKETS = 50  # different ones that a route asks for


@dataclass(frozen=True)
class Facts:
    """What is true of our own table."""

    database: psycopg.Connection
    total: int
    some: list[int]  # ids of listed tickets
    active: list[int]
    deep: list[int]  # how many newer tickets the deep pages skip
    deep_paths: list[str]  # of our own API
    helpdesk: dict[str, Any]
    answers: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query, which may scan the table: each is run once."""
        if query not in self.answers:
            self.answers[query] = self.database.execute(query).fetchall()
        return self.answers[query]

    def ids(self, where: str, offset: int = 0, limit: int = PAGE) -> list[int]:
        rows = self.rows(
            f"SELECT id FROM tickets_ticket WHERE {LISTED} AND {where}"
            f" ORDER BY created_at DESC, id DESC OFFSET {offset} LIMIT {limit}"
        )
        return [row[0] for row in rows]

    def counts(self, column: str, where: str = "true") -> dict[str, int]:
        return dict(
            self.rows(
                f"SELECT {column}, count(*) FROM tickets_ticket WHERE {LISTED} AND {where}"
                " GROUP BY 1"
            )
        )


def learn_facts(database: psycopg.Connection, helpdesk: dict[str, Any]) -> Facts:
    rng = random.Random(13)
    database.execute("SET jit = off")

    def column(query: str) -> list[int]:
        return [row[0] for row in database.execute(query).fetchall()]

    (total,) = column(f"SELECT count(*) FROM tickets_ticket WHERE {LISTED}")
    newest = column(
        f"SELECT id FROM tickets_ticket WHERE {LISTED} AND id <= (SELECT max(id) FROM"
        " tickets_ticket) ORDER BY id DESC LIMIT 5000"
    )
    active = column(
        f"SELECT id FROM tickets_ticket WHERE {LISTED} AND status IN ('open', 'in_progress')"
        " ORDER BY id DESC LIMIT 400"
    )
    steps = [total // 2 // PAGE + number for number in range(20)]
    deep = [step * PAGE for step in steps if step * PAGE + PAGE <= total]
    return Facts(database, total, rng.sample(newest, TICKETS), active, deep, [], helpdesk)
