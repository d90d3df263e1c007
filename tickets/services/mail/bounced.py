"""Addresses that get no more mail, because some came back."""

from __future__ import annotations

from ...mail.addresses import folded_address
from ...models.mail import MAX_ERROR_CHARS, BouncedAddress, Email
from ...models.ticket import Ticket


def stop_address(email: Email, kind: str, diagnostic: str, ticket: Ticket | None) -> None:
    """Let no more mail go where this email went. What stopped it first stays.

    `kind` is one of `BounceKind`; `ticket` is where agents see it.
    """
    if folded := folded_address(email.address):
        BouncedAddress.objects.get_or_create(
            folded=folded,
            defaults={
                "address": email.address,
                "kind": kind,
                "diagnostic": diagnostic[:MAX_ERROR_CHARS],
                "email": email,
                "ticket": ticket,
            },
        )


def bounce_of(address: str) -> BouncedAddress | None:
    """Return what stops all email to this address; None if nothing does. One query."""
    return BouncedAddress.objects.filter(folded=folded_address(address)).first()


def clear_address(address: str) -> bool:
    """Let mail go to an address again. Return False if nothing stopped it."""
    return bool(BouncedAddress.objects.filter(folded=folded_address(address)).delete()[0])
