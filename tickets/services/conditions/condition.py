"""One thing that is wrong, and all that can be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

# What each condition is called on pages, by its name in the log and in metrics.
TITLES = {
    "worker": "No worker is running",
    "mail_out": "Mail does not go out",
    "mail_in": "Mail does not come in",
    "model": "The model does not answer",
    "disk": "A disk is nearly full",
    "backup": "The last backup is too old",
    "refusals": "The desk refuses people who have not signed in",
}


@dataclass(frozen=True, slots=True)
class Condition:
    """What is wrong with a `subject`, such as a mailbox or a directory; "" if there is one only.

    `text` says what is wrong and `advice` what to do, in whole sentences without secrets. `since`
    is None if nobody knows.
    """

    name: str  # one of TITLES
    text: str
    advice: str
    since: datetime | None = None
    subject: str = ""

    @property
    def title(self) -> str:
        return TITLES[self.name]

    @property
    def key(self) -> str:
        """What tells it from others, and stays while it lasts."""
        return f"{self.name} {self.subject}".strip()
