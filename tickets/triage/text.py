"""Ticket text on its way out of the house: cut, cleaned, and without personal numbers."""

from __future__ import annotations

import re

# Every quantifier is bounded, so a hostile text costs no more than its length.
_EMAIL = re.compile(r"[\w.+%'&-]{1,64} ?[@\uff20] ?[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
# Between groups stands what people, word processors and pages put there: blanks, dashes, dots,
# brackets, and marks that nobody sees. A letter may stand at either end: several scripts write
# no spaces.
_BETWEEN = r"[\s\u00ad\u00b7\u200b-\u200d\u2010-\u2015\u2060\u2212_().\-/*|~]"
_DIGITS = re.compile(rf"(?<!\d)\+?\(?\d(?:{_BETWEEN}{{0,4}}\d){{7,22}}(?!\d)")
LONGEST_WORD = 200  # characters; longer ones are no addresses and are cut where it comes
_LAST, _FIRST = re.compile(r"(?<!\S)\S+\Z"), re.compile(r"\A\S+")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters: three quarters from the head, the rest from the tail."""
    if len(text) <= limit:
        return text
    mark = " [...] "
    head = (limit - len(mark)) * 3 // 4
    tail = limit - len(mark) - head
    return (
        _whole_words(text[: max(head, 0)], _LAST)
        + mark
        + _whole_words(text[len(text) - max(tail, 0) :], _FIRST)
    )


def _whole_words(text: str, cut_word: re.Pattern[str]) -> str:
    """Without the word at the cut: half an address would not be known for one."""
    found = cut_word.search(text)
    if found is None or len(found[0]) > LONGEST_WORD:
        return text
    return text[: found.start()] + text[found.end() :]


def clean(text: str) -> str:
    """Without what UTF-8 or JSON cannot carry: control characters and lone surrogates."""
    return _CONTROL.sub(" ", text)


def redact(text: str) -> str:
    """E-mail addresses, payment card numbers and phone numbers give way to a word."""
    return _DIGITS.sub(_name_of_number, _EMAIL.sub("[email]", text))


def _name_of_number(match: re.Match[str]) -> str:
    digits = [int(character) for character in match.group() if character.isdecimal()]
    if 13 <= len(digits) <= 19 and _passes_luhn(digits):
        return "[card]"
    return "[phone]" if len(digits) <= 15 else "[number]"


def _passes_luhn(digits: list[int]) -> bool:
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def outgoing(text: str, limit: int) -> str:
    """The form in which ticket text may leave. Cut first: the rest works per character."""
    return redact(clean(shorten(text, limit))).strip()
