"""Tables, their constraints, and what one row can do."""

from .choices import (
    TEXT_LENGTH,
    TITLE_LENGTH,
    VISIBLE,
    AuthorRole,
    Category,
    LearnedField,
    LedgerField,
    Mail,
    MailState,
    Priority,
    Scope,
    Sentiment,
    Source,
    Status,
    Use,
)
from .desk import Presence, SavedView
from .housekeeping import Counter, DemoTicket, IdempotencyKey
from .mail import Email, deliverable
from .people import ADMINS, AGENTS, RESERVED_NAMES, agents, is_admin, is_agent
from .ticket import TRIAGED, Comment, Ticket, digest
from .tokens import ApiToken
from .triage import Lesson, Prediction, TriageModel

__all__ = [
    "ADMINS",
    "AGENTS",
    "RESERVED_NAMES",
    "TEXT_LENGTH",
    "TITLE_LENGTH",
    "TRIAGED",
    "VISIBLE",
    "ApiToken",
    "AuthorRole",
    "Category",
    "Comment",
    "Counter",
    "DemoTicket",
    "Email",
    "IdempotencyKey",
    "LearnedField",
    "LedgerField",
    "Lesson",
    "Mail",
    "MailState",
    "Prediction",
    "Presence",
    "Priority",
    "SavedView",
    "Scope",
    "Sentiment",
    "Source",
    "Status",
    "Ticket",
    "TriageModel",
    "Use",
    "agents",
    "deliverable",
    "digest",
    "is_admin",
    "is_agent",
]
