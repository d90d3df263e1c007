"""The search grammar: words, "phrases", -excluded terms, numbers, addresses and qualifiers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from django.db.models import Q

from .conditions import ALIASES, CONDITIONS, known_values, read_value
from .folding import fold
from .query import ADDRESS, either, number_query, text_query

SEARCH_HELP = (
    'Words or their beginnings, "a phrase", -without, #12, kim@example.org, from:example.org, '
    'from:"kim@example.org", status:open, category:billing, priority:high,critical, '
    "sentiment:angry, assignee:me, is:unassigned, is:unanswered."
)
TERM = re.compile(
    r'(?P<no>-?)(?:(?P<key>status|category|priority|sentiment|mood|assignee|from|is):(?:"(?P<quoted>[^"]*)"?'
    r'|(?P<value>[^\s"]+))|"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))',
    re.IGNORECASE,
)

QUALIFIERS = ("status", "category", "priority", "sentiment", "assignee", "from", "is")
# A word that looks like a qualifier. Not an address such as https://example.org.
UNKNOWN_KEY = re.compile(r"([^\W\d_][\w-]*):(?!//)")

WHOLE_ADDRESS = re.compile(r"\s*[^@\s]+@[^@\s]+\s*")  # in quotes after from:
NUMBER = re.compile(r"#?([0-9]{1,18})")
# How phones and word processors write quotes and the - before a word.
QUOTES = str.maketrans(dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\uff02", '"'))
DASH = re.compile("(?<!\\S)[\u2010-\u2015\u2212](?=\\S)")


@dataclass(frozen=True, slots=True)
class Term:
    """A word, which matches as a prefix, or a phrase, which matches whole."""

    text: str
    phrase: bool
    excluded: bool

    def written(self) -> str:
        """Return the term as it is typed."""
        text = f'"{self.text}"' if self.phrase else self.text
        return f"-{text}" if self.excluded else text

    def query(self, mark: str = "") -> str:
        """Return the tsquery for texts and addresses, and for a number also for that ticket.

        "" if nothing of the term is ever stored, such as a dash. `mark` stands before each lexeme.
        """
        query = text_query(self.text, phrase=self.phrase, mark=mark)
        if not self.phrase and (number := NUMBER.fullmatch(fold(self.text))):
            return either([query, number_query(int(number[1]), mark)])
        return query


@dataclass(frozen=True, slots=True)
class Qualifier:
    """A qualifier, such as `status:open` or `-from:kim@example.org`. Any of the values matches."""

    key: str
    values: tuple[str, ...]
    excluded: bool

    def query(self, mark: str = "") -> str:
        """Return the tsquery for a part of an address; "" for other qualifiers."""
        if self.key != "from" or self.values[0].startswith('"'):
            return ""
        return either(text_query(part, phrase=False, mark=mark + ADDRESS) for part in self.values)

    def condition(self, me: Any = None) -> Q:
        """Return the condition on columns. A part of an address has none: it has a query."""
        condition = Q()
        for value in self.values:
            condition |= CONDITIONS[self.key](value, me)
        return condition

    @property
    def text(self) -> str:
        return ",".join(self.values)

    def written(self) -> str:
        """Return the qualifier as it is typed."""
        text = f"{self.key}:{self.text}"
        return f"-{text}" if self.excluded else text

    @property
    def is_mine(self) -> bool:
        return self.key == "assignee" and "me" in self.values


def of_columns(terms: Sequence[Term | Qualifier]) -> tuple[Qualifier, ...]:
    """Return the qualifiers that ask for columns."""
    return tuple(term for term in terms if isinstance(term, Qualifier) and not term.query())


def exact_requester(address: str) -> str:
    """Return the search for the tickets of this address."""
    return f'from:"{address}"'


def document_query(terms: Sequence[Term | Qualifier], mark: str = "") -> str:
    """Return the tsquery for all that is asked of texts, addresses and numbers; "" if nothing.

    `mark` stands before each lexeme.
    """
    queries = [(term.excluded, query) for term in terms if (query := term.query(mark))]
    return " & ".join(f"!({query})" if excluded else f"({query})" for excluded, query in queries)


def positive_query(terms: Sequence[Term | Qualifier]) -> str:
    """Return the tsquery for all that is asked but for exclusions; "" if nothing is."""
    return document_query([term for term in terms if not term.excluded])


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


def misspelt_qualifiers(text: str) -> list[str]:
    """Return the search with each unknown filter or value replaced by the nearest known one.

    An empty list if none is near, or all are known.
    """
    corrected = []
    for match in _matches(text):
        part = match[0]
        if match["key"] and not isinstance(_term(match), Qualifier):
            key = ALIASES.get(match["key"].lower(), match["key"].lower())
            value = match["quoted"] or match["value"] or ""
            near = get_close_matches(value.lower(), known_values(key), 1)
            part = f"{match['no']}{key}:{near[0]}" if near else part
        elif unknown := UNKNOWN_KEY.match(match["word"] or ""):
            near = get_close_matches(unknown[1].lower(), QUALIFIERS, 1)
            part = f"{match['no']}{near[0]}{match['word'][unknown.end(1) :]}" if near else part
        corrected.append(part)
    result = " ".join(corrected)
    return [result] if result != " ".join(match[0] for match in _matches(text)) else []


def _value_help(key: str) -> str:
    values = known_values(key)
    return (
        f"Use {', '.join(values)}." if values else "Write a name or a part of an address after it."
    )


def has_words(text: str) -> bool:
    """Return whether the search asks for words, so that its matches can be ranked."""
    return bool(positive_query(parse_search(text)))


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
        values = tuple(read_value(key, part) for part in parts)
        if all(values):
            return Qualifier(key, values, excluded)
        text = match[0].removeprefix("-").replace('"', "")
        return Term(text, phrase=match["quoted"] is not None, excluded=excluded)
    phrase = match["phrase"]
    content = (match["word"] if phrase is None else phrase).strip()
    return Term(content, phrase=phrase is not None, excluded=excluded) if content else None
