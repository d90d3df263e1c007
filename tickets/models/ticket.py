"""A ticket and its conversation."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pghistory
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Max, Min, Q, QuerySet
from django.db.models.functions import Now, Upper
from django.urls import reverse
from django.utils import timezone

from ..querysets.comments import CommentQuerySet, CommentT, in_conversation, last_of
from ..querysets.listed import is_listed
from ..querysets.review import lowest_confidence, needs_review
from ..querysets.search.conditions import has_requester
from ..querysets.tickets import ListedTickets, NamedTicketQuerySet, StandingTickets
from ..querysets.turns import priority_rank, waiting_order
from ..vocabulary import (
    ADMINS_GROUP,
    AGENTS_GROUP,
    DEFAULT_URGENCY,
    FINISHED_STATUSES,
    MAX_TEXT_CHARS,
    MAX_TITLE_CHARS,
    TRIAGE_FIELDS,
    AuthorRole,
    Category,
    Language,
    Priority,
    Sentiment,
    Source,
    Status,
    WaitingFor,
)
from .constraints import between, confidence_field, one_of, source_field, visible
from .events import SparingUpdateEvent
from .private_link import PrivateLink, link_once

# The column of each PredictedField.
PREDICTED_COLUMNS = {name: name for name in TRIAGE_FIELDS} | {"urgency": "urgency_score"}


class Decision(NamedTuple):
    """Who decided a value. `confidence` is 0..1; None for a person's decision and for a default."""

    source: str
    confidence: float | None


class StoredEvidence(NamedTuple):
    """What a prediction rests on, for agents."""

    quotes: list[str]
    like: int | None  # the id of a confirmed ticket that they can open


def stored_evidence(row: Any) -> StoredEvidence:
    """Return the evidence of a prediction, queried `with_like`."""
    return StoredEvidence([entry["text"] for entry in row.evidence], row.like)


@pghistory.track(
    pghistory.InsertEvent(),
    SparingUpdateEvent(),
    pghistory.DeleteEvent(),
    pghistory.ManualEvent("link_sent"),  # type: ignore[no-untyped-call]
    pghistory.ManualEvent("link_revoked"),  # type: ignore[no-untyped-call]
    # Of both tickets that a merge, a link or a split concerns.
    pghistory.ManualEvent("merged"),  # type: ignore[no-untyped-call]
    pghistory.ManualEvent("unmerged"),  # type: ignore[no-untyped-call]
    pghistory.ManualEvent("linked"),  # type: ignore[no-untyped-call]
    pghistory.ManualEvent("unlinked"),  # type: ignore[no-untyped-call]
    pghistory.ManualEvent("split"),  # type: ignore[no-untyped-call]
    pghistory.ManualEvent("address_blocked"),  # type: ignore[no-untyped-call]
    pghistory.ManualEvent("address_unblocked"),  # type: ignore[no-untyped-call]
    # What came by mail.
    pghistory.ManualEvent("message_held"),  # type: ignore[no-untyped-call]
    pghistory.ManualEvent("message_discarded"),  # type: ignore[no-untyped-call]
    pghistory.ManualEvent("mail_returned"),  # type: ignore[no-untyped-call]
    # Texts that went for good.
    pghistory.ManualEvent("erased"),  # type: ignore[no-untyped-call]
    pghistory.ManualEvent("redacted"),  # type: ignore[no-untyped-call]
    exclude=[
        *("link_nonce", "link_digest", "merged_into", "language"),
        *("first_response_at", "resolved_at", "last_activity_at"),
    ],
    context_field=pghistory.ContextJSONField(),
)
class Ticket(PrivateLink, models.Model):
    """A request for help, and everything the desk knows about it."""

    title = models.CharField(max_length=MAX_TITLE_CHARS)
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
        default=DEFAULT_URGENCY,
        db_default=DEFAULT_URGENCY,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    category_source = source_field()
    category_confidence = confidence_field()
    priority_source = source_field()
    priority_confidence = confidence_field()
    sentiment_source = source_field()
    sentiment_confidence = confidence_field()
    requester_email = models.EmailField(blank=True, default="", db_default="")
    # Of the requester's page and of emails to the requester.
    language = models.CharField(
        max_length=2, choices=Language, default=Language.EN, db_default=Language.EN
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="tickets",
        db_index=False,  # ticket_assignee_newest begins with it
        limit_choices_to=Q(is_active=True)
        & (Q(groups__name__in=[AGENTS_GROUP, ADMINS_GROUP]) | Q(is_superuser=True)),
    )
    version = models.PositiveIntegerField(default=1, db_default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    # When an agent first replied in public, and when the ticket was last resolved or closed.
    first_response_at = models.DateTimeField(null=True, editable=False)
    resolved_at = models.DateTimeField(null=True, editable=False)
    # When the first message came that nobody has answered yet; None on a finished ticket.
    waiting_since = models.DateTimeField(null=True, editable=False)
    # When somebody last wrote, be it the ticket itself.
    last_activity_at = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)
    # Until then the ticket is not among those that wait for us.
    snoozed_until = models.DateTimeField(null=True, blank=True)
    # The ticket whose conversation this one is part of now. It is not merged; see TicketMerge.
    merged_into = models.ForeignKey(
        "self",
        on_delete=models.CASCADE,
        null=True,
        editable=False,
        related_name="+",
        db_index=False,  # ticket_merged, which is smaller
    )
    # In no list, count or figure, see `querysets/listed.py`. No mail goes out for it.
    spam = models.BooleanField(default=False, db_default=False)
    is_unread: bool  # of rows that `with_unread` loaded
    twin: int | None  # of rows that `with_twin` loaded
    opened_from: Ticket  # on the requester's page: the ticket whose private link it was

    objects = ListedTickets()
    including_spam = StandingTickets()
    with_merged = NamedTicketQuerySet.as_manager()

    class Meta:
        constraints = [
            link_once("tickets_ticket_link_digest_key"),
            models.CheckConstraint(
                condition=Q(merged_into=None) | ~Q(merged_into=F("id")), name="ticket_not_in_itself"
            ),
            visible("title", MAX_TITLE_CHARS),
            visible("description", MAX_TEXT_CHARS),
            one_of("category", Category),
            one_of("priority", Priority),
            one_of("status", Status),
            one_of("sentiment", Sentiment),
            one_of("language", Language),
            between("urgency_score", 0, 100),
            *(one_of(f"{name}_source", Source) for name in TRIAGE_FIELDS),
            *(between(f"{name}_confidence", 0, 1) for name in TRIAGE_FIELDS),
        ]
        indexes = [
            # Without spam and merged tickets: counts need no other column.
            models.Index(
                fields=["-created_at", "-id"], condition=is_listed(), name="ticket_newest_first"
            ),
            models.Index(
                fields=["status", "-created_at", "-id"],
                condition=is_listed(),
                name="ticket_status_counted",
            ),
            *(
                models.Index(fields=[name, "-created_at", "-id"], name=f"ticket_{name}_newest")
                for name in ("category", "priority", "sentiment", "assignee")
            ),
            models.Index(
                fields=["merged_into"],
                condition=Q(merged_into__isnull=False),
                name="ticket_merged",
            ),
            models.Index(fields=["-created_at", "-id"], condition=Q(spam=True), name="ticket_spam"),
            models.Index(
                Upper("requester_email"),
                F("created_at").desc(),
                F("id").desc(),
                condition=has_requester() & is_listed(),
                name="ticket_of_requester",
            ),
            # One for each order of the list.
            models.Index(waiting_order(), "id", name="ticket_longest_waiting"),
            models.Index(fields=["-last_activity_at", "-id"], name="ticket_last_activity"),
            models.Index(
                priority_rank().desc(),
                F("created_at").desc(),
                F("id").desc(),
                name="ticket_highest_priority",
            ),
            models.Index(
                fields=["-urgency_score", "-created_at", "-id"], name="ticket_most_urgent"
            ),
            # Few at any time, however many tickets there are.
            models.Index(fields=["created_at"], condition=needs_review(), name="ticket_to_review"),
            models.Index(
                lowest_confidence(),
                "created_at",
                "id",
                condition=needs_review(),
                name="ticket_review_order",
            ),
            models.Index(
                fields=["waiting_since"],
                condition=Q(waiting_since__isnull=False),
                name="ticket_waiting",
            ),
            models.Index(
                fields=["snoozed_until"],
                condition=Q(snoozed_until__isnull=False),
                name="ticket_snoozed",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("ticket", args=[self.pk])

    @property
    def is_link_expired(self) -> bool:
        """Whether the ticket was finished PRIVATE_LINK_DAYS ago, so that its link opens nothing."""
        days = settings.PRIVATE_LINK_DAYS
        if not days or not self.is_finished or self.resolved_at is None:
            return False
        return bool(self.resolved_at < timezone.now() - timedelta(days=days))

    @property
    def etag(self) -> str:
        return f'"{self.version}"'

    @property
    def is_finished(self) -> bool:
        return self.status in FINISHED_STATUSES

    @property
    def waiting_for(self) -> WaitingFor | None:
        """Return whose turn it is, or None on a finished ticket and on spam."""
        if self.waiting_since is not None:
            return WaitingFor.US
        return None if self.is_finished or self.spam else WaitingFor.REQUESTER

    @property
    def is_snoozed(self) -> bool:
        return self.snoozed_until is not None and self.snoozed_until > timezone.now()

    def is_unread_by(self, user: Any) -> bool:
        """Return whether something is new to this account; False without one. Up to one query."""
        return user is not None and bool(
            Ticket.including_spam.unread_by(user).filter(pk=self.pk).exists()
        )

    def unanswered_since(self, not_before: datetime | None = None) -> datetime | None:
        """Return when the first message came that no public reply has answered yet.

        The ticket itself is the first message. With `not_before`, earlier messages do not count.
        Up to two queries.
        """
        public = self.comments.filter(public=True)
        replies = public.filter(author_role=AuthorRole.AGENT)
        answered_at = replies.aggregate(at=Max("created_at"))["at"]
        start = not_before or self.created_at
        if answered_at is None and start <= self.created_at:
            return self.created_at
        messages = public.filter(author_role=AuthorRole.REQUESTER, created_at__gte=start)
        if answered_at is not None:
            messages = messages.filter(created_at__gt=answered_at)
        return messages.came_first_at()

    def follow_conversation(self) -> None:
        """Work out the times that follow from the comments, after some came or went.

        What was answered before the ticket was created is no response to it. Does not save. Up to
        four queries.
        """
        replies = self.comments.filter(public=True, author_role=AuthorRole.AGENT)
        first = replies.filter(created_at__gte=self.created_at).aggregate(at=Min("created_at"))
        latest = self.comments.aggregate(at=Max("created_at"))["at"]
        self.first_response_at = first["at"]
        self.last_activity_at = max(latest or self.created_at, self.created_at)
        self.waiting_since = None if self.is_finished else self.unanswered_since()

    def decision(self, name: str) -> Decision:
        """Return who decided one of the TRIAGE_FIELDS."""
        return Decision(getattr(self, f"{name}_source"), getattr(self, f"{name}_confidence"))

    def deciding_predictions(self) -> list[Any]:
        """Return what triage said with evidence, the newest first. One query."""
        rows = self.predictions.deciding().filter(source__in=[Source.LLM, Source.OFFLINE])
        return list(rows.with_like().order_by("-pk"))

    def evidence(self, predictions: Iterable[Any]) -> dict[str, StoredEvidence]:
        """Return the evidence of each predicted value that still stands, by PredictedField.

        The predictions are the ticket's deciding ones.
        """
        evidence_by_field: dict[str, StoredEvidence] = {}
        for row in predictions:
            decided_with = row.field if row.field in TRIAGE_FIELDS else "sentiment"
            stands = row.value == str(getattr(self, PREDICTED_COLUMNS[row.field]))
            if stands and row.source == getattr(self, f"{decided_with}_source"):
                evidence_by_field.setdefault(row.field, stored_evidence(row))
        return evidence_by_field

    def decide(self, name: str, source: str, confidence: float | None = None) -> None:
        """Note who decided a TRIAGE_FIELD, and with what confidence."""
        setattr(self, f"{name}_source", source)
        setattr(self, f"{name}_confidence", confidence)

    def decided_by(self, *sources: str) -> list[str]:
        """Return the TRIAGE_FIELDS that one of these sources decided."""
        return [name for name in TRIAGE_FIELDS if getattr(self, f"{name}_source") in sources]

    def text_digest(self) -> str:
        """Return a digest of title and description, to see whether they have changed."""
        return hashlib.sha256(f"{self.title}\0{self.description}".encode()).hexdigest()


class ConversationComments(models.Manager[CommentT]):
    """The comments that are read on their ticket, without those that became tickets."""

    def get_queryset(self) -> QuerySet[CommentT]:
        return super().get_queryset().filter(in_conversation())

    def last_of(self, ticket_ids: Collection[int]) -> dict[int, Comment]:
        return last_of(self.model, ticket_ids)


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    exclude=["origin", "is_opening", "split_into"],
    context_field=pghistory.ContextJSONField(),
)
class Comment(models.Model):
    """A public reply, or an internal note that only agents see.

    `ticket` is where the comment is read now.
    """

    ticket = models.ForeignKey(
        Ticket,
        on_delete=models.CASCADE,
        related_name="comments",
        db_index=False,  # comment_of_ticket begins with it
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    author_role = models.CharField(max_length=10, choices=AuthorRole)
    body = models.TextField()
    public = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # The ticket that it was written on, if that one is merged into `ticket`.
    origin = models.ForeignKey(
        Ticket,
        on_delete=models.CASCADE,
        null=True,
        editable=False,
        related_name="+",
        db_index=False,  # comment_of_origin, which is smaller
    )
    # It repeats the description of its merged `origin`.
    is_opening = models.BooleanField(default=False, db_default=False, editable=False)
    # The ticket that was made of it. It is not read here, unless that ticket is merged back.
    split_into = models.ForeignKey(
        Ticket,
        on_delete=models.CASCADE,
        null=True,
        editable=False,
        related_name="+",
        db_index=False,  # comment_of_split, which is smaller
    )

    objects = ConversationComments.from_queryset(CommentQuerySet)()
    with_split = CommentQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            visible("body", MAX_TEXT_CHARS),
            one_of("author_role", AuthorRole),
            models.CheckConstraint(
                condition=Q(author_role=AuthorRole.AGENT) | Q(public=True),
                name="comment_requester_public",
            ),
        ]
        indexes = [
            models.Index(fields=["ticket", "created_at"], name="comment_of_ticket"),
            models.Index(
                fields=["origin"], condition=Q(origin__isnull=False), name="comment_of_origin"
            ),
            models.Index(
                fields=["split_into"],
                condition=Q(split_into__isnull=False),
                name="comment_of_split",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.author_role} on #{self.ticket_id}"
