"""One spelling for stored texts and for searches: no accents, no case, one kind of each quote.

`fold` does the same as the SQL function `tickets_fold`, which folds the stored texts.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

from .characters import HIRAGANA, HYPHENS, IGNORED, KATAKANA, PLAIN_FORMS, QUOTES, ZEROS

# After a letter that has a second spelling: e (ä as ae), and another a (å as aa).
E_FOLLOWS, A_FOLLOWS = "\x02", "\x03"

_CONTROLS = str.maketrans("\x01\x02\x03\x04\x05\x06`", "      '")
_PUNCTUATION = str.maketrans(dict.fromkeys(QUOTES, "'") | dict.fromkeys(HYPHENS, "-"))
_UMLAUT, _RING = re.compile("([AOUaou])\u0308"), re.compile("([Aa])\u030a")
_IGNORED = re.compile(f"[{IGNORED}]")
_PLAIN_FORMS = str.maketrans(
    PLAIN_FORMS
    | {"\u00e6": "ae", "\u0153": "oe", "\u00fe": "th", "\u00f8": f"o{E_FOLLOWS}"}
    | {chr(ord(zero) + digit): str(digit) for zero in ZEROS for digit in range(10)}
)
_KATAKANA = {code: code - KATAKANA[0] + HIRAGANA for code in range(KATAKANA[0], KATAKANA[1] + 1)}


def fold(text: str) -> str:
    """Return the text as it is compared. A control character stands behind a letter that can also
    be written with another one: ``"Größe"`` becomes ``"gro\\x02sse"``.
    """
    folded = text.translate(_CONTROLS)
    if folded.isascii():
        return folded.lower()
    folded = unicodedata.normalize("NFKD", folded.translate(_PUNCTUATION))
    folded = _RING.sub(rf"\1{A_FOLLOWS}", _UMLAUT.sub(rf"\1{E_FOLLOWS}", folded))
    folded = _IGNORED.sub("", folded).casefold().translate(_PLAIN_FORMS)
    return unicodedata.normalize("NFC", folded).translate(_KATAKANA)


def fold_by_character(text: str) -> tuple[str, list[int]]:
    """Return the folded text, and for each of its characters the one of `text` that it is from.

    The second list has one more number, the length of `text`.
    """
    folded = fold(text)
    if text.isascii():
        return folded, list(range(len(text) + 1))
    starts = [index for index in range(len(text)) if not index or not _joins(text[index])]
    pieces: list[str] = []
    origins: list[int] = []
    for start, end in pairwise([*starts, len(text)]):
        pieces.append(fold(text[start:end]))
        origins += [start] * len(pieces[-1])
    return "".join(pieces), [*origins, len(text)]


@lru_cache(10_000)
def _joins(character: str) -> bool:
    """Return whether Unicode may join it to the one before: marks, and parts of syllables."""
    is_mark = unicodedata.category(character).startswith("M")
    return is_mark or character in "\uff9e\uff9f" or "\u1160" <= character <= "\u11ff"


def spellings(folded: str) -> list[str]:
    """Return the spellings of a folded word: ``["grosse", "groesse"]``."""
    if E_FOLLOWS not in folded and A_FOLLOWS not in folded:
        return [folded]
    first = folded.replace(E_FOLLOWS, "").replace(A_FOLLOWS, "")
    second = folded.replace(f"a{A_FOLLOWS}", "aa").replace(A_FOLLOWS, "").replace(E_FOLLOWS, "e")
    return [first, second]
