"""The words that a prediction rests on, as agents read them. Uses no database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

MAX_QUOTES = 3
MAX_CHARS = 40  # of one quote


def quotable(texts: Iterable[str]) -> list[str]:
    """Return each quote once, shortened at a word if it is long. The submit page does the same.

    Case and space make no difference, and what a longer quote contains is left out.
    """
    lines = [" ".join(text.split()) for text in texts]
    folded = [line.casefold() for line in lines]
    distinct = [line for index, line in enumerate(lines) if line and _is_new(folded, index)]
    return [_shortened(line) for line in distinct[:MAX_QUOTES]]


def _is_new(folded: Sequence[str], index: int) -> bool:
    own = folded[index]
    return own not in folded[:index] and not any(own != each and own in each for each in folded)


def _shortened(line: str) -> str:
    if len(line) <= MAX_CHARS:
        return line
    start, space, _ = line[:MAX_CHARS].rpartition(" ")
    return f"{start if space else line[:MAX_CHARS]}…"
