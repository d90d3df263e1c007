"""Message-IDs of the messages that test a mailbox: the desk opens no ticket for them."""

from __future__ import annotations

import hmac
import re
import secrets

from ...models.secret_keys import derived, secret_keys

SIGNED_ID = re.compile(r"<mailbox-test\.(?P<nonce>[0-9a-f]{16})\.(?P<signature>[0-9a-f]{20})@")


def new_check_id(domain: str) -> str:
    nonce = secrets.token_hex(8)
    return f"<mailbox-test.{nonce}.{_signature(nonce)}@{domain}>"


def is_check_id(message_id: str) -> bool:
    """Return whether a Message-ID is that of a test, sent by this desk."""
    match = SIGNED_ID.match(message_id)
    return match is not None and any(
        hmac.compare_digest(match["signature"], _signature(match["nonce"], key))
        for key in secret_keys()
    )


def _signature(nonce: str, key: str = "") -> str:
    return derived("tickets.mailbox-check", nonce, key).hex()[:20]
