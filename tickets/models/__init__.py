"""Tables, their constraints, and what one row can do."""

from .choices import (
    TEXT_LENGTH,
    TITLE_LENGTH,
    VISIBLE,
    AuthorRole,
    Category,
    LearnedField,
    LedgerField,
    Priority,
    Scope,
    Sentiment,
    Source,
    Status,
    Use,
)
from .housekeeping import Counter, DemoTicket, IdempotencyKey
from .people import ADMINS, AGENTS, agents, is_admin, is_agent
from .ticket import LEDGER_COLUMNS, TRIAGED, Comment, Ticket, digest
from .tokens import ApiToken
from .triage import Lesson, Prediction, TriageModel

__all__ = [
    "ADMINS",
    "AGENTS",
    "LEDGER_COLUMNS",
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
    "IdempotencyKey",
    "LearnedField",
    "LedgerField",
    "Lesson",
    "Prediction",
    "Priority",
    "Scope",
    "Sentiment",
    "Source",
    "Status",
    "Ticket",
    "TriageModel",
    "Use",
    "agents",
    "digest",
    "is_admin",
    "is_agent",
]
