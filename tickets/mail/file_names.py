"""Names of attached files, which are whatever a sender writes."""

from __future__ import annotations

import mimetypes
import re
import unicodedata

from ..vocabulary import MAX_FILE_NAME_BYTES

# Controls, marks of direction and other invisible characters, private and unassigned ones.
UNWANTED_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
PATH = re.compile(r"[/\\\u2044\u2215\u29f8\uff0f\uff3c]")
SPACES = re.compile(r"\s+")
MAX_EXTENSION_BYTES = 20
DEFAULT_NAME = "attachment"


def clean(name: str, media_type: str = "") -> str:
    """Return a name that is safe to store and to offer: base name, NFC, at most 200 bytes.

    Without a usable name, one that fits the declared type.
    """
    base = PATH.split(unicodedata.normalize("NFC", name[:10_000]))[-1]
    cleaned = "".join(
        char for char in base if unicodedata.category(char) not in UNWANTED_CATEGORIES
    ).replace(":", "_")
    cleaned = _short(SPACES.sub(" ", cleaned).strip(" ."))
    if cleaned:
        return cleaned
    return DEFAULT_NAME + (mimetypes.guess_extension(media_type, strict=False) or "")


def _short(name: str) -> str:
    """Shorten a name before its extension."""
    if len(name.encode()) <= MAX_FILE_NAME_BYTES:
        return name
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension.encode()) > MAX_EXTENSION_BYTES:
        stem, dot, extension = name, "", ""
    end = (dot + extension).encode()
    room = MAX_FILE_NAME_BYTES - len(end)
    return stem.encode()[:room].decode(errors="ignore").strip(" .") + end.decode()
