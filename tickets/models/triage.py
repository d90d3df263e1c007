"""What triage said, what people made of it, and what was learned from that."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from ..querysets import LessonQuerySet, PredictionQuerySet
from .choices import LearnedField, LedgerField, Source, Use, between, confidence_field, one_of
from .ticket import Ticket


class Prediction(models.Model):
    """One value that triage suggested: the ledger. What a person made of it stands beside it."""

    suggestion = models.UUIDField()  # the same for all values of one answer
    # Empty while somebody types; rows whose ticket never came are purged.
    ticket = models.ForeignKey(
        Ticket, on_delete=models.CASCADE, null=True, blank=True, related_name="predictions"
    )
    field = models.CharField(max_length=10, choices=LedgerField)
    value = models.CharField(max_length=20)
    confidence = confidence_field()
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
        verbose_name = "suggestion"
        constraints = [
            one_of("field", LedgerField),
            one_of("source", Source),
            one_of("use", Use),
            between("confidence", 0, 1),
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
        verbose_name = "feedback entry"
        verbose_name_plural = "feedback"
        constraints = [
            one_of("field", LearnedField),
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
    stale = models.BooleanField(default=False)  # something that it learned counts no longer
    updated_at = models.DateTimeField(default=timezone.now)
    refitted_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "learned model"
        constraints = [one_of("field", LearnedField)]

    def __str__(self) -> str:
        return f"{self.field}, version {self.version}"
