"""Fetch all mailboxes beside the worker's jobs, each in a thread of its own."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from django.db import Error as DatabaseError
from django.db import connection as database

from ....models.incoming import Mailbox
from ...lookout import STOP_SECONDS, Lookout
from ..mailboxes import apply_environment, fetchable
from .connection import Connection, connected, wait_for_mail
from .fetching import Folder
from .lease import LEASE, Lease, LeaseLost, new_owner, renew
from .problems import CONNECTION_ERRORS, MailboxProblem, explained

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 5  # while the database does not answer, or another worker has the mailbox


class Receiver(Lookout):
    """Fetches every active mailbox until it is stopped. Changes count within LOOK_SECONDS."""

    failure = "The mailboxes cannot be looked up. Trying again."

    def __init__(self) -> None:
        super().__init__()
        self.owner = new_owner()
        self._loops: dict[int, MailboxLoop] = {}
        self._is_environment_applied = False

    def __exit__(self, *_: Any) -> None:
        """Stop within STOP_SECONDS. A thread that hangs ends with the process."""
        deadline = time.monotonic() + STOP_SECONDS
        super().__exit__()
        for loop in self._loops.values():
            loop.stop()
        for loop in self._loops.values():
            loop.join(max(0.0, deadline - time.monotonic()))

    def look(self) -> None:
        """Start what is new, end what is gone or changed, and renew the leases of the others."""
        if not self._is_environment_applied:
            apply_environment()
            self._is_environment_applied = True
        mailboxes = {mailbox.pk: mailbox for mailbox in fetchable()}
        for pk, loop in list(self._loops.items()):
            if pk not in mailboxes or loop.version != _version(mailboxes[pk]):
                loop.stop()
            if not loop.is_alive():
                del self._loops[pk]
        for pk, mailbox in mailboxes.items():
            if pk not in self._loops:
                self._loops[pk] = MailboxLoop(mailbox, self.owner)
                self._loops[pk].start()
        renew(self.owner, list(self._loops))


def _version(mailbox: Mailbox) -> dict[str, Any]:
    """Return what a connection depends on. The desk itself replaces refresh tokens."""
    names = [field.attname for field in mailbox._meta.concrete_fields]
    return {name: getattr(mailbox, name) for name in names if name != "oauth_refresh_token"}


class MailboxLoop(threading.Thread):
    """Fetches one mailbox until it is stopped, whatever goes wrong."""

    def __init__(self, mailbox: Mailbox, owner: str) -> None:
        super().__init__(name=f"mailbox {mailbox.pk}", daemon=True)
        self.version = _version(mailbox)
        self._lease = Lease(mailbox.pk, owner)
        self._stopping = threading.Event()
        self._connection: Connection | None = None
        self._is_database_gone = False
        self._refusals: dict[int, int] = {}

    def stop(self) -> None:
        self._stopping.set()
        if connection := self._connection:
            connection.abort()

    def run(self) -> None:
        while not self._stopping.is_set():
            seconds = self._try()
            database.close()
            self._stopping.wait(seconds)
        try:
            self._lease.release()
        except DatabaseError:
            pass  # it ends by itself
        finally:
            database.close()

    def _try(self) -> float:
        """Fetch for as long as it works. Return the seconds to wait then."""
        try:
            seconds = self._fetch()
            self._is_database_gone = False
            return seconds
        except LeaseLost:
            return LEASE.total_seconds()
        except DatabaseError as error:
            if not self._is_database_gone:
                logger.warning("No mail is fetched while the database is gone: %s", error)
            self._is_database_gone = True
        except Exception:
            logger.exception("Fetching mailbox %s failed.", self._lease.mailbox_id)
            self._note(MailboxProblem("An unexpected error. The log of the worker has it."))
        return PAUSE_SECONDS

    def _fetch(self) -> float:
        mailbox = fetchable().filter(pk=self._lease.mailbox_id).first()
        if mailbox is None or not self._lease.acquire():
            return PAUSE_SECONDS
        if (seconds := self._lease.seconds_to_wait()) > 0:
            return min(seconds, PAUSE_SECONDS)
        database.close()  # connecting may take a while
        try:
            self._stay_connected(mailbox)
        except (MailboxProblem, *CONNECTION_ERRORS) as error:
            if not self._stopping.is_set():
                self._note(explained(error, mailbox))
        return 0

    def _stay_connected(self, mailbox: Mailbox) -> None:
        with connected(mailbox) as connection:
            self._connection = connection
            database.close()  # which stored a new refresh token
            try:
                folder = Folder(connection, mailbox, self._lease, self._refusals)
                while not self._stopping.is_set():
                    folder.fetch_new(self._stopping.is_set)
                    self._lease.note_success(folder.complaint)
                    if connection.has_told_of_mail():
                        continue
                    database.close()  # waiting needs none
                    wait_for_mail(connection, self._stopping.is_set)
            finally:
                self._connection = None

    def _note(self, problem: MailboxProblem) -> None:
        try:
            self._lease.note_failure(problem)
        except (DatabaseError, LeaseLost) as error:
            logger.warning("%s (%s)", problem, error)
