"""Every question that concerns many rows."""

from .counters import CounterQuerySet
from .cursors import Place, read_cursor, write_cursor
from .history import (
    COMMENT_EVENTS,
    TICKET_EVENTS,
    HistoryEntry,
    by_triage,
    changes_since,
    history_of,
    record_of,
    records_of,
    set_by_others,
    undone_by,
)
from .ledger import PredictionQuerySet
from .news import news_of
from .presence import PresenceQuerySet
from .review import ReviewPlace, place_behind, read_place, sureness
from .search import SEARCH_HELP, asks_for_me, parse_search, requester_words, words_of
from .similar import last_replies
from .statuses import DONE, UNFINISHED
from .tickets import DAYS_SHOWN, LessonQuerySet, Page, TicketQuerySet, needs_review
from .times import newest_change
from .views import SavedViewQuerySet

__all__ = [
    "COMMENT_EVENTS",
    "DAYS_SHOWN",
    "DONE",
    "SEARCH_HELP",
    "TICKET_EVENTS",
    "UNFINISHED",
    "CounterQuerySet",
    "HistoryEntry",
    "LessonQuerySet",
    "Page",
    "Place",
    "PredictionQuerySet",
    "PresenceQuerySet",
    "ReviewPlace",
    "SavedViewQuerySet",
    "TicketQuerySet",
    "asks_for_me",
    "by_triage",
    "changes_since",
    "history_of",
    "last_replies",
    "needs_review",
    "newest_change",
    "news_of",
    "parse_search",
    "place_behind",
    "read_cursor",
    "read_place",
    "record_of",
    "records_of",
    "requester_words",
    "set_by_others",
    "sureness",
    "undone_by",
    "words_of",
    "write_cursor",
]
