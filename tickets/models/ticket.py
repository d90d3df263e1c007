"""A ticket and its conversation."""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Any

import pghistory
from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from ..querysets import (
    DONE,
    HistoryEntry,
    TicketQuerySet,
    changes_since,
    history_of,
    needs_review,
    record_of,
    requester_words,
    set_by_others,
    sureness,
    words_of,
)
from .choices import (
    TEXT_LENGTH,
    TITLE_LENGTH,
    AuthorRole,
    Category,
    Priority,
    Sentiment,
    Source,
    Status,
    between,
    confidence_field,
    one_of,
    source_field,
    visible,
)
from .people import ADMINS, AGENTS

# `tone` stands for sentiment and urgency, which are scored together.
TRIAGED = ("category", "priority", "tone")
# Where the value of each of the ledger's fields stands.
LEDGER_COLUMNS = {name: name for name in ("category", "priority", "sentiment")} | {
    "urgency": "urgency_score"
}


def new_nonce() -> str:
    return secrets.token_hex(16)


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    pghistory.ManualEvent("link_sent"),  # type: ignore[no-untyped-call]
    pghistory.ManualEvent("link_revoked"),  # type: ignore[no-untyped-call]
    exclude=["document", "link_nonce", "link_digest", "first_response_at", "resolved_at"],
    context_field=pghistory.ContextJSONField(),
)
class Ticket(models.Model):
    """A request for help and everything that is known about it."""

    title = models.CharField(max_length=TITLE_LENGTH)
    description = models.TextField()
    category = models.CharField(
        max_length=10, choices=Category, default=Category.GENERAL, db_default=Category.GENERAL
    )
    priority = models.CharField(
        max_length=10, choices=Priority, default=Priority.MEDIUM, db_default=Priority.MEDIUM
    )
    status = models.CharField(
        max_length=12, choices=Status, default=Status.OPEN, db_default=Status.OPEN
    )
    sentiment = models.CharField(
        max_length=10, choices=Sentiment, default=Sentiment.NEUTRAL, db_default=Sentiment.NEUTRAL
    )
    urgency_score = models.SmallIntegerField(
        default=50, db_default=50, validators=[MinValueValidator(0), MaxValueValidator(100)]
    )
    category_source = source_field()
    category_confidence = confidence_field()
    priority_source = source_field()
    priority_confidence = confidence_field()
    tone_source = source_field()
    tone_confidence = confidence_field()
    requester_email = models.EmailField(blank=True, default="", db_default="")
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="tickets",
        limit_choices_to=Q(is_active=True)
        & (Q(groups__name__in=[AGENTS, ADMINS]) | Q(is_superuser=True)),
    )
    version = models.PositiveIntegerField(default=1, db_default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    # When an agent first replied in public, and when the ticket was finished as it stands.
    first_response_at = models.DateTimeField(null=True, editable=False)
    resolved_at = models.DateTimeField(null=True, editable=False)
    # The private link: a secret is derived from the nonce, only its hash is compared.
    link_nonce = models.CharField(max_length=32, default="", editable=False)
    link_digest = models.CharField(  # noqa: DJ001  (revoked links are all NULL, none equal)
        max_length=64, unique=True, null=True, editable=False
    )
    document = models.GeneratedField(
        expression=SearchVector(words_of(F("title")), weight="A", config="simple")
        + SearchVector(words_of(F("description")), weight="B", config="simple"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = TicketQuerySet.as_manager()
    renewed = False  # whether the change that has just saved it made a new version
    restored_whole = True  # whether an Undo has left nothing of later changes

    class Meta:
        constraints = [
            visible("title", TITLE_LENGTH),
            visible("description", TEXT_LENGTH),
            one_of("category", Category),
            one_of("priority", Priority),
            one_of("status", Status),
            one_of("sentiment", Sentiment),
            between("urgency_score", 0, 100),
            *(one_of(f"{name}_source", Source) for name in TRIAGED),
            *(between(f"{name}_confidence", 0, 1) for name in TRIAGED),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="ticket_newest"),
            *(
                models.Index(fields=[name, "-created_at", "-id"], name=f"ticket_{name}_newest")
                for name in ("status", "category", "priority", "sentiment", "assignee")
            ),
            # Few at any time, however many tickets there are.
            models.Index(fields=["created_at"], condition=needs_review(), name="ticket_unsure"),
            models.Index(
                sureness(), "created_at", "id", condition=needs_review(), name="ticket_review"
            ),
            GinIndex(fields=["document"], name="ticket_document"),
            GinIndex(requester_words(), name="ticket_requester"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("ticket", args=[self.pk])

    @property
    def etag(self) -> str:
        return f'"{self.version}"'

    @property
    def is_done(self) -> bool:
        return self.status in DONE

    @property
    def triage(self) -> dict[str, dict[str, Any]]:
        """Who decided each value and how sure (0..1 or None), as in `contract.md`."""
        return {
            name: {
                "source": getattr(self, f"{name}_source"),
                "confidence": getattr(self, f"{name}_confidence"),
            }
            for name in TRIAGED
        }

    def reasons(self) -> dict[str, list[str]]:
        """The words by which triage decided category, priority and tone, as far as it still
        stands. In one query."""
        rows = self.predictions.deciding().filter(source__in=[Source.LLM, Source.OFFLINE])
        found: dict[str, list[str]] = {}
        for row in rows.order_by("-pk"):
            name = row.field if row.field in TRIAGED else "tone"
            standing = row.value == str(getattr(self, LEDGER_COLUMNS[row.field]))
            if standing and row.source == getattr(self, f"{name}_source"):
                found.setdefault(name, [entry["text"] for entry in row.evidence])
        return found

    def decide(self, name: str, source: str, confidence: float | None = None) -> None:
        """Note who decided `name` (category, priority or tone) and how sure."""
        setattr(self, f"{name}_source", source)
        setattr(self, f"{name}_confidence", confidence)

    def decided_by(self, *sources: str) -> list[str]:
        """Which of category, priority and tone one of these sources decided."""
        return [name for name in TRIAGED if getattr(self, f"{name}_source") in sources]

    def text_digest(self) -> str:
        """Stands for title and description, to see whether they changed meanwhile."""
        return hashlib.sha256(f"{self.title}\0{self.description}".encode()).hexdigest()

    def history(self) -> list[HistoryEntry]:
        """The audit trail of the ticket and its comments, oldest first, in two queries."""
        return history_of(self)

    def changes_since(self, version: int) -> dict[str, tuple[Any, Any]]:
        """What differs from an earlier version: {field: (old, new)}, in two queries."""
        return changes_since(self, version)

    def set_by_others(self, version: int, account: int | None, *, triage: bool = False) -> set[str]:
        """The fields that others than this account, and perhaps triage, have changed or confirmed
        since a version, in one query."""
        return set_by_others(self, version, account, triage=triage)

    def record_of(self, version: int) -> Any | None:
        """The ticket as it was in an earlier version; None where that was never recorded."""
        return record_of(self, version)

    # --- the private link ---

    @property
    def link_secret(self) -> str:
        """128 bits as 22 characters. Needs both the row and SECRET_KEY, so that neither
        a copy of the database nor of the key alone opens a ticket."""
        key = salted_hmac("tickets.private-link", self.link_nonce, algorithm="sha256").digest()
        return base64.urlsafe_b64encode(key[:16]).decode().rstrip("=")

    def issue_link(self) -> None:
        """Make a new private link; the one before stops working."""
        self.link_nonce = new_nonce()
        self.link_digest = digest(self.link_secret)

    def track_path(self) -> str:
        return reverse("track", args=[self.link_secret])


def digest(secret: str) -> str:
    """What is stored of a secret with at least 128 random bits: its SHA-256 in hexadecimal."""
    return hashlib.sha256(secret.encode()).hexdigest()


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    context_field=pghistory.ContextJSONField(),
)
class Comment(models.Model):
    """A public reply, or an internal note that only agents see."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="comments")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    author_role = models.CharField(max_length=10, choices=AuthorRole)
    body = models.TextField()
    public = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            visible("body", TEXT_LENGTH),
            one_of("author_role", AuthorRole),
            models.CheckConstraint(
                condition=Q(author_role=AuthorRole.AGENT) | Q(public=True),
                name="comment_requester_public",
            ),
        ]
        indexes = [models.Index(fields=["ticket", "created_at"], name="comment_of_ticket")]

    def __str__(self) -> str:
        return f"{self.author_role} on #{self.ticket_id}"
