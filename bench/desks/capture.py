"""Print the SQL statements of our desk for requests: `python -m bench.desks.capture < requests`.

The input has under `requests` a list of [method, path, headers, body]; the output a list of
{"status", "statements", "count"} in the same order. What they change is undone. A list of offsets
under `deep` asks for the paths of deep pages, see `deep_path`.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ["ACCESS_MODE"] = "open"


# What begins and ends transactions is no statement of its own.
BOUNDARIES = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


def main() -> None:
    django.setup()
    questions = json.load(sys.stdin)
    answers = {
        "deep": [deep_path(offset) for offset in questions.get("deep", ())],
        "requests": [statements_of(*each) for each in questions.get("requests", ())],
    }
    json.dump(answers, sys.stdout)


def deep_path(offset: int) -> str:
    """Return the path of the page of 20 tickets that follows this many newer ones."""
    from tickets.models.ticket import Ticket
    from tickets.querysets.cursors import Cursor

    last = Ticket.objects.order_by("-created_at", "-id")[offset - 1]
    return f"/api/tickets/?limit=20&cursor={Cursor.at(last).write()}"


def statements_of(method: str, path: str, headers: dict[str, str], body: str | None) -> Any:
    from django.db import connection, transaction
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(SERVER_NAME="127.0.0.1")
    send = getattr(client, method.lower())
    extra: dict[str, Any] = {"headers": headers}
    if body is not None:
        extra |= {"data": body, "content_type": "application/json"}
    sent: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, values: Any, many: bool, context: Any) -> Any:
        if not sql.startswith(BOUNDARIES):
            sent.append((sql, values))
        return execute(sql, values, many, context)

    with CaptureQueriesContext(connection) as captured, connection.execute_wrapper(note):
        if method == "GET":
            response = send(path, **extra)
        else:
            with transaction.atomic():
                response = send(path, **extra)
                transaction.set_rollback(True)
    # Django knows no text of statements that travel with another one.
    texts = [query["sql"] or "" for query in captured.captured_queries]
    statements = [text for text in texts if not text.startswith(BOUNDARIES)]
    if len(sent) == len(statements):
        statements = list(map(with_values, statements, sent))
    return {"status": response.status_code, "statements": statements, "count": len(statements)}


def with_values(text: str, sent: tuple[str, Any]) -> str:
    """Return a statement with its values, which one that was prepared has apart from its text."""
    from django.db import connection
    from psycopg import ClientCursor

    return ClientCursor(connection.connection).mogrify(*sent) if "$1" in text else text


if __name__ == "__main__":
    main()
