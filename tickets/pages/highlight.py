"""Find a prediction's evidence in a text. Uses no database."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ..rich_text import Highlight


def evidence_highlights(text: str, evidence: Mapping[str, Iterable[str]]) -> list[Highlight]:
    """Return where the text has the quoted words, and for which fields they are evidence."""
    fields: dict[str, list[str]] = {}
    for name, quotes in evidence.items():
        for quote in quotes:
            if quote.strip() and name not in fields.setdefault(quote, []):
                fields[quote].append(name)
    if not fields:
        return []
    # The longest first: of two quotes that begin alike, the longer one is meant.
    longest_first = sorted(fields, key=len, reverse=True)
    pattern = r"(?<!\w)(?:" + "|".join(map(re.escape, longest_first)) + r")(?!\w)"
    return [
        Highlight(match.start(), match.end(), f"Evidence for the {' and '.join(fields[match[0]])}")
        for match in re.finditer(pattern, text)
    ]
