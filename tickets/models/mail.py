"""Messages to requesters."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import idna
from django.db import models
from django.utils import timezone

from .choices import Mail, MailState, one_of
from .ticket import Comment, Ticket

ERROR_LENGTH = 500


def deliverable(address: str) -> str:
    """The address as mail servers take it, its domain in ASCII; ValueError where it has no such.

    By IDNA 2008 (RFC 5891), which domains are registered by: Django's own way, IDNA 2003, would
    make strasse.example of straße.example, which may be somebody else's.
    """
    name, at, domain = address.rpartition("@")
    if not domain.isascii():
        domain = idna.encode(domain, uts46=True).decode("ascii")
    return f"{name}{at}{domain}"


class Email(models.Model):
    """A message to a requester about one event. Its row is what keeps it from going out twice."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="emails")
    kind = models.CharField(max_length=10, choices=Mail)
    # Names the event, as in "reply 12": a second message about it is refused.
    event = models.CharField(max_length=100, unique=True)
    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, null=True, blank=True)
    address = models.EmailField(blank=True)  # where it went
    state = models.CharField(max_length=10, choices=MailState, default=MailState.WAITING)
    error = models.CharField(max_length=ERROR_LENGTH, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "email"
        constraints = [one_of("kind", Mail), one_of("state", MailState)]
        indexes = [models.Index(fields=["ticket", "-id"], name="email_of_ticket")]

    def __str__(self) -> str:
        return f"{self.kind} of #{self.ticket_id}"

    def move(self, old: Collection[str], new: str, error: str = "", **values: Any) -> bool:
        """Go from one of the `old` states to a new one, unless another was faster."""
        values |= {"state": new, "error": error[:ERROR_LENGTH]}
        moved = Email.objects.filter(pk=self.pk, state__in=old).update(**values)
        return bool(moved)
