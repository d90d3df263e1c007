"""Turn a model's reply into a validated value: lenient in form, strict in value.

How a reply is written does not matter where only one reading of it is possible: a byte order
mark, a "think" block before it, a code fence with prose around it, a list of one object, a
trailing comma, a number as text or as a percentage, a value in other case or in another
language. A value outside its enumeration or range makes the whole reply invalid, and so does
anything that could be read in two ways. Reading takes time in proportion to the reply's length.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..vocabulary import MAX_SUGGESTED_TITLE_CHARS, Priority
from .labels import CATEGORIES_BY_NAME, PRIORITIES_BY_NAME, SENTIMENTS_BY_NAME, folded
from .text import cut_at_word

MAX_REPLY_CHARS = 64_000
MAX_MODEL_TITLE_CHARS = 300
MAX_QUOTES = 3
# What words stand for where a confidence is a number: people review what is below .6, so
# low and medium, and not high.
_CONFIDENCE_OF_PRIORITY = {Priority.LOW: 0.3, Priority.MEDIUM: 0.5, Priority.HIGH: 0.8}
CONFIDENCE_WORDS = {
    name: _CONFIDENCE_OF_PRIORITY[Priority(value)]
    for name, value in PRIORITIES_BY_NAME.items()
    if value in _CONFIDENCE_OF_PRIORITY
} | {"very low": 0.1, "moderate": 0.5, "very high": 0.95}
_THINK = re.compile(r"<(think|thinking)>.*?</\1>", re.DOTALL)
_FENCE = "```"
_LANGUAGE_TAG = re.compile(r"[a-zA-Z0-9]{0,10}\s")
# The strings of a JSON text, one of which may lack its end, and the commas before a bracket.
_STRINGS_AND_LAST_COMMAS = re.compile(r'("(?:[^"\\]|\\.)*(?:"|\\?\Z))|,(?=\s*[}\]])', re.DOTALL)
_NUMBER = re.compile(r"(\d{1,3}(?:\.\d{1,20})?)\s?(%?)", re.ASCII)


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
        category=_choice(data, "category", CATEGORIES_BY_NAME),
        priority=_choice(data, "priority", PRIORITIES_BY_NAME),
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
    if isinstance(urgency, str):
        urgency, _ = _number_in(urgency, "urgency_score")  # 70% of 100 is 70 too
    if isinstance(urgency, bool) or not isinstance(urgency, (int, float)):
        raise InvalidReply("urgency_score")
    if not 0 <= urgency <= 100 or urgency != int(urgency):
        raise InvalidReply("urgency_score")
    return SentimentReply(_choice(data, "sentiment", SENTIMENTS_BY_NAME), int(urgency))


def read_object(reply: str) -> dict[str, object]:
    """Return the one JSON object that the reply holds."""
    if len(reply) > MAX_REPLY_CHARS:
        raise InvalidReply("too long")
    body = reply.strip("\ufeff \t\r\n")
    if thought := _THINK.match(body):
        body = body[thought.end() :].strip()
    value = _read_json(_without_fence(body))
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, dict):
        raise InvalidReply("not an object")
    return value


def _without_fence(body: str) -> str:
    """Return what stands in the code fence. Prose around it may not hold another object."""
    start, end = body.find(_FENCE), body.rfind(_FENCE)
    if start < 0 or body.startswith(("{", "[")):
        return body  # without a fence, or with one in a string
    prose, fenced = body[:start], body[start + len(_FENCE) :]
    if start < end:
        prose, fenced = prose + body[end + len(_FENCE) :], body[start + len(_FENCE) : end]
    if "{" in prose:
        raise InvalidReply("two objects")
    tag = _LANGUAGE_TAG.match(fenced)
    return fenced[tag.end() :] if tag else fenced


def _read_json(text: str) -> object:
    try:
        return _strict_json(text)
    except InvalidReply:
        return _strict_json(_STRINGS_AND_LAST_COMMAS.sub(lambda match: match[1] or "", text))


def _strict_json(text: str) -> object:
    try:
        return json.loads(text, parse_constant=_refuse, object_pairs_hook=_without_duplicates)
    except (ValueError, RecursionError) as error:
        raise InvalidReply("not JSON") from error


def _refuse(constant: str) -> None:
    raise InvalidReply(constant)


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return the object. A key may stand in it twice, if its value is the same."""
    data: dict[str, object] = {}
    for key, value in pairs:
        if key in data and (type(value) is not type(data[key]) or value != data[key]):
            raise InvalidReply("duplicate key")
        data[key] = value
    return data


def _choice(data: dict[str, object], key: str, values: Mapping[str, str]) -> str:
    value = data.get(key)
    if not isinstance(value, str) or folded(value) not in values:
        raise InvalidReply(key)
    return values[folded(value)]


def _confidence(data: dict[str, object], key: str) -> float | None:
    """Return a confidence from 0 to 1. Numbers from 2 to 100, or with a %, are percentages.

    Between 1 and 2, a number is neither a share nor a likely percentage.
    """
    value = data.get(key)
    if value is None:
        return None
    is_percentage = False
    if isinstance(value, str):
        if folded(value) in CONFIDENCE_WORDS:
            return CONFIDENCE_WORDS[folded(value)]
        value, is_percentage = _number_in(value, key)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidReply(key)
    if is_percentage or 2 <= value <= 100:
        value = value / 100
    if not 0 <= value <= 1:  # also refuses NaN, and integers too large for a float
        raise InvalidReply(key)
    return float(value)


def _number_in(text: str, key: str) -> tuple[float, bool]:
    """Return the number that a text consists of, and whether it has a percent sign."""
    number = _NUMBER.fullmatch(text.strip())
    if number is None:
        raise InvalidReply(key)
    return float(number[1]), bool(number[2])


def _quotes(data: dict[str, object], key: str) -> tuple[str, ...]:
    value = data.get(key, [])
    if not isinstance(value, list) or not all(isinstance(quote, str) for quote in value):
        raise InvalidReply(key)
    return tuple(dict.fromkeys(value))[:MAX_QUOTES]
