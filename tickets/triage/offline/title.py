"""Suggest a title without a model: the first sentence after a greeting, cut at a word."""

from __future__ import annotations

import re

from ...vocabulary import MAX_SUGGESTED_TITLE_CHARS
from ..parse import cut_at_word
from ..results import SuggestedTitle
from ..text import clean

_READ_CHARS = 2000  # a title never needs more
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|(?<=[\u3002\uff01\uff1f])|[\r\n]+")
_ENOUGH_CHARS = 12  # a shorter sentence, such as "Help!", is joined with the next one
_GREETING_WORDS = 5
_GREETING = re.compile(
    r"(?:hi|hello|hey|dear|greetings|good (?:morning|afternoon|evening|day)|to whom it may"
    r"|hallo|guten (?:tag|morgen|abend)|moin|liebes?r?|sehr geehrte\w?|servus"
    r"|bonjour|bonsoir|salut|madame|monsieur|ch[eè]re?s?"
    r"|hola|buen[oa]s(?: (?:d[ií]as|tardes|noches))?|estimad[oa]s?|querid[oa]s?"
    r"|ol[aá]|oi|bo[am] (?:dia|tarde|noite)|prezad[oa]s?|car[oa]s?)\b",
    re.IGNORECASE,
)


def suggest_title(description: str) -> SuggestedTitle | None:
    """Return the first sentence as a title, or None if the text is empty or unreadable."""
    sentence = first_sentence(description)
    return SuggestedTitle(sentence, "offline") if sentence else None


def first_sentence(description: str) -> str | None:
    """Return 1 to 80 characters of the text, or None if it has no letter or digit."""
    parts = _sentences(description)
    while len(parts) > 1 and _is_greeting(parts[0]):
        parts.pop(0)
    if not parts:
        return None
    sentence = parts[0]
    if len(sentence) < _ENOUGH_CHARS and len(parts) > 1:
        sentence = f"{sentence} {parts[1]}"
    return cut_at_word(sentence, MAX_SUGGESTED_TITLE_CHARS).rstrip(".,;: ") or None


def _sentences(description: str) -> list[str]:
    parts = _SENTENCE_END.split(clean(description[:_READ_CHARS]))
    lines = [" ".join(part.split()) for part in parts]
    return [line for line in lines if any(character.isalnum() for character in line)]


def _is_greeting(sentence: str) -> bool:
    return len(sentence.split()) <= _GREETING_WORDS and _GREETING.match(sentence) is not None
