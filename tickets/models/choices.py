"""What values there are, and the constraints by which the database holds to them."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length

TITLE_LENGTH = 200
TEXT_LENGTH = 20_000
# Text that nobody can see is no text: white space, control, zero-width and direction marks, tags.
# Spelled out, since what PostgreSQL takes for white space depends on the database's locale.
VISIBLE = (
    r"[^\s\u0001-\u0020\u007f-\u00a0\u00ad\u034f\u061c\u070f\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f"
    r"\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0"
    r"\ufff0-\ufffb\ufffe\uffff\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    r"\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)

models.TextField.register_lookup(Length)
models.CharField.register_lookup(Length)


class Category(models.TextChoices):
    BILLING = "billing"
    TECHNICAL = "technical"
    ACCOUNT = "account"
    GENERAL = "general"


class Priority(models.TextChoices):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Status(models.TextChoices):
    OPEN = "open"
    IN_PROGRESS = "in_progress", "In progress"
    RESOLVED = "resolved"
    CLOSED = "closed"


class Sentiment(models.TextChoices):
    CALM = "calm"
    NEUTRAL = "neutral"
    FRUSTRATED = "frustrated"
    ANGRY = "angry"


class Source(models.TextChoices):
    """Who decided a value."""

    HUMAN = "human"
    LLM = "llm", "model"
    OFFLINE = "offline"
    DEFAULT = "default"


class Scope(models.TextChoices):
    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


class AuthorRole(models.TextChoices):
    AGENT = "agent"
    REQUESTER = "requester"


class LedgerField(models.TextChoices):
    """What the ledger knows of a ticket."""

    CATEGORY = "category"
    PRIORITY = "priority"
    SENTIMENT = "sentiment"
    URGENCY = "urgency"


class LearnedField(models.TextChoices):
    """What persons decide, and triage therefore learns."""

    CATEGORY = "category"
    PRIORITY = "priority"


class Use(models.TextChoices):
    """What became of a prediction."""

    SHOWN = "shown", "shown while typing"
    APPLIED = "applied", "applied to the ticket"
    SHADOW = "shadow", "recorded only"


class Mail(models.TextChoices):
    """Why a requester gets a message."""

    RECEIVED = "received", "ticket received"
    REPLY = "reply", "public reply"
    RESOLVED = "resolved", "ticket resolved"
    LINK = "link", "private link"


class MailState(models.TextChoices):
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed", "refused by the mail server"
    UNCERTAIN = "uncertain", "perhaps sent: the mail server gave no answer"
    DROPPED = "dropped", "not sent: no longer called for"


def one_of(field: str, choices: type[models.TextChoices]) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(**{f"{field}__in": choices.values}), name=f"%(class)s_{field}_known"
    )


def between(field: str, low: float, high: float) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(**{f"{field}__gte": low, f"{field}__lte": high}),
        name=f"%(class)s_{field}_in_range",
    )


def visible(field: str, length: int) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(**{f"{field}__regex": VISIBLE, f"{field}__length__lte": length}),
        name=f"%(class)s_{field}_visible",
    )


def source_field() -> models.CharField[str, str]:
    return models.CharField(
        max_length=10, choices=Source, default=Source.DEFAULT, db_default=Source.DEFAULT
    )


def confidence_field() -> models.FloatField[float | None, float | None]:
    return models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(0), MaxValueValidator(1)]
    )
