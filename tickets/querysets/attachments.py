"""Questions about attached files."""

from __future__ import annotations

from datetime import datetime
from typing import Self, TypeVar

from django.db import models
from django.db.models import Q

from ..vocabulary import InboundKind, InboundState, ScanState, ThreadRule

AttachmentT = TypeVar("AttachmentT", bound=models.Model)
FileT = TypeVar("FileT", bound=models.Model)


def of_description() -> Q:
    """Return the condition for files of a ticket's description.

    Those of a message that is not part of a conversation are not, such as those of one that waits
    for an agent's decision. The same as `InboundMessage.is_in_conversation`.
    """
    is_in_conversation = (
        Q(message__rule=ThreadRule.NEW)
        | Q(message__comment__isnull=False)
        | Q(message__kind=InboundKind.WRITTEN, message__state=InboundState.HANDLED)
    )
    is_of_none = Q(comment=None, pending_reply=None)
    return is_of_none & (Q(message=None) | is_in_conversation)


class AttachmentQuerySet(models.QuerySet[AttachmentT]):
    def visible_to_requester(self) -> Self:
        """Return the files whose text the requester may read: no notes, and no waiting replies."""
        return self.filter(Q(comment__public=True) | of_description())


class StoredFileQuerySet(models.QuerySet[FileT]):
    def waiting_for_scan(self) -> Self:
        """Return the files that the scanner has not read yet, oldest first."""
        return self.filter(scan_state=ScanState.WAITING).order_by("created_at", "pk")

    def unused(self, before: datetime) -> Self:
        """Return the files from before a time that nothing is attached to."""
        return self.filter(attachments=None, created_at__lt=before)
