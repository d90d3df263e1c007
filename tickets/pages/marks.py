"""The words of a text that decided something, for a template to mark. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping


def marked(text: str, reasons: Mapping[str, Iterable[str]]) -> list[tuple[str, str]]:
    """The text in pieces, each with what it decided: "category", "category and priority", "".

    `reasons` are the deciding words as they stand in the text, see `Ticket.reasons`.
    """
    decides: dict[str, list[str]] = {}
    for name, quotes in reasons.items():
        for quote in quotes:
            if quote.strip() and name not in decides.setdefault(quote, []):
                decides[quote].append(name)
    if not decides:
        return [(text, "")]
    # The longest first: of two quotes that begin alike the whole one is meant.
    longest = sorted(decides, key=len, reverse=True)
    pattern = r"(?<!\w)(" + "|".join(map(re.escape, longest)) + r")(?!\w)"
    pieces = re.split(pattern, text)
    return [
        (piece, " and ".join(decides[piece]) if place % 2 else "")
        for place, piece in enumerate(pieces)
        if piece
    ]
