"""What a search means: words, "phrases", -excluded ones, numbers, addresses and qualifiers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.postgres.search import SearchQuery, SearchVector, SearchVectorExact
from django.db import models
from django.db.models import F, Func, Q, Value

# What separates words in a search and in the indexed text (PostgreSQL's regular expressions).
NOT_WORD = r"[\W_]+"
SEARCH_HELP = (
    'Words or their beginnings, "a phrase", -without, #12, kim@example.org, from:example.org, '
    "status:open, category:billing, priority:high,critical, mood:angry, assignee:me, is:unassigned."
)
ALIASES = {"mood": "sentiment"}  # as the pages call it
MEMBERS = ("status", "category", "priority", "sentiment")
TERM = re.compile(
    r'(?P<no>-?)(?:(?P<key>status|category|priority|sentiment|mood|assignee|from|is):(?:"(?P<quoted>[^"]*)"?'
    r'|(?P<value>[^\s"]+))|"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))',
    re.IGNORECASE,
)

# As phones and word processors write quotes and the - before a word.
QUOTES = str.maketrans(dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\uff02", '"'))
DASH = re.compile("(?<!\\S)[\u2010-\u2015\u2212](?=\\S)")


class Term:
    """One search term: a word (found as a prefix too) or a phrase (found whole)."""

    def __init__(self, text: str, *, phrase: bool, excluded: bool) -> None:
        self.text, self.phrase, self.excluded = text, phrase, excluded

    def condition(self, me: Any = None) -> Q:
        """In the title or the description; a number is the ticket's as well, and what has an @
        in it may stand in the requester's address."""
        condition = Q()
        # Letters with marks are stored as they came, in one piece or taken apart.
        for form in sorted({unicodedata.normalize(form, self.text) for form in ("NFC", "NFD")}):
            condition |= self._in_text(form)
        if not self.phrase and re.fullmatch(r"#?[0-9]{1,18}", self.text):
            condition |= Q(pk=int(self.text.removeprefix("#")))
        if "@" in self.text and re.search(r"[^\W_]", self.text):
            condition |= requested_by(self.text)
        return condition

    def _in_text(self, text: str) -> Q:
        """Words go through the index; what full text drops is compared as it is written."""
        condition = Q()
        letters = "".join(text.split())
        indexed = [letter.isalpha() or letter.isdecimal() for letter in letters]
        if any(indexed):
            kind = SearchQuery if self.phrase else PrefixQuery
            words = words_of(Value(text))
            condition &= Q(document=kind(words, config="simple", search_type="phrase"))
        if not all(indexed):
            condition &= Q(title__icontains=text) | Q(description__icontains=text)
        return condition


@dataclass(frozen=True, slots=True)
class Qualifier:
    """`status:open`, `-from:kim@example.org`; one of `values` is enough."""

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
    """Words side by side, the last of them as a prefix; finds nothing when there are none."""

    template = "COALESCE(NULLIF(%(function)s(%(expressions)s)::text, '') || ':*', '')::tsquery"


def words_of(text: F | Value) -> Func:
    """The text with everything but words blanked, so that full text sees plain words only.

    Otherwise PostgreSQL's parser would keep `INV-7` or `a.b@c.de` as single tokens which no
    search for one of their parts would find.
    """
    return Func(
        text,
        Value(NOT_WORD),
        Value(" "),
        Value("g"),
        function="regexp_replace",
        output_field=models.TextField(),
    )


def requester_words() -> SearchVector:
    """What the index of the requesters' addresses holds."""
    return SearchVector(words_of(F("requester_email")), config="simple")


def requested_by(text: str) -> Q:
    """The requester's address is this or has it as a part; the index finds its words first."""
    words = PrefixQuery(words_of(Value(text)), config="simple", search_type="phrase")
    found = SearchVectorExact(requester_words(), words)
    return Q(found) & Q(requester_email__icontains=text)


def parse_search(text: str) -> list[Term | Qualifier]:
    """Split a search into terms. `-` before one excludes it; a qualifier that says nothing
    known is plain text, and so is all that stands in quotes."""
    plain = DASH.sub("-", text.translate(QUOTES))
    return [term for match in TERM.finditer(plain) if (term := _term(match)) is not None]


def asks_for_me(text: str) -> bool:
    """Whether the search depends on who searches."""
    return any(isinstance(term, Qualifier) and term.is_mine for term in parse_search(text))


def _term(match: re.Match[str]) -> Term | Qualifier | None:
    excluded = bool(match["no"])
    if match["key"]:
        key, value = match["key"].lower(), match["quoted"] or match["value"] or ""
        key = ALIASES.get(key, key)
        values = tuple(READERS.get(key, _member)(key, part) for part in value.split(","))
        if all(values):
            return Qualifier(key, values, excluded)
        text = match[0].removeprefix("-").replace('"', "")
        return Term(text, phrase=match["quoted"] is not None, excluded=excluded)
    phrase = match["phrase"]
    content = (match["word"] if phrase is None else phrase).strip()
    return Term(content, phrase=phrase is not None, excluded=excluded) if content else None


# --- qualifiers: what may stand in each ("" for what may not), and what it finds -----------


def _member(key: str, value: str) -> str:
    word = re.sub(r"[\s-]+", "_", value.strip().lower())
    field: Any = apps.get_model("tickets", "Ticket")._meta.get_field(key)
    return word if word in dict(field.choices) else ""


def _state(key: str, value: str) -> str:
    word = value.strip().lower()
    return word if word in ("assigned", "unassigned") else _member("status", word)


def _name(key: str, value: str) -> str:
    name = unicodedata.normalize("NFKC", value.strip())  # as accounts are named
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
    return Q(assignee__isnull=word == "unassigned") if "assigned" in word else Q(status=word)


CONDITIONS: dict[str, Callable[[str, Any], Q]] = {
    "assignee": _assigned_to,
    "from": lambda value, me: requested_by(value),
    "is": _in_state,
    "status": lambda value, me: Q(status=value),
    "category": lambda value, me: Q(category=value),
    "priority": lambda value, me: Q(priority=value),
    "sentiment": lambda value, me: Q(sentiment=value),
}
