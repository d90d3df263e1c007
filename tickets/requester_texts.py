"""Every sentence to requesters that stands in no template: on their pages, and as subjects.

A leaf, so that services and pages can use it. Each text is whole: none is made of parts of
sentences.
"""

from __future__ import annotations

from typing import NamedTuple

from .vocabulary import MailKind, Status

# --- subjects of emails; those about one ticket's conversation have its title instead ---

SUBJECTS = {
    MailKind.LINKS: "Links to your tickets",
    MailKind.CONFIRM: "Confirm your email address",
    MailKind.MOVED: "Your email address has changed",
}

# --- what the next page says ---

TICKET_RECEIVED = "Thank you. We have received your ticket."
TICKET_DELETED = "This ticket was sent before and has been deleted since."
REPLY_SENT = "Reply sent."
REPLY_REOPENED = "Reply sent. Your ticket is open again."
TICKET_CLOSED = "Your ticket is closed. Write again to reopen it."
ADDRESS_CHECK_SENT = "We have sent you an email. Open the link in it to confirm your address."
ADDRESS_SAME = "This is the address that we use already."
ADDRESS_LIMITED = (
    "We have already sent several emails about this. Look into that mailbox, or try again tomorrow."
)
ADDRESS_CONFIRMED = "Your address is confirmed. Our replies go to it from now on."

# --- where a ticket stands ---


class Progress(NamedTuple):
    """Where the ticket stands, and what that means for the requester."""

    headline: str
    meaning: str


RESOLVED = Progress("This is resolved", "If something is still not right, just reply below.")
CLOSED = Progress("This is closed", "If you still need help, just reply below.")
ANSWERED = Progress("We have replied", "If something is missing or unclear, reply below.")
IN_PROGRESS = Progress(
    "We are working on it",
    "You do not need to do anything. Our reply will appear on this page.",
)
IN_PROGRESS_EMAIL = Progress(
    "We are working on it",
    "You do not need to do anything."
    " Our reply will appear on this page, and we will email it to you.",
)
RECEIVED = Progress(
    "We have your message",
    "We will look at it soon. Our reply will appear on this page.",
)
RECEIVED_EMAIL = Progress(
    "We have your message",
    "We will look at it soon. Our reply will appear on this page, and we will email it to you.",
)


def progress(status: str, *, is_answered: bool, has_email: bool) -> Progress:
    """Return where a ticket stands. `is_answered`: the last message is ours."""
    match status:
        case Status.RESOLVED:
            return RESOLVED
        case Status.CLOSED:
            return CLOSED
        case _ if is_answered:
            return ANSWERED
        case Status.IN_PROGRESS:
            return IN_PROGRESS_EMAIL if has_email else IN_PROGRESS
        case _:
            return RECEIVED_EMAIL if has_email else RECEIVED


STEPS = {
    Status.OPEN: "Open",
    Status.IN_PROGRESS: "In progress",
    Status.RESOLVED: "Resolved",
    Status.CLOSED: "Closed",
}
