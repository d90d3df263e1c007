"""What an email to an agent says. It quotes no message and contains no private link.

Mail passes servers that the desk does not know, so it names tickets and leads to their pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.contrib.auth.models import User
from django.utils import timezone

from ...access.actors import is_agent
from ...durations import NBSP, format_minutes
from ...models.mail import Email, Notification
from ...models.ticket import Ticket
from ...querysets.turns import waiting_order
from ...vocabulary import MailKind, NotificationKind, WaitingFor

MAX_OWED = 20  # tickets that a digest lists
# What to load with notifications, and what nobody reads of it.
TICKETS = ("ticket", "ticket__merged_into")
UNUSED = [f"{ticket}__description" for ticket in TICKETS]
PRIVATE_LINK = re.compile(r"(?<!\S)\S*/t/[\w-]{16,}\S*")


@dataclass(frozen=True, slots=True)
class Item:
    """One matter: what happened, and where to see it.

    That is a ticket's `path`, or the ticket list with a `query`.
    """

    title: str
    lines: Sequence[str]
    path: str = ""
    query: str = ""


@dataclass(frozen=True, slots=True)
class AgentMail:
    """What the templates of an agent's mail show."""

    subject: str
    lead: str
    items: Sequence[Item] = ()
    owed: Sequence[Item] = ()  # answers, the longest wait first


def obsolete_because(email: Email, recipient: User) -> str:
    """Return why an email to an agent should no longer be sent; "" if it should."""
    if not recipient.email:
        return "The account no longer has an email address."
    if email.kind in (MailKind.INVITATION, MailKind.RESET):
        return "" if recipient.is_active else "The account is closed."
    if not is_agent(recipient):
        return "The account is no longer an agent's."
    if not any(map(still_holds, _notifications(email, recipient))):
        return "What it says no longer holds."
    return ""


def follow_merge(notification: Notification) -> None:
    """Point it to the ticket that its own is part of now. Does not save."""
    ticket = notification.ticket
    if ticket is not None and ticket.merged_into is not None:
        notification.ticket = ticket.merged_into


def still_holds(notification: Notification) -> bool:
    """Return whether the agent still needs to know."""
    ticket, account = notification.ticket, notification.account
    if not is_agent(account):
        return False
    if ticket is None:
        return True
    if ticket.spam:
        return False
    match notification.kind:
        case NotificationKind.ASSIGNED:
            return ticket.assignee_id == account.pk and not ticket.is_finished
        case NotificationKind.ANSWER:
            return ticket.assignee_id == account.pk and ticket.waiting_since is not None
        case NotificationKind.UNASSIGNED:
            return ticket.assignee_id is None and not ticket.is_finished
        case _:
            return True


def compose(email: Email, recipient: User) -> AgentMail:
    """Return what a notice or a digest says now."""
    rows = [row for row in _notifications(email, recipient) if still_holds(row)]
    items = [_item(list(group)) for _, group in groupby(sorted(rows, key=_matter), key=_matter)]
    if email.kind == MailKind.NOTICE:
        return AgentMail(_subject(rows) or items[0].title, "", items)
    owed = Ticket.objects.filter(assignee=recipient).waiting_for([WaitingFor.US]).snoozed(False)
    longest = list(owed.defer("description").order_by(waiting_order(), "pk")[:MAX_OWED])
    summary = _owed_summary(owed.count(), longest)
    waits = [(ticket, f"Waiting for {_wait(ticket)}.") for ticket in longest]
    listed = [Item(_name(ticket), [wait], ticket.get_absolute_url()) for ticket, wait in waits]
    return AgentMail(summary, f"{summary}.", items, listed)


def _notifications(email: Email, recipient: User) -> Iterable[Notification]:
    rows = email.notifications.select_related(*TICKETS).order_by("pk")
    for row in rows.defer(*UNUSED):
        row.account = recipient  # whose groups are read once
        follow_merge(row)
        yield row


def _matter(row: Notification) -> tuple[int, str]:
    """Return what rows of one item have in common."""
    return (row.ticket_id, "") if row.ticket_id else (0, row.kind)


def _item(rows: Sequence[Notification]) -> Item:
    """Return what happened to one ticket, or to the tickets of leavers."""
    ticket = rows[0].ticket
    if ticket is not None:
        order = list(NotificationKind.values)
        rows = sorted(rows, key=lambda row: order.index(row.kind))
        lines = [_line(list(same)) for _, same in groupby(rows, key=lambda row: row.kind)]
        return Item(_name(ticket), lines, path=ticket.get_absolute_url())
    is_mine = rows[0].kind == NotificationKind.ASSIGNED
    what = "assigned to you" if is_mine else "unassigned"
    count = sum(row.count for row in rows)
    whose = ", ".join(dict.fromkeys(row.leaver for row in rows))
    tickets = "1 ticket" if count == 1 else f"{count:,} tickets"
    title = f"{tickets} of {whose} {'is' if count == 1 else 'are'} now {what}"
    lines = [f"{row.leaver} is no longer an agent. Changed by {_actor(row)}." for row in rows]
    query = "assignee=me" if is_mine else "assignee=none&status=open,in_progress"
    return Item(title, lines, query=query)


SUBJECTS: dict[str, str] = {
    NotificationKind.ASSIGNED: "Assigned to you",
    NotificationKind.ANSWER: "New answer",
    NotificationKind.MENTION: "You are mentioned",
    NotificationKind.UNASSIGNED: "New ticket",
}


def _subject(rows: Sequence[Notification]) -> str:
    """Return the subject of a notice about one ticket; "" if it is about a leaver's tickets."""
    ticket = rows[0].ticket
    what = ", ".join(dict.fromkeys(SUBJECTS.get(row.kind, "") for row in rows))
    return f"[#{ticket.pk}] {what}: {_title(ticket)}" if ticket else ""


def _line(rows: Sequence[Notification]) -> str:
    """Say what happened, however often it did."""
    times = "" if len(rows) == 1 else f" {len(rows)} times"
    match rows[0].kind:
        case NotificationKind.ASSIGNED:
            return f"Assigned to you by {_actor(rows[-1])}."
        case NotificationKind.ANSWER:
            return f"The requester answered{times}."
        case NotificationKind.MENTION:
            actors = " and ".join(dict.fromkeys(map(_actor, rows)))
            return f"You are mentioned in a note by {actors}{times and f',{times}'}."
        case _:
            return "It is new, and nobody is assigned to it."


def _actor(row: Notification) -> str:
    names = {"anonymous": "an anonymous agent", "system": "the system"}
    return names.get(row.actor, row.actor)


def _owed_summary(count: int, longest: Sequence[Ticket]) -> str:
    if not longest:
        return "No answers owed"
    answers = "1 answer owed" if count == 1 else f"{count:,} answers owed, the oldest"
    return f"{answers} for {_wait(longest[0])}"


def _wait(ticket: Ticket) -> str:
    """Return how long the requester has waited: "2 h 10 min"."""
    time = timezone.now() - (ticket.waiting_since or timezone.now())
    # Plain spaces: a subject with others is encoded, and hard to read in a log.
    return format_minutes(int(time.total_seconds()) // 60).replace(NBSP, " ")


def _name(ticket: Ticket) -> str:
    return f"#{ticket.pk} {_title(ticket)}"


def _title(ticket: Ticket) -> str:
    """Return the title. A requester may have pasted a private link into it."""
    return PRIVATE_LINK.sub("[private link]", ticket.title)
