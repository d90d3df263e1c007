"""Message-IDs of the messages that test a mailbox: the desk opens no ticket for them."""

from __future__ import annotations

import hmac
import re
import secrets

from django.utils.crypto import salted_hmac

SIGNED_ID = re.compile(r"<mailbox-test\.(?P<nonce>[0-9a-f]{16})\.(?P<signature>[0-9a-f]{20})@")


def new_check_id(domain: str) -> str:
    nonce = secrets.token_hex(8)
    return f"<mailbox-test.{nonce}.{_signature(nonce)}@{domain}>"


def is_check_id(message_id: str) -> bool:
    """Return whether a Message-ID is that of a test, sent by this desk."""
    match = SIGNED_ID.match(message_id)
    return match is not None and hmac.compare_digest(match["signature"], _signature(match["nonce"]))


def _signature(nonce: str) -> str:
    return salted_hmac("tickets.mailbox-check", nonce, algorithm="sha256").hexdigest()[:20]
