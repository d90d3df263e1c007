"""The secret address at which a requester reads their ticket."""

from __future__ import annotations

import base64
import hashlib
import secrets

from django.db import models
from django.urls import reverse
from django.utils.crypto import salted_hmac


class PrivateLink(models.Model):
    """The columns of a private link: its secret is derived from the nonce, its hash compared."""

    link_nonce = models.CharField(max_length=32, default="", editable=False)
    # Unique by `link_once`: with `unique=True` it would also have an index for LIKE.
    link_digest = models.CharField(  # noqa: DJ001  (revoked links are all NULL, none equal)
        max_length=64, null=True, editable=False
    )

    class Meta:
        abstract = True

    @property
    def link_secret(self) -> str:
        """Return 128 bits as 22 characters.

        They depend on the row and on SECRET_KEY, so neither a copy of the database nor the key
        alone opens a ticket.
        """
        key = salted_hmac("tickets.private-link", self.link_nonce, algorithm="sha256").digest()
        return base64.urlsafe_b64encode(key[:16]).decode().rstrip("=")

    def issue_link(self) -> None:
        """Make a new private link. The previous one stops working."""
        self.link_nonce = new_nonce()
        self.link_digest = digest(self.link_secret)

    def private_link_path(self) -> str:
        return reverse("requester-page", args=[self.link_secret])

    def address_check_path(self, token: str) -> str:
        """Return the page that confirms a requester's new address, see `services/addresses.py`."""
        return reverse("confirm-address", args=[token])


def link_once(name: str) -> models.UniqueConstraint:
    """Return the constraint that no two rows have the same private link."""
    return models.UniqueConstraint(fields=["link_digest"], name=name)


def digest(secret: str) -> str:
    """Return the hexadecimal SHA-256 of a secret with at least 128 random bits, for storage."""
    return hashlib.sha256(secret.encode()).hexdigest()


def new_nonce() -> str:
    return secrets.token_hex(16)
