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

    `new` is what is not folded: what somebody wrote themselves.
    """

    text: str
    folds: tuple[tuple[int, int], ...]
    new: str

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
    new: list[str] = []
    position = -lead
    for kind, part in parts:
        start, position = max(position, 0), position + len(part)
        end = min(position, len(text))
        if kind == Kind.NEW:
            new.append(part)
        elif folds and not text[folds[-1][1] : start].strip():
            folds[-1] = (folds[-1][0], end)  # nothing but white space is between them
        elif start < end:
            folds.append((start, end))
    return StoredText(text, tuple(folds), "".join(new).strip())
