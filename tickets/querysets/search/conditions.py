"""What the qualifiers of a search mean for the columns of a ticket."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any

from django.db import models
from django.db.models import BooleanField, Func, Q, Value
from django.db.models.functions import Lower

from ...vocabulary import ACTIVE_STATUSES, Category, Priority, Sentiment, Status

ALIASES = {"mood": "sentiment"}  # the word that release 0.1 used
ENUMERATIONS: dict[str, type[models.TextChoices]] = {
    "status": Status,
    "category": Category,
    "priority": Priority,
    "sentiment": Sentiment,
}


def requested_from(address: Any) -> Q:
    """Match this address, in whatever case. It has an index for listed tickets."""
    # The index has capitals, but some letters have the capital of another one, such as \u0131 that
    # of i. A domain with such a letter belongs to somebody else. The operator instead of its
    # function would have the planner expect hardly any row, and so read and sort all tickets of an
    # address for the newest ones.
    value = Value(address) if isinstance(address, str) else address
    names = Lower("requester_email"), Lower(value)
    is_alike = Func(*names, function="texteq", output_field=BooleanField())
    return has_requester() & Q(requester_email__iexact=address) & Q(is_alike)


def has_requester() -> Q:
    return ~Q(requester_email="")


def without_response() -> Q:
    """Return the condition for active tickets to which no agent has replied in public yet."""
    return Q(status__in=ACTIVE_STATUSES, first_response_at=None)


# The words after `is:` beside those of the status.
STATES: dict[str, Callable[[], Q]] = {
    "assigned": lambda: Q(assignee__isnull=False),
    "unassigned": lambda: Q(assignee__isnull=True),
    "unanswered": without_response,
}


# --- qualifiers: each reads a value ("" for an invalid one) and has a condition -----------


def _member(key: str, value: str) -> str:
    word = re.sub(r"[\s-]+", "_", value.strip().lower())
    return word if word in ENUMERATIONS[key].values else ""


def _state(key: str, value: str) -> str:
    word = value.strip().lower()
    return word if word in STATES else _member("status", word)


def _name(key: str, value: str) -> str:
    name = unicodedata.normalize("NFKC", value.strip())  # as Django normalizes usernames
    name = {"nobody": "none"}.get(name.lower(), name)
    return name.lower() if name.lower() in ("me", "none") else name


def _part_of_address(key: str, value: str) -> str:
    part = value.strip()
    return part if re.search(r"[^\W_]", part) else ""


READERS: dict[str, Callable[[str, str], str]] = {
    "is": _state,
    "assignee": _name,
    "from": _part_of_address,
}


def known_values(key: str) -> list[str]:
    """Return the values of a qualifier; none if it takes a name or an address."""
    if key == "is":
        return [*STATES, *Status.values]
    return list(ENUMERATIONS[key].values) if key in ENUMERATIONS else []


def read_value(key: str, value: str) -> str:
    """Return a qualifier's value as its condition takes it; "" for an invalid one."""
    return READERS.get(key, _member)(key, value)


def _assigned_to(name: str, me: Any) -> Q:
    if name == "none":
        return Q(assignee=None)
    if name == "me":
        return Q(assignee=me) if me is not None else Q(pk__in=[])
    return Q(assignee__username__iexact=name)


def _in_state(word: str, me: Any) -> Q:
    return STATES[word]() if word in STATES else Q(status=word)


CONDITIONS: dict[str, Callable[[str, Any], Q]] = {
    "assignee": _assigned_to,
    # A whole address in quotes. Parts of one are asked of documents.
    "from": lambda value, me: requested_from(value[1:-1]),
    "is": _in_state,
    "status": lambda value, me: Q(status=value),
    "category": lambda value, me: Q(category=value),
    "priority": lambda value, me: Q(priority=value),
    "sentiment": lambda value, me: Q(sentiment=value),
}
