"""The outbox: email to requesters and to agents, and what agents are told about."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from ..querysets.bounced import BouncedAddressQuerySet, EmailQuerySet
from ..vocabulary import (
    MAX_EMAIL_CHARS,
    MAX_USERNAME_CHARS,
    BounceKind,
    MailKind,
    MailState,
    NotificationKind,
)
from .constraints import one_of
from .participants import Participant
from .ticket import Comment, Ticket

MAX_ERROR_CHARS = 500
# What may be sent again. So may an email that was dropped because earlier ones had come back.
UNDELIVERED = (MailState.BOUNCED, MailState.FAILED, MailState.UNCERTAIN)
STOPPED = "Email to this address came back."


class Email(models.Model):
    """An email about one event. The row ensures that it is sent only once.

    It goes to the ticket's requester, to a `participant`, or to the `recipient`, an agent. Several
    tickets, or none, may be the subject of an email to an agent; then `ticket` is None.
    """

    ticket = models.ForeignKey(
        Ticket, on_delete=models.CASCADE, null=True, blank=True, related_name="emails"
    )
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="emails",
    )
    # Somebody else who takes part in the ticket and gets its public replies.
    participant = models.ForeignKey(
        Participant,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="emails",
    )
    kind = models.CharField(max_length=10, choices=MailKind)
    # Names the event, such as "reply 12". A second email about it is refused.
    event = models.CharField(max_length=100, unique=True)
    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, null=True, blank=True)
    # Where it was sent. An email that does not go to the ticket's address has it from the start.
    address = models.EmailField(blank=True)
    state = models.CharField(max_length=10, choices=MailState, default=MailState.WAITING)
    error = models.CharField(max_length=MAX_ERROR_CHARS, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    # When the link in an email of the kind `confirm` was used.
    confirmed_at = models.DateTimeField(null=True, blank=True, editable=False)
    # With its angle brackets, once it was handed to a server: answers and bounces name it.
    message_id = models.CharField(
        max_length=255, blank=True, default="", db_default="", editable=False
    )
    # What the server said when the message came back.
    bounced_at = models.DateTimeField(null=True, blank=True, editable=False)
    bounce_kind = models.CharField(
        max_length=10, choices=BounceKind, blank=True, default="", db_default="", editable=False
    )

    objects = EmailQuerySet.as_manager()

    class Meta:
        verbose_name = "email"
        constraints = [
            one_of("kind", MailKind),
            one_of("state", MailState),
            models.CheckConstraint(
                condition=models.Q(ticket__isnull=False) | models.Q(recipient__isnull=False),
                name="email_to_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["ticket", "-id"], name="email_of_ticket"),
            models.Index(
                fields=["message_id"],
                condition=~models.Q(message_id=""),
                name="email_by_message_id",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of #{self.ticket_id}" if self.ticket_id else self.kind

    @property
    def has_own_address(self) -> bool:
        """Return whether it goes to `address`, wherever the ticket's other emails go."""
        return self.kind in (MailKind.LINKS, MailKind.CONFIRM, MailKind.MOVED)

    @property
    def current_address(self) -> str:
        """Return where the email goes, as it stands now; "" for nowhere."""
        if self.recipient is not None:
            return self.recipient.email
        if self.has_own_address:
            return self.address
        if self.participant is not None:
            return self.participant.address
        return self.ticket.requester_email if self.ticket else ""

    @property
    def can_be_resent(self) -> bool:
        """Return whether it did not arrive, or possibly not, and somebody may send it again."""
        was_stopped = self.state == MailState.DROPPED and self.error.startswith(STOPPED)
        return was_stopped or self.state in UNDELIVERED

    def move_state(self, old: Collection[str], new: str, error: str = "", **values: Any) -> bool:
        """Move from an `old` state to a new one. Return False if another process was faster."""
        values |= {"state": new, "error": error[:MAX_ERROR_CHARS]}
        moved = Email.objects.filter(pk=self.pk, state__in=old).update(**values)
        return bool(moved)


class BouncedAddress(models.Model):
    """An address that the desk sends no more mail to, until an agent deletes the row."""

    folded = models.CharField(max_length=2 * MAX_EMAIL_CHARS, unique=True)
    address = models.EmailField()
    kind = models.CharField(max_length=10, choices=BounceKind, default=BounceKind.HARD)
    # The words of the server that refused the message.
    diagnostic = models.CharField(max_length=MAX_ERROR_CHARS, blank=True)
    email = models.ForeignKey(Email, on_delete=models.SET_NULL, null=True, related_name="+")
    ticket = models.ForeignKey(Ticket, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = BouncedAddressQuerySet.as_manager()

    class Meta:
        verbose_name = "address that bounces"
        verbose_name_plural = "addresses that bounce"
        constraints = [one_of("kind", BounceKind)]

    def __str__(self) -> str:
        return self.address


class Notification(models.Model):
    """Something that an agent is told about by email. The row ensures that it is told only once.

    It waits until a job puts it into an email, possibly with others.
    """

    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications"
    )
    kind = models.CharField(max_length=10, choices=NotificationKind)
    # Names the event, such as "answer 12". An account is told about it once.
    event = models.CharField(max_length=100)
    # None if it is about all `count` tickets of the `leaver`.
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, null=True, blank=True)
    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, null=True, blank=True)
    actor = models.CharField(max_length=MAX_USERNAME_CHARS)
    leaver = models.CharField(max_length=MAX_USERNAME_CHARS, blank=True)
    count = models.PositiveIntegerField(default=1)
    is_hourly = models.BooleanField()
    email = models.ForeignKey(
        Email, on_delete=models.CASCADE, null=True, blank=True, related_name="notifications"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            one_of("kind", NotificationKind),
            models.UniqueConstraint(fields=["account", "event"], name="notification_once"),
        ]
        indexes = [
            models.Index(
                fields=["account"],
                condition=models.Q(email__isnull=True),
                name="notification_waiting",
            )
        ]

    def __str__(self) -> str:
        return f"{self.event} for account {self.account_id}"
