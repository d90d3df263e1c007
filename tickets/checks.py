"""System checks: combinations of settings with which the desk must not start, or only warned.

Every command runs them, and so does `config/wsgi.py`. A single wrong value is refused earlier,
where the environment is read: see `config/environment`.
"""

import logging
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured, ValidationError

from tickets.access.publication import is_loopback, published_by
from tickets.services.mail.composition import OutgoingMessage, configured_sender
from tickets.services.privileges import known_of_owner
from tickets.triage import config, engine
from tickets.triage.providers.table import NAME_A_PROVIDER, PROVIDERS

logger = logging.getLogger(__name__)

# A server can listen on these, but nobody can connect to them from elsewhere.
WILDCARD_ADDRESSES = ("0.0.0.0", "::")  # noqa: S104  # nosec B104  # refused as the address of links
MIN_KEY_CHARS = 32


@register(Tags.security)
def check_published_desk_is_safe(**_: Any) -> list[CheckMessage]:
    """Refuse what is fit for one's own machine only, if others can reach the desk."""
    published = published_by()
    if not published:
        return []
    return [
        Error(f"{problem} Others can reach the desk: {published}.", id=f"tickets.{code}")
        for code, problem in _unsafe_settings()
    ]


def _unsafe_settings() -> Iterator[tuple[str, str]]:
    if settings.ACCESS_MODE == "open":
        yield "E002", "ACCESS_MODE=open lets anybody act as an agent: use ACCESS_MODE=token."
    if settings.DEBUG:
        yield "E008", "DEBUG=1 shows details of errors to everybody: set DEBUG=0."
    yield from (("E003", problem) for problem in _unsafe_secrets())
    if sends_mail() and is_loopback(urlsplit(settings.SITE_URL).hostname or ""):
        yield "E005", f"Set SITE_URL: links in mail would lead to {settings.SITE_URL}."


def _unsafe_secrets() -> Iterator[str]:
    database = settings.DATABASES["default"]
    owner = database.get("OWNER")
    secrets = {
        "SECRET_KEY": settings.SECRET_KEY,
        "METRICS_TOKEN": settings.METRICS_TOKEN,
        "ADMIN_PASSWORD": settings.ADMIN_PASSWORD,
        "POSTGRES_PASSWORD": (owner or database).get("PASSWORD", ""),
        "POSTGRES_APP_PASSWORD": database.get("PASSWORD", "") if owner else "",
    }
    fallbacks = [("SECRET_KEY_FALLBACKS", value) for value in settings.SECRET_KEY_FALLBACKS]
    for name, value in [*secrets.items(), *fallbacks]:
        if settings.DEFAULT_SECRET in value:
            yield f"Set {name} to a secret of your own."
        elif name in ("SECRET_KEY", "SECRET_KEY_FALLBACKS", "METRICS_TOKEN"):
            if len(value) < MIN_KEY_CHARS and (value or name == "SECRET_KEY"):
                yield f"{name} needs at least {MIN_KEY_CHARS} characters."
        elif value and (name == "ADMIN_PASSWORD" or settings.POSTGRES_HOST):
            try:
                validate_password(value, User(username=settings.ADMIN_USERNAME))
            except ValidationError as error:
                yield f"{name} is easily guessed: {error.messages[0]}"
    is_shared = "DATA_DIR" not in database and not settings.INSTALLATION
    if settings.SECRET_KEY_IS_STORED and is_shared:
        path = settings.DATA_DIR / "secret_key"
        yield (
            "Set SECRET_KEY, which all machines with this database must share, or"
            f" SECRET_KEY_FILE={path} to go on with the key of this one."
        )


@register("triage")
def check_models_can_be_asked(**_: Any) -> list[CheckMessage]:
    """Refuse a model or shadow that lacks a setting."""
    messages = [*_problems_of_local_model(), *_problems_of_shadow()]
    return [Error(message, id="tickets.E004") for message in messages]


def _problems_of_local_model() -> Iterator[str]:
    if settings.LLM_PROVIDER == "local":
        if not settings.LLM_BASE_URL:
            yield "LLM_PROVIDER=local needs LLM_BASE_URL, as in http://127.0.0.1:11434/v1."
        if not settings.LLM_MODEL:
            yield "LLM_PROVIDER=local needs LLM_MODEL, the name of a model on that server."


def _problems_of_shadow() -> Iterator[str]:
    shadow = settings.TRIAGE_SHADOW
    provider, _, model = shadow.partition(":")
    if shadow and shadow != "offline" and not (provider in PROVIDERS and model.strip()):
        yield (
            "TRIAGE_SHADOW must be offline or provider:model, where provider is one of"
            f" {', '.join(PROVIDERS)} (it is {shadow})."
        )
    if provider == "local" and not settings.LLM_BASE_URL:
        yield "TRIAGE_SHADOW=local:... needs LLM_BASE_URL, as in http://127.0.0.1:11434/v1."


@register("triage")
def check_key_has_a_provider(**_: Any) -> list[CheckMessage]:
    """Warn of a key that is sent to nobody, because nothing says whose it is."""
    if engine.why_unusable(config.from_settings()) == "no_provider":
        message = f"LLM_API_KEY is not used: it does not say whose key it is. {NAME_A_PROVIDER}"
        return [checks.Warning(message, id="tickets.W008")]
    return []


@register("triage")
def check_model_is_asked(**_: Any) -> list[CheckMessage]:
    """Warn of OPENAI_CLASSIFY_MODEL where nothing asks OpenAI."""
    current = config.from_settings()
    providers = {current.provider, (current.shadow() or current).provider}
    if settings.OPENAI_CLASSIFY_MODEL and "openai" not in providers:
        message = (
            "OPENAI_CLASSIFY_MODEL is not used, because OpenAI is not asked: set OPENAI_API_KEY,"
            " and LLM_PROVIDER=openai if another key is set too."
        )
        return [checks.Warning(message, id="tickets.W009")]
    return []


@register("mail")
def check_links_in_mail_lead_somewhere(**_: Any) -> list[CheckMessage]:
    """Refuse a SITE_URL that requesters cannot open, if messages are really sent."""
    if sends_mail() and urlsplit(settings.SITE_URL).hostname in WILDCARD_ADDRESSES:
        message = (
            f"Set SITE_URL: links in mail would lead to {settings.SITE_URL}, which nobody can open."
        )
        return [Error(message, id="tickets.E005")]
    return []


@register("mail")
def check_sender_can_be_written(**_: Any) -> list[CheckMessage]:
    """Refuse an EMAIL_FROM that a real message does not have when it is read again."""
    try:
        sender = configured_sender()
        message = OutgoingMessage(
            "Subject", "Text", "<p>Text</p>", sender=sender, to=sender.addr_spec
        )
        raw = message.message().as_bytes()
        [stored] = message_from_bytes(raw, policy=default)["From"].addresses
        address = stored.addr_spec.encode(errors="surrogateescape").decode()
        if (stored.display_name, address) != (sender.display_name, sender.addr_spec):
            raise ValueError(f"mail programs read it as {stored}")
    except ValueError as error:
        text = f"EMAIL_FROM={settings.DEFAULT_FROM_EMAIL} cannot be a sender: {error}."
        return [Error(text, id="tickets.E007")]
    return []


@register("desk")
def check_logo_is_our_own(**_: Any) -> list[CheckMessage]:
    """Refuse a DESK_LOGO of another site: pages load nothing from elsewhere."""
    logo = settings.DESK_LOGO
    if logo is not None and logo.origin and logo.origin != settings.SITE_URL:
        message = f"DESK_LOGO must be a file or an address below {settings.SITE_URL} (SITE_URL)."
        return [Error(message, id="tickets.E006")]
    return []


def warn_of_settings() -> None:
    """Log with what a web server or a worker starts and had better not."""
    messages = [*check_key_has_a_provider(), *check_model_is_asked()]
    for problem in [*(message.msg for message in messages), *known_of_owner()]:
        logger.warning(problem)


def sends_mail() -> bool:
    return bool(settings.EMAIL_BACKEND == settings.SMTP_BACKEND)


def refuse_unsafe_settings() -> None:
    """Raise ImproperlyConfigured with the first failed check, for a server that runs no command."""
    for message in [
        *check_published_desk_is_safe(),
        *check_models_can_be_asked(),
        *check_links_in_mail_lead_somewhere(),
        *check_sender_can_be_written(),
        *check_logo_is_our_own(),
    ]:
        raise ImproperlyConfigured(message.msg)
