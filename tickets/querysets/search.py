"""The search grammar: words, "phrases", -excluded terms, numbers, addresses and qualifiers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.search import SearchQuery, SearchVector, SearchVectorExact
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Lower
from django.db.models.lookups import Exact

from ..vocabulary import ACTIVE_STATUSES, Category, Priority, Sentiment, Status

# What separates words, in a search and in the indexed text (a PostgreSQL regular expression).
NOT_WORD = r"[\W_]+"
SEARCH_HELP = (
    'Words or their beginnings, "a phrase", -without, #12, kim@example.org, from:example.org, '
    'from:"kim@example.org", status:open, category:billing, priority:high,critical, '
    "sentiment:angry, assignee:me, is:unassigned, is:unanswered."
)
ALIASES = {"mood": "sentiment"}  # the word that release 0.1 used
ENUMERATIONS: dict[str, type[models.TextChoices]] = {
    "status": Status,
    "category": Category,
    "priority": Priority,
    "sentiment": Sentiment,
}
TERM = re.compile(
    r'(?P<no>-?)(?:(?P<key>status|category|priority|sentiment|mood|assignee|from|is):(?:"(?P<quoted>[^"]*)"?'
    r'|(?P<value>[^\s"]+))|"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))',
    re.IGNORECASE,
)

QUALIFIERS = ("status", "category", "priority", "sentiment", "assignee", "from", "is")
# A word that looks like a qualifier. Not an address such as https://example.org.
UNKNOWN_KEY = re.compile(r"([^\W\d_][\w-]*):(?!//)")

WHOLE_ADDRESS = re.compile(r"\s*[^@\s]+@[^@\s]+\s*")  # in quotes after from:
# How phones and word processors write quotes and the - before a word.
QUOTES = str.maketrans(dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\uff02", '"'))
DASH = re.compile("(?<!\\S)[\u2010-\u2015\u2212](?=\\S)")


class Term:
    """A word, which matches as a prefix, or a phrase, which matches whole."""

    def __init__(self, text: str, *, phrase: bool, excluded: bool) -> None:
        self.text, self.phrase, self.excluded = text, phrase, excluded

    def condition(self, me: Any = None) -> Q:
        """Match the title or the description. A number matches the ticket's number too, and a term
        with an @ the requester's address."""
        condition = Q()
        # Accented letters are stored as they were sent, composed or decomposed.
        for form in sorted({unicodedata.normalize(form, self.text) for form in ("NFC", "NFD")}):
            condition |= self._in_text(form)
        if not self.phrase and re.fullmatch(r"#?[0-9]{1,18}", self.text):
            condition |= Q(pk=int(self.text.removeprefix("#")))
        if "@" in self.text and re.search(r"[^\W_]", self.text):
            condition |= requested_by(self.text)
        return condition

    def _in_text(self, text: str) -> Q:
        """Match words by the index, and compare what full text search drops as it is written."""
        condition = Q()
        characters = "".join(text.split())
        indexed = [character.isalpha() or character.isdecimal() for character in characters]
        if any(indexed):
            kind = SearchQuery if self.phrase else PrefixQuery
            query = words_of(Value(text))
            condition &= Q(document=kind(query, config="simple", search_type="phrase"))
        if not all(indexed):
            condition &= Q(title__icontains=text) | Q(description__icontains=text)
        return condition


@dataclass(frozen=True, slots=True)
class Qualifier:
    """A qualifier, such as `status:open` or `-from:kim@example.org`. Any of the values matches."""

    key: str
    values: tuple[str, ...]
    excluded: bool

    def condition(self, me: Any = None) -> Q:
        condition = Q()
        for value in self.values:
            condition |= CONDITIONS[self.key](value, me)
        return condition

    @property
    def text(self) -> str:
        return ",".join(self.values)

    @property
    def is_mine(self) -> bool:
        return self.key == "assignee" and "me" in self.values


class PrefixQuery(SearchQuery):
    """Match adjacent words, the last one as a prefix. Without words it matches nothing."""

    template = "COALESCE(NULLIF(%(function)s(%(expressions)s)::text, '') || ':*', '')::tsquery"


def words_of(text: F | Value) -> Func:
    """Return the text with everything but words blanked out.

    PostgreSQL's parser would keep `INV-7` or `a.b@c.de` as one token, and a search for a part of
    it would find nothing.
    """
    return Func(
        text,
        Value(NOT_WORD),
        Value(" "),
        Value("g"),
        function="regexp_replace",
        output_field=models.TextField(),
    )


def requester_vector() -> SearchVector:
    """Return the vector of the index on requesters' addresses."""
    return SearchVector(words_of(F("requester_email")), config="simple")


def requested_by(text: str) -> Q:
    """Match requesters' addresses that contain the text. The index narrows by its words first."""
    query = PrefixQuery(words_of(Value(text)), config="simple", search_type="phrase")
    contains_words = SearchVectorExact(requester_vector(), query)
    return Q(contains_words) & Q(requester_email__icontains=text)


def is_one_of(ids: models.QuerySet[Any, Any]) -> Func:
    """Return the condition for rows with one of these ids.

    `id IN (SELECT ...)` beside another condition would keep PostgreSQL from using its indexes. An
    array is read first, and then both conditions use theirs.
    """
    return Func(
        F("pk"),
        ArraySubquery(ids),
        template="%(expressions)s)",
        arg_joiner=" = ANY(",
        output_field=models.BooleanField(),
    )


def requested_from(address: str) -> Q:
    """Match this address, in whatever case. It has an index for tickets that are not spam."""
    # The index has capitals, but some letters have the capital of another one, such as \u0131 that
    # of i. A domain with such a letter belongs to somebody else.
    is_alike = Exact(Lower("requester_email"), Lower(Value(address)))
    return has_requester() & Q(requester_email__iexact=address) & Q(is_alike)


def has_requester() -> Q:
    return ~Q(requester_email="")


def exact_requester(address: str) -> str:
    """Return the search for the tickets of this address."""
    return f'from:"{address}"'


def parse_search(text: str) -> list[Term | Qualifier]:
    """Split a search into terms. A qualifier with an unknown value is plain text, as are quotes."""
    return [term for match in _matches(text) if (term := _term(match)) is not None]


def _matches(text: str) -> Iterator[re.Match[str]]:
    return TERM.finditer(DASH.sub("-", text.translate(QUOTES)))


def unknown_values(text: str) -> list[str]:
    """Say which qualifiers of a search have a value that does not exist: `status:lost`."""
    sentences = []
    for match in _matches(text):
        if match["key"] and not isinstance(_term(match), Qualifier):
            key = ALIASES.get(match["key"].lower(), match["key"].lower())
            value = match["quoted"] or match["value"] or ""
            sentences.append(f"“{key}:{value}” is unknown. {_value_help(key)}")
    return sentences


def unknown_keys(text: str) -> list[str]:
    """Say which texts of a search look like qualifiers but are none: `label:x`."""
    texts = (match["word"] or "" for match in _matches(text))
    known = ", ".join(f"{key}:" for key in QUALIFIERS)
    return [
        f"There is no filter “{match[1]}:”. The filters are {known}."
        for word in texts
        if (match := UNKNOWN_KEY.match(word))
    ]


def _value_help(key: str) -> str:
    if key in ENUMERATIONS:
        return f"Use {', '.join(ENUMERATIONS[key].values)}."
    if key == "is":
        return f"Use {', '.join([*STATES, *Status.values])}."
    return "Write a name or a part of an address after it."


def asks_for_me(text: str) -> bool:
    """Return whether the search depends on who searches."""
    return any(isinstance(term, Qualifier) and term.is_mine for term in parse_search(text))


def _term(match: re.Match[str]) -> Term | Qualifier | None:
    excluded = bool(match["no"])
    if match["key"]:
        key, value = match["key"].lower(), match["quoted"] or match["value"] or ""
        key = ALIASES.get(key, key)
        parts = value.split(",")
        if key == "from" and WHOLE_ADDRESS.fullmatch(match["quoted"] or ""):
            parts = [f'"{value.strip()}"']
        values = tuple(READERS.get(key, _member)(key, part) for part in parts)
        if all(values):
            return Qualifier(key, values, excluded)
        text = match[0].removeprefix("-").replace('"', "")
        return Term(text, phrase=match["quoted"] is not None, excluded=excluded)
    phrase = match["phrase"]
    content = (match["word"] if phrase is None else phrase).strip()
    return Term(content, phrase=phrase is not None, excluded=excluded) if content else None


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


def _assigned_to(name: str, me: Any) -> Q:
    if name == "none":
        return Q(assignee=None)
    if name == "me":
        return Q(assignee=me) if me is not None else Q(pk__in=[])
    return Q(assignee__username__iexact=name)


def _in_state(word: str, me: Any) -> Q:
    return STATES[word]() if word in STATES else Q(status=word)


def _from_requester(value: str, me: Any) -> Q:
    return requested_from(value[1:-1]) if value.startswith('"') else requested_by(value)


CONDITIONS: dict[str, Callable[[str, Any], Q]] = {
    "assignee": _assigned_to,
    "from": _from_requester,
    "is": _in_state,
    "status": lambda value, me: Q(status=value),
    "category": lambda value, me: Q(category=value),
    "priority": lambda value, me: Q(priority=value),
    "sentiment": lambda value, me: Q(sentiment=value),
}
