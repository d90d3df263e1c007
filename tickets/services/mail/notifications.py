"""Tell agents by email: which event tells whom, and how several events join one email.

An event is stored as a Notification for each agent who wants to know, in the transaction of the
event. A job puts what waits into emails, and marks it in the transaction that stores the email.
So an agent is told about an event once, however often a worker is restarted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from ... import transactions
from ...access.actors import Actor, agents
from ...models.mail import Email, Notification
from ...models.ticket import Comment, Ticket
from ...models.workplace import AgentProfile
from ...vocabulary import (
    MAX_USERNAME_CHARS,
    AuthorRole,
    MailKind,
    NotificationChoice,
    NotificationKind,
)
from ..jobs import defer
from ..mentions import agents_by_name, find_mentions
from .agents import TICKETS, UNUSED, follow_merge, still_holds
from .outbox import queue_email
from .smtp import is_set_up

# Events of one ticket within this time join one email, and Undo within it causes none.
JOIN_DELAY = timedelta(seconds=10)
# An agent who is told about more tickets than this at once gets one email about all of them.
MAX_SEPARATE_EMAILS = 5

# --- which event tells whom -------------------------------------------------------------


def tell_of_ticket(ticket: Ticket, actor: Actor) -> None:
    if ticket.assignee is not None:
        tell_of_assignment(ticket, actor)
    elif not ticket.is_finished and is_set_up():
        _tell(_dispatchers(), NotificationKind.UNASSIGNED, str(ticket.pk), actor, ticket=ticket)


def tell_of_assignment(ticket: Ticket, actor: Actor) -> None:
    """Tell the new assignee, if there is one."""
    if ticket.assignee is not None:
        event = f"{ticket.pk} v{ticket.version}"
        _tell([ticket.assignee], NotificationKind.ASSIGNED, event, actor, ticket=ticket)


def tell_of_comment(comment: Comment, actor: Actor) -> None:
    """Tell the assignee about the requester's answer, and agents about a note that names them."""
    ticket, event = comment.ticket, str(comment.pk)
    about = {"ticket": ticket, "comment": comment}
    if comment.author_role == AuthorRole.REQUESTER:
        if ticket.assignee is not None:
            _tell([ticket.assignee], NotificationKind.ANSWER, event, actor, **about)
    elif not comment.public and is_set_up():
        mentions = find_mentions(comment.body, agents_by_name(comment.body))
        users = {mention.user.pk: mention.user for mention in mentions}
        _tell(users.values(), NotificationKind.MENTION, event, actor, **about)


def tell_of_leaver(leaver: str, heir: User | None, count: int, actor: Actor, event: str) -> None:
    """Tell who got a leaver's tickets: the heir, or else those who look after unassigned ones."""
    about = {"leaver": leaver, "count": count}
    if heir is not None:
        _tell([heir], NotificationKind.ASSIGNED, event, actor, **about)
    else:
        _tell(_dispatchers(), NotificationKind.LEAVER, event, actor, **about)


def _dispatchers() -> Iterable[User]:
    """Return the agents who want to know about unassigned tickets. Queried when read."""
    users = agents().select_related("agent_profile")
    return users.exclude(agent_profile=None).exclude(
        agent_profile__notify_unassigned=NotificationChoice.OFF
    )


def _tell(users: Iterable[User], kind: str, event: str, actor: Actor, **about: Any) -> None:
    """Note what those among the users want to know who did not do it themselves."""
    ticket: Ticket | None = about.get("ticket")
    if not is_set_up() or (ticket is not None and ticket.spam):
        return
    rows = []
    for user in users:
        choice = AgentProfile.of(user).choice(kind)
        if user.email and user.pk != actor.account and choice != NotificationChoice.OFF:
            row = Notification(
                account=user,
                kind=kind,
                event=f"{kind} {event}",
                actor=actor.name[:MAX_USERNAME_CHARS],
                is_hourly=choice == NotificationChoice.HOURLY,
                **about,
            )
            rows.append(row)
    transactions.insert(*rows, ignore_conflicts=True)
    if any(not row.is_hourly for row in rows):
        defer(tell_agents, timezone.now() + JOIN_DELAY)


# --- joining ----------------------------------------------------------------------------


@transaction.atomic
def send_waiting(*, is_hourly: bool) -> None:
    """Put what waits into emails, and queue them. Forget what no longer holds."""
    rows = Notification.objects.filter(email=None, is_hourly=is_hourly)
    rows = rows.select_for_update(of=("self",), skip_locked=True)
    waiting = list(
        rows.select_related("account__agent_profile", *TICKETS, "comment").defer(*UNUSED)
    )
    accounts = {row.account_id: row.account for row in waiting}
    for row in waiting:
        row.account = accounts[row.account_id]  # whose groups are read once
        follow_merge(row)
    waiting.sort(key=lambda row: (row.account_id, row.ticket_id or 0, row.pk))
    holding = [row for row in waiting if still_holds(row)]
    Notification.objects.filter(
        pk__in={row.pk for row in waiting} - {row.pk for row in holding}
    ).delete()
    for _, own in groupby(holding, key=lambda row: row.account_id):
        by_ticket = [list(group) for _, group in groupby(own, key=lambda row: row.ticket_id)]
        if is_hourly or len(by_ticket) > MAX_SEPARATE_EMAILS:
            _send([row for group in by_ticket for row in group], MailKind.DIGEST, None)
        else:
            for group in by_ticket:
                _send(group, MailKind.NOTICE, group[0].ticket)


def _send(rows: Sequence[Notification], kind: str, ticket: Ticket | None) -> None:
    email = Email.objects.create(
        kind=kind, ticket=ticket, recipient=rows[0].account, event=f"{kind} {rows[0].pk}"
    )
    Notification.objects.filter(pk__in=[row.pk for row in rows]).update(email=email)
    queue_email(email)


# --- jobs -------------------------------------------------------------------------------

RETRY = RetryStrategy(max_attempts=5, wait=10)


@app.task(queue="mail", retry=RETRY)
def tell_agents() -> None:
    """Send what agents want to be told at once."""
    send_waiting(is_hourly=False)


@app.periodic(cron="0 * * * *")
@app.task(queue="mail", queueing_lock="send_digests", retry=RETRY)
def send_digests(timestamp: int) -> None:
    """Send the hourly digests. An agent without news gets none."""
    send_waiting(is_hourly=True)
