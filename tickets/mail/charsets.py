"""Turn bytes into text, whatever charset they claim."""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

import charset_normalizer

# What mail programs write, and the codec that reads what they mean: the superset that includes the
# characters which the name itself leaves out.
ALIASES = {
    "ks_c_5601-1987": "cp949",
    "ks_c_5601-1989": "cp949",
    "ksc5601": "cp949",
    "ksc_5601": "cp949",
    "ks_c_5601": "cp949",
    "euc-kr": "cp949",
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "big5": "cp950",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "iso-8859-8-i": "iso8859_8",
    "iso-8859-8-e": "iso8859_8",
    "windows-874": "cp874",
    "unicode-1-1-utf-7": "utf-7",
    "utf8mb4": "utf-8",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic",
}
# Codecs of Python that are no charset. Some take quadratic time, some run escape sequences.
NO_CHARSETS = {
    *("idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"),
    *("utf_8_sig", "unicode-escape", "raw-unicode-escape"),
}
ASCII = {"", "ascii", "us-ascii", "ansi_x3.4-1968", "unknown-8bit", "x-unknown", "default"}
DEFAULT = "cp1252"
SAMPLE_BYTES = 8_000  # enough to guess a charset, and quick
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def decode(data: bytes, charset: str = "", *, guess: bool = False) -> str:
    """Return the text. Bytes that cannot be decoded become U+FFFD; NUL is removed.

    Without a known charset it is UTF-8 if it can be, else Windows-1252, or what its characters
    suggest. Guessing takes some 10 ms, and says little about short texts.
    """
    codec = _codec(_clean_name(charset))
    if not codec and b"\x1b$" in data:
        codec = "iso2022_jp_ext"  # nothing else has such bytes
    text = _strictly(data, codec) if codec else None
    if text is None:
        text = _strictly(data, "utf-8")
    if text is None:
        text = data.decode(codec or (_guess(data) if guess else DEFAULT), "replace")
    return clean(text)


def clean(text: str) -> str:
    """Remove NUL, and replace halves of characters, which no database stores."""
    return UNSTORABLE.sub(lambda match: "" if match[0] == "\0" else "\ufffd", text)


def is_known(charset: str) -> bool:
    name = _clean_name(charset)
    return name in ASCII or bool(_codec(name))


def _clean_name(charset: str) -> str:
    return charset.strip().strip("\"'").lower()[:60]


@lru_cache(maxsize=256)
def _codec(name: str) -> str:
    """Return the name of Python's codec; "" if the name says nothing."""
    if name in ASCII:
        return ""
    try:
        codec = codecs.lookup(ALIASES.get(name, name)).name
        if codec in NO_CHARSETS or codec.replace("-", "_") in NO_CHARSETS:
            return ""
        "a".encode(codec)  # refuses codecs from bytes to bytes
    except (LookupError, ValueError, UnicodeError):
        return ""
    return codec


def _strictly(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (UnicodeError, ValueError):
        return None


def _guess(data: bytes) -> str:
    """Return a codec for bytes that are not UTF-8."""
    # Of a long text, the part around its first byte that is not ASCII.
    first = next(iter(re.finditer(rb"[\x80-\xff]", data)), None)
    start = max(first.start() - 200, 0) if first else 0
    match = charset_normalizer.from_bytes(data[start : start + SAMPLE_BYTES]).best()
    codec = _codec(match.encoding) if match else ""
    return codec if codec and codec != "ascii" else DEFAULT
