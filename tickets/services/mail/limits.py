"""Which email is not sent, whatever happens: what could loop or be abused."""

from __future__ import annotations

from django.conf import settings

from ...mail.addresses import reached_mailbox
from ...mail.loops import is_program
from ...models.housekeeping import Counter
from ...models.incoming import Mailbox
from ...models.private_link import digest
from ...vocabulary import MAX_AUTOMATIC_MAILS_PER_HOUR, MailKind

HOUR = 3600  # seconds
# What a person wrote. All other email is automatic.
NOT_AUTOMATIC = frozenset({MailKind.REPLY})
# The automatic email that is counted. An agent sends the private link, so it does not count; nor
# does the notice that a ticket has another address: nobody must be able to use up the limit and
# then take a ticket over unseen.
COUNTED = frozenset({MailKind.RECEIVED, MailKind.RESOLVED, MailKind.LINKS, MailKind.CONFIRM})
DESK_COUNTER = "confirmations"
HELD = ":held"  # for the limit of an address
HELD_COUNTER = f"{DESK_COUNTER}{HELD}"


def refusal(kind: str, address: str) -> str:
    """Return why an email to a requester must never be sent; "" if it may."""
    if kind in NOT_AUTOMATIC:
        return ""
    if is_program(address):
        return "This address belongs to a program, which gets no automatic email."
    mailboxes = Mailbox.objects.values_list("address", flat=True)
    if reached_mailbox(address) in map(reached_mailbox, mailboxes):
        return "This is an address of the desk itself, which gets no automatic email."
    return ""


def address_limit_passed(kind: str, address: str) -> bool:
    """Count an email to a requester. Return whether its address gets too many in an hour."""
    if kind not in COUNTED:
        return False
    name = f"automatic:{digest(reached_mailbox(address))}"
    if not Counter.objects.hit(name, limit=MAX_AUTOMATIC_MAILS_PER_HOUR, seconds=HOUR):
        return False
    Counter.objects.add(HELD_COUNTER, 1, seconds=HOUR)
    return True


def desk_limit_passed() -> bool:
    """Count one more confirmation. Return whether that is too many for an hour."""
    limit = settings.CONFIRMATION_LIMIT
    return bool(Counter.objects.hit(DESK_COUNTER, limit=limit, seconds=HOUR))


def held_this_hour() -> int:
    """Return how many emails the limits have held back in this hour. One query."""
    counts = Counter.objects.counts(DESK_COUNTER, seconds=HOUR)
    past_desk_limit = counts.get("", 0) - int(settings.CONFIRMATION_LIMIT)
    return max(0, past_desk_limit) + counts.get(HELD, 0)
