"""Cut and clean ticket text. What a model may get of it is in `redaction.py`."""

from __future__ import annotations

import re

MAX_WORD_CHARS = 200  # longer words are cut anywhere
_LAST_WORD, _FIRST_WORD = re.compile(r"(?<!\S)\S+\Z"), re.compile(r"\A\S+")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def shorten(text: str, limit: int) -> str:
    """Shorten to `limit` characters: three quarters from the start, the others from the end."""
    if len(text) <= limit:
        return text
    ellipsis = " [...] "
    head = (limit - len(ellipsis)) * 3 // 4
    tail = limit - len(ellipsis) - head
    return (
        _whole_words(text[: max(head, 0)], _LAST_WORD)
        + ellipsis
        + _whole_words(text[len(text) - max(tail, 0) :], _FIRST_WORD)
    )


def _whole_words(text: str, cut_word: re.Pattern[str]) -> str:
    """Remove the word at the cut: a part of it means something else."""
    match = cut_word.search(text)
    if match is None or len(match[0]) > MAX_WORD_CHARS:
        return text
    return text[: match.start()] + text[match.end() :]


def clean(text: str) -> str:
    """Replace what UTF-8 or JSON cannot carry: control characters and lone surrogates."""
    return _CONTROL.sub(" ", text)


def cut_at_word(text: str, limit: int) -> str:
    """Return as many whole words as fit into `limit` characters, or part of a longer word."""
    if len(text) <= limit:
        return text
    head = text[: limit + 1]
    cut = head.rfind(" ")
    return (head[:cut] if cut > 0 else text[:limit]).rstrip(" ,;:-")
