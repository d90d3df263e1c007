"""The shapes of what the API takes and gives."""

from __future__ import annotations

from typing import Any

from ...audit.trail import COMMENT_EVENTS, TICKET_EVENTS
from ...forms.tickets import NewTicketForm, TicketForm
from ...querysets.search import SEARCH_HELP
from ...vocabulary import MAX_SUGGESTED_TITLE_CHARS
from ...vocabulary import (
    DEFAULT_PAGE_SIZE,
    MAX_PAGE_SIZE,
    MAX_SEARCH_CHARS,
    MAX_TEXT_CHARS,
    MAX_TITLE_CHARS,
    STATS_DAYS,
    TRIAGE_FIELDS,
    AuthorRole,
    Category,
    LearnedField,
    PredictedField,
    PredictionUse,
    Priority,
    Sentiment,
    Source,
    Status,
)

Schema = dict[str, Any]

# No control characters but tab and line ends. Text must also have something that can be seen.
STORABLE = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]*$"
USERNAME_LENGTH = 150
EMAIL_LENGTH = 254
CODES = (
    *("validation_error", "invalid_json", "authentication_required", "permission_denied"),
    *("not_found", "method_not_allowed", "conflict", "precondition_failed"),
    *("payload_too_large", "unsupported_media_type", "rate_limited", "unavailable"),
    "server_error",
)


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(properties: Schema, required: list[str] | None = None, description: str = "") -> Schema:
    """An object of exactly these keys, by default all of them required."""
    return {
        "type": "object",
        **({"description": description} if description else {}),
        "properties": properties,
        "required": list(properties) if required is None else required,
        "additionalProperties": False,
    }


def _enum(values: Any, description: str = "") -> Schema:
    return {
        "type": "string",
        "enum": list(getattr(values, "values", values)),
        **({"description": description} if description else {}),
    }


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _map(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values}


def _counts(values: Any) -> Schema:
    return _object(dict.fromkeys(values.values, COUNT))


ID = {"type": "integer", "minimum": 1}
COUNT = {"type": "integer", "minimum": 0}
TIME = {"type": "string", "format": "date-time"}
CONFIDENCE = {"type": ["number", "null"], "minimum": 0, "maximum": 1}
USERNAME = {"type": ["string", "null"], "description": "An agent's username."}
TITLE = {"type": "string", "minLength": 1, "maxLength": MAX_SUGGESTED_TITLE_CHARS, "pattern": STORABLE}
TEXT = {"type": "string", "minLength": 1, "maxLength": MAX_TEXT_CHARS, "pattern": STORABLE}

_WRITABLE: Schema = {
    "title": {**TITLE, "description": "One line; outer white space is removed."},
    "description": TEXT,
    "category": _enum(Category, "Left out on create: triage chooses."),
    "priority": _enum(Priority, "Left out on create: triage chooses."),
    "status": {**_enum(Status), "default": Status.OPEN.value},
    "requester_email": {"type": ["string", "null"], "format": "email", "maxLength": EMAIL_LENGTH},
    "assignee": {**USERNAME, "maxLength": USERNAME_LENGTH},
}

_TICKET: Schema = {
    "id": ID,
    "title": TITLE,
    "description": TEXT,
    "category": _enum(Category),
    "priority": _enum(Priority),
    "status": _enum(Status),
    "sentiment": _enum(Sentiment, "Set by triage."),
    "urgency_score": {"type": "integer", "minimum": 0, "maximum": 100},
    "requester_email": {"type": ["string", "null"]},
    "assignee": USERNAME,
    "triage": {**ref("Triage"), "description": "Who decided each value, and how sure."},
    "version": {**ID, "description": "Grows by one with every change; also the ETag."},
    "created_at": TIME,
    "updated_at": TIME,
}

_STATS: Schema = {
    "total_tickets": COUNT,
    "open_tickets": {**COUNT, "description": "With the status open."},
    "avg_tickets_per_day": {
        "type": "number",
        "minimum": 0,
        "description": "Mean of the daily counts over the days (UTC) that have tickets.",
    },
    "priority_breakdown": _counts(Priority),
    "category_breakdown": _counts(Category),
    "status_breakdown": _counts(Status),
    "sentiment_breakdown": _counts(Sentiment),
    "avg_urgency_score": {"type": ["number", "null"], "description": "Null without tickets."},
    "tickets_per_day": {
        **_list(_object({"date": {"type": "string", "format": "date"}, "count": COUNT})),
        "minItems": STATS_DAYS,
        "maxItems": STATS_DAYS,
        "description": f"The last {STATS_DAYS} days, today included.",
    },
}

SHARE = {"type": ["number", "null"], "minimum": 0, "maximum": 1, "description": "Null of nothing."}
MONEY = {"type": "number", "minimum": 0, "description": "Estimated, in US dollars."}
_JUDGED: Schema = {
    "predictions": COUNT,
    "judged": {**COUNT, "description": "About which an agent has decided since."},
    "correct": {**COUNT, "description": "Which are what the agent decided."},
    "accuracy": SHARE,
}
_REPORT: Schema = {
    "since": {"type": ["string", "null"], "format": "date-time"},
    "until": {"type": ["string", "null"], "format": "date-time"},
    "fields": _object(
        dict.fromkeys(
            PredictedField.values,
            _object(
                {
                    **_JUDGED,
                    "acceptance": {**SHARE, "description": "Of those shown, kept by the sender."},
                    "coverage_at_0_8": {
                        **SHARE,
                        "description": "With a confidence of 0.8 or more.",
                    },
                    "accuracy_at_0_8": SHARE,
                    "ece": {**SHARE, "description": "Expected calibration error over ten bins."},
                }
            ),
        ),
        description="What was shown or applied.",
    ),
    "sources": _list(
        _object(
            {
                "field": _enum(PredictedField),
                "source": _enum(Source),
                **{key: {"type": "string"} for key in ("provider", "model", "prompt_version")},
                "use": _enum(PredictionUse),
                **_JUDGED,
                "shown": COUNT,
                "accepted": COUNT,
                "acceptance": SHARE,
                "mean_confidence": SHARE,
                "latency_ms": _object({"p50": COUNT, "p95": COUNT}),
                "cost_usd": MONEY,
            },
            description="What a shadow said stands here alone.",
        )
    ),
    "confusion": _object(
        dict.fromkeys(LearnedField.values, _map(_map(COUNT))),
        description="Suggested value -> what it became -> how often.",
    ),
    "calibration": _object(
        dict.fromkeys(
            PredictedField.values,
            _list(
                _object(
                    {
                        "from": CONFIDENCE,
                        "to": CONFIDENCE,
                        "predictions": COUNT,
                        "judged": COUNT,
                        "accuracy": SHARE,
                        "mean_confidence": SHARE,
                    }
                )
            ),
        )
    ),
    "per_day": _list(
        _object(
            {
                "date": {"type": "string", "format": "date"},
                "field": _enum(PredictedField),
                "source": _enum(Source),
                "judged": COUNT,
                "correct": COUNT,
            }
        )
    ),
    "cost_usd": MONEY,
    "coverage": {**SHARE, "description": "Of the time's tickets, those that triage spoke about."},
}

_EVIDENCE = _list(ref("Evidence"))

SCHEMAS: dict[str, Schema] = {
    "Ticket": _object(_TICKET),
    "CreatedTicket": _object(
        {
            **_TICKET,
            "track_url": {
                "type": "string",
                "format": "uri",
                "description": "The requester's private link.",
            },
        },
        [key for key in _TICKET if key != "requester_email"],
        "The new ticket. requester_email is shown to agents only; a repeated answer has no"
        " track_url once the ticket was deleted.",
    ),
    "NewTicket": _object(
        {
            **_WRITABLE,
            "suggestion_id": {
                "type": "string",
                "maxLength": NewTicketForm.base_fields["suggestion_id"].max_length,  # type: ignore[attr-defined]
                "description": "The suggestion that was shown: category and priority are taken"
                " from it where they are left out.",
            },
        },
        ["title", "description"],
    ),
    "TicketReplacement": _object(
        _WRITABLE,
        ["title", "description"],
        "Keys left out return to their defaults; category and priority to what triage chooses.",
    ),
    "TicketChanges": _object(_WRITABLE, [], "Only the keys sent change."),
    "Triage": _object({name: ref("Decision") for name in TRIAGE_FIELDS}),
    "Decision": _object({"source": _enum(Source), "confidence": CONFIDENCE}),
    "Stats": _object(_STATS),
    "NewComment": _object(
        {"body": TEXT, "public": {"type": "boolean", "default": False}}, ["body"]
    ),
    "Comment": _object(
        {
            "id": ID,
            "author": {"type": ["string", "null"]},
            "author_role": _enum(AuthorRole),
            "body": TEXT,
            "public": {"type": "boolean", "description": "Shown to the requester."},
            "created_at": TIME,
        }
    ),
    "HistoryEntry": _object(
        {
            "at": TIME,
            "actor": {
                "type": ["string", "null"],
                "description": "Null for a change made past this program.",
            },
            "event": _enum([*TICKET_EVENTS.values(), *COMMENT_EVENTS.values()]),
            "changes": {
                "type": "object",
                "additionalProperties": {"type": "array", "minItems": 2, "maxItems": 2},
                "description": "Each changed field with its old and its new value.",
            },
        }
    ),
    "TextToClassify": _object(
        {"description": TEXT, "title": {**TITLE, "minLength": 0}}, ["description"]
    ),
    "Suggestion": _object(
        {
            "suggested_category": _enum(Category),
            "suggested_priority": _enum(Priority),
            "source": _enum([source for source in Source.values if source != Source.HUMAN]),
            "confidence": _object({"category": CONFIDENCE, "priority": CONFIDENCE}),
            "evidence": _object({"category": _EVIDENCE, "priority": _EVIDENCE}),
            "suggestion_id": {
                "type": "string",
                "description": "Send it with the ticket that this was suggested for.",
            },
        }
    ),
    "Evidence": _object(
        {
            "field": _enum(["title", "description"]),
            "text": {"type": "string"},
            "start": {**COUNT, "description": "In code points of the text that was sent."},
            "end": COUNT,
        },
        description="Words that led to the suggestion.",
    ),
    "TextToName": _object({"description": TEXT}),
    "TitleSuggestion": _object(
        {
            "suggested_title": {"type": "string", "minLength": 1, "maxLength": MAX_SUGGESTED_TITLE_CHARS},
            "source": _enum([source for source in Source.values if source != Source.HUMAN]),
        }
    ),
    "TriageReport": _object(_REPORT),
    "Health": _object({"status": _enum(["ok", "ready"])}),
    "Problem": _object(
        {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": {"type": "string"},
            "code": _enum(CODES),
            "errors": {
                "type": "object",
                "additionalProperties": _list({"type": "string"}),
                "description": "Messages for each field at fault.",
            },
        },
        description="Every error (RFC 9457).",
    ),
}
assert set(_WRITABLE) == set(TicketForm.base_fields)


def _query(name: str, schema: Schema, description: str) -> Schema:
    return {"name": name, "in": "query", "schema": schema, "description": description}


def _filter(name: str, values: Any) -> Schema:
    """A comma-separated list; an empty value means no filter."""
    schema = {"type": "string", "maxLength": 1000}
    return _query(name, schema, f"Comma-separated list of {', '.join(values.values)}.")


PARAMETERS: dict[str, Schema] = {
    "ticket_id": {
        "name": "ticket_id",
        "in": "path",
        "required": True,
        "schema": ID,
        "description": "The ticket's number.",
    },
    "category": _filter("category", Category),
    "priority": _filter("priority", Priority),
    "status": _filter("status", Status),
    "assignee": _query(
        "assignee",
        {"type": "string", "maxLength": 1000},
        "Comma-separated usernames; none for tickets that nobody has taken, me for one's own.",
    ),
    "search": _query(
        "search",
        {"type": "string", "maxLength": MAX_SEARCH_CHARS},
        f"In title and description, and by requester and number. {SEARCH_HELP}",
    ),
    "created_after": _query(
        "created_after", {"type": "string"}, "A time or a date; tickets from then on."
    ),
    "created_before": _query(
        "created_before", {"type": "string"}, "A time or a date; tickets before it."
    ),
    "needs_review": _query(
        "needs_review",
        {"type": "string", "enum": ["", "true", "false"]},
        "true for unfinished tickets of whose category or priority triage is not sure.",
    ),
    "since": _query("since", {"type": "string"}, "A time or a date; what was said from then on."),
    "until": _query("until", {"type": "string"}, "A time or a date; what was said before it."),
    "limit": _query(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": DEFAULT_PAGE_SIZE},
        "Tickets on a page.",
    ),
    "cursor": _query(
        "cursor", {"type": "string", "maxLength": 300}, "From the Link to the page before or after."
    ),
    "If-Match": {
        "name": "If-Match",
        "in": "header",
        "schema": {"type": "string"},
        "description": "An ETag: write only if the ticket still has this version.",
    },
    "If-None-Match": {
        "name": "If-None-Match",
        "in": "header",
        "schema": {"type": "string"},
        "description": "An ETag: answer 304 if the ticket still has this version.",
    },
    "Idempotency-Key": {
        "name": "Idempotency-Key",
        "in": "header",
        "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
        "description": "The same key and body give the first answer again, for a day.",
    },
}
