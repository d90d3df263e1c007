"""What our own mail server says about the sender (RFC 8601)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..vocabulary import Verified
from .headers import Headers

# Comments and quoted strings may repeat what the sender wrote, so their content never counts.
PIECE = re.compile(r'\\.|"(?:[^"\\]|\\.)*+"?|[()]|[^\\"()]+|\\', re.S)
RESULT = re.compile(r"(?:^|;)\s*(spf|dkim|dmarc)\s*(?:/\s*\d+\s*)?=\s*([a-z]+)", re.I)


@dataclass(frozen=True, slots=True)
class Authentication:
    """The results of the checks; "" for one that is not named."""

    spf: str = ""
    dkim: str = ""
    dmarc: str = ""

    @property
    def verdict(self) -> Verified:
        """DMARC decides, because SPF and DKIM alone may speak of another domain than From."""
        if self.dmarc == "pass":
            return Verified.VERIFIED
        return Verified.FAILED if self.dmarc == "fail" else Verified.NOT_VERIFIED


def read(headers: Headers, authserv_id: str) -> Authentication:
    """Read the topmost Authentication-Results, if our server wrote it; others may be forged."""
    value = next(iter(headers.all_raw("authentication-results")[:1]), "")
    server, _, results = _without_comments(value).partition(";")
    # The id may be followed by a version number.
    written_by = server.split()[:1]
    if not authserv_id or [authserv_id.lower()] != [name.lower() for name in written_by]:
        return Authentication()
    values: dict[str, str] = {}
    for match in RESULT.finditer(";" + results):
        name, result = match[1].lower(), match[2].lower()
        # Of several signatures, one that passes is enough.
        if name not in values or (name == "dkim" and result == "pass"):
            values[name] = result
    return Authentication(**values)


def _without_comments(value: str) -> str:
    pieces: list[str] = []
    depth = 0
    for match in PIECE.finditer(value):
        if match[0] in "()":
            depth = max(depth + (1 if match[0] == "(" else -1), 0)
        elif not depth:
            pieces.append('""' if match[0].startswith('"') else match[0])
    return "".join(pieces)
