"""Fields of reports: delivery status (RFC 3464) and feedback (RFC 5965)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..addresses import ADDRESS
from ..headers import WHITE_SPACE

FIELD = re.compile(r"([A-Za-z][A-Za-z-]{1,40})[ \t]*:[ \t]*(.*)")
RECIPIENT_FIELDS = ("final-recipient", "original-recipient", "x-actual-recipient")
MAX_LINES = 5_000

Fields = dict[str, str]


def blocks(text: str) -> Iterator[Fields]:
    """Yield the fields of each block, by lower-case names; the first value of a name counts.

    A block ends with an empty line, or where a field of a recipient comes again.
    """
    fields: Fields = {}
    name = ""
    for line in text.split("\n")[:MAX_LINES]:
        match = FIELD.match(line)
        if not line.strip() or (match and match[1].lower() in fields.keys() & {"final-recipient"}):
            if fields:
                yield fields
            fields, name = {}, ""
        if match:
            name = match[1].lower()
            fields.setdefault(name, match[2].strip())
        elif name and line[:1] in (" ", "\t"):
            fields[name] += " " + line.strip()
    if fields:
        yield fields


def address(value: str) -> str:
    """Return the address in a value such as "rfc822; <kim@example.org>"; "" if there is none."""
    plain = WHITE_SPACE.sub(" ", value.rpartition(";")[2])
    match = ADDRESS.search(plain)
    return match[0].strip("'.") if match else ""
