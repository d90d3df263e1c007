"""Tell in which language a text is written, by its common words.

The desk speaks few languages, but knows the common words of many more (`common_words.toml`), so
that it does not take Italian for Spanish.
"""

from __future__ import annotations

import functools
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from ...vocabulary import Language
from .lexicon.compiled import load_lexicon
from .lexicon.files import LANGUAGES
from .tokens import Token, fold, tokenise

COMMON_WORDS = Path(__file__).with_name("common_words.toml")
MIN_WORDS = 2
MIN_SHARE = 0.15  # of a text's words
MAX_CONTRARY_SHARE = 0.5  # of the words that tell the language from another one
OTHER_SCRIPT = "other script"
LAST_LATIN_LETTER = "\u024f"
CHARS_PER_WORD = 8  # in other scripts, of which some write no spaces between words


def language_of(text: str) -> Language | None:
    """Return the language that a text is written in, if the desk speaks it.

    None if it is another one, or if the common words do not tell: they must be enough, and tell
    the language from each other one that has some of them.
    """
    tokens = [token for token in tokenise(text) if token.word]
    groups = _count_groups(tokens)
    counts: Counter[str] = Counter()
    for languages, count in groups.items():
        counts.update(dict.fromkeys(languages, count))
    [(likely, highest)] = counts.most_common(1) or [("", 0)]
    if likely not in LANGUAGES or highest < max(MIN_WORDS, MIN_SHARE * len(tokens)):
        return None
    rivals = counts.keys() - {likely}
    return Language(likely) if all(_is_rather(likely, rival, groups) for rival in rivals) else None


def count_common_words(tokens: Iterable[Token]) -> Counter[str]:
    """Return how many words are common in each of the desk's languages that has some of them."""
    known = _common_words()
    names = (name for token in tokens for name in known.get(token.word, ()))
    return Counter(name for name in names if name in LANGUAGES)


def _count_groups(tokens: Iterable[Token]) -> Counter[frozenset[str]]:
    """Count the common words by the languages that share them."""
    known = _common_words()
    groups: Counter[frozenset[str]] = Counter()
    for token in tokens:
        if languages := known.get(token.word):
            groups[languages] += 1
        elif token.word > LAST_LATIN_LETTER:
            groups[frozenset({OTHER_SCRIPT})] += 1 + len(token.word) // CHARS_PER_WORD
    return groups


def _is_rather(likely: str, rival: str, groups: Mapping[frozenset[str], int]) -> bool:
    """Return whether the words that only one of the two languages has speak for the first."""
    supporting = sum(n for names, n in groups.items() if likely in names and rival not in names)
    contrary = sum(n for names, n in groups.items() if rival in names and likely not in names)
    return supporting > 0 and contrary <= MAX_CONTRARY_SHARE * supporting


@functools.cache
def _common_words() -> Mapping[str, frozenset[str]]:
    """Return the languages of each common word, which is folded."""
    known = {word: set(names) for word, names in load_lexicon().stopwords.items()}
    for name, listed in tomllib.loads(COMMON_WORDS.read_text(encoding="utf-8")).items():
        for word in listed:
            known.setdefault(fold(word), set()).add(name)
    return {word: frozenset(names) for word, names in known.items()}
