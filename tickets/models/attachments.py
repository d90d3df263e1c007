"""Files that belong to tickets."""

from __future__ import annotations

import uuid

import pghistory
from django.db import models
from django.db.models import Q
from django.utils import timezone

from ..querysets.attachments import AttachmentQuerySet, StoredFileQuerySet
from ..vocabulary import MAX_FILE_NAME_BYTES, ScanState
from .constraints import one_of
from .incoming import InboundMessage
from .mail import MAX_ERROR_CHARS
from .ticket import Comment, Ticket
from .workplace import PendingReply


class StoredFile(models.Model):
    """The bytes of a file, stored once however often they are attached.

    `name` is where they lie in `STORAGES["attachments"]`. The type is what the content shows,
    whatever the sender says.
    """

    sha256 = models.CharField(max_length=64, unique=True, editable=False)
    size = models.BigIntegerField()
    name = models.CharField(max_length=200)
    type = models.CharField(max_length=127)
    # Where its thumbnail lies. Empty: there is none, or not yet.
    thumbnail = models.CharField(max_length=200, blank=True)
    scan_state = models.CharField(max_length=10, choices=ScanState, default=ScanState.NOT_NEEDED)
    scan_result = models.CharField(max_length=MAX_ERROR_CHARS, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = StoredFileQuerySet.as_manager()

    class Meta:
        constraints = [one_of("scan_state", ScanState)]
        indexes = [
            models.Index(
                fields=["created_at"],
                condition=Q(scan_state=ScanState.WAITING),
                name="file_to_scan",
            )
        ]

    def __str__(self) -> str:
        return self.name


@pghistory.track(
    pghistory.InsertEvent(),
    fields=["ticket", "name"],
    model_name="AttachmentEvent",
    context_field=pghistory.ContextJSONField(),
)
class Attachment(models.Model):
    """A file of a ticket: of its description, of a comment, or of a reply that is pending.

    The requester sees it wherever they see the text that it belongs to.
    """

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="attachments")
    comment = models.ForeignKey(
        Comment, on_delete=models.CASCADE, null=True, blank=True, related_name="attachments"
    )
    pending_reply = models.ForeignKey(
        PendingReply, on_delete=models.CASCADE, null=True, blank=True, related_name="attachments"
    )
    # The message that it came with, which agents may still have to accept.
    message = models.ForeignKey(
        InboundMessage, on_delete=models.SET_NULL, null=True, blank=True, related_name="attachments"
    )
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="attachments")
    name = models.CharField(max_length=MAX_FILE_NAME_BYTES)
    # By which the HTML of a message shows it in place, without its angle brackets.
    content_id = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "uuid"]

    def __str__(self) -> str:
        return self.name
