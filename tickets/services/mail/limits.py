"""Which email is not sent, whatever happens: what could loop or be abused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from ...mail.addresses import folded_address, reached_mailbox
from ...mail.loops import is_program
from ...models.housekeeping import Counter
from ...models.incoming import Mailbox
from ...models.private_link import digest
from ...models.ticket import Ticket
from ...querysets.counters import ADD_TO_COUNTER
from ...vocabulary import (
    MAX_AUTOMATIC_MAILS_PER_HOUR,
    MIN_CLIENT_CONFIRMATIONS,
    InboundKind,
    MailKind,
    MailState,
    NotificationChoice,
    ThreadRule,
)

HOUR = 3600  # seconds
CLIENT_PART = 6  # a client may use up a sixth of the desk's confirmations
# What a person wrote. All other email is automatic.
NOT_AUTOMATIC = frozenset({MailKind.REPLY})
# The automatic email that is counted. An agent sends the private link, so it does not count; nor
# does the notice that a ticket has another address: nobody must be able to use up the limit and
# then take a ticket over unseen.
COUNTED = frozenset({MailKind.RECEIVED, MailKind.RESOLVED, MailKind.LINKS, MailKind.CONFIRM})
DESK_COUNTER = "confirmations"
HELD_COUNTER = f"{DESK_COUNTER}:held"  # for the limit of an address or of a client


PAST_LIMIT = "This address has already received several automatic emails this hour."
PAST_CLIENT_LIMIT = (
    "Many tickets came from one network within an hour. An agent's first answer has the link."
)
PAST_DESK_LIMIT = "Many tickets came within an hour. An agent's first answer has the link."


def _add(name: str, source: str) -> str:
    rows = f"SELECT {name}, %(window)s, 1, to_timestamp(%(ends)s) FROM {source}"  # noqa: S608  # nosec B608  # no value of a request
    return ADD_TO_COUNTER.format(rows=rows)


# A blocked sender gets no mail. Only what the limit of an address lets pass counts for the client,
# and only what the limit of a client lets pass counts for the desk.
ADMIT = f"""
WITH blocked AS (
    SELECT EXISTS (SELECT FROM tickets_blockedaddress WHERE address = %(folded)s) AS is_blocked
), address AS (
    {_add("%(address)s", "blocked WHERE %(counts)s AND NOT is_blocked")}
), passed AS (
    SELECT FROM address WHERE count <= %(most)s AND %(counts_for_desk)s
), client AS (
    {_add("%(client)s", "passed WHERE %(client)s <> ''")}
), past AS (
    SELECT FROM address WHERE count > %(most)s
    UNION ALL
    SELECT FROM client WHERE count > %(share)s
), held AS (
    {_add("%(held)s", "past")}
), desk AS (
    {_add("%(desk)s", "passed WHERE NOT EXISTS (SELECT FROM past)")}
)
SELECT CASE WHEN %(ticket)s IS NULL THEN nextval('tickets_ticket_id_seq') END,
    CASE WHEN %(kind)s <> '' THEN nextval('tickets_email_id_seq') END,
    is_blocked, (SELECT count FROM address), (SELECT count FROM client), (SELECT count FROM desk),
    ARRAY(SELECT address FROM tickets_mailbox), EXISTS (
        SELECT FROM tickets_inboundmessage
        WHERE ticket_id = %(ticket)s AND rule = %(new)s AND kind = %(automatic)s
    ), EXISTS (SELECT FROM tickets_agentprofile WHERE notify_unassigned <> %(off)s)
FROM blocked
"""  # noqa: S608  # nosec B608  # no value of a request


@dataclass(frozen=True, slots=True)
class Admission:
    """What has to be known before a new ticket or an email about one is stored.

    Keys for both, and the email's first state with the reason for it.
    """

    ticket_id: int | None  # None if there is a ticket already
    email_id: int | None  # None without an address
    is_blocked: bool  # the sender's tickets are spam
    opened_by_program: bool  # the ticket was, by mail
    is_watched: bool  # an account may want to know about tickets without an assignee
    state: str
    reason: str


def admit(
    kind: str,
    address: str,
    ticket: Ticket | None = None,
    *,
    held_because: str = "",
    client: str = "",
) -> Admission:
    """Count an email to a requester, and tell what becomes of it. One query.

    Without a `ticket` it confirms a new one, unless there is no address. With `held_because` it is
    held anyway, so it counts neither for the desk nor for the `client`, the network of a caller
    who is not known.
    """
    now = timezone.now().timestamp()
    window = int(now // HOUR)
    automatic = bool(address) and kind not in NOT_AUTOMATIC
    values = {
        "ticket": ticket.pk if ticket else None,
        "kind": kind if address else "",
        "folded": folded_address(address),
        "counts": bool(address) and kind in COUNTED and not is_program(address),
        "counts_for_desk": kind == MailKind.RECEIVED and not held_because,
        "address": f"automatic:{digest(reached_mailbox(address))}",
        "client": f"{DESK_COUNTER}:of:{client}" if client else "",
        "share": (share := client_share()),
        "held": HELD_COUNTER,
        "desk": DESK_COUNTER,
        "most": MAX_AUTOMATIC_MAILS_PER_HOUR,
        "window": window,
        "ends": (window + 1) * HOUR,
        "new": ThreadRule.NEW,
        "automatic": InboundKind.AUTOMATIC,
        "off": NotificationChoice.OFF,
    }
    with connection.cursor() as cursor:
        cursor.execute(ADMIT, values)
        row: Any = cursor.fetchone()
    ticket_id, email_id, is_blocked, of_address, of_client, of_desk, *facts = row
    mailboxes, by_program, is_watched = facts
    state, reason = MailState.WAITING, ""
    if automatic and (reason := _refusal(address, mailboxes)):
        state = MailState.DROPPED
    elif of_address is not None and of_address > MAX_AUTOMATIC_MAILS_PER_HOUR:
        state, reason = MailState.HELD, PAST_LIMIT
    elif held_because:
        state, reason = MailState.HELD, held_because
    elif of_client is not None and of_client > share:
        state, reason = MailState.HELD, PAST_CLIENT_LIMIT
    elif of_desk is not None and of_desk > settings.CONFIRMATION_LIMIT:
        state, reason = MailState.HELD, PAST_DESK_LIMIT
    return Admission(ticket_id, email_id, is_blocked, by_program, is_watched, state, reason)


def client_share() -> int:
    """Return how many confirmations of an hour one client may use, so that others have some."""
    return max(MIN_CLIENT_CONFIRMATIONS, int(settings.CONFIRMATION_LIMIT) // CLIENT_PART)


def refusal(kind: str, address: str) -> str:
    """Return why an email to a requester must never be sent; "" if it may."""
    if kind in NOT_AUTOMATIC:
        return ""
    return _refusal(address, Mailbox.objects.values_list("address", flat=True))


def _refusal(address: str, mailboxes: Iterable[str]) -> str:
    if is_program(address):
        return "This address belongs to a program, which gets no automatic email."
    if reached_mailbox(address) in map(reached_mailbox, mailboxes):
        return "This is an address of the desk itself, which gets no automatic email."
    return ""


def passed_limits(desk_limit: Any) -> QuerySet[Counter]:
    """Return the counters of this hour that show that email was held back."""
    past_desk_limit = Q(name=DESK_COUNTER, count__gt=desk_limit)
    return Counter.objects.filter(past_desk_limit | Q(name=HELD_COUNTER), expires_at__gt=Now())


def held_this_hour() -> int:
    """Return how many emails the limits have held back in this hour. One query."""
    limit = int(settings.CONFIRMATION_LIMIT)
    counts = dict(passed_limits(limit).values_list("name", "count"))
    return counts.get(DESK_COUNTER, limit) - limit + counts.get(HELD_COUNTER, 0)
