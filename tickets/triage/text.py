"""Prepare ticket text for a model: cut it, clean it, and remove personal numbers."""

from __future__ import annotations

import re

# Every quantifier has a limit, so hostile text takes no more than linear time.
_EMAIL = re.compile(r"[\w.+%'&-]{1,64} ?[@\uff20] ?[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
# What people, word processors and pages put between groups of digits: blanks, dashes, dots,
# brackets and invisible characters. A letter may precede or follow, as several scripts write no
# spaces.
_BETWEEN = r"[\s\u00ad\u00b7\u200b-\u200d\u2010-\u2015\u2060\u2212_().\-/*|~]"
_DIGITS = re.compile(rf"(?<!\d)\+?\(?\d(?:{_BETWEEN}{{0,4}}\d){{7,22}}(?!\d)")
MAX_WORD_CHARS = 200  # longer words are not addresses, and are cut anywhere
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
    """Remove the word at the cut: part of an address would not be recognised as one."""
    match = cut_word.search(text)
    if match is None or len(match[0]) > MAX_WORD_CHARS:
        return text
    return text[: match.start()] + text[match.end() :]


def clean(text: str) -> str:
    """Replace what UTF-8 or JSON cannot carry: control characters and lone surrogates."""
    return _CONTROL.sub(" ", text)


def redact(text: str) -> str:
    """Replace email addresses, payment card numbers and phone numbers by their kind."""
    return _DIGITS.sub(_number_kind, _EMAIL.sub("[email]", text))


def _number_kind(match: re.Match[str]) -> str:
    digits = [int(character) for character in match.group() if character.isdecimal()]
    if 13 <= len(digits) <= 19 and _passes_luhn(digits):
        return "[card]"
    return "[phone]" if len(digits) <= 15 else "[number]"


def _passes_luhn(digits: list[int]) -> bool:
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def outgoing(text: str, limit: int) -> str:
    """Return ticket text as it may be sent. Cutting comes first, as later steps take longer."""
    return redact(clean(shorten(text, limit))).strip()


def cut_at_word(text: str, limit: int) -> str:
    """Return as many whole words as fit into `limit` characters, or part of a longer word."""
    if len(text) <= limit:
        return text
    head = text[: limit + 1]
    cut = head.rfind(" ")
    return (head[:cut] if cut > 0 else text[:limit]).rstrip(" ,;:-")
