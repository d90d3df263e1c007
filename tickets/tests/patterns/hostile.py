"""Texts that make a regular expression slow, if anything does.

An expression is slow where it tries again what it has already tried: at each position of a text,
or in each way to divide a part of it. So the texts repeat what its beginnings match, and each of
the characters that it mentions, and end with what matches nothing.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from itertools import product
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

NO_MATCH = "\x01\u2603"
SAMPLES = {
    op.CATEGORY_DIGIT: "1",
    op.CATEGORY_NOT_DIGIT: "a",
    op.CATEGORY_SPACE: " ",
    op.CATEGORY_NOT_SPACE: "a",
    op.CATEGORY_WORD: "a",
    op.CATEGORY_NOT_WORD: "-",
}
ANYTHING = "a1 \n-<>@.,:\"'()[]"
MAX_ALPHABET, MAX_BEGINNINGS, MAX_PAIRED = 8, 8, 6
REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT)
GROUPS: dict[Any, Callable[[Any], _parser.SubPattern]] = {
    op.SUBPATTERN: lambda argument: argument[-1],
    op.ATOMIC_GROUP: lambda argument: argument,
    op.ASSERT: lambda argument: argument[1],
    op.ASSERT_NOT: lambda argument: argument[1],
}
SIZES = (8, 14, 18, 22, 26, 100, 1000)
EXPLODING = 0.03  # seconds for a few hundred characters at most
WORST = 8
SIZE = 20_000
MIN_SECONDS = 0.005  # below this, the clock measures noise


def texts(pattern: re.Pattern) -> Iterator[tuple[str, str]]:
    """Yield pairs of a beginning, and of what is repeated after it."""
    source = pattern.pattern
    if isinstance(source, bytes):
        source = source.decode("latin-1")
    beginnings = _beginnings(_parser.parse(source, pattern.flags & ~re.UNICODE & ~re.LOCALE))
    alphabet = _alphabet(beginnings)
    yield from product(["", *beginnings], [*alphabet, *beginnings])
    pairs = product(alphabet[:MAX_PAIRED], repeat=2)
    yield from product([""], ("".join(pair) for pair in pairs))


def slow_text(pattern: re.Pattern, is_searched: bool) -> tuple[str, str] | None:
    """Return a text that takes more than linear time, if there is one.

    The worst ones of a thousand characters are tried with 20,000 and twice as many.
    """
    worst = []
    for text in texts(pattern):
        for size in SIZES:
            taken = _seconds(pattern, is_searched, text, size)
            if taken > EXPLODING and size < SIZES[-1]:
                return text
        worst.append((taken, text))
    worst.sort(reverse=True)
    slow = (text for _, text in worst[:WORST] if not _is_linear(pattern, is_searched, text))
    return next(slow, None)


def _is_linear(pattern: re.Pattern, is_searched: bool, text: tuple[str, str]) -> bool:
    """A busy machine may disturb a measurement, so one that holds is enough: quadratic time fails
    each of them. What fails with a tenth need not be tried with all."""

    def holds(size: int) -> bool:
        single = _seconds(pattern, is_searched, text, size)
        return _seconds(pattern, is_searched, text, 2 * size) < max(3 * single, MIN_SECONDS)

    return all(any(holds(size) for _ in range(3)) for size in (SIZE // 10, SIZE))


def _seconds(pattern: re.Pattern, is_searched: bool, text: tuple[str, str], size: int) -> float:
    beginning, part = text
    subject: Any = beginning + (part * size)[:size] + NO_MATCH
    if isinstance(pattern.pattern, bytes):
        subject = subject.encode("latin-1", "replace")
    start = time.process_time()
    if is_searched:
        for _ in pattern.finditer(subject):
            pass
    else:
        pattern.match(subject)
        pattern.fullmatch(subject)
    return time.process_time() - start


def _alphabet(beginnings: list[str]) -> list[str]:
    mentioned = dict.fromkeys("".join(beginnings))
    return list(dict.fromkeys([*list(mentioned)[:MAX_ALPHABET], " ", "a", "\n"]))


def _beginnings(tree: _parser.SubPattern) -> list[str]:
    """Return texts that the expression matches up to each of its parts, each once."""
    steps: dict[str, None] = {}
    _walk(tree, "", steps)
    shortest = sorted(filter(None, steps), key=len)
    # The first ones, and some of the whole.
    return (
        shortest[: MAX_BEGINNINGS // 2] + shortest[MAX_BEGINNINGS // 2 :: 8][: MAX_BEGINNINGS // 2]
    )


def _walk(nodes: _parser.SubPattern, so_far: str, steps: dict[str, None]) -> str:
    """Return `so_far` with what these parts of an expression match. Note each step in `steps`."""
    for operation, argument in nodes:
        if operation in REPEATS:
            least, _, body = argument
            for _ in range(max(1, least)):
                so_far = _walk(body, so_far, steps)
        elif operation is op.BRANCH:
            ways = [_walk(branch, so_far, steps) for branch in argument[1]]
            steps.update(dict.fromkeys(ways[:6]))
            so_far = ways[0]
        elif operation in GROUPS:
            inner = GROUPS[operation](argument)
            after = _walk(inner, so_far, steps)
            so_far = so_far if operation in (op.ASSERT, op.ASSERT_NOT) else after
        else:
            so_far += _character(operation, argument)
        steps[so_far] = None
    return so_far


def _character(operation: int, argument: Any) -> str:
    if operation is op.LITERAL:
        return chr(argument)
    if operation is op.NOT_LITERAL:
        return "a" if argument != ord("a") else "b"
    if operation is op.IN:
        return _member(argument)
    return "a" if operation is op.ANY else ""


def _member(items: list[tuple]) -> str:
    """Return a character of a set."""
    if items[0][0] is op.NEGATE:
        return next((each for each in ANYTHING if not _is_in(each, items[1:])), "\u00e9")
    operation, argument = items[0]
    if operation is op.LITERAL:
        return chr(argument)
    if operation is op.RANGE:
        return chr(argument[0])
    return SAMPLES[argument]


def _is_in(character: str, items: list[tuple]) -> bool:
    belongs = {
        op.CATEGORY_DIGIT: character.isdigit(),
        op.CATEGORY_NOT_DIGIT: not character.isdigit(),
        op.CATEGORY_SPACE: character.isspace(),
        op.CATEGORY_NOT_SPACE: not character.isspace(),
        op.CATEGORY_WORD: character.isalnum() or character == "_",
        op.CATEGORY_NOT_WORD: not (character.isalnum() or character == "_"),
    }
    return any(
        (operation is op.LITERAL and chr(argument) == character)
        or (operation is op.RANGE and argument[0] <= ord(character) <= argument[1])
        or (operation is op.CATEGORY and belongs[argument])
        for operation, argument in items
    )
