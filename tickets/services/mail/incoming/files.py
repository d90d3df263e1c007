"""The files of a message become attachments of what it becomes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from ....exceptions import InvalidInput
from ....files.received import ReceivedFile
from ....mail.content import MessageFile
from ....models.incoming import FILE_NOTE, InboundMessage
from ....models.ticket import Comment, Ticket
from ...attachments.attaching import attach, fitting
from ...attachments.storing import receive_content, storing

MAX_NAMED = 20  # files that the explanation names


@dataclass(frozen=True, slots=True)
class MailedFile:
    """A file of a message, received as if somebody had uploaded it."""

    file: ReceivedFile
    content_id: str


@contextmanager
def storing_files(
    files: Sequence[MessageFile], ticket: Ticket | None, *, is_joining: bool
) -> Iterator[list[MailedFile]]:
    """Store the files of a message that joins a ticket, or a new one for None.

    Call it outside any transaction, because a storage may take seconds, and call `keep_files`
    inside. What no transaction has kept is removed at the end. Raise StorageUnavailable.
    """
    with ExitStack() as stack:
        mailed: list[MailedFile] = []
        for each in files:
            file = receive_content(each.name, each.content)
            stack.callback(file.close)
            mailed.append(MailedFile(file, each.content_id))
        taken = fitting([each.file for each in mailed], ticket) if is_joining else []
        stack.enter_context(storing(taken))
        yield mailed


def keep_files(
    files: Sequence[MailedFile],
    ticket: Ticket,
    *,
    comment: Comment | None,
    message: InboundMessage,
) -> list[str]:
    """Attach the files of a message to its comment, or to the ticket's description.

    Return a sentence for each file that the desk refuses; it stays in the original message.
    """
    refused: list[str] = []
    for each in files:
        try:
            attach(
                ticket,
                [each.file],
                comment=comment,
                message=message,
                content_id=each.content_id,
            )
        except InvalidInput as error:
            refused.append(f"{FILE_NOTE}{each.file.name} was not attached: {error.detail}")
    return refused[:MAX_NAMED]


def name_waiting(files: Sequence[MessageFile]) -> list[str]:
    """Return a sentence for each file of a message that joins no conversation yet."""
    return [f"{FILE_NOTE}{file.name} waits with the message." for file in files[:MAX_NAMED]]
