"""Every question that concerns many rows."""

from .counters import CounterQuerySet
from .cursors import read_cursor, write_cursor
from .history import (
    COMMENT_EVENTS,
    TICKET_EVENTS,
    HistoryEntry,
    changes_since,
    history_of,
)
from .ledger import PredictionQuerySet
from .search import parse_search, words_of
from .tickets import DAYS_SHOWN, LessonQuerySet, TicketQuerySet, needs_review

__all__ = [
    "COMMENT_EVENTS",
    "DAYS_SHOWN",
    "TICKET_EVENTS",
    "CounterQuerySet",
    "HistoryEntry",
    "LessonQuerySet",
    "PredictionQuerySet",
    "TicketQuerySet",
    "changes_since",
    "history_of",
    "needs_review",
    "parse_search",
    "read_cursor",
    "words_of",
    "write_cursor",
]
