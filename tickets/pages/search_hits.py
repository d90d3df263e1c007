"""Where the tickets of a page have what was searched for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.safestring import SafeString

from ..models.ticket import Comment, Ticket
from ..querysets.search.matches import Span, Wanted, find, joined, wanted
from ..rich_text import Highlight, render_line
from ..vocabulary import AuthorRole

# How much of a ticket is read for its excerpt.
MAX_COMMENTS, MAX_COMMENT_CHARS = 30, 5000
PIECE, OVERLAP = 2000, 200  # characters that are read at once
# An excerpt, and what of it stands before the first word that was searched for.
EXCERPT_CHARS, LEADING_CHARS = 160, 30


@dataclass(frozen=True, slots=True)
class Excerpt:
    source: str  # "In a reply"
    text: SafeString


@dataclass(slots=True)
class Hits:
    """What to highlight in a row. The excerpt shows what neither title nor address shows."""

    title: list[Span] = field(default_factory=list)
    address: list[Span] = field(default_factory=list)
    excerpt: Excerpt | None = None


def search_hits(tickets: Collection[Ticket], search: str) -> dict[int, Hits]:
    """Return the hits of each ticket by its id. Up to one query."""
    terms = wanted(search)
    if not terms:
        return {}
    hits: dict[int, Hits] = {}
    unseen: dict[int, list[Wanted]] = {}
    for ticket in tickets:
        in_title, in_address = find(ticket.title, terms), find(ticket.requester_email, terms)
        row = hits[ticket.pk] = Hits(_spans(in_title), _spans(in_address))
        missing = [term for term in terms if term not in in_title and term not in in_address]
        if missing:
            row.excerpt = _excerpt("In the description", ticket.description, missing)
            if row.excerpt is None:
                unseen[ticket.pk] = missing
    if unseen:
        _read_comments(hits, unseen)
    return hits


def _read_comments(hits: dict[int, Hits], unseen: dict[int, list[Wanted]]) -> None:
    comments: Any = Comment.objects.newest_texts(unseen, MAX_COMMENTS, MAX_COMMENT_CHARS)
    for comment in comments:
        row = hits[comment.ticket_id]
        if row.excerpt is None:
            row.excerpt = _excerpt(_source(comment), comment.beginning, unseen[comment.ticket_id])


def _source(comment: Any) -> str:
    if not comment.public:
        return "In a note"
    return "In a message" if comment.author_role == AuthorRole.REQUESTER else "In a reply"


def _excerpt(source: str, text: str, terms: Sequence[Wanted]) -> Excerpt | None:
    """Return what surrounds the first hit in a text, None without one."""
    for start in range(0, len(text), PIECE):
        piece = text[start : start + PIECE + OVERLAP]
        if spans := _spans(find(piece, terms)):
            return Excerpt(source, _around(piece, spans))
    return None


def _around(text: str, spans: Sequence[Span]) -> SafeString:
    first = spans[0][0]
    start = max(0, first - LEADING_CHARS)
    # Begin with a whole word, if there is one.
    start = text.find(" ", start, first) + 1 or start if start else 0
    end = start + EXCERPT_CHARS
    highlights = [
        Highlight(span[0] - start, min(span[1], end) - start) for span in spans if span[0] < end
    ]
    line = render_line(text[start:end], highlights)
    return SafeString(("\u2026" if start else "") + line + ("\u2026" if end < len(text) else ""))  # nosec B703  # `line` is escaped


def _spans(hits: dict[Wanted, list[Span]]) -> list[Span]:
    return joined(span for spans in hits.values() for span in spans)
