"""What of a message's text is stored, and what of it is folded when it is shown."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ....forms.pasted_text import clean_pasted
from ....mail.quotes import Kind
from ....mail.reader import Message
from ....requester_texts import NO_TEXT
from ....vocabulary import VISIBLE_CHARACTER

VISIBLE = re.compile(VISIBLE_CHARACTER)


@dataclass(frozen=True, slots=True)
class StoredText:
    """A text that can be stored. `folds` has pairs of positions in it, in order.

    `unquoted` is all but the quotes. A signature may be none, but the end of an answer.
    """

    text: str
    folds: tuple[tuple[int, int], ...]
    unquoted: str

    @property
    def body(self) -> str:
        return self.text or NO_TEXT


def stored_text(message: Message) -> StoredText:
    """Return the text without control characters and without white space around it."""
    parts = [(part.kind, clean_pasted(part.text)) for part in message.folding.segments]
    whole = "".join(text for _, text in parts)
    text = whole.strip()
    if not VISIBLE.search(text):
        return StoredText("", (), "")
    lead = len(whole) - len(whole.lstrip())
    folds: list[tuple[int, int]] = []
    unquoted: list[str] = []
    position = -lead
    for kind, part in parts:
        start, position = max(position, 0), position + len(part)
        end = min(position, len(text))
        if kind != Kind.QUOTE:
            unquoted.append(part)
        if kind == Kind.NEW:
            continue
        if folds and not text[folds[-1][1] : start].strip():
            folds[-1] = (folds[-1][0], end)  # nothing but white space is between them
        elif start < end:
            folds.append((start, end))
    return StoredText(text, tuple(folds), "".join(unquoted).strip())
