"""Email to requesters: the outbox."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import idna
from django.db import models
from django.utils import timezone

from ..vocabulary import MailKind, MailState
from .constraints import one_of
from .ticket import Comment, Ticket

MAX_ERROR_CHARS = 500


def deliverable_address(address: str) -> str:
    """Return the address with its domain in ASCII, as mail servers expect it.

    Uses IDNA 2008 (RFC 5891), the rules that domains are registered by. Django uses IDNA 2003,
    which turns straße.example into strasse.example: possibly somebody else's domain.
    Raise ValueError if the domain has no ASCII form.
    """
    name, at, domain = address.rpartition("@")
    if not domain.isascii():
        domain = idna.encode(domain, uts46=True).decode("ascii")
    return f"{name}{at}{domain}"


def mailbox(address: str) -> str:
    """Return one name for all the ways to write an address that reach the same mailbox."""
    name, _, domain = deliverable_address(address).casefold().rpartition("@")
    return f"{name.partition('+')[0]}@{domain}"


class Email(models.Model):
    """An email to a requester about one event. The row ensures that it is sent only once."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="emails")
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

    class Meta:
        verbose_name = "email"
        constraints = [one_of("kind", MailKind), one_of("state", MailState)]
        indexes = [models.Index(fields=["ticket", "-id"], name="email_of_ticket")]

    def __str__(self) -> str:
        return f"{self.kind} of #{self.ticket_id}"

    @property
    def has_own_address(self) -> bool:
        """Return whether it goes to `address`, wherever the ticket's other emails go."""
        return self.kind in (MailKind.LINKS, MailKind.CONFIRM, MailKind.MOVED)

    @property
    def recipient(self) -> str:
        return self.address if self.has_own_address else self.ticket.requester_email

    def move_state(self, old: Collection[str], new: str, error: str = "", **values: Any) -> bool:
        """Move from an `old` state to a new one. Return False if another process was faster."""
        values |= {"state": new, "error": error[:MAX_ERROR_CHARS]}
        moved = Email.objects.filter(pk=self.pk, state__in=old).update(**values)
        return bool(moved)
