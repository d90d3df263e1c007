"""Fetch what is new in one folder: store first, then flag or move, then remember how far."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Sequence

from django.db import connection as database
from imapclient import SEEN
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from ....models.incoming import NOT_HANDED_OUT, Mailbox
from ....vocabulary import MAX_MAIL_BYTES, AfterFetch
from ..incoming.receive import receive
from .connection import Connection, open_folder
from .lease import Lease
from .problems import MailboxProblem, quoted

LISTED = 500  # messages whose sizes are asked for at a time
# Messages that are in memory at a time; a larger one comes alone.
GROUP_MESSAGES, GROUP_BYTES = 50, 2 * 1024 * 1024
# Groups that are fetched at the same time. Each may need memory for a message of 25 MB.
FETCHING = threading.BoundedSemaphore(4)
# How often a server must refuse a message, while it hands out others, to be believed. With the
# waits between failures, that takes some minutes.
MAX_REFUSALS = 5
PROBED = 3  # other messages that tell a broken message from a server that is busy
SIZE, ARRIVED = b"RFC822.SIZE", b"INTERNALDATE"
WHOLE, HEADERS = (b"BODY.PEEK[]", b"BODY[]"), (b"BODY.PEEK[HEADER]", b"BODY[HEADER]")
START = (b"BODY.PEEK[]<0.1024>", b"BODY[]<0>")


class Refused(MailboxProblem):
    """The server refuses one message, and hands out others."""


class Folder:
    """The folder of a mailbox, opened.

    `complaint` says that stored messages cannot be flagged or moved, until that works again.
    `refusals` counts by UID how often the server refused a message; it outlives the connection.
    While the server is asked, which may take minutes, no connection to the database is held.
    """

    def __init__(
        self,
        connection: Connection,
        mailbox: Mailbox,
        lease: Lease,
        refusals: dict[int, int] | None = None,
    ) -> None:
        self.connection, self.mailbox, self.lease = connection, mailbox, lease
        self.refusals = {} if refusals is None else refusals
        self.complaint = ""
        self._open()

    def _open(self) -> None:
        """Open it. A new UIDVALIDITY means that all numbers have changed: they count from 0."""
        self.uid_validity = open_folder(self.connection, self.mailbox)
        row = self.lease.row()
        database.close()
        if (row.folder, row.uid_validity) != (self.mailbox.folder, self.uid_validity):
            latest = max(self.connection.search("ALL"), default=0)
            self.lease.start_counting(self.mailbox.folder, self.uid_validity, latest + 1)
            database.close()
            self.refusals.clear()
        if self._is_moving and not self.connection.folder_exists(self.mailbox.move_to):
            self._complain("There is no such folder.")

    @property
    def _is_moving(self) -> bool:
        return self.mailbox.after_fetch == AfterFetch.MOVE

    def _complain(self, why: str) -> None:
        act = f"moved to {self.mailbox.move_to}" if self._is_moving else "marked as read"
        self.complaint = f"Mail comes in, but it cannot be {act}: {why}"

    def fetch_new(self, is_stopping: Callable[[], bool] = lambda: False) -> int:
        """Store all messages that are not stored yet. Return how many were new to the desk.

        Raise MailboxProblem if the server refuses some. They are then fetched again.
        """
        row = self.lease.row()
        database.close()
        numbers = self.connection.search(["UID", f"{row.last_uid + 1}:*"])
        # `*` is the last message, even if it is an old one.
        uids = sorted(uid for uid in numbers if uid > row.last_uid)
        count = 0
        for start in range(0, len(uids), LISTED):
            listed = uids[start : start + LISTED]
            sizes = self._sizes(listed, row.first_new_uid)
            for group in _groups(sizes):
                with FETCHING:
                    if is_stopping():
                        return count
                    count += self._take(group, is_too_large=sizes[group[0]] > MAX_MAIL_BYTES)
                    self._advance(group[-1])
            self._advance(listed[-1])
        return count

    def _advance(self, uid: int) -> None:
        self.lease.advance(uid)
        database.close()

    def _sizes(self, uids: Sequence[int], first_new_uid: int) -> dict[int, int]:
        """Return the sizes of the messages to take, in bytes, by UID in order.

        Messages that were there before the desk, and are older than the mailbox is to be fetched,
        are left out. One whose size or date the server does not tell is tried.
        """
        since = self.mailbox.fetch_since
        answers = self.connection.fetch(uids, [SIZE, ARRIVED])
        values_by_uid = {uid: answers.get(uid, {}) for uid in uids}
        return {
            uid: values.get(SIZE, 0)
            for uid, values in values_by_uid.items()
            if uid >= first_new_uid or since is None or values.get(ARRIVED, since) >= since
        }

    def _take(self, uids: Sequence[int], *, is_too_large: bool) -> int:
        """Store the messages, then flag or move them. Return how many were new to the desk.

        If the server refuses several, each is asked for alone, so that a broken one does not keep
        the others from coming in. Raise Refused at the end, and MailboxProblem at once.
        """
        messages, reason = self._ask(uids, HEADERS if is_too_large else WHOLE)
        count = 0
        for uid, raw in messages.items():
            count += receive(raw, self.mailbox, is_complete=not is_too_large).is_new
            self.refusals.pop(uid, None)
        database.close()
        self._put_away(list(messages))
        left = [uid for uid in uids if uid not in messages]
        if left and len(uids) == 1:
            return self._take_refused(left[0], reason)
        refusal = None
        for uid in left:
            try:
                count += self._take([uid], is_too_large=is_too_large)
            except Refused as error:
                refusal = refusal or error
        if refusal:
            raise refusal
        return count

    def _ask(self, uids: Sequence[int], part: tuple[bytes, bytes]) -> tuple[dict[int, bytes], str]:
        """Return what the server hands out of these messages, by UID, and why that is not all."""
        wanted, name = part
        try:
            answers = self.connection.fetch(uids, [wanted])
        except IMAPClientAbortError:
            raise
        except IMAPClientError as error:
            return {}, quoted(str(error), self.mailbox)
        parts = {uid: answers.get(uid, {}).get(name) for uid in uids}
        return {uid: raw for uid, raw in parts.items() if raw is not None}, "It sent nothing."

    def _take_refused(self, uid: int, reason: str) -> int:
        """Store what can be had of a message, once it was refused MAX_REFUSALS times.

        It stays in the folder, unread. Return how many were new to the desk: none if it was
        deleted. Raise Refused before that, and MailboxProblem if the server refuses others too.
        """
        if not self.connection.search(["UID", str(uid)]):
            return 0
        folder = self.mailbox.folder
        text = f"{self.mailbox.host} does not hand out message {uid} of {folder}: {reason}"
        headers = self._ask([uid], HEADERS)[0].get(uid)
        if not self._hands_out_others(uid, has_headers=headers is not None):
            raise MailboxProblem(text)
        self.refusals[uid] = self.refusals.get(uid, 0) + 1
        if self.refusals[uid] < MAX_REFUSALS:
            raise Refused(text)
        if headers is None:
            number = f"{uid} of {folder} (UIDVALIDITY {self.uid_validity})"
            headers = (
                f"Subject: The mail server does not hand out message {number}\r\n\r\n".encode()
            )
        receipt = receive(NOT_HANDED_OUT + headers, self.mailbox, is_complete=False)
        database.close()
        return int(receipt.is_new)

    def _hands_out_others(self, uid: int, *, has_headers: bool) -> bool:
        """Return whether the server hands out other messages now, but not this one.

        If there are no others, the message's own headers have to do.
        """
        candidates = set(self.connection.search("ALL")) - {uid} - set(self.refusals)
        if not candidates:
            return has_headers
        probed = random.sample(sorted(candidates), min(PROBED, len(candidates)))  # nosec B311  # chance, no secret
        return any(self._ask([each], START)[0] for each in probed)

    def _put_away(self, uids: list[int]) -> None:
        """Flag or move what is stored. The desk does not depend on it, so a refusal is noted."""
        if not uids:
            return
        try:
            if self._is_moving:
                self._move(uids)
            else:
                self.connection.add_flags(uids, [SEEN], silent=True)
        except IMAPClientAbortError:
            raise
        except IMAPClientError as error:
            self._complain(quoted(str(error), self.mailbox))
        else:
            self.complaint = ""

    def _move(self, uids: list[int]) -> None:
        target = self.mailbox.move_to
        if self.connection.has_capability("MOVE"):
            self.connection.move(uids, target)
            return
        self.connection.copy(uids, target)
        self.connection.delete_messages(uids, silent=True)
        if self.connection.has_capability("UIDPLUS"):  # else others' deleted ones would go as well
            self.connection.uid_expunge(uids)


def _groups(sizes: dict[int, int]) -> Iterator[list[int]]:
    """Yield groups of UIDs, each small enough for the memory. What is too large comes alone."""
    group: list[int] = []
    total = 0
    for uid, size in sizes.items():
        if group and (len(group) == GROUP_MESSAGES or total + size > GROUP_BYTES):
            yield group
            group, total = [], 0
        group.append(uid)
        total += size
    if group:
        yield group
