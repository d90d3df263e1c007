"""Turn a model's reply into a validated value.

A reply may be fenced, in other case, or follow a "think" block. Anything else that differs from
the expected shape makes the whole reply invalid.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from ..vocabulary import CATEGORIES, MAX_SUGGESTED_TITLE_CHARS, PRIORITIES, SENTIMENTS

MAX_REPLY_CHARS = 64_000
MAX_MODEL_TITLE_CHARS = 300
MAX_QUOTES = 3
_THINK = re.compile(r"<(think|thinking)>.*?</\1>", re.DOTALL)
_FENCE = re.compile(r"```[a-zA-Z]{0,10}[ \t]*\r?\n(.*)\n?[ \t]*```", re.DOTALL)


class InvalidReply(ValueError):
    """The reply is not a single object of the requested shape."""


@dataclass(frozen=True, slots=True)
class ClassifyReply:
    category: str
    priority: str
    category_confidence: float | None
    priority_confidence: float | None
    category_quotes: tuple[str, ...]
    priority_quotes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SentimentReply:
    sentiment: str
    urgency_score: int


def classification(reply: str) -> ClassifyReply:
    data = read_object(reply)
    return ClassifyReply(
        category=_choice(data, "category", CATEGORIES),
        priority=_choice(data, "priority", PRIORITIES),
        category_confidence=_confidence(data, "category_confidence"),
        priority_confidence=_confidence(data, "priority_confidence"),
        category_quotes=_quotes(data, "category_words"),
        priority_quotes=_quotes(data, "priority_words"),
    )


def title(reply: str) -> str:
    """Return at most 80 characters on one line. Refuse a title that is far too long."""
    value = read_object(reply).get("title")
    if not isinstance(value, str) or len(value) > MAX_MODEL_TITLE_CHARS:
        raise InvalidReply("title")
    line = " ".join(value.split()).strip("\"'")
    if not any(character.isalnum() for character in line) or not line.isprintable():
        raise InvalidReply("title")
    return cut_at_word(line, MAX_SUGGESTED_TITLE_CHARS)


def sentiment(reply: str) -> SentimentReply:
    data = read_object(reply)
    urgency = data.get("urgency_score")
    if isinstance(urgency, bool) or not isinstance(urgency, (int, float)):
        raise InvalidReply("urgency_score")
    if not 0 <= urgency <= 100 or urgency != int(urgency):
        raise InvalidReply("urgency_score")
    return SentimentReply(_choice(data, "sentiment", SENTIMENTS), int(urgency))


def read_object(reply: str) -> dict[str, object]:
    """Return the JSON object that the reply consists of."""
    if len(reply) > MAX_REPLY_CHARS:
        raise InvalidReply("too long")
    body = reply.strip()
    if thought := _THINK.match(body):
        body = body[thought.end() :].strip()
    if fenced := _FENCE.fullmatch(body):
        body = fenced[1]
    try:
        value = json.loads(body, parse_constant=_refuse, object_pairs_hook=_without_duplicates)
    except (ValueError, RecursionError) as error:
        raise InvalidReply("not JSON") from error
    if not isinstance(value, dict):
        raise InvalidReply("not an object")
    return value


def cut_at_word(text: str, limit: int) -> str:
    """Return as many whole words as fit into `limit` characters, or part of a longer word."""
    if len(text) <= limit:
        return text
    head = text[: limit + 1]
    cut = head.rfind(" ")
    return (head[:cut] if cut > 0 else text[:limit]).rstrip(" ,;:-")


def _refuse(constant: str) -> None:
    raise InvalidReply(constant)


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    data = dict(pairs)
    if len(data) != len(pairs):
        raise InvalidReply("duplicate key")
    return data


def _choice(data: dict[str, object], key: str, allowed: tuple[str, ...]) -> str:
    value = data.get(key)
    if isinstance(value, str) and value.strip().lower() in allowed:
        return value.strip().lower()
    raise InvalidReply(key)


def _confidence(data: dict[str, object], key: str) -> float | None:
    value = data.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidReply(key)
    if not 0 <= value <= 1:  # also refuses NaN, and integers too large for a float
        raise InvalidReply(key)
    return float(value)


def _quotes(data: dict[str, object], key: str) -> tuple[str, ...]:
    value = data.get(key, [])
    if not isinstance(value, list) or not all(isinstance(quote, str) for quote in value):
        raise InvalidReply(key)
    return tuple(dict.fromkeys(value))[:MAX_QUOTES]
