"""Status codes of RFC 3463, and the words of servers that state none."""

from __future__ import annotations

import re

from . import phrases

# A version or an address of the network looks much like a code, so nothing may follow or precede.
ENHANCED = r"(?<![\d.])([45]\.\d{1,3}\.\d{1,3})(?![\d]|\.\d)"
CODE = re.compile(ENHANCED)
# A code where servers write it: after the reply "550", in "(#5.1.1)", or in "Status: 5.1.1".
STATED = re.compile(rf"(?:\b[45]\d\d[ -]|[(\[]?#|\bstatus[ :=]{{1,3}}){ENHANCED}", re.I)
REPLY = re.compile(
    r"(?<![\d.:/-])(4(?:21|22|31|32|5[0-9])|5(?:0[0-4]|1[0-9]|2[0-9]|3[0-9]|41|5[0-9]|71))"
    r"(?=[\s\-:;,>#)\]]|$)"
)
MAX_CHARS = 20_000  # of a server's words

MEANINGS = tuple((code, phrases.compiled(tuple(patterns))) for code, *patterns in phrases.MEANINGS)


def from_text(text: str) -> str:
    """Return the code that a server's words state or mean; "" if they say nothing."""
    text = text[:MAX_CHARS]
    if stated := STATED.search(text) or CODE.search(text):
        return stated[1]
    reply = REPLY.search(text)
    meant = next((code for code, pattern in MEANINGS if pattern.search(text)), "")
    if reply is None:
        return meant
    # The server said whether it will be the same tomorrow; its words say why.
    return reply[1][0] + (meant[1:] if meant else ".0.0")


def is_general(status: str) -> bool:
    """Return whether a code says nothing but that it failed."""
    return not status or status.endswith(".0.0")
