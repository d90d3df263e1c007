"""Who may open which file."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from ...exceptions import DeskError, FileWithheld, NotFound
from ...models.attachments import Attachment
from ...models.incoming import InboundMessage
from ...models.ticket import Comment, Ticket
from ...models.workplace import PendingReply
from ...requester_texts import FILE_REFUSED, FILE_WAITS
from ...vocabulary import ScanState
from .storage import storage, storage_errors


def find_for_agent(ticket_id: int, uuid: UUID) -> Attachment:
    """Return a file of a ticket, or of the one that it is merged into.

    Raise NotFound, and FileWithheld for a file that the scanner has refused.
    """
    ticket = Ticket.including_spam.find_current(ticket_id)
    return _checked(_find(Attachment.objects.filter(ticket=ticket), uuid))


def find_for_requester(ticket: Ticket, uuid: UUID) -> Attachment:
    """Return a file of a text that the requester may read.

    Raise NotFound, and FileWithheld for one that the scanner has not read yet or has refused.
    """
    visible = Attachment.objects.filter(ticket=ticket).visible_to_requester()
    attachment = _checked(_find(visible, uuid))
    if attachment.file.scan_state == ScanState.WAITING:
        raise FileWithheld(FILE_WAITS)
    return attachment


def _find(attachments: Any, uuid: UUID) -> Attachment:
    attachment: Attachment | None = attachments.select_related("file").filter(pk=uuid).first()
    if attachment is None:
        raise NotFound
    return attachment


def _checked(attachment: Attachment) -> Attachment:
    if attachment.file.scan_state == ScanState.REFUSED:
        raise FileWithheld(FILE_REFUSED)
    return attachment


def open_content(attachment: Attachment) -> Any:
    """Return the file, opened to be read. Raise StorageUnavailable."""
    return _opened(attachment.file.name)


def open_thumbnail(attachment: Attachment) -> Any:
    """Return the thumbnail, opened to be read. Raise NotFound and StorageUnavailable."""
    if not attachment.file.thumbnail or attachment.file.scan_state == ScanState.WAITING:
        raise NotFound
    return _opened(attachment.file.thumbnail)


def inline_thumbnails(message: InboundMessage) -> dict[str, bytes]:
    """Return the thumbnails of a message's images by the ids under which its HTML shows them.

    An image that cannot be read, or not yet, is left out. One query.
    """
    thumbnails: dict[str, bytes] = {}
    images = message.attachments.exclude(content_id="").select_related("file")
    for image in images:
        if image.content_id not in thumbnails:
            with suppress(DeskError), open_thumbnail(_checked(image)) as file:
                thumbnails[image.content_id] = file.read()
    return thumbnails


def _opened(name: str) -> Any:
    with storage_errors("opened"):
        file = storage().open(name)
        file.file  # noqa: B018  (a bucket fetches it now, so that errors show before the answer)
        return file


@dataclass(slots=True)
class TicketFiles:
    """The files of a ticket by the text that they belong to."""

    description: list[Attachment] = field(default_factory=list)
    comments: dict[int, list[Attachment]] = field(default_factory=dict)
    replies: dict[int, list[Attachment]] = field(default_factory=dict)
    messages: dict[int, list[Attachment]] = field(default_factory=dict)

    def below(self, text: Any) -> list[Attachment]:
        """Return the files of a ticket's description, a comment, a reply or a mailed message."""
        match text:
            case Ticket():
                return self.description
            case Comment():
                return self.comments.get(text.pk, [])
            case PendingReply():
                return self.replies.get(text.pk, [])
        return self.messages.get(text.pk, [])


def ticket_files(ticket: Ticket, *, for_requester: bool = False) -> TicketFiles:
    """Return the files of a ticket, or those that its requester may see. One query."""
    files = TicketFiles()
    attachments = Attachment.objects.filter(ticket=ticket).select_related(
        "file", "message", "comment"
    )
    attachments = attachments.defer("message__raw", "message__text", "comment__body")
    if for_requester:
        attachments = attachments.visible_to_requester()
    for attachment in attachments:
        _group_of(attachment, ticket, files).append(attachment)
    return files


def _group_of(attachment: Attachment, ticket: Ticket, files: TicketFiles) -> list[Attachment]:
    comment, message = attachment.comment, attachment.message
    if comment is not None and comment.ticket_id != ticket.pk:
        return files.description  # a note's, which became this ticket
    if comment is not None:
        return files.comments.setdefault(comment.pk, [])
    if attachment.pending_reply_id is not None:
        return files.replies.setdefault(attachment.pending_reply_id, [])
    if message is not None and not message.is_in_conversation:
        return files.messages.setdefault(message.pk, [])
    return files.description
