"""The limit: the SQL of our desk behind a bare WSGI callable, without a framework.

LIMIT_STATEMENTS is a JSON file: the statements of each path. LIMIT_DATABASE is a libpq connection
string. What changes tickets is one statement here; the triggers of the database do the rest.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import psycopg

UPDATE = (
    "UPDATE tickets_ticket SET {} = %s, version = version + 1, updated_at = now() WHERE id = %s"
)
INSERT = """
INSERT INTO tickets_ticket (title, description, category, priority, created_at, updated_at,
    waiting_since, link_nonce)
VALUES (%(title)s, %(description)s, %(category)s, %(priority)s, now(), now(), now(), '')
RETURNING id
"""
_local = threading.local()
_statements: dict[str, list[str]] = {}


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    if not _statements:
        _statements.update(json.loads(Path(os.environ["LIMIT_STATEMENTS"]).read_text()))
    if not hasattr(_local, "connection"):
        _local.connection = psycopg.connect(os.environ["LIMIT_DATABASE"], autocommit=True)
    connection: psycopg.Connection = _local.connection
    path, query = environ["PATH_INFO"], environ["QUERY_STRING"]
    if environ["REQUEST_METHOD"] == "GET":
        answer = [
            cursor.fetchall() if cursor.description else []
            for cursor in map(
                connection.execute, _statements.get(f"{path}?{query}" if query else path, ())
            )
        ]
    else:
        body = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        if environ["REQUEST_METHOD"] == "PATCH":
            ((column, value),) = body.items()
            connection.execute(UPDATE.format(column), [value, int(path.split("/")[3])])
            answer = [body]
        else:
            answer = connection.execute(INSERT, body).fetchall()
    payload = json.dumps(answer, default=str, ensure_ascii=False).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(payload)))]
    start_response("200 OK", headers)
    return [payload]
