"""Fetch what is new in one folder: store first, then flag or move, then remember how far."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence

from imapclient import SEEN
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from ....models.incoming import Mailbox
from ....vocabulary import MAX_MAIL_BYTES, AfterFetch
from ..incoming.receive import receive
from .connection import Connection, open_folder
from .lease import Lease
from .problems import quoted

logger = logging.getLogger(__name__)

LISTED = 500  # messages whose sizes are asked for at a time
# Messages that are in memory at a time; a larger one comes alone.
GROUP_MESSAGES, GROUP_BYTES = 50, 2 * 1024 * 1024
SIZE, ARRIVED = b"RFC822.SIZE", b"INTERNALDATE"
WHOLE, HEADERS = (b"BODY.PEEK[]", b"BODY[]"), (b"BODY.PEEK[HEADER]", b"BODY[HEADER]")


class Folder:
    """The folder of a mailbox, opened.

    `complaint` says that stored messages cannot be flagged or moved, until that works again.
    """

    def __init__(self, connection: Connection, mailbox: Mailbox, lease: Lease) -> None:
        self.connection, self.mailbox, self.lease = connection, mailbox, lease
        self.complaint = ""
        self._open()

    def _open(self) -> None:
        """Open it. A new UIDVALIDITY means that all numbers have changed: they count from 0."""
        uid_validity = open_folder(self.connection, self.mailbox)
        row = self.lease.row()
        if (row.folder, row.uid_validity) != (self.mailbox.folder, uid_validity):
            latest = max(self.connection.search("ALL"), default=0)
            self.lease.start_counting(self.mailbox.folder, uid_validity, latest + 1)
        if self._is_moving and not self.connection.folder_exists(self.mailbox.move_to):
            self._complain("There is no such folder.")

    @property
    def _is_moving(self) -> bool:
        return self.mailbox.after_fetch == AfterFetch.MOVE

    def _complain(self, why: str) -> None:
        act = f"moved to {self.mailbox.move_to}" if self._is_moving else "marked as read"
        self.complaint = f"Mail comes in, but it cannot be {act}: {why}"

    def fetch_new(self, is_stopping: Callable[[], bool] = lambda: False) -> int:
        """Store all messages that are not stored yet. Return how many were new to the desk."""
        row = self.lease.row()
        numbers = self.connection.search(["UID", f"{row.last_uid + 1}:*"])
        # `*` is the last message, even if it is an old one.
        uids = sorted(uid for uid in numbers if uid > row.last_uid)
        count = 0
        for start in range(0, len(uids), LISTED):
            listed = uids[start : start + LISTED]
            sizes = self._sizes(listed, row.first_new_uid)
            for group in _groups(sizes):
                if is_stopping():
                    return count
                count += self._take(group, is_too_large=sizes[group[0]] > MAX_MAIL_BYTES)
                self.lease.advance(group[-1])
            self.lease.advance(listed[-1])
        return count

    def _sizes(self, uids: Sequence[int], first_new_uid: int) -> dict[int, int]:
        """Return the sizes of the messages to take, in bytes, by UID in order.

        Some may be deleted by now. Messages that were there before the desk, and are older than
        the mailbox is to be fetched, are left out.
        """
        since = self.mailbox.fetch_since
        answers = self.connection.fetch(uids, [SIZE, ARRIVED])
        return {
            uid: answers[uid][SIZE]
            for uid in uids
            if uid in answers
            and SIZE in answers[uid]
            and (uid >= first_new_uid or since is None or answers[uid][ARRIVED] >= since)
        }

    def _take(self, uids: list[int], *, is_too_large: bool) -> int:
        if is_too_large:
            count, stored = self._store(self._fetch(uids, HEADERS), is_complete=False)
        else:
            count, stored = self._store(self._fetch(uids, WHOLE), is_complete=True)
            for uid in set(uids) - set(stored):  # deleted, or the server cannot read it
                more, also_stored = self._store(self._fetch([uid], HEADERS), is_complete=False)
                count, stored = count + more, stored + also_stored
        self._put_away(stored)
        return count

    def _fetch(self, uids: Sequence[int], part: tuple[bytes, bytes]) -> dict[int, bytes]:
        """Return the messages that exist, in whole or their headers.

        If the server refuses several, each is asked for alone. One that cannot be read is left
        where it is: it must not keep the others from coming in.
        """
        wanted, name = part
        try:
            answers = self.connection.fetch(uids, [wanted])
        except IMAPClientAbortError:
            raise
        except IMAPClientError as error:
            if len(uids) > 1:
                return {uid: raw for one in uids for uid, raw in self._fetch([one], part).items()}
            text = quoted(str(error), self.mailbox)
            logger.error("Message %s of %s cannot be fetched: %s", uids[0], self.mailbox, text)
            return {}
        return {uid: answers[uid][name] for uid in uids if answers.get(uid, {}).get(name)}

    def _store(self, messages: dict[int, bytes], *, is_complete: bool) -> tuple[int, list[int]]:
        """Commit each. Return how many were new, and the UIDs of all."""
        receipts = [
            receive(raw[:MAX_MAIL_BYTES], self.mailbox, is_complete=is_complete)
            for raw in messages.values()
        ]
        return sum(receipt.is_new for receipt in receipts), list(messages)

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
