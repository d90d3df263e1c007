"""What each path answers to each method."""

from __future__ import annotations

from typing import Any

from ...vocabulary import Scope
from .schemas import ref

PROBLEMS = {
    400: "A body, key, value or parameter is not valid; errors names it.",
    401: "No known caller, or a token that opens nothing.",
    403: "The caller may not do this.",
    404: "No such ticket.",
    409: "The Idempotency-Key came with another body.",
    412: "The ticket has changed since it was read.",
    413: "The body is larger than 1 MiB.",
    415: "The body is not application/json.",
    429: "Too many requests of this client address.",
    503: "The database is away for a moment.",
}
PROBLEM_HEADERS = {401: ["WWW-Authenticate"], 429: ["Retry-After"], 503: ["Retry-After"]}
BODY_PROBLEMS = (400, 413, 415)
WHO = {
    None: "Anyone.",
    Scope.READ: "Agents; tokens with read.",
    Scope.WRITE: "Agents; tokens with write.",
    Scope.ADMIN: "Admins; tokens with admin.",
}
FILTERS = (
    *("category", "priority", "status", "assignee"),
    *("search", "created_after", "created_before", "needs_review"),
)


def _headers(*names: str) -> dict[str, Any]:
    return {name: {"schema": {"type": "string"}} for name in names}


def _operation(
    tag: str,
    name: str,
    summary: str,
    success: dict[str, Any],
    *,
    scope: Scope | None = None,
    callers: bool = True,
    body: str = "",
    parameters: tuple[str, ...] = (),
    problems: tuple[int, ...] = (),
    description: str = "",
) -> dict[str, Any]:
    """One operation. callers is whether it looks at who calls at all."""
    who = () if not callers else (401,) if scope is None else (401, 403)
    expected = sorted({400, *who, *problems, *(BODY_PROBLEMS if body else ()), 503})
    return {
        "tags": [tag],
        "operationId": name,
        "summary": summary,
        "description": f"{WHO[scope]} {description}".strip(),
        "security": [{}] * (scope is None) + [{"token": []}, {"session": []}] * callers,
        **_given(
            "parameters", [{"$ref": f"#/components/parameters/{name}"} for name in parameters]
        ),
        **_given("requestBody", {"required": True, "content": _json(ref(body))} if body else None),
        "responses": success | {str(status): _problem(status) for status in expected},
    }


def _given(key: str, value: Any) -> dict[str, Any]:
    return {key: value} if value else {}


def _json(schema: dict[str, Any], media: str = "application/json") -> dict[str, Any]:
    return {media: {"schema": schema}}


def _problem(status: int) -> dict[str, Any]:
    return {
        "description": PROBLEMS[status],
        **_given("headers", _headers(*PROBLEM_HEADERS.get(status, []))),
        "content": _json(ref("Problem"), "application/problem+json"),
    }


def _success(
    schema: dict[str, Any], description: str, *headers: str, status: int = 200
) -> dict[str, Any]:
    return {
        str(status): {
            "description": description,
            **_given("headers", _headers(*headers)),
            "content": _json(schema),
        }
    }


def _list_of(name: str) -> dict[str, Any]:
    return {"type": "array", "items": ref(name)}


TICKET_ID = [{"$ref": "#/components/parameters/ticket_id"}]
ONE_TICKET = _success(ref("Ticket"), "The ticket.", "ETag")

PATHS: dict[str, dict[str, Any]] = {
    "/api/tickets/": {
        "get": _operation(
            "tickets",
            "listTickets",
            "List tickets, newest first",
            _success(
                _list_of("Ticket"),
                "One page; the pages beside it in Link (next is older, prev newer).",
                "Link",
            ),
            scope=Scope.READ,
            parameters=(*FILTERS, "limit", "cursor"),
            description="Filters are combined with AND; an empty value means no filter.",
        ),
        "post": _operation(
            "tickets",
            "createTicket",
            "Create a ticket",
            _success(
                ref("CreatedTicket"),
                "The new ticket with the requester's private link.",
                *("Location", "ETag", "Idempotency-Replayed"),
                status=201,
            ),
            body="NewTicket",
            parameters=("Idempotency-Key",),
            problems=(403, 409, 429),
            description="A token needs write. Only agents may set the assignee.",
        ),
    },
    "/api/tickets/stats/": {
        "get": _operation(
            "tickets",
            "ticketStatistics",
            "Figures over the tickets that the filters leave",
            _success(ref("Stats"), "The figures."),
            scope=Scope.READ,
            parameters=FILTERS,
        ),
    },
    "/api/tickets/classify/": {
        "post": _operation(
            "triage",
            "classify",
            "Suggest category and priority",
            _success(ref("Suggestion"), "The suggestion, whatever the model does."),
            body="TextToClassify",
            problems=(403, 429),
        ),
    },
    "/api/tickets/suggest-title/": {
        "post": _operation(
            "triage",
            "suggestTitle",
            "Suggest a title",
            _success(ref("TitleSuggestion"), "The title."),
            body="TextToName",
            problems=(403, 429),
        ),
    },
    "/api/tickets/{ticket_id}/": {
        "parameters": TICKET_ID,
        "get": _operation(
            "tickets",
            "showTicket",
            "Read a ticket",
            ONE_TICKET | {"304": {"description": "The caller has this version."}},
            scope=Scope.READ,
            parameters=("If-None-Match",),
            problems=(404,),
        ),
        "patch": _operation(
            "tickets",
            "updateTicket",
            "Change a ticket",
            ONE_TICKET,
            scope=Scope.WRITE,
            body="TicketChanges",
            parameters=("If-Match",),
            problems=(404, 412),
            description="Only the keys sent change. A category or priority that is sent is a"
            " person's decision, which triage leaves alone.",
        ),
        "put": _operation(
            "tickets",
            "replaceTicket",
            "Replace a ticket",
            ONE_TICKET,
            scope=Scope.WRITE,
            body="TicketReplacement",
            parameters=("If-Match",),
            problems=(404, 412),
        ),
        "delete": _operation(
            "tickets",
            "deleteTicket",
            "Delete a ticket",
            {"204": {"description": "Gone; the audit trail stays in the database."}},
            scope=Scope.ADMIN,
            parameters=("If-Match",),
            problems=(404, 412),
        ),
    },
    "/api/tickets/{ticket_id}/history/": {
        "parameters": TICKET_ID,
        "get": _operation(
            "tickets",
            "ticketHistory",
            "Read a ticket's audit trail, oldest first",
            _success(_list_of("HistoryEntry"), "Who changed what, and when."),
            scope=Scope.READ,
            problems=(404,),
        ),
    },
    "/api/tickets/{ticket_id}/comments/": {
        "parameters": TICKET_ID,
        "get": _operation(
            "tickets",
            "listComments",
            "Read a ticket's conversation, oldest first",
            _success(_list_of("Comment"), "Public replies and internal notes."),
            scope=Scope.READ,
            problems=(404,),
        ),
        "post": _operation(
            "tickets",
            "addComment",
            "Add a public reply or an internal note",
            _success(ref("Comment"), "The new comment.", status=201),
            scope=Scope.WRITE,
            body="NewComment",
            problems=(404,),
        ),
    },
    "/api/triage/report/": {
        "get": _operation(
            "triage",
            "triageReport",
            "How often each source of triage was right",
            _success(ref("TriageReport"), "The ledger's figures."),
            scope=Scope.READ,
            parameters=("since", "until"),
            description="A prediction is judged once an agent has decided: by setting the value,"
            " or by resolving or closing the ticket.",
        ),
    },
    "/api/openapi.json": {
        "get": _operation(
            "service", "openapi", "This document", _success({"type": "object"}, "OpenAPI 3.1.")
        ),
    },
    "/api/docs/": {
        "get": _operation(
            "service",
            "docs",
            "This document for people",
            {
                "200": {
                    "description": "A page.",
                    "content": {"text/html": {"schema": {"type": "string"}}},
                }
            },
        ),
    },
    "/healthz": {
        "get": _operation(
            "service",
            "health",
            "Is the process alive?",
            _success(ref("Health"), "It is."),
            callers=False,
        ),
    },
    "/readyz": {
        "get": _operation(
            "service",
            "readiness",
            "Are the database and its migrations ready?",
            _success(ref("Health"), "They are."),
            callers=False,
        ),
    },
}
