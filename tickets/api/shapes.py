"""The typed shape of each response. The OpenAPI schemas are generated from these.

An annotation may carry, after the type, an enumeration, a description (a string) and JSON Schema
keywords (a dict). A schema has the name of its class without "Json": `TicketJson` is published as
"Ticket". Request bodies have no shapes here: forms check them, see `forms/`.
"""

from typing import Annotated, Any, NotRequired, TypedDict

from ..querysets.figures import Confidence, Count, TriageFigures
from ..vocabulary import (
    MAX_SUGGESTED_TITLE_CHARS,
    MAX_TEXT_CHARS,
    MAX_TITLE_CHARS,
    TEXT_FIELDS,
    AuditEvent,
    AuthorRole,
    Category,
    InboundKind,
    InboundState,
    Priority,
    ScanState,
    Sender,
    Sentiment,
    Source,
    Status,
    ThreadRule,
    Verified,
    WaitingFor,
)

# What can be stored: no control characters but tab and line ends.
STORABLE = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f]*$"
ERROR_CODES = (
    *("validation_error", "invalid_json", "authentication_required", "permission_denied"),
    *("not_found", "method_not_allowed", "conflict", "precondition_failed"),
    *("payload_too_large", "unsupported_media_type", "rate_limited", "unavailable"),
    "server_error",
)
TRIAGE_SOURCES = (Source.LLM, Source.OFFLINE, Source.DEFAULT)

Id = Annotated[int, {"minimum": 1}]
Time = Annotated[str, {"format": "date-time"}]
OptionalTime = Annotated[str | None, {"format": "date-time"}]
Text = Annotated[str, {"minLength": 1, "maxLength": MAX_TEXT_CHARS, "pattern": STORABLE}]
Title = Annotated[str, {"minLength": 1, "maxLength": MAX_TITLE_CHARS, "pattern": STORABLE}]


# --- tickets ------------------------------------------------------------------------


class DecisionJson(TypedDict):
    """Who decided a value, and with what confidence."""

    source: Annotated[str, Source]
    confidence: Confidence


class TriageJson(TypedDict):
    """Tone stands for sentiment and urgency, which are decided together."""

    category: DecisionJson
    priority: DecisionJson
    tone: DecisionJson


class PublicTicketJson(TypedDict):
    """What every caller may see of a ticket."""

    id: Id
    title: Title
    description: Text
    category: Annotated[str, Category]
    priority: Annotated[str, Priority]
    status: Annotated[str, Status]
    sentiment: Annotated[str, Sentiment, "Set by triage."]
    urgency_score: Annotated[int, {"minimum": 0, "maximum": 100}, "Set by triage."]
    assignee: Annotated[str | None, "An agent's username."]
    triage: Annotated[TriageJson, "Who decided each value, and with what confidence."]
    version: Annotated[Id, "Grows by one with every change. Also sent as the ETag."]
    created_at: Time
    updated_at: Time


class TicketJson(PublicTicketJson):
    """A ticket as agents see it."""

    requester_email: str | None
    waiting_for: Annotated[
        str | None, {"enum": [*WaitingFor.values, None]}, "Null once the ticket is finished."
    ]
    waiting_since: Annotated[
        str | None,
        {"format": "date-time"},
        "When the first message came that no public reply has answered yet.",
    ]
    last_activity_at: Annotated[str, {"format": "date-time"}, "When somebody last wrote."]
    snoozed_until: OptionalTime
    spam: Annotated[bool, "Spam is in no list without spam=true, and in no figure."]
    unread: Annotated[bool, "Whether something is new to the account that asks."]
    merged_into: Annotated[
        int | None, "The ticket that this one is part of. Its comments are there."
    ]


class CreatedTicketJson(PublicTicketJson):
    """The new ticket. Only agents see requester_email and whose turn it is. In a replayed response
    track_url is null once that link was revoked or replaced, and missing once the ticket has been
    deleted."""

    requester_email: NotRequired[str | None]
    waiting_for: NotRequired[Annotated[str | None, {"enum": [*WaitingFor.values, None]}]]
    waiting_since: NotRequired[OptionalTime]
    last_activity_at: NotRequired[Time]
    snoozed_until: NotRequired[OptionalTime]
    spam: NotRequired[bool]
    unread: NotRequired[bool]
    merged_into: NotRequired[int | None]
    track_url: NotRequired[
        Annotated[str | None, {"format": "uri"}, "The requester's private link."]
    ]


class CommentJson(TypedDict):
    """A public reply or an internal note."""

    id: Id
    author: str | None
    author_role: Annotated[str, AuthorRole]
    body: Text
    public: Annotated[bool, "Whether the requester sees it."]
    created_at: Time


class AttachmentJson(TypedDict):
    """A file of a ticket."""

    uuid: Annotated[str, {"format": "uuid"}]
    name: str
    size: Annotated[int, {"minimum": 0}, "In bytes."]
    sha256: str
    type: Annotated[str, "The media type, by the content."]
    comment: Annotated[int | None, "The comment that it belongs to; null for the description."]
    public: Annotated[bool, "Whether the requester sees it."]
    state: Annotated[str, ScanState, "What the virus scanner said."]
    url: Annotated[str, {"format": "uri"}, "Where to get its content."]
    created_at: Time


class HistoryEntryJson(TypedDict):
    """One entry of a ticket's audit trail."""

    ticket: Annotated[Id, "The ticket that it is about: this one, or one that was merged into it."]
    at: Time
    actor: Annotated[str | None, "Null for a change made outside this program."]
    event: Annotated[str, AuditEvent]
    changes: Annotated[
        dict[str, Annotated[list[Any], {"minItems": 2, "maxItems": 2}]],
        "Each changed field with its old and its new value.",
    ]


class ReceivedMessageJson(TypedDict):
    """A message that came by mail, and what the desk made of it. Null is not known yet."""

    id: Id
    state: Annotated[str, InboundState]
    kind: Annotated[str | None, {"enum": [*InboundKind.values, None]}]
    ticket: Annotated[int | None, "The ticket that it opened or joined."]
    rule: Annotated[
        str | None, {"enum": [*ThreadRule.values, None]}, "By what it was joined to its ticket."
    ]
    sender: Annotated[str | None, {"enum": [*Sender.values, None]}]
    verified: Annotated[
        str | None, {"enum": [*Verified.values, None]}, "What the mail server says of the sender."
    ]
    explanation: Annotated[list[str], "Why, in plain sentences."]


# --- triage -------------------------------------------------------------------------


class EvidenceJson(TypedDict):
    """Words that led to a suggestion."""

    field: Annotated[str, TEXT_FIELDS]
    text: str
    start: Annotated[Count, "In code points of the text that was sent."]
    end: Count


class SuggestionConfidenceJson(TypedDict):
    category: Confidence
    priority: Confidence


class SuggestionEvidenceJson(TypedDict):
    category: list[EvidenceJson]
    priority: list[EvidenceJson]


class SuggestionJson(TypedDict):
    """A category and a priority for a text."""

    suggested_category: Annotated[str, Category]
    suggested_priority: Annotated[str, Priority]
    source: Annotated[str, TRIAGE_SOURCES]
    confidence: SuggestionConfidenceJson
    evidence: SuggestionEvidenceJson
    suggestion_id: Annotated[str, "Send it with the ticket that this was suggested for."]


class TitleSuggestionJson(TypedDict):
    """A title for a text."""

    suggested_title: Annotated[str, {"minLength": 1, "maxLength": MAX_SUGGESTED_TITLE_CHARS}]
    source: Annotated[str, TRIAGE_SOURCES]


class TriageReportJson(TriageFigures):
    """How accurate triage was in a period."""

    since: OptionalTime
    until: OptionalTime


# --- the service --------------------------------------------------------------------


class HealthJson(TypedDict):
    """The response to a health check."""

    status: Annotated[str, ("ok", "ready")]


class ProblemJson(TypedDict):
    """Every error (RFC 9457)."""

    type: str
    title: str
    status: Annotated[int, {"minimum": 400, "maximum": 599}]
    detail: str
    code: Annotated[str, ERROR_CODES]
    errors: Annotated[dict[str, list[str]], "Messages for each field at fault."]
