"""Who fetches a mailbox, how far it is fetched, and how that went: one row per mailbox."""

from __future__ import annotations

import os
import random
import secrets
import socket
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from ....models.incoming import Mailbox, MailboxFetch
from ....models.mail import MAX_ERROR_CHARS
from .problems import MailboxProblem

LEASE = timedelta(seconds=20)
WAITS = (5, 15, 60, 300, 900)  # seconds after the first, second, ... failure
REFUSED_SECONDS = 300  # a provider may lock an account after some wrong passwords
JITTER = 0.25  # of the wait, either way: mailboxes of one server do not all return at once


class LeaseLost(Exception):
    """Another process fetches the mailbox now."""


def new_owner() -> str:
    """Return a name for this process that tells others on its host whether it still runs."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"


@dataclass(frozen=True, slots=True)
class Lease:
    """The right of `owner` to fetch one mailbox. It ends unless it is renewed.

    Times of the lease are those of the database, since the clocks of two workers may differ.
    Every change to the row raises LeaseLost once the row belongs to another owner.
    """

    mailbox_id: int
    owner: str

    def acquire(self) -> bool:
        """Take the mailbox. Return False if another process that may be alive has it."""
        row, _ = MailboxFetch.objects.get_or_create(mailbox_id=self.mailbox_id)
        is_free = Q(lease_until=None) | Q(lease_until__lt=Now()) | Q(lease_owner=self.owner)
        if _has_ended(row.lease_owner, self.owner):
            is_free |= Q(lease_owner=row.lease_owner)
        rows = MailboxFetch.objects.filter(is_free, mailbox_id=self.mailbox_id)
        return bool(rows.update(lease_owner=self.owner, lease_until=Now() + LEASE))

    def release(self) -> None:
        self._rows().update(lease_owner="", lease_until=Now())

    def row(self) -> MailboxFetch:
        row = self._rows().first()
        if row is None:
            raise LeaseLost
        return row

    def start_counting(self, folder: str, uid_validity: int, first_new_uid: int) -> None:
        self._change(
            folder=folder, uid_validity=uid_validity, last_uid=0, first_new_uid=first_new_uid
        )

    def advance(self, uid: int) -> None:
        """Note that all messages up to this one are stored."""
        self._change(last_uid=uid)

    def note_success(self, complaint: str = "") -> None:
        """Note that all mail was fetched; with a complaint if something else did not work."""
        self._change(
            last_success_at=Now(),
            failures=1 if complaint else 0,
            failing_since=Coalesce(F("failing_since"), Now()) if complaint else None,
            next_attempt_at=None,
            error=complaint[:MAX_ERROR_CHARS],
        )

    def note_failure(self, problem: MailboxProblem) -> None:
        """Note why it failed, and when to try again."""
        self._change(
            failures=F("failures") + 1,
            failing_since=Coalesce(F("failing_since"), Now()),
            next_attempt_at=timezone.now() + _wait(self.row().failures, problem.is_refused),
            error=str(problem)[:MAX_ERROR_CHARS],
        )

    def seconds_to_wait(self) -> float:
        """Return how long failures still forbid to try again."""
        until = self.row().next_attempt_at
        return (until - timezone.now()).total_seconds() if until else 0.0

    def _change(self, **values: Any) -> None:
        if not self._rows().update(**values):
            raise LeaseLost

    def _rows(self) -> QuerySet[MailboxFetch]:
        return MailboxFetch.objects.filter(mailbox_id=self.mailbox_id, lease_owner=self.owner)


def renew(owner: str, mailbox_ids: Collection[int]) -> None:
    rows = MailboxFetch.objects.filter(lease_owner=owner, mailbox_id__in=mailbox_ids)
    rows.update(lease_until=Now() + LEASE)


def held_until(mailbox: Mailbox) -> datetime | None:
    """Return until when some process fetches the mailbox; None if none does."""
    fetch = MailboxFetch.objects.filter(mailbox=mailbox, lease_until__gt=Now()).first()
    return fetch.lease_until if fetch else None


def _wait(failures: int, is_refused: bool) -> timedelta:
    """Return the time until the next attempt. `failures` came before this one."""
    seconds = WAITS[min(failures, len(WAITS) - 1)]
    if is_refused:
        seconds = max(seconds, REFUSED_SECONDS)
    return timedelta(seconds=seconds * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311  # nosec B311  # chance, no secret


def _has_ended(owner: str, own: str) -> bool:
    """Return whether the owner was a process of this host that no longer runs.

    A wrong yes does no harm: a message is stored only once, whoever fetches it.
    """
    if not owner or owner == own:
        return False
    host, pid, _ = owner.rsplit(":", 2)
    own_host, own_pid, _ = own.rsplit(":", 2)
    if host != own_host:
        return False
    if pid == own_pid:  # a container that was started again
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return False
