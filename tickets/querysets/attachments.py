"""Questions about attached files."""

from __future__ import annotations

from datetime import datetime
from typing import Self, TypeVar

from django.db import models
from django.db.models import Q

from ..vocabulary import ScanState, ThreadRule

AttachmentT = TypeVar("AttachmentT", bound=models.Model)
FileT = TypeVar("FileT", bound=models.Model)


def of_description() -> Q:
    """Return the condition for files of a ticket's description.

    Those of a message that neither opened the ticket nor became a comment are beside the
    conversation, such as those of a message that waits for an agent's decision.
    """
    is_of_message = Q(message__isnull=False) & ~Q(message__rule=ThreadRule.NEW)
    return Q(comment=None, pending_reply=None) & ~is_of_message


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
