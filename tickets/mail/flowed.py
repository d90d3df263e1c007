"""Text of type format=flowed (RFC 3676): lines that a program broke are joined again."""

from __future__ import annotations

import re

QUOTE = re.compile(r">*")


def unflow(text: str, *, delete_space: bool = False) -> str:
    """Join soft line breaks within a paragraph of one depth of quoting. Quotes get "> "."""
    paragraphs: list[tuple[int, list[str]]] = []
    is_open = False
    for line in text.split("\n"):
        match = QUOTE.match(line)
        depth = match.end() if match else 0
        content = line[depth:].removeprefix(" ")
        is_soft = content.endswith(" ") and content != "-- "
        if is_open and paragraphs[-1][0] == depth and content != "-- ":
            paragraphs[-1][1].append(content)
        else:
            paragraphs.append((depth, [content]))
        if is_soft and delete_space:
            paragraphs[-1][1][-1] = content[:-1]
        is_open = is_soft
    return "\n".join(
        ">" * depth + (" " if depth else "") + "".join(pieces) for depth, pieces in paragraphs
    )
