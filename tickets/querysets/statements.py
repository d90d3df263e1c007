"""Statements that Django compiles once, for all requests that differ only in values.

Building a query and compiling it to SQL takes several times as long as PostgreSQL takes to answer
it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Expression, QuerySet


class Parameter(Expression):
    """Stands for a value in a queryset. `Statement.rows` gets the value by this name."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        return "%s", [self]


class Statement:
    """The SQL of a queryset with Parameters.

    All other values are part of it: a queryset that asks Python for the time would keep that time.
    """

    def __init__(self, queryset: QuerySet[Any, Any]) -> None:
        try:
            compiler = queryset.query.get_compiler(connection=connection)
            self._sql, self._parameters = compiler.as_sql()
        except EmptyResultSet:  # no row can match
            self._sql, self._parameters = "", ()

    def rows(self, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Run it with these values. Return its rows as PostgreSQL sends them."""
        if not self._sql:
            return []
        parameters = [
            values[each.name] if isinstance(each, Parameter) else each for each in self._parameters
        ]
        with connection.cursor() as cursor:
            cursor.execute(self._sql, parameters)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
