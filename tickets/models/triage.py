"""What triage predicted, what agents made of it, and what the classifier learned from that."""

from __future__ import annotations

from typing import TypedDict

from django.db import models
from django.db.models import Q
from django.utils import timezone

from ..querysets.predictions import FeedbackQuerySet, PredictionQuerySet
from ..vocabulary import LearnedField, PredictedField, PredictionUse, Source
from .constraints import between, confidence_field, one_of
from .ticket import Ticket


class StoredQuote(TypedDict):
    """Words that a prediction rests on: `text` is `field`'s text from `start` to `end`."""

    field: str  # "title" or "description"
    text: str
    start: int  # code points
    end: int


class Prediction(models.Model):
    """One value that triage predicted, and what people made of it."""

    suggestion = models.UUIDField()  # the same for all values of one answer
    # None while somebody types. Rows whose ticket was never sent are purged.
    ticket = models.ForeignKey(
        Ticket, on_delete=models.CASCADE, null=True, blank=True, related_name="predictions"
    )
    field = models.CharField(max_length=10, choices=PredictedField)
    value = models.CharField(max_length=20)
    confidence = confidence_field()
    source = models.CharField(max_length=10, choices=Source)
    provider = models.CharField(max_length=20, blank=True)
    model = models.CharField(max_length=200, blank=True)
    prompt_version = models.CharField(max_length=20, blank=True)
    evidence: models.JSONField[list[StoredQuote], list[StoredQuote]] = models.JSONField(
        default=list
    )
    latency_ms = models.PositiveIntegerField(default=0)
    cost_usd = models.FloatField(default=0)  # this value's share of the call's estimated price
    use = models.CharField(max_length=10, choices=PredictionUse)
    created_at = models.DateTimeField(default=timezone.now)
    # Whether the sender accepted a shown value. None if it was not shown, or never sent.
    accepted = models.BooleanField(null=True)
    final_value = models.CharField(max_length=20, blank=True)  # empty until an agent decides
    final_at = models.DateTimeField(null=True, blank=True)

    objects = PredictionQuerySet.as_manager()

    class Meta:
        constraints = [
            one_of("field", PredictedField),
            one_of("source", Source),
            one_of("use", PredictionUse),
            between("confidence", 0, 1),
            models.UniqueConstraint(fields=["suggestion", "field"], name="prediction_once"),
        ]
        indexes = [
            models.Index(fields=["created_at"], name="prediction_created_at"),
            models.Index(
                fields=["created_at"], condition=Q(ticket=None), name="prediction_without_ticket"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.field} {self.value} by {self.source}"

    @property
    def is_correct(self) -> bool | None:
        """Return whether an agent decided the same in the end; None until an agent decides."""
        return self.final_value == self.value if self.final_value else None


class Feedback(models.Model):
    """An agent's confirmation or correction of one value, which the classifier learns from."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="feedback")
    field = models.CharField(max_length=10, choices=LearnedField)
    value = models.CharField(max_length=20)
    corrected = models.BooleanField()  # False: confirmed
    decided_at = models.DateTimeField(default=timezone.now)
    learned_at = models.DateTimeField(null=True, blank=True)

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        verbose_name = "feedback entry"
        verbose_name_plural = "feedback"
        constraints = [
            one_of("field", LearnedField),
            models.UniqueConstraint(fields=["ticket", "field"], name="feedback_once"),
        ]
        indexes = [models.Index(fields=["field", "-decided_at"], name="feedback_newest")]

    def __str__(self) -> str:
        return f"#{self.ticket_id}: {self.field} is {self.value}"


class TriageModel(models.Model):
    """What the offline classifier has learned about one field. Feedback can rebuild it any time."""

    field = models.CharField(max_length=10, choices=LearnedField, unique=True)
    version = models.PositiveIntegerField(default=1)
    data = models.BinaryField()  # see `triage/offline/learner.py`
    feedback_count = models.PositiveIntegerField(default=0)
    # Accuracy on the latest feedback, before it was learned.
    prior_accuracy = models.FloatField(null=True)
    learned_accuracy = models.FloatField(null=True)
    leads = models.BooleanField(default=False)  # the learned model answers, not the lexicon
    stale = models.BooleanField(default=False)  # something it learned was retracted
    updated_at = models.DateTimeField(default=timezone.now)
    refitted_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "learned model"
        constraints = [one_of("field", LearnedField)]

    def __str__(self) -> str:
        return f"{self.field}, version {self.version}"
