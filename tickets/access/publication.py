"""Whether others than this machine can reach the desk: one question, asked of all settings."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings


def published_by() -> str:
    """Return the setting that says that others can reach the desk, as in "HTTPS=1"; "" if none.

    HOST alone does not tell: a proxy on the same machine reaches the desk by loopback.
    """
    return next(_signals(), "")


def is_loopback(host: str) -> bool:
    """Return whether a name or an address leads to the machine that uses it."""
    name = host.strip("[]").lower().rstrip(".")
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


def _signals() -> Iterator[str]:
    if settings.HTTPS:
        yield "HTTPS=1"
    # Docker Compose has one proxy of its own, which listens on HOST.
    included = 1 if settings.INSTALLATION == "compose" else 0
    if included < settings.TRUSTED_PROXIES:
        yield f"TRUSTED_PROXIES={settings.TRUSTED_PROXIES}"
    for host, signal in _hosts():
        if not is_loopback(host):
            yield signal


def _hosts() -> Iterator[tuple[str, str]]:
    """Return each host under which people reach the desk, and the setting that has it."""
    yield settings.HOST, f"HOST={settings.HOST}"
    for name in settings.ALLOWED_HOSTS:
        yield name, f"ALLOWED_HOSTS has {name}"
    for origin in settings.CSRF_TRUSTED_ORIGINS:
        yield urlsplit(origin).hostname or "", f"CSRF_TRUSTED_ORIGINS has {origin}"
    yield urlsplit(settings.SITE_URL).hostname or "", f"SITE_URL={settings.SITE_URL}"
