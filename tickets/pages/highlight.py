"""Highlight a prediction's evidence in a text. Uses no database."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping


def highlight(text: str, evidence: Mapping[str, Iterable[str]]) -> list[tuple[str, str]]:
    """Split the text into pieces, each with the fields that it is evidence for.

    The fields read "category", "category and priority", or "" for the rest of the text.
    """
    fields: dict[str, list[str]] = {}
    for name, quotes in evidence.items():
        for quote in quotes:
            if quote.strip() and name not in fields.setdefault(quote, []):
                fields[quote].append(name)
    if not fields:
        return [(text, "")]
    # The longest first: of two quotes that begin alike, the longer one is meant.
    longest_first = sorted(fields, key=len, reverse=True)
    pattern = r"(?<!\w)(" + "|".join(map(re.escape, longest_first)) + r")(?!\w)"
    return [
        (piece, " and ".join(fields[piece]) if index % 2 else "")
        for index, piece in enumerate(re.split(pattern, text))
        if piece
    ]
