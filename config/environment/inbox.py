"""The type of the setting INBOX_URL: a mailbox to fetch by IMAP."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

EXAMPLE = "imaps://user:password@imap.example.org/INBOX"
# The kind of encryption, by its name in the database, and the port.
SCHEMES = {"imaps": ("tls", 993), "imap+starttls": ("starttls", 143), "imap": ("none", 143)}
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")
OPTIONS = frozenset({"address", "since"})


@dataclass(frozen=True)
class Inbox:
    """How to fetch a mailbox. `address` is "" if it is not named.

    `since` counts only with `has_since`; None then means that all messages are taken.
    """

    host: str
    port: int
    security: str
    username: str
    password: str = field(repr=False)
    folder: str
    address: str = ""
    has_since: bool = False
    since: datetime | None = None


def inbox_url(value: str) -> Inbox:
    try:
        parts = urlsplit(value)
        security, default_port = SCHEMES[parts.scheme]
        port = parts.port or default_port
    except (ValueError, KeyError):
        raise ValueError(
            f"be an address such as {EXAMPLE} or imap+starttls://user:password@host/INBOX,"
            " with special characters of the password percent-encoded (%40 for @, %2F for /)"
        ) from None
    if not parts.hostname:
        raise ValueError(f"name a mail server, as in {EXAMPLE}")
    if not parts.username or not parts.password:
        raise ValueError(f"have a user name and a password, as in {EXAMPLE}")
    if parts.fragment:
        raise ValueError("have # percent-encoded, as %23")
    if security == "none" and parts.hostname not in LOOPBACK_HOSTS:
        raise ValueError(
            "start with imaps:// or imap+starttls://, because imap:// sends the password in the"
            " clear; only a server on this machine may be reached so"
        )
    return Inbox(
        host=parts.hostname,
        port=port,
        security=security,
        username=unquote(parts.username),
        password=unquote(parts.password),
        folder=unquote(parts.path.strip("/")) or "INBOX",
        **_options(parts.query),
    )


def _options(query: str) -> Mapping[str, Any]:
    options = dict(parse_qsl(query, keep_blank_values=True))
    if not OPTIONS.issuperset(options):
        raise ValueError("have no options other than ?address=...&since=..., and ? percent-encoded")
    since = options.get("since", "")
    return {
        "address": _address(options.get("address", "")),
        "has_since": bool(since),
        "since": _midnight(since) if since not in ("", "all") else None,
    }


def _address(text: str) -> str:
    from django.core.exceptions import ValidationError
    from django.core.validators import EmailValidator

    try:
        if text:
            EmailValidator(allowlist=["localhost"])(text)
    except ValidationError:
        raise ValueError("have an email address in ?address=support@example.org") from None
    return text


def _midnight(text: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text), time.min, UTC)
    except ValueError:
        raise ValueError("have a date or all in ?since=, as in ?since=2026-01-31") from None
