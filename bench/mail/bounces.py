"""Whether bounces are read right: recipient, code and kind.

What is right comes from the reports themselves, read here in another way than the desk does: by
patterns over the whole file. The fields Final-Recipient, Original-Recipient, X-Actual-Recipient,
X-Failed-Recipients and Original-Rcpt-To name recipients, Status and the servers' replies name
codes. A report without such fields is right if what was read is complete, which says that
something was found, but not that it is true. Both are counted.
"""

from __future__ import annotations

import quopri
import re
from dataclasses import dataclass

from tickets.mail.bounces.reader import Bounce
from tickets.vocabulary import BounceKind

RECIPIENT = re.compile(
    r"^[>\s]*(?:final-recipient|original-recipient|x-actual-recipient|original-rcpt-to"
    r"|removal-recipient|x-failed-recipients)\s*:\s*(?:[\w-]+\s*;)?\s*<?([^\s<>;,]+@[^\s<>;,]+)",
    re.I | re.M,
)
STATUS = re.compile(r"^[>\s]*status\s*:\s*([245]\.\d+\.\d+)", re.I | re.M)
STATED = re.compile(r"\b[45]\.\d{1,3}\.\d{1,3}\b")
COMPLAINT = re.compile(r"^feedback-type\s*:", re.I | re.M)
CODE = re.compile(r"[45]\.\d{1,3}\.\d{1,3}")


@dataclass(frozen=True)
class Facts:
    """What the fields of a report say; empty where it has none."""

    recipients: frozenset[str]
    codes: frozenset[str]
    is_complaint: bool


def facts(raw: bytes) -> Facts:
    text = raw.decode("latin-1").replace("\r\n", "\n")
    text += "\n" + quopri.decodestring(raw).decode("latin-1").replace("\r\n", "\n")
    recipients = {match.lower().strip(".'") for match in RECIPIENT.findall(text)}
    stated = set(STATUS.findall(text))
    # A general code may be made precise by the server's reply.
    codes = stated | (set(STATED.findall(text)) if stated else set())
    return Facts(frozenset(recipients), frozenset(codes), bool(COMPLAINT.search(text)))


def is_complete(bounces: tuple[Bounce, ...]) -> bool:
    """Return whether there are a recipient, a code and a kind for each."""
    return bool(bounces) and all(
        "@" in bounce.recipient
        and (bounce.kind == BounceKind.COMPLAINT or CODE.fullmatch(bounce.status))
        for bounce in bounces
    )


def is_right(bounces: tuple[Bounce, ...], known: Facts) -> bool:
    """Return whether what was read is complete and agrees with the fields."""
    if not is_complete(bounces):
        return False
    complaint, failures = {BounceKind.COMPLAINT}, {BounceKind.HARD, BounceKind.SOFT}
    kinds = complaint if known.is_complaint else failures
    return all(
        (not known.recipients or bounce.recipient.lower() in known.recipients)
        and (not known.codes or bounce.status in known.codes)
        and (not known.recipients or bounce.kind in kinds)
        and (bounce.kind == BounceKind.COMPLAINT or _kind_fits(bounce))
        for bounce in bounces
    )


def _kind_fits(bounce: Bounce) -> bool:
    return (bounce.kind == BounceKind.SOFT) == bounce.status.startswith("4")
