"""The secret address at which a requester reads their ticket."""

from __future__ import annotations

import base64
import hashlib
import secrets

from django.db import models
from django.urls import reverse

from .secret_keys import derived, secret_keys

SECRET_BYTES = 16
CARRIED = "="  # begins the nonce of a link that was carried over to another key


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
        alone opens a ticket. A link that was made under one of SECRET_KEY_FALLBACKS stays the same.
        """
        candidates = map(self._secret_under, secret_keys())
        own = (each for each in candidates if digest(each) == self.link_digest)
        return next(own, self._secret_under(secret_keys()[0]))

    def _secret_under(self, key: str) -> str:
        if not self.link_nonce.startswith(CARRIED):
            return _text(derived("tickets.private-link", self.link_nonce, key)[:SECRET_BYTES])
        padded = base64.urlsafe_b64decode(self.link_nonce[len(CARRIED) :] + "==")
        return _text(_combined(padded, self._pad(key)))

    def _pad(self, key: str) -> bytes:
        """Return bytes that no other link has: the hash is that of one link only."""
        return derived("tickets.private-link.carried", self.link_digest or "", key)[:SECRET_BYTES]

    def carry_link(self) -> bool | None:
        """Make the nonce one of the present key, which then shows the same link.

        Return whether it had to be changed; None if no key that is left shows the link.
        """
        secret, present = self.link_secret, secret_keys()[0]
        if digest(secret) != self.link_digest:
            return None
        if secret == self._secret_under(present):
            return False
        padded = _combined(base64.urlsafe_b64decode(f"{secret}=="), self._pad(present))
        self.link_nonce = f"{CARRIED}{_text(padded)}"
        return True

    def issue_link(self) -> None:
        """Make a new private link. The previous one stops working."""
        self.link_nonce, self.link_digest = new_nonce(), None
        self.link_digest = digest(self.link_secret)

    def private_link_path(self) -> str:
        return reverse("requester-page", args=[self.link_secret])

    def address_check_path(self, token: str) -> str:
        """Return the page that confirms a requester's new address, see `services/addresses.py`."""
        return reverse("confirm-address", args=[token])


def _text(secret: bytes) -> str:
    return base64.urlsafe_b64encode(secret).decode().rstrip("=")


def _combined(first: bytes, second: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(first, second, strict=True))


def link_once(name: str) -> models.UniqueConstraint:
    """Return the constraint that no two rows have the same private link."""
    return models.UniqueConstraint(fields=["link_digest"], name=name)


def digest(secret: str) -> str:
    """Return the hexadecimal SHA-256 of a secret with at least 128 random bits, for storage."""
    return hashlib.sha256(secret.encode()).hexdigest()


def new_nonce() -> str:
    return secrets.token_hex(16)
