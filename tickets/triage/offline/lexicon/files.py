"""Read and check the lexicon's TOML files."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from ....vocabulary import CATEGORIES, SENTIMENTS, Language

FOLDER = Path(__file__).resolve().parent
LANGUAGES = tuple(Language.values)
# An empty pattern, or an empty alternative such as in "a| b".
_EMPTY = re.compile(r"^[^\S\n]*$|(?:^|[| ])\||\|(?: |$)", re.MULTILINE)


class LexiconError(ValueError):
    """A lexicon file is missing or malformed. The message names the file and the mistake."""


class Cue(NamedTuple):
    """What a pattern is evidence of: `decides` is "category", "urgency" or "sentiment"."""

    decides: str
    label: str
    weight: float
    language: str


class WordLists(NamedTuple):
    """The contents of `words.toml`."""

    stopwords: list[str]
    negations: list[str]
    spellings: dict[str, str]


def read_word_lists(path: Path) -> WordLists:
    """Read a language's `words.toml`."""
    content = _read(path)
    _check_keys(path, content, {"stopwords", "negations"}, optional={"spellings"})
    spellings = content.get("spellings", {})
    if not isinstance(spellings, dict) or not all(
        len(character) == 1 and isinstance(spelling, str)
        for character, spelling in spellings.items()
    ):
        raise LexiconError(f"{path}: spellings must map single characters to strings.")
    stopwords = _strings(path, "stopwords", content["stopwords"])
    negations = _strings(path, "negations", content["negations"])
    return WordLists(stopwords, negations, spellings)


def read_cues(folder: Path, language: str) -> Iterator[tuple[Cue, list[str]]]:
    """Yield each cue of a language with its patterns."""
    for category in CATEGORIES:
        for label, weight, patterns in _read_topic(folder / f"{category}.toml", category):
            yield Cue("category", label, weight, language), patterns
    for label, weight, patterns in _read_topic(folder / "sentiment.toml"):
        yield Cue("sentiment", label, weight, language), patterns
    for label, weight, patterns in _read_topic(folder / "urgency.toml", ""):
        yield Cue("urgency", label, weight, language), patterns


def _read_topic(path: Path, label: str | None = None) -> Iterator[tuple[str, float, list[str]]]:
    """Yield the label, weight and patterns of each cue; without `label` the cue names its own."""
    content = _read(path)
    _check_keys(path, content, {"cue"})
    cues = content["cue"]
    if not isinstance(cues, list) or not all(isinstance(cue, dict) for cue in cues):
        raise LexiconError(f"{path}: cue must be an array of tables, [[cue]].")
    for number, cue in enumerate(cues, 1):
        name = f"cue {number}"
        keys = {"weight", "patterns"} if label is not None else {"sentiment", "weight", "patterns"}
        _check_keys(path, cue, keys, inside=name)
        weight = cue["weight"]
        if type(weight) not in (int, float) or not weight or not math.isfinite(weight):
            raise LexiconError(f"{path}: {name}: weight must be a number other than 0.")
        if label is None and cue["sentiment"] not in SENTIMENTS:
            raise LexiconError(f"{path}: {name}: sentiment must be one of {', '.join(SENTIMENTS)}.")
        patterns = _strings(path, f"{name}: patterns", cue["patterns"])
        yield cue["sentiment"] if label is None else label, weight, patterns


def _read(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LexiconError(f"{path}: {error.strerror}.") from error
    except ValueError as error:  # not UTF-8, or not TOML
        raise LexiconError(f"{path}: {error}.") from error


def _check_keys(
    path: Path,
    table: Mapping[str, object],
    required: Collection[str],
    *,
    optional: Collection[str] = (),
    inside: str = "",
) -> None:
    where = f"{path}: {inside}" if inside else f"{path}"
    if unknown := sorted(set(table) - {*required, *optional}):
        raise LexiconError(f"{where}: unknown key {unknown[0]}.")
    if missing := sorted(set(required) - set(table)):
        raise LexiconError(f"{where}: {missing[0]} is missing.")


def _strings(path: Path, name: str, value: object) -> list[str]:
    """Return the value if it is a list of at least one pattern or word."""
    if not isinstance(value, list) or not value:
        raise LexiconError(f"{path}: {name} must be a list of strings.")
    for entry in value:
        if not isinstance(entry, str):
            raise LexiconError(f"{path}: {name}: {entry!r} is not a string.")
    if match := _EMPTY.search("\n".join(value)):
        line = match.string.count("\n", 0, match.start())
        raise LexiconError(f"{path}: {name}: {value[line]!r} has an empty part.")
    return value
