"""System checks: what must not start. Run by every command and by `config/wsgi.py`."""

from collections.abc import Iterator
from email.utils import getaddresses
from math import inf
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import EmailValidator

from tickets.triage.providers.table import PROVIDERS

ACCESS_MODES = ("token", "open")
LLM_PROVIDERS = ("auto", *PROVIDERS, "none")
GEMINI_BACKENDS = ("sdk", "rest")
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104  (what a server listens on, where nobody can go)
BASE_URLS = ("LLM_BASE_URL", "GEMINI_BASE_URL", "OPENAI_BASE_URL", "GROQ_BASE_URL")
# The least and the most that a number may be; one that is not set is not checked.
RANGES = {
    "LLM_TIMEOUT": (0.1, 600),  # seconds
    "LLM_CONCURRENCY": (1, 1000),
    "LLM_DAILY_CALLS": (0, inf),
    "LLM_DAILY_COST": (0, inf),
    "LLM_CLIENT_CALLS": (0, inf),
    "LLM_CACHE_SECONDS": (0, 31_536_000),
    "LLM_MIN_CHARS": (0, inf),
    "LLM_MAX_INPUT_CHARS": (1, inf),
    "LLM_MAX_OUTPUT_TOKENS": (1, inf),
    "LLM_TEMPERATURE": (0, 2),
    "LLM_PRICE_INPUT": (0, 10_000),
    "LLM_PRICE_OUTPUT": (0, 10_000),
}


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


@register("triage")
def triage(**_: Any) -> list[CheckMessage]:
    """A model that is asked for must be one that can be asked."""
    messages = [*_wrong_choices(), *_wrong_shadow(), *_wrong_addresses(), *_wrong_numbers()]
    return [Error(message, id="tickets.E004") for message in messages]


def _wrong_choices() -> Iterator[str]:
    for name, choices in (("LLM_PROVIDER", LLM_PROVIDERS), ("GEMINI_BACKEND", GEMINI_BACKENDS)):
        value = getattr(settings, name)
        if value not in choices:
            yield f"{name} must be one of {', '.join(choices)} (it is {value})."


def _wrong_shadow() -> Iterator[str]:
    shadow = settings.TRIAGE_SHADOW
    provider, _, model = shadow.partition(":")
    if shadow and shadow != "offline" and not (provider in PROVIDERS and model.strip()):
        yield (
            "TRIAGE_SHADOW must be offline or provider:model, with a provider of"
            f" {', '.join(PROVIDERS)} (it is {shadow})."
        )
    if provider == "local" and not settings.LLM_BASE_URL:
        yield "TRIAGE_SHADOW=local:... needs LLM_BASE_URL, as in http://127.0.0.1:11434/v1."


def _wrong_addresses() -> Iterator[str]:
    if settings.LLM_PROVIDER == "local":
        if not settings.LLM_BASE_URL:
            yield "LLM_PROVIDER=local needs LLM_BASE_URL, as in http://127.0.0.1:11434/v1."
        if not settings.LLM_MODEL:
            yield "LLM_PROVIDER=local needs LLM_MODEL, the name of a model on that server."
    for name in BASE_URLS:
        value = getattr(settings, name)
        if value and not _is_http(value):
            yield f"{name} must start with http:// or https:// and a host name."


def _is_http(address: str) -> bool:
    try:
        parts = urlsplit(address.strip())
        _ = parts.port  # ValueError when it is none
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _wrong_numbers() -> Iterator[str]:
    for name, (least, most) in RANGES.items():
        value = getattr(settings, name)
        if value is not None and not (least <= value <= most and value != inf):
            limits = f"{least} or more" if most == inf else f"from {least} to {most}"
            yield f"{name} must be {limits} (it is {value})."


@register("mail")
def mail(**_: Any) -> list[CheckMessage]:
    """Messages must have somebody to come from, and links that lead somewhere."""
    return [Error(message, id="tickets.E005") for message in _wrong_mail()]


def _wrong_mail() -> Iterator[str]:
    by_smtp = settings.EMAIL_BACKEND == settings.SMTP_BACKEND
    if by_smtp and not settings.EMAIL_HOST:
        yield "EMAIL_URL names no mail server, as smtp://mail.example.org:25 does."
    if not _is_sender(settings.EMAIL_FROM):
        yield "EMAIL_FROM must be one e-mail address, as in Support <desk@example.org>."
    if not _is_site(settings.SITE_URL):
        yield "SITE_URL must be http:// or https:// and a host name, as in https://desk.example.org."
    elif by_smtp and urlsplit(settings.SITE_URL).hostname in EVERYWHERE:
        yield f"Set SITE_URL: links in mail would lead to {settings.SITE_URL}, which is no address."


def _is_sender(value: str) -> bool:
    found = getaddresses([value])
    if len(found) != 1 or not value.isprintable():
        return False
    try:
        EmailValidator(allowlist=["localhost"])(found[0][1])
    except ValidationError:
        return False
    return True


def _is_site(address: str) -> bool:
    parts = urlsplit(address) if _is_http(address) else None
    return parts is not None and not (parts.path or parts.query or parts.fragment or "@" in address)


def on_loopback() -> bool:
    return settings.HOST in settings.LOOPBACK_HOSTS


def refuse_unsafe_settings() -> None:
    """Raise ImproperlyConfigured with the first failed check, for a server that runs no command."""
    for message in [*access_mode(), *default_secrets(), *triage(), *mail()]:
        raise ImproperlyConfigured(message.msg)
