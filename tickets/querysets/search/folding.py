"""One spelling for stored texts and for searches: no accents, no case, one kind of each quote.

`fold` does the same as the SQL function `tickets_fold`, which folds the stored texts.
"""

from __future__ import annotations

import re
import unicodedata

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


def spellings(folded: str) -> list[str]:
    """Return the spellings of a folded word: ``["grosse", "groesse"]``."""
    if E_FOLLOWS not in folded and A_FOLLOWS not in folded:
        return [folded]
    first = folded.replace(E_FOLLOWS, "").replace(A_FOLLOWS, "")
    second = folded.replace(f"a{A_FOLLOWS}", "aa").replace(A_FOLLOWS, "").replace(E_FOLLOWS, "e")
    return [first, second]
