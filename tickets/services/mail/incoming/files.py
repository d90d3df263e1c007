"""The files of a message become attachments of what it becomes."""

from __future__ import annotations

from collections.abc import Sequence

from ....exceptions import InvalidInput
from ....mail.content import Attachment
from ....models.incoming import FILE_NOTE, InboundMessage
from ....models.ticket import Comment, Ticket
from ...attachments.attaching import attach_content

MAX_NAMED = 20  # files that the explanation names


def keep_files(
    files: Sequence[Attachment],
    ticket: Ticket,
    *,
    comment: Comment | None,
    message: InboundMessage,
) -> list[str]:
    """Attach the files of a message to its comment, or to the ticket's description.

    Return a sentence for each file that the desk refuses; it stays in the original message.
    Raise StorageUnavailable.
    """
    refused: list[str] = []
    for file in files:
        try:
            attach_content(
                ticket,
                file.content,
                file.name,
                comment=comment,
                message=message,
                content_id=file.content_id,
            )
        except InvalidInput as error:
            refused.append(f"{FILE_NOTE}{file.name} was not attached: {error.detail}")
    return refused[:MAX_NAMED]


def name_waiting(files: Sequence[Attachment]) -> list[str]:
    """Return a sentence for each file of a message that joins no conversation yet."""
    return [f"{FILE_NOTE}{file.name} waits with the message." for file in files[:MAX_NAMED]]
