"""A test client that speaks JSON, and assertions about its responses."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.test import Client

from tickets.models.housekeeping import IdempotencyKey
from tickets.models.ticket import Comment, Ticket

TICKETS = "/api/tickets/"
CLASSIFY = "/api/tickets/classify/"
SUGGEST_TITLE = "/api/tickets/suggest-title/"
STATS = "/api/tickets/stats/"


class Upload(bytes):
    """A body with a file."""

    media = "multipart/form-data; boundary=limit"


def upload(content: bytes, name: str = "log.txt", **values: str) -> Upload:
    """Return a form with a file and other values."""
    parts = [
        f'--limit\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in values.items()
    ]
    disposition = f'form-data; name="file"; filename="{name}"'
    head = f"--limit\r\nContent-Disposition: {disposition}\r\n\r\n".encode()
    return Upload(b"".join(parts) + head + content + b"\r\n--limit--\r\n")


LOG = upload(b"E 42")
NEW = {"title": "Printer on fire", "description": "There is smoke above the paper tray."}


class Api(Client):
    """A program that calls the API, with or without a token. CSRF is checked, as in production."""

    def __init__(self, secret: str = "", **kwargs: Any) -> None:
        headers = {"Authorization": f"Bearer {secret}"} if secret else None
        super().__init__(enforce_csrf_checks=True, headers=headers, **kwargs)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send bytes and uploads as they are, anything else as JSON.

        Headers: `if_match` is `If-Match`.
        """
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        usual = body.media if isinstance(body, Upload) else "application/json"
        kind = sent.pop("content-type", usual)
        # Passed twice, because Django's client forgets the type of an empty body.
        all_headers = {"Content-Type": kind, **sent}
        return self.generic(method, path, data, content_type=kind, headers=all_headers)

    def create(self, **values: Any) -> Any:
        response = self.send("POST", TICKETS, NEW | values)
        assert response.status_code == 201, response.content
        return response.json()


def one(ticket_id: int, part: str = "") -> str:
    return f"{TICKETS}{ticket_id}/{part}"


def assert_problem(response: Any, status: int, code: str, *fields: str) -> Any:
    """Assert a problem document with this status and code that names exactly these fields."""
    assert response.status_code == status, response.content[:500]
    assert response["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert set(problem) == {"type", "title", "status", "detail", "code", "errors"}
    assert (problem["status"], problem["code"]) == (status, code)
    assert set(problem["errors"]) == set(fields), problem
    assert problem["detail"]
    return problem


@contextmanager
def nothing_stored() -> Iterator[None]:
    """Assert that the requests in this block store nothing."""
    before = _rows()
    yield
    assert _rows() == before


def _rows() -> list[Any]:
    return [
        list(model.objects.order_by("pk").values()) for model in (Ticket, Comment, IdempotencyKey)
    ]
