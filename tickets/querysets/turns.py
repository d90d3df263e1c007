"""Whose turn it is on a ticket, and what is new to whom."""

from __future__ import annotations

import functools
import operator
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, NamedTuple, Self, TypeVar

from django.db import connection, models
from django.db.models import BooleanField, Case, F, FilteredRelation, Q, Value, When
from django.db.models.functions import Coalesce, Now

from ..transactions import unread
from ..vocabulary import ACTIVE_STATUSES, FINISHED_STATUSES, PRIORITIES, AuthorRole, WaitingFor

MARK_READ = """
INSERT INTO tickets_ticketread (ticket_id, account_id, read_at) VALUES (%s, %s, %s)
ON CONFLICT (ticket_id, account_id) DO UPDATE SET read_at = excluded.read_at
"""

TicketT = TypeVar("TicketT", bound=models.Model)
ReadT = TypeVar("ReadT", bound=models.Model)

# Sorts behind every time: tickets that wait for nobody come last.
NEVER = datetime(9999, 1, 1, tzinfo=UTC)


class Reader(NamedTuple):
    """An account that reads: its id, and the time before which all messages count as read.

    That is when the account was created or, for accounts of earlier releases, upgraded.
    """

    account: Any
    since: Any

    @classmethod
    def of(cls, user: Any) -> Reader | None:
        if user is None:
            return None
        profile = getattr(user, "agent_profile", None)
        return cls(user.pk, profile.unread_from if profile else user.date_joined)


class TurnQuerySet(models.QuerySet[TicketT]):
    def waiting_for(self, sides: Collection[str]) -> Self:
        """Return unfinished tickets on which it is the turn of one of these WaitingFor sides."""
        return self.filter(functools.reduce(operator.or_, map(waits_for, sides)))

    def snoozed(self, is_snoozed: bool) -> Self:
        """Return the tickets that are snoozed now, or those that are not."""
        if is_snoozed:
            return self.filter(snoozed_until__gt=Now())
        return self.filter(Q(snoozed_until=None) | Q(snoozed_until__lte=Now()))

    def with_unread(self, user: Any) -> Self:
        """Return the tickets, each with `is_unread`: whether something is new to this account.

        The account is a User or a Reader. Nothing is new to a caller without one (None).
        """
        reader = _reader(user)
        if reader is None:
            return self.annotate(is_unread=Value(False))
        case = Case(When(_is_new_to(reader), then=True), default=False, output_field=BooleanField())
        return self._with_read_mark(reader).annotate(is_unread=case)

    def unread_by(self, user: Any) -> Self:
        """Return the tickets with something new to this User or Reader; none if it is None."""
        reader = _reader(user)
        if reader is None:
            return self.none()
        return self._with_read_mark(reader).filter(_is_new_to(reader))

    def answered_since(self, moment: datetime, limit: int) -> int:
        """Count the tickets on which the requester has written since then, up to `limit`."""
        answered = self.filter(
            last_activity_at__gt=moment,
            comments__created_at__gt=moment,
            comments__author_role=AuthorRole.REQUESTER,
        )
        return len(answered.order_by().values_list("pk", flat=True).distinct()[:limit])

    def _with_read_mark(self, reader: Reader) -> Self:
        mark = FilteredRelation("reads", condition=Q(reads__account=reader.account))
        return self.alias(read_mark=mark)


def whose_turn() -> Case:
    """Return a WaitingFor in SQL, or NULL: what the property `waiting_for` of a ticket says."""
    return Case(
        When(waiting_since__isnull=False, then=Value(WaitingFor.US.value)),
        When(Q(spam=True) | Q(status__in=FINISHED_STATUSES), then=Value(None)),
        default=Value(WaitingFor.REQUESTER.value),
        output_field=models.TextField(),
    )


def waits_for(side: str) -> Q:
    """Return the condition for unfinished tickets on which it is this WaitingFor side's turn.

    Spam waits for nobody.
    """
    if side == WaitingFor.US:
        return Q(waiting_since__isnull=False)
    active = [status.value for status in ACTIVE_STATUSES]
    return Q(waiting_since=None, spam=False, status__in=active)


def _reader(user: Any) -> Reader | None:
    return user if isinstance(user, Reader) else Reader.of(user)


def _is_new_to(reader: Reader) -> Q:
    """Return the condition for messages since the account read the ticket."""
    is_unseen = Q(read_mark__read_at=None) | Q(read_mark__read_at__lt=F("last_activity_at"))
    return Q(last_activity_at__gt=reader.since) & is_unseen


class TicketReadQuerySet(models.QuerySet[ReadT]):
    def read_until(self, ticket: Any, account: Any) -> datetime | None:
        """Return up to when the account has read the ticket, None if it never opened it."""
        return self.filter(ticket=ticket, account=account).values_list("read_at", flat=True).first()

    def mark_read(self, ticket: Any, account: Any) -> None:
        """Note that the account has read the ticket up to its last activity, as loaded."""
        with unread(), connection.cursor() as cursor:
            cursor.execute(MARK_READ, [ticket.pk, account.pk, ticket.last_activity_at])


def waiting_order() -> Coalesce:
    """Return since when a ticket has waited for us, or NEVER. It has an index."""
    return Coalesce("waiting_since", Value(NEVER, output_field=models.DateTimeField()))


def priority_rank() -> Case:
    """Return 0 for the lowest priority, and more for higher ones. It has an index."""
    ranks = [When(priority=value, then=Value(rank)) for rank, value in enumerate(PRIORITIES)]
    return Case(*ranks, default=Value(-1), output_field=models.SmallIntegerField())
