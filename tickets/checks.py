"""System checks: what must not start. Run by every command and by `config/wsgi.py`."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured

ACCESS_MODES = ("token", "open")


@register(Tags.security)
def access_mode(**_: Any) -> list[CheckMessage]:
    """Open mode only where nobody else can reach it."""
    if settings.ACCESS_MODE not in ACCESS_MODES:
        return [Error(f"ACCESS_MODE must be one of {', '.join(ACCESS_MODES)}.", id="tickets.E001")]
    if settings.ACCESS_MODE == "open" and not on_loopback():
        message = (
            "ACCESS_MODE=open lets anybody act as an agent, so HOST must be a loopback address"
            f" (it is {settings.HOST}). Use ACCESS_MODE=token, or HOST=127.0.0.1."
        )
        return [Error(message, id="tickets.E002")]
    return []


@register(Tags.security)
def default_secrets(**_: Any) -> list[CheckMessage]:
    """No default secret where others can reach it."""
    if on_loopback():
        return []
    secrets = {
        "SECRET_KEY": settings.SECRET_KEY,
        "ADMIN_PASSWORD": settings.ADMIN_PASSWORD,
        "POSTGRES_PASSWORD": settings.DATABASES["default"].get("PASSWORD", ""),
    }
    return [
        Error(f"Set {name} to a secret of your own: HOST is {settings.HOST}.", id="tickets.E003")
        for name, value in secrets.items()
        if settings.PLACEHOLDER in value
    ]


def on_loopback() -> bool:
    return settings.HOST in settings.LOOPBACK_HOSTS


def refuse_unsafe_settings() -> None:
    """Raise ImproperlyConfigured with the first failed check, for a server that runs no command."""
    for message in [*access_mode(), *default_secrets()]:
        raise ImproperlyConfigured(message.msg)
