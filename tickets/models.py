"""Tables, their constraints, and what one row can do."""

from __future__ import annotations

import base64
import hashlib
import secrets
from datetime import datetime
from typing import Any

import pghistory
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from .ledger import PredictionQuerySet
from .querysets import (
    CounterQuerySet,
    HistoryEntry,
    LessonQuerySet,
    TicketQuerySet,
    changes_since,
    history_of,
    words_of,
)

TITLE_LENGTH = 200
TEXT_LENGTH = 20_000
AGENTS, ADMINS = "agents", "admins"
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


def _one_of(field: str, choices: type[models.TextChoices]) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(**{f"{field}__in": choices.values}), name=f"%(class)s_{field}_known"
    )


def _between(field: str, low: float, high: float) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(**{f"{field}__gte": low, f"{field}__lte": high}),
        name=f"%(class)s_{field}_in_range",
    )


def _visible(field: str, length: int) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(**{f"{field}__regex": VISIBLE, f"{field}__length__lte": length}),
        name=f"%(class)s_{field}_visible",
    )


def _source_field() -> models.CharField[str, str]:
    return models.CharField(
        max_length=10, choices=Source, default=Source.DEFAULT, db_default=Source.DEFAULT
    )


def _confidence_field() -> models.FloatField[float | None, float | None]:
    return models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(0), MaxValueValidator(1)]
    )


def new_nonce() -> str:
    return secrets.token_hex(16)


# `tone` stands for sentiment and urgency, which are scored together.
TRIAGED = ("category", "priority", "tone")
# Where the value of each of the ledger's fields stands.
LEDGER_COLUMNS = {name: name for name in ("category", "priority", "sentiment")} | {
    "urgency": "urgency_score"
}


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    exclude=["document", "link_nonce", "link_digest"],
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
    category_source = _source_field()
    category_confidence = _confidence_field()
    priority_source = _source_field()
    priority_confidence = _confidence_field()
    tone_source = _source_field()
    tone_confidence = _confidence_field()
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

    class Meta:
        constraints = [
            _visible("title", TITLE_LENGTH),
            _visible("description", TEXT_LENGTH),
            _one_of("category", Category),
            _one_of("priority", Priority),
            _one_of("status", Status),
            _one_of("sentiment", Sentiment),
            _between("urgency_score", 0, 100),
            *(_one_of(f"{name}_source", Source) for name in TRIAGED),
            *(_between(f"{name}_confidence", 0, 1) for name in TRIAGED),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="ticket_newest"),
            *(
                models.Index(fields=[name, "-created_at", "-id"], name=f"ticket_{name}_newest")
                for name in ("status", "category", "priority", "assignee")
            ),
            GinIndex(fields=["document"], name="ticket_document"),
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
        return self.status in (Status.RESOLVED, Status.CLOSED)

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


class AuthorRole(models.TextChoices):
    AGENT = "agent"
    REQUESTER = "requester"


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
            _visible("body", TEXT_LENGTH),
            _one_of("author_role", AuthorRole),
            models.CheckConstraint(
                condition=Q(author_role=AuthorRole.AGENT) | Q(public=True),
                name="comment_requester_public",
            ),
        ]
        indexes = [models.Index(fields=["ticket", "created_at"], name="comment_of_ticket")]

    def __str__(self) -> str:
        return f"{self.author_role} on #{self.ticket_id}"


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def usable(self, secret: str) -> ApiToken | None:
        """The token that this secret opens, unless it has expired or was revoked."""
        token = self.select_related("user").filter(digest=digest(secret)).first()
        return token if token and token.is_usable else None


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    exclude=["digest", "last_used_at"],
    context_field=pghistory.ContextJSONField(),
)
class ApiToken(models.Model):
    """A program's key to the JSON API. The secret itself is shown once and not kept."""

    PREFIX = "desk_"
    MOST_DAYS = 3650  # whoever needs a longer life gives none

    name = models.CharField(max_length=100)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True
    )
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope))
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = "API token"
        constraints = [
            _visible("name", 100),
            models.CheckConstraint(
                condition=Q(scopes__contained_by=Scope.values, scopes__len__gt=0),
                name="apitoken_scopes_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def new_secret(cls) -> str:
        return cls.PREFIX + secrets.token_urlsafe(32)

    @property
    def is_usable(self) -> bool:
        now = timezone.now()
        return (
            self.revoked_at is None
            and (self.expires_at is None or self.expires_at > now)
            and (self.user is None or self.user.is_active)
        )

    def note_use(self, now: datetime) -> None:
        """Remember the use, at most once a minute so that reading does not become writing."""
        if self.last_used_at is None or (now - self.last_used_at).total_seconds() > 60:
            ApiToken.objects.filter(pk=self.pk).update(last_used_at=now)


class IdempotencyKey(models.Model):
    """The first answer given to a create under a caller's `Idempotency-Key`."""

    # Hash of who called and of the key, since either may be personal.
    digest = models.CharField(max_length=64, primary_key=True)
    fingerprint = models.CharField(max_length=64)
    ticket = models.ForeignKey(Ticket, on_delete=models.SET_NULL, null=True)
    # As text, since jsonb would lose the order of its keys.
    answer = models.TextField(default="")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return self.digest[:8]


class Counter(models.Model):
    """How often something happened in the current window: requests of a client, model calls."""

    name = models.CharField(max_length=150, primary_key=True)
    time_window = models.BigIntegerField()
    count = models.PositiveIntegerField()
    expires_at = models.DateTimeField(db_index=True)

    objects = CounterQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.name}: {self.count}"


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


class Prediction(models.Model):
    """One value that triage suggested: the ledger. What a person made of it stands beside it."""

    suggestion = models.UUIDField()  # the same for all values of one answer
    # Empty while somebody types; rows whose ticket never came are purged.
    ticket = models.ForeignKey(
        Ticket, on_delete=models.CASCADE, null=True, blank=True, related_name="predictions"
    )
    field = models.CharField(max_length=10, choices=LedgerField)
    value = models.CharField(max_length=20)
    confidence = _confidence_field()
    source = models.CharField(max_length=10, choices=Source)
    provider = models.CharField(max_length=20, blank=True)
    model = models.CharField(max_length=200, blank=True)
    prompt_version = models.CharField(max_length=20, blank=True)
    evidence = models.JSONField(default=list)  # [{"field", "text", "start", "end"}]
    latency_ms = models.PositiveIntegerField(default=0)
    cost_usd = models.FloatField(default=0)  # this value's share of the call's estimated price
    use = models.CharField(max_length=10, choices=Use)
    created_at = models.DateTimeField(default=timezone.now)
    # Of a shown value: whether the sender kept it. None when it was not shown, or never sent.
    accepted = models.BooleanField(null=True)
    final_value = models.CharField(max_length=20, blank=True)  # empty while no agent has decided
    final_at = models.DateTimeField(null=True, blank=True)

    objects = PredictionQuerySet.as_manager()

    class Meta:
        constraints = [
            _one_of("field", LedgerField),
            _one_of("source", Source),
            _one_of("use", Use),
            _between("confidence", 0, 1),
            models.UniqueConstraint(fields=["suggestion", "field"], name="prediction_once"),
        ]
        indexes = [
            models.Index(fields=["created_at"], name="prediction_created_at"),
            models.Index(fields=["created_at"], condition=Q(ticket=None), name="prediction_unsent"),
        ]

    def __str__(self) -> str:
        return f"{self.field} {self.value} by {self.source}"

    @property
    def is_right(self) -> bool | None:
        """Whether it was what an agent decided in the end; None as long as nobody has."""
        return self.final_value == self.value if self.final_value else None


class Lesson(models.Model):
    """What a person decided about a ticket in the end, for triage to learn."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="lessons")
    field = models.CharField(max_length=10, choices=LearnedField)
    value = models.CharField(max_length=20)
    corrected = models.BooleanField()  # else it was confirmed
    at = models.DateTimeField(default=timezone.now)
    learned_at = models.DateTimeField(null=True, blank=True)

    objects = LessonQuerySet.as_manager()

    class Meta:
        constraints = [
            _one_of("field", LearnedField),
            models.UniqueConstraint(fields=["ticket", "field"], name="lesson_once"),
        ]
        indexes = [models.Index(fields=["field", "-at"], name="lesson_newest")]

    def __str__(self) -> str:
        return f"#{self.ticket_id}: {self.field} is {self.value}"


class TriageModel(models.Model):
    """What the offline classifier has learned about one field. Rebuilt from lessons at will."""

    field = models.CharField(max_length=10, choices=LearnedField, unique=True)
    version = models.PositiveIntegerField(default=1)
    data = models.BinaryField()  # see `triage/offline/learner.py`
    lessons = models.PositiveIntegerField(default=0)
    # How often each was right about the latest lessons, before it had learned them.
    prior_accuracy = models.FloatField(null=True)
    learned_accuracy = models.FloatField(null=True)
    leads = models.BooleanField(default=False)  # whether the learned one answers
    updated_at = models.DateTimeField(default=timezone.now)
    refitted_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "learned model"
        constraints = [_one_of("field", LearnedField)]

    def __str__(self) -> str:
        return f"{self.field}, version {self.version}"


class DemoTicket(models.Model):
    """A ticket that `manage.py seed` made, so that `seed --clear` can take it away again."""

    ticket = models.OneToOneField(Ticket, on_delete=models.CASCADE, primary_key=True)

    def __str__(self) -> str:
        return f"demo {self.ticket_id}"


def is_admin(user: Any) -> bool:
    return user.is_active and (user.is_superuser or _in_groups(user, {ADMINS}))


def is_agent(user: Any) -> bool:
    return user.is_active and (user.is_superuser or _in_groups(user, {AGENTS, ADMINS}))


def agents() -> models.QuerySet[User]:
    """The users to whom a ticket can be assigned."""
    role = Q(groups__name__in=[AGENTS, ADMINS]) | Q(is_superuser=True)
    return User.objects.filter(role, is_active=True).order_by("username").distinct()


def _in_groups(user: Any, names: set[str]) -> bool:
    # One query an object at most: the answer is asked for several times in a request.
    if not hasattr(user, "_group_names"):
        user._group_names = set(Group.objects.filter(user=user).values_list("name", flat=True))
    return bool(user._group_names & names)
