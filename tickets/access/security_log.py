"""What concerns accounts, rights and access: a line each in the log, for whoever watches it.

`docs/security.md` lists the events. A line names the event, whom or what it is about, and the
client's address; the id of the request and who acted are in every line of a request.
"""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Iterable
from typing import Any

from axes.signals import user_locked_out
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponseBase

from ..models.housekeeping import Counter
from ..models.private_link import digest
from ..vocabulary import SecurityEvent
from .client_addresses import client_address

logger = logging.getLogger("tickets.security")
# What somebody was refused, or may have tried to get in by.
SUSPICIOUS = frozenset(
    {
        SecurityEvent.SIGN_IN_FAILED,
        SecurityEvent.ACCOUNT_LOCKED,
        SecurityEvent.TOKEN_REFUSED,
        SecurityEvent.FORBIDDEN,
        SecurityEvent.RATE_LIMITED,
    }
)
REFUSALS = {403: SecurityEvent.FORBIDDEN, 429: SecurityEvent.RATE_LIMITED}
NETWORK_BITS = {4: 24, 6: 48}  # what usually stays with one line or one mobile provider
REMEMBERED = 90 * 24 * 3600  # seconds for which a network is known


def note(event: SecurityEvent, subject: str = "", details: Iterable[str] = ()) -> None:
    """Log an event. `subject` is an account, a group, a token or a ticket."""
    level = logging.WARNING if event in SUSPICIOUS else logging.INFO
    message = ": ".join(filter(None, [event.label.lower(), ", ".join(details)]))
    logger.log(level, "%s", message, extra={"event": event.value, "subject": subject})


def note_refusal(response: HttpResponseBase) -> None:
    """Log that a request was refused for lack of a right, or by a limit."""
    if event := REFUSALS.get(response.status_code):
        note(event)


def note_opened(ticket_id: int, secret: str, request: HttpRequest) -> None:
    """Log that a private link was opened, the first time from each network."""
    address = ipaddress.ip_address(client_address(request))
    bits = NETWORK_BITS[address.version]
    network = ipaddress.ip_network(f"{address}/{bits}", strict=False)
    name = f"link:{digest(secret)[:32]}:{network.network_address}"
    if Counter.objects.is_first(name, seconds=REMEMBERED):
        note(SecurityEvent.LINK_OPENED, f"ticket #{ticket_id}")


def note_lifted(name: str | None) -> None:
    """Log that the lock of an account was lifted."""
    note(SecurityEvent.LOCK_LIFTED, _known_name(name))


@receiver(user_logged_in)
def _signed_in(user: Any, **_signal: Any) -> None:
    note(SecurityEvent.SIGNED_IN, user.get_username())


@receiver(user_logged_out)
def _signed_out(user: Any, **_signal: Any) -> None:
    if user is not None:
        note(SecurityEvent.SIGNED_OUT, user.get_username())


@receiver(user_login_failed)
def _failed(credentials: dict[str, Any], **_signal: Any) -> None:
    note(SecurityEvent.SIGN_IN_FAILED, _known_name(credentials.get("username")))


@receiver(user_locked_out)
def _locked(username: str, **_signal: Any) -> None:
    note(SecurityEvent.ACCOUNT_LOCKED, _known_name(username))


def _known_name(name: str | None) -> str:
    """Return the name of an account. Another one may be a password in the wrong field."""
    return name if name and User.objects.filter(username=name).exists() else ""
