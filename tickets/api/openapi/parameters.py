"""The parameters: of a query from its form, of paths and headers from here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...forms.fields import FlagField, ListField, NumberField
from ...forms.lists import SortField
from ...querysets.search.grammar import SEARCH_HELP
from ...vocabulary import DEFAULT_PAGE_SIZE, MAX_RANKED, Sort
from .schemas import Schema, bounds

PATH_PARAMETERS: Mapping[str, Schema] = {
    "ticket_id": {
        "name": "ticket_id",
        "in": "path",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
        "description": "The ticket's number.",
    },
    "uuid": {
        "name": "uuid",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "format": "uuid"},
        "description": "The file's UUID.",
    },
}
HEADER_PARAMETERS: Mapping[str, Schema] = {
    "If-Match": {
        "name": "If-Match",
        "in": "header",
        "schema": {"type": "string"},
        "description": "An ETag. Writes only if the ticket still has this version.",
    },
    "If-None-Match": {
        "name": "If-None-Match",
        "in": "header",
        "schema": {"type": "string"},
        "description": "An ETag. Returns 304 if the ticket still has this version.",
    },
    "Idempotency-Key": {
        "name": "Idempotency-Key",
        "in": "header",
        "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
        "description": "For a day, the same key and body return the first response again.",
    },
}
QUERY_DESCRIPTIONS: Mapping[str, str] = {
    "assignee": "Comma-separated usernames. none finds unassigned tickets, me the caller's own.",
    "search": f"In title and description, and by requester and number. {SEARCH_HELP}",
    "created_after": "A time or a date. Tickets created at or after it.",
    "created_before": "A time or a date. Tickets created before it.",
    "needs_review": "true finds active tickets whose category or priority triage decided with low"
    " confidence.",
    "snoozed": "true finds tickets that are snoozed now, false those that are not.",
    "unread": "true finds tickets with something new to the account that asks.",
    "spam": "true finds spam and nothing else. Without it, spam is left out.",
    "sort": "The order. A cursor belongs to its order. relevance needs a search for words, and"
    f" ranks its newest {MAX_RANKED:,} matches.",
    "since": "A time or a date. Predictions made at or after it.",
    "until": "A time or a date. Predictions made before it.",
    "limit": "Tickets per page.",
    "mailbox": "The name of the mailbox that the message came to.",
    "envelope_from": "The return path. Given and empty: the null one.",
    "envelope_to": "Comma-separated addresses that it was sent to.",
    "cursor": "Comes from the Link to the next or the previous page.",
}
DEFAULTS = {"limit": DEFAULT_PAGE_SIZE}


def query_parameter(name: str, field: Any) -> Schema:
    """Return the parameter that this field of a query's form checks."""
    schema: Schema = {"type": "string"} | bounds(field)
    description = QUERY_DESCRIPTIONS.get(name, "")
    if isinstance(field, NumberField):
        schema["type"] = "integer"
    if isinstance(field, FlagField):
        schema["enum"] = ["", "true", "false"]
    if isinstance(field, ListField) and field.allowed:
        description = f"Comma-separated list of {', '.join(field.allowed)}."
    if isinstance(field, SortField):
        schema["enum"] = ["", *Sort.values]
    if name in DEFAULTS:
        schema["default"] = DEFAULTS[name]
    return {"name": name, "in": "query", "schema": schema, "description": description}
