"""Whether an answer is right: compared with plain SQL before its route is timed."""

from __future__ import annotations

import html
import json
import re
import time
from typing import Any, cast

from .client import Answer, Request, get, send
from .facts import PAGE, Facts

TEXT = (
    "I was charged twice for the same order this month. The second charge came three days after"
    " the first one. Please refund it, and tell me how to avoid this the next time."
)
CHECKED_PAGES = 40  # that a search may need until its first row


class WrongAnswer(Exception):
    """A desk did not answer what plain SQL says."""


def expect(right: object, answered: object, what: str) -> None:
    if right != answered:
        raise WrongAnswer(f"{what}: {str(answered)[:300]} instead of {str(right)[:300]}")


def ids_of(answer: Answer) -> list[int]:
    """Return the ids of a page: ours is a list, the peers' are under a key."""
    body = answer.json()
    rows: Any = body
    if isinstance(body, dict):
        rows = body.get("results", body.get("data"))
    return [row["id"] for row in cast(list[dict[str, Any]], rows)]


def check_rows(facts: Facts, port: int, route: Any, request: Request, answer: Answer) -> None:
    expect(facts.ids(route.where), ids_of(answer), request.path)


def check_deep(facts: Facts, port: int, route: Any, request: Request, answer: Answer) -> None:
    requests = route.ours if request in route.ours else route.usual
    expect(facts.ids("true", facts.deep[requests.index(request)]), ids_of(answer), request.path)


def check_search(facts: Facts, port: int, route: Any, request: Request, answer: Answer) -> None:
    """A page may be short if it leads to the next one: together they have the right rows."""
    ids = ids_of(answer)
    for _ in range(CHECKED_PAGES):
        path = next_path(answer, port)
        if path is None or len(ids) >= PAGE:
            break
        answer = send(port, get(path))
        expect(200, answer.status, path)
        ids += ids_of(answer)
    expect(facts.ids(route.where), ids[:PAGE], request.path)


def next_path(answer: Answer, port: int) -> str | None:
    following = re.search(r'<([^>]+)>; rel="next"', answer.headers.get("Link") or "")
    return following[1].removeprefix(f"http://127.0.0.1:{port}") if following else None


def seconds_until_row(port: int, request: Request) -> float:
    """Follow the pages of a search. Return the seconds until one has a row, or is the last."""
    started = time.perf_counter()
    for _ in range(CHECKED_PAGES):
        answer = send(port, request)
        path = next_path(answer, port)
        if path is None or ids_of(answer):
            break
        request = get(path)
    return time.perf_counter() - started


def check_stats(facts: Facts, port: int, route: Any, request: Request, answer: Answer) -> None:
    stats = cast(dict[str, Any], answer.json())
    for column in ("status", "priority", "category"):
        counts = {name: count for name, count in stats[f"{column}_breakdown"].items() if count}
        expect(facts.counts(column, route.where), counts, f"{request.path}, {column}")
    expect(sum(facts.counts("status", route.where).values()), stats["total_tickets"], "total")


def check_ticket(facts: Facts, port: int, route: Any, request: Request, answer: Answer) -> None:
    (row,) = _rows(facts, request, "title, description, status, category")
    ticket = cast(dict[str, Any], answer.json())
    expect(row, tuple(ticket[name] for name in ("title", "description", "status", "category")), "")


def _rows(facts: Facts, request: Request, columns: str) -> list[tuple[Any, ...]]:
    (number,) = (part for part in request.path.split("/") if part.isdigit())
    query = f"SELECT {columns} FROM tickets_ticket WHERE id = {number}"
    return facts.database.execute(query).fetchall()


def check_page(facts: Facts, port: int, route: Any, request: Request, answer: Answer) -> None:
    expect(True, answer.body.rstrip().endswith(b"</html>"), f"{request.path} is a whole page")


def check_list_page(facts: Facts, port: int, route: Any, request: Request, answer: Answer) -> None:
    check_page(facts, port, route, request, answer)
    text = answer.body.decode()
    missing = [ticket for ticket in facts.ids(route.where) if f'"/tickets/{ticket}/"' not in text]
    expect([], missing, f"{request.path} has the newest tickets")


def check_ticket_page(
    facts: Facts, port: int, route: Any, request: Request, answer: Answer
) -> None:
    check_page(facts, port, route, request, answer)
    ((title,),) = _rows(facts, request, "title")
    expect(True, title in html.unescape(answer.body.decode()), f"{request.path} has its title")


def check_tabs(facts: Facts, port: int, route: Any, request: Request, answer: Answer) -> None:
    text = re.sub(r"[,.\s]", "", answer.body.decode())
    for status, count in facts.counts("status").items():
        if count < 10_000:
            expect(True, str(count) in text, f"the tab of {status} says {count}")


def check_dashboard(facts: Facts, port: int, route: Any, request: Request, answer: Answer) -> None:
    expect(200, answer.status, request.path)
    if request in route.ours:
        text = re.sub(r"[,.\s]", "", answer.body.decode())
        expect(True, str(sum(facts.counts("status").values())) in text, "the dashboard's total")


def check_change(facts: Facts, port: int, route: Any, request: Request, answer: Answer) -> None:
    ((column, value),) = json.loads(request.body or "").items()
    expect(value, cast(dict[str, Any], answer.json())[column], request.path)
    again = send(port, get(request.path))
    expect(value, cast(dict[str, Any], again.json())[column], f"{request.path}, read again")


def check_create(facts: Facts, port: int, route: Any, request: Request, answer: Answer) -> None:
    expect(201, answer.status, request.path)
    ticket = cast(dict[str, Any], answer.json())
    expect(TEXT, ticket["description"], "the description of a new ticket")
    if "Cookie" in request.headers:  # django-helpdesk reads all tickets to answer one
        return
    again = send(port, get(f"/api/tickets/{ticket['id']}/"))
    expect(TEXT, cast(dict[str, Any], again.json())["description"], "a new ticket, read again")
