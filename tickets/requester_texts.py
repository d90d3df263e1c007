"""Every sentence to requesters that stands in no template: on their pages, and as subjects.

A leaf, so that services and pages can use it. Each text is whole: none is made of parts of
sentences. They are translated when they are used, into the language that is active then.
"""

from __future__ import annotations

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from .vocabulary import Category, MailKind, Priority, Status

# --- subjects of emails; for those of a conversation see `services/mail/conversations.py` ---

SUBJECTS = {
    MailKind.LINKS: _("Links to your tickets"),
    MailKind.CONFIRM: _("Confirm your email address"),
    MailKind.MOVED: _("Your email address has changed"),
}

# The subject of the confirmation, after the ticket's number. It repeats nothing that was typed.
REQUEST_RECEIVED = _("We have your request")

# --- what the next page says ---

TICKET_RECEIVED = _("Thank you. We have received your ticket.")
TICKET_DELETED = _("This ticket was sent before and has been deleted since.")
REPLY_SENT = _("Reply sent.")
REPLY_REOPENED = _("Reply sent. Your ticket is open again.")
TICKET_CLOSED = _("Your ticket is closed. Write again to reopen it.")
ADDRESS_CHECK_SENT = _("We have sent you an email. Open the link in it to confirm your address.")
ADDRESS_SAME = _("This is the address that we use already.")
ADDRESS_LIMITED = _(
    "We have already sent several emails about this. Look into that mailbox, or try again tomorrow."
)
ADDRESS_CONFIRMED = _("Your address is confirmed. Our replies go to it from now on.")

# --- files that are refused or withheld ---

FILE_TOO_LARGE = _("“%(name)s” is larger than %(limit)d MB.")
FILE_NOT_STORED = _("“%(name)s” could not be stored. Please try again in a few minutes.")
FILE_EMPTY = _("“%(name)s” is empty.")
FILE_IS_PROGRAM = _("“%(name)s” is a program or a script, which we do not accept.")
FILE_IS_GONE = _("“%(name)s” is no longer here. Please choose it again.")
EARLIER_FILES_ARE_GONE = _("Some files are no longer here. Please choose them again.")
TOO_MANY_FILES = _("These are more than %(limit)d files.")
TOO_MUCH_FOR_TICKET = _("All files of one ticket may have %(limit)d MB together.")
TOO_MUCH_TODAY = _("You have sent too many files today. Please try again tomorrow.")
FILE_WAITS = _("This file is still being checked. Please try again in a few minutes.")
FILE_REFUSED = _("This file was refused by our virus scanner.")

# --- messages by mail ---

# Stored in English in the place of a text, and translated where it is shown.
NO_TEXT = gettext_noop("(no text)")
MAIL_TOO_LARGE = gettext_noop(
    "This message was too large to be received. Only its headers were stored."
)
MAIL_NOT_HANDED_OUT = gettext_noop(
    "The text of this message could not be received. Only its headers were stored."
)
IN_PLACE_OF_TEXT = frozenset({NO_TEXT, MAIL_TOO_LARGE, MAIL_NOT_HANDED_OUT})

# --- where a ticket stands ---


class Progress(NamedTuple):
    """Where the ticket stands, and what that means for the requester."""

    headline: str | Promise
    meaning: str | Promise


RESOLVED = Progress(_("This is resolved"), _("If something is still not right, just reply below."))
CLOSED = Progress(_("This is closed"), _("If you still need help, just reply below."))
ANSWERED = Progress(_("We have replied"), _("If something is missing or unclear, reply below."))
IN_PROGRESS = Progress(
    _("We are working on it"),
    _("You do not need to do anything. Our reply will appear on this page."),
)
IN_PROGRESS_EMAIL = Progress(
    _("We are working on it"),
    _(
        "You do not need to do anything."
        " Our reply will appear on this page, and we will email it to you."
    ),
)
RECEIVED = Progress(
    _("We have your message"),
    _("We will look at it soon. Our reply will appear on this page."),
)
RECEIVED_EMAIL = Progress(
    _("We have your message"),
    _("We will look at it soon. Our reply will appear on this page, and we will email it to you."),
)


def progress(status: str, *, is_answered: bool, by_email: bool) -> Progress:
    """Return where a ticket stands.

    `is_answered`: the last message is ours. `by_email`: we will email our next one.
    """
    match status:
        case Status.RESOLVED:
            return RESOLVED
        case Status.CLOSED:
            return CLOSED
        case _ if is_answered:
            return ANSWERED
        case Status.IN_PROGRESS:
            return IN_PROGRESS_EMAIL if by_email else IN_PROGRESS
        case _:
            return RECEIVED_EMAIL if by_email else RECEIVED


STEPS = {
    Status.OPEN: _("Open"),
    Status.IN_PROGRESS: _("In progress"),
    Status.RESOLVED: _("Resolved"),
    Status.CLOSED: _("Closed"),
}

# --- what the form offers ---

CATEGORIES = {
    Category.BILLING: _("Billing"),
    Category.TECHNICAL: _("Technical"),
    Category.ACCOUNT: _("Account"),
    Category.GENERAL: _("General"),
}
PRIORITIES = {
    Priority.LOW: _("Low"),
    Priority.MEDIUM: _("Medium"),
    Priority.HIGH: _("High"),
    Priority.CRITICAL: _("Critical"),
}
