"""Statements that Django compiles once, for all requests that differ only in values.

Building a query and compiling it to SQL takes several times as long as PostgreSQL takes to answer
it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import psycopg
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Expression, IntegerField, QuerySet, Subquery
from django.db.models.query import get_related_populators
from django.db.models.sql import Query


class Parameter(Expression):
    """Stands for a value in a queryset. `Statement.rows` gets the value by this name."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        return "%s", [self]


class CountOf(Subquery):
    """How many rows a queryset has: a column of a Statement.of."""

    template = "(SELECT count(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


class Part:
    """The SQL of a queryset with Parameters, as a part of a larger statement."""

    def __init__(self, queryset: QuerySet[Any, Any]) -> None:
        compiler = queryset.query.get_compiler(connection=connection, elide_empty=False)
        self.sql, self._values = compiler.as_sql()

    def parameters(self, values: Mapping[str, Any]) -> list[Any]:
        """Return the parameters of the SQL, with these values for its Parameters."""
        return [values[each.name] if isinstance(each, Parameter) else each for each in self._values]


class Statement:
    """The SQL of a queryset with Parameters.

    All other values are part of it: a queryset that asks Python for the time would keep that time.
    With `prepared`, PostgreSQL plans it once for each connection and all values, so the best plan
    must be the same for all of them. Behind a pooler it is planned each time, as without.
    """

    def __init__(self, queryset: QuerySet[Any, Any], *, prepared: bool = False) -> None:
        self._compile(queryset.query, prepared)

    @classmethod
    def of(cls, **columns: Any) -> Self:
        """Return the statement for one row of these expressions, such as Exists and Subquery.

        It asks in one round trip what else takes one each. It is prepared.
        """
        query = Query(None)  # of no table, as Q.check makes it
        for name, expression in columns.items():
            query.add_annotation(expression, name)
        statement = cls.__new__(cls)
        statement._compile(query, prepared=True)
        return statement

    def _compile(self, query: Any, prepared: bool) -> None:
        self._prepared = prepared
        self._sql, self._names = "", []
        try:
            self._compiler = query.get_compiler(connection=connection)
            sql, values = self._compiler.as_sql()
        except EmptyResultSet:  # no row can match
            return
        self._names = [each.name for each in values if isinstance(each, Parameter)]
        self._sql = sql.replace("%%", "%%%%") % tuple(map(_written, values))

    def rows(self, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Run it with these values. Return its rows as PostgreSQL sends them."""
        if not self._sql:
            return []
        with self._cursor() as cursor:
            cursor.execute(self._sql, [values[name] for name in self._names])
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows

    def models(self, values: Mapping[str, Any]) -> list[Any]:
        """Run it with these values. Return what the queryset would.

        With `select_related` and annotations, but without conversions by Django.
        """
        compiler: Any = self._compiler
        select, description = compiler.select, compiler.klass_info
        columns = description["select_fields"]
        first, end = columns[0], columns[-1] + 1
        names = [column[0].target.attname for column in select[first:end]]
        populators = get_related_populators(  # type: ignore[call-arg]  # as of Django 6.1
            description, select, connection.alias
        )
        rows = []
        for values_of_row in self.rows(values):
            row = description["model"].from_db(connection.alias, names, values_of_row[first:end])
            for populator in populators:
                populator.populate(values_of_row, row)
            for name, column in compiler.annotation_col_map.items():
                setattr(row, name, values_of_row[column])
            rows.append(row)
        return rows

    def _cursor(self) -> Any:
        if not self._prepared:
            return connection.cursor()
        # Django's cursors write values into the statement, and so cannot prepare it. Binary times
        # are read in C, which Django's are not.
        connection.ensure_connection()
        cursor = psycopg.Cursor(connection.connection)
        cursor.format = psycopg.pq.Format.BINARY
        return connection._prepare_cursor(cursor)  # type: ignore[attr-defined]


def _written(value: Any) -> str:
    """Return a value as a literal, so that the planner knows it, or the place of a Parameter."""
    if isinstance(value, Parameter):
        return "%s"
    connection.ensure_connection()
    literal = psycopg.sql.Literal(value).as_string(connection.connection)
    return literal.replace("%", "%%")
