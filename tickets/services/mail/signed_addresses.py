"""Addresses of the desk that say what an answer belongs to: support+t123.SIGNATURE@example.org.

They are the surest way to join mail to its ticket, because every mail program keeps the address
that it answers to. Nobody can make one without SECRET_KEY, or a key before it.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Iterable
from typing import Literal

from ...models.mail import Email
from ...models.secret_keys import derived, secret_keys
from ...models.ticket import Ticket

SIGNATURE_BYTES = 10
# Mail servers may change the case of an address, and some ticket systems add their own plus.
# Without re.A, letters beyond ASCII whose other case is in ASCII would match.
SIGNED = re.compile(
    r"[+](?P<kind>[tbn])(?P<id>[0-9]{1,18})\.(?P<signature>[a-z2-7]{16})@", re.I | re.A
)
Kind = Literal["t", "b", "n"]


def ticket_address(address: str, ticket: Ticket) -> str:
    """Return where answers to a ticket go. It stops working when the private link is replaced."""
    return _signed(address, "t", ticket.pk, ticket.link_digest or ticket.link_nonce)


def bounce_address(address: str, email: Email) -> str:
    """Return where an email comes back to if it cannot be delivered."""
    return _signed(address, "b", email.pk, _secret_of(email))


def notice_address(address: str, email: Email) -> str:
    """Return where an agent's answer to an email about a ticket goes."""
    return _signed(address, "n", email.pk, _secret_of(email))


def _secret_of(email: Email) -> str:
    return email.created_at.isoformat()


def ticket_of(addresses: Iterable[str]) -> Ticket | None:
    """Return the ticket that one of the addresses names; wrong signatures are ignored.

    A merged ticket is returned as it is: its addresses lead to the target.
    """
    for kind, number, address in _named(addresses):
        ticket = Ticket.with_merged.filter(pk=number).first() if kind == "t" else None
        if ticket is None:
            continue
        # Releases until 0.5 signed the nonce. It changes with SECRET_KEY, the hash does not.
        for secret in (ticket.link_digest, ticket.link_nonce):
            if secret is not None and _is_signed(address, "t", number, secret):
                return ticket
    return None


def returned_email(addresses: Iterable[str]) -> Email | None:
    """Return the email that came back to one of these addresses."""
    return _email(addresses, "b")


def answered_notice(addresses: Iterable[str]) -> Email | None:
    """Return the email to an agent that is answered at one of these addresses."""
    return _email(addresses, "n")


def _email(addresses: Iterable[str], wanted: Kind) -> Email | None:
    for kind, number, address in _named(addresses):
        email = Email.objects.filter(pk=number).first() if kind == wanted else None
        if email is not None and _is_signed(address, wanted, number, _secret_of(email)):
            return email
    return None


def _named(addresses: Iterable[str]) -> Iterable[tuple[str, int, str]]:
    """Yield kind, id and signed part of each address that has one."""
    for address in addresses:
        if match := SIGNED.search(address):
            yield match["kind"].lower(), int(match["id"]), match[0].lower()


def _is_signed(address: str, kind: Kind, number: int, secret: str) -> bool:
    expected = [_signed("", kind, number, secret, key) for key in secret_keys()]
    return any(hmac.compare_digest(address, each) for each in expected)


def _signed(address: str, kind: Kind, number: int, secret: str, key: str = "") -> str:
    """Return the address with a signature of 80 bits, by the present key if none is named."""
    signed = derived("tickets.mail-address", f"{kind} {number} {secret}", key)
    signature = base64.b32encode(signed[:SIGNATURE_BYTES]).decode().lower()
    name, _, domain = address.rpartition("@")
    return f"{name.partition('+')[0]}+{kind}{number}.{signature}@{domain}"
