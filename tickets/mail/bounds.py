"""Keep HTML out of a parser that would take too long for it, or too much memory.

Parsers that follow the rules of browsers open unclosed <b>s again in each paragraph, and look
through all open elements for each tag. 40 KB of such HTML become 60 MB and take 800 MB.
"""

from __future__ import annotations

import re

MAX_CHARS = 500_000  # each attribute of a tag is compared with all others
MAX_TAGS = 10_000
# No page of ours may show what is in such an address.
DATA_ADDRESS = re.compile(r"data:[^\s\"'<>]{0,5000000}", re.I)
# What is opened again. The same tag at most three times, and without attributes many are the same.
FORMATTING = re.compile(
    r"<(b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?![^\s/>])[^>]*>", re.I
)


def bounded(source: str) -> str:
    """Return HTML that a parser reads in a second; "" if it has too many tags or characters."""
    source = DATA_ADDRESS.sub("data:", source)
    if len(source) > MAX_CHARS or source.count("<") > MAX_TAGS:
        return ""
    return FORMATTING.sub(r"<\1>", source)
