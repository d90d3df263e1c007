"""The files of a message. They stay in the raw message until the desk stores attachments."""

from __future__ import annotations

from collections.abc import Sequence

from ....mail.content import Attachment
from ....models.incoming import InboundMessage
from ....models.ticket import Comment, Ticket


def keep_files(
    files: Sequence[Attachment],
    ticket: Ticket,
    *,
    comment: Comment | None,
    message: InboundMessage,
) -> list[str]:
    """Attach the files of a message to its ticket. Return what has to be said about them.

    JOIN HERE: call services/attachments `attach_content` for each file, and return the reason of
    each InvalidInput.
    """
    if not files:
        return []
    names = ", ".join(file.name for file in files)
    return [f"Its files are in the original message: {names[:500]}"]
