"""Files become part of a ticket."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, Sum
from django.utils import timezone

from ...access.actors import Actor
from ...exceptions import InvalidInput
from ...files.received import MIB, NewFile, ReceivedFile
from ...mail.file_names import clean
from ...models.attachments import Attachment, StoredFile
from ...models.incoming import InboundMessage
from ...models.ticket import Comment, Ticket
from ...models.workplace import PendingReply
from ...requester_texts import TOO_MANY_FILES, TOO_MUCH_FOR_TICKET
from ...vocabulary import MAX_FILES_PER_MESSAGE
from ..editing import audited
from . import storing


def attach_upload(
    ticket: Ticket, file: NewFile, actor: Actor, *, comment_id: int | None = None
) -> Attachment:
    """Attach a file that a program has sent: to a comment of the ticket, or to its description.

    Raise InvalidInput for a comment that is not the ticket's, and as `attach`.
    """
    comment = None
    if comment_id is not None:
        comment = ticket.comments.filter(pk=comment_id).first()
        if comment is None:
            raise InvalidInput(errors={"comment": ["This ticket has no such comment."]})
    try:
        with storing.storing([file]), audited(actor):
            [attachment] = attach(ticket, [file], comment=comment)
    except InvalidInput as refused:
        raise InvalidInput(errors={"file": refused.errors["files"]}) from None
    return attachment


def attach(
    ticket: Ticket,
    files: Sequence[NewFile],
    *,
    comment: Comment | None = None,
    pending_reply: PendingReply | None = None,
    message: InboundMessage | None = None,
    content_id: str = "",
) -> list[Attachment]:
    """Attach files to a comment, to a reply that waits, or else to the ticket's description.

    Call it inside `storing`. Raise InvalidInput for a file that the desk refuses and past a limit,
    and as `stored_file`.
    """
    if not files:
        return []
    with transaction.atomic():
        # Nobody else may add files until the sum below is stored.
        Ticket.with_merged.select_for_update(of=("self",)).only("pk").get(pk=ticket.pk)
        text: dict[str, Any] = {"comment": comment, "pending_reply": pending_reply}
        _refuse(ticket, files, text | {"message": message})
        # In one order, so that two transactions with the same files do not wait for each other.
        rows = {
            file.sha256: storing.stored_file(file)
            for file in sorted(files, key=lambda file: file.sha256)
        }
        now = timezone.now()
        return Attachment.objects.bulk_create(
            Attachment(
                ticket=ticket,
                file=rows[file.sha256],
                name=clean(file.name),
                message=message,
                content_id=content_id[:255],
                created_at=now + timedelta(microseconds=position),
                **text,
            )
            for position, file in enumerate(files)
        )


def store_unattached(files: Sequence[NewFile]) -> list[StoredFile]:
    """Store the files of a form that was refused, in their order, so that it can name them.

    What is not attached within a day is deleted. Raise as `stored_file`.
    """
    with storing.storing(files), transaction.atomic():
        rows = {
            file.sha256: storing.stored_file(file)
            for file in sorted(files, key=lambda file: file.sha256)
        }
    return [rows[file.sha256] for file in files]


def fitting(files: Sequence[ReceivedFile], ticket: Ticket | None) -> list[ReceivedFile]:
    """Return the files of one message that `attach` will take for a ticket, or for a new one.

    What somebody else attaches meanwhile may change that. Up to one query.
    """
    room = settings.ATTACHMENT_TICKET_MB * MIB - (_stored_bytes(ticket) if ticket else 0)
    taken: list[ReceivedFile] = []
    for file in files:
        if not file.problem and file.size <= room and len(taken) < MAX_FILES_PER_MESSAGE:
            taken.append(file)
            room -= file.size
    return taken


def _refuse(ticket: Ticket, files: Sequence[NewFile], text: dict[str, Any]) -> None:
    for file in files:
        if isinstance(file, ReceivedFile) and file.problem:
            raise _refused(file.problem)
    if (
        Attachment.objects.filter(ticket=ticket, **text).count() + len(files)
        > MAX_FILES_PER_MESSAGE
    ):
        raise _refused(TOO_MANY_FILES % {"limit": MAX_FILES_PER_MESSAGE})
    limit = settings.ATTACHMENT_TICKET_MB
    if _stored_bytes(ticket) + sum(file.size for file in files) > limit * MIB:
        raise _refused(TOO_MUCH_FOR_TICKET % {"limit": limit})


def _stored_bytes(ticket: Ticket) -> int:
    # A reply that was taken back has its files still, for Undo.
    is_taken_back = Q(pending_reply__isnull=False, pending_reply__due_at=None)
    attachments = Attachment.objects.filter(ticket=ticket).exclude(is_taken_back)
    return attachments.aggregate(size=Sum("file__size"))["size"] or 0


def _refused(reason: Any) -> InvalidInput:
    return InvalidInput(str(reason), errors={"files": [str(reason)]})
