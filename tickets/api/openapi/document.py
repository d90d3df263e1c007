"""The OpenAPI 3.1 document, generated from the routes and what their endpoints declare."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

import tickets

from ...access.actors import SAFE_METHODS
from ...vocabulary import Scope
from ...web.cookies import name_in_browser
from ..endpoints import Route, View, endpoint
from ..shapes import ProblemJson
from .parameters import HEADER_PARAMETERS, PATH_PARAMETERS, query_parameter
from .schemas import Components, Schema, body_schema, reference

INTRODUCTION = """\
Requests and responses are UTF-8 JSON. Each path works with and without its trailing slash. Times \
are RFC 3339 in UTC. A body is one JSON object of at most 1 MiB, sent as application/json; a file \
is sent as multipart/form-data. Unknown keys and unknown query parameters are refused by name. \
Every error is a problem document (RFC 9457) whose code is a stable word.

Send a token as "Authorization: Bearer TOKEN". An agent's session works too; its requests that \
change something need the header X-CSRFToken. In the open demo mode, anonymous callers may do \
what agents may do."""
TAGS = {
    "tickets": "Create, find and work on tickets.",
    "mail": "Deliver mail that came for the desk.",
    "triage": "Ask for suggestions, and see how accurate they were.",
    "service": "The API itself.",
}
WHO = {
    None: "Anyone.",
    Scope.READ: "Agents; tokens with read.",
    Scope.WRITE: "Agents; tokens with write.",
    Scope.ADMIN: "Admins; tokens with admin.",
    Scope.MAIL: "Mail servers; tokens with mail.",
}
PROBLEMS = {
    400: "A body, key, value or parameter is not valid. errors names it.",
    401: "No token or session, or a token that is not valid.",
    403: "The caller may not do this.",
    404: "There is no such ticket, or no such file.",
    409: "The Idempotency-Key was used with another body, or the ticket is merged.",
    412: "The ticket has changed since it was read.",
    413: "The body is too large. JSON may have 1 MiB, a file and a message what their paths say.",
    415: "The body is not of the type that is described.",
    429: "Too many requests from this client address.",
    503: "The database is temporarily unavailable.",
}
PROBLEM_HEADERS = {401: ["WWW-Authenticate"], 429: ["Retry-After"], 503: ["Retry-After"]}
# What a request header may lead to.
HEADER_PROBLEMS = {"If-Match": 412, "Idempotency-Key": 409}


@cache
def document() -> Schema:
    components = Components()
    session_cookie = name_in_browser(settings.SESSION_COOKIE_NAME)
    parameters: dict[str, Schema] = {}
    bodies: dict[str, Schema] = {}
    paths: dict[str, Schema] = {}
    for route in _routes(get_resolver().url_patterns):
        captured = re.findall(r"\{(\w+)\}", route.path)
        parameters |= {name: PATH_PARAMETERS[name] for name in captured}
        paths[route.path] = {
            **({"parameters": _references(captured)} if captured else {}),
            **{
                method.lower(): _operation(method, view, bool(captured), components)
                for method, view in route.views.items()
            },
        }
        for declared in map(_declared, route.views.values()):
            parameters |= _parameters(declared)
            if declared.body is not None:
                bodies[declared.body.schema] = body_schema(declared.body)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": settings.DESK_NAME,
            "version": tickets.__version__,
            "description": INTRODUCTION,
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": bodies | components.schemas,
            "parameters": parameters,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": session_cookie},
            },
        },
    }


def _routes(patterns: Iterable[URLPattern | URLResolver]) -> Iterator[Route]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns)
        elif isinstance(pattern.callback, Route):
            yield pattern.callback


def _declared(view: View) -> endpoint:
    declared: endpoint = view.endpoint  # type: ignore[attr-defined]
    return declared


def _parameters(declared: endpoint) -> dict[str, Schema]:
    fields = declared.query.base_fields if declared.query else {}
    return {
        **{name: query_parameter(name, field) for name, field in fields.items()},
        **{name: HEADER_PARAMETERS[name] for name in declared.request_headers},
    }


def _references(names: Iterable[str]) -> list[Schema]:
    return [reference("parameters", name) for name in names]


# --- operations ---------------------------------------------------------------------


def _operation(method: str, view: View, one_ticket: bool, components: Components) -> Schema:
    declared = _declared(view)
    summary, _, description = (inspect.getdoc(view) or "").partition("\n")
    parameters = _references(_parameters(declared))
    statuses = sorted(_problem_statuses(method, declared, one_ticket))
    return {
        "tags": [declared.tag],
        "operationId": re.sub(r"_(\w)", lambda match: match[1].upper(), view.__name__),
        "summary": summary.removesuffix("."),
        "description": " ".join([WHO[declared.scope], *description.split()]),
        "security": [{}] * (declared.scope is None)
        + [{"token": []}, {"session": []}] * declared.identify,
        **({"parameters": parameters} if parameters else {}),
        **_request_body(declared),
        "responses": {
            **_success(declared, components),
            **{str(status): _problem(status, components) for status in statuses},
        },
    }


def _request_body(declared: endpoint) -> Schema:
    if raw := declared.raw_body:
        schema = {"type": "string", "contentMediaType": raw.media}
        return {"requestBody": {"required": True, "content": {raw.media: {"schema": schema}}}}
    if declared.body is None:
        return {}
    schema = reference("schemas", declared.body.schema)
    content = {declared.body.media: {"schema": schema}}
    return {"requestBody": {"required": True, "content": content}}


def _success(declared: endpoint, components: Components) -> Schema:
    response: Schema = {"description": declared.success} | _headers(declared.headers)
    if declared.returns is not None:
        schema = components.schema(declared.returns)
        response["content"] = {declared.media: {"schema": schema}}
    responses = {str(declared.status): response}
    if declared.repeated:
        responses["200"] = response | {"description": declared.repeated}
    if declared.for_readers:
        text = "It is changed. A token without read gets no more than this."
        responses["204"] = {"description": text} | _headers(declared.headers)
    if "If-None-Match" in declared.request_headers:
        responses["304"] = {"description": "The caller already has this version."}
    return responses


def _problem_statuses(method: str, declared: endpoint, one_ticket: bool) -> set[int]:
    statuses = {400, 503}
    if declared.identify:
        statuses.add(401)
        # A session without the CSRF token may change nothing.
        if declared.scope is not None or method not in SAFE_METHODS:
            statuses.add(403)
    if one_ticket:
        statuses.add(404)
        if method not in SAFE_METHODS and not declared.follows_merges:
            statuses.add(409)
    if declared.body is not None or declared.raw_body is not None:
        statuses |= {413, 415}
    if declared.throttle:
        statuses.add(429)
    return statuses | {
        HEADER_PROBLEMS[name] for name in declared.request_headers if name in HEADER_PROBLEMS
    }


def _problem(status: int, components: Components) -> Schema:
    schema = components.schema(ProblemJson)
    return {
        "description": PROBLEMS[status],
        **_headers(PROBLEM_HEADERS.get(status, [])),
        "content": {"application/problem+json": {"schema": schema}},
    }


def _headers(names: Iterable[str]) -> Schema:
    headers: Mapping[str, Any] = {name: {"schema": {"type": "string"}} for name in names}
    return {"headers": headers} if headers else {}
