"""What triage predicted, what agents made of it, and what the classifier learned from that."""

from __future__ import annotations

from typing import TypedDict

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from ..querysets.predictions import FeedbackQuerySet, PredictionQuerySet
from ..querysets.triage_counts import TriageCountQuerySet
from ..querysets.vectors import TicketMatchQuerySet, TicketVectorQuerySet
from ..vocabulary import LearnedField, PredictedField, PredictionUse, Source
from .constraints import between, confidence_field, one_of
from .ticket import Ticket

MIN_MEASURED = 10  # items of feedback


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
    # What a model itself stated; `confidence` is what that is worth on this desk.
    claimed = models.FloatField(null=True, blank=True)
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
    # The confirmed ticket that a learned value rests on, for agents only. No foreign key: adding
    # one would lock the tickets of a large desk, and it may well be gone.
    like_ticket = models.BigIntegerField(null=True, blank=True)

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
            models.Index(
                fields=["field", "-final_at"],
                condition=~Q(final_value="") & Q(claimed__isnull=False),
                name="prediction_judged_claim",
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

    ticket = models.ForeignKey(
        Ticket,
        on_delete=models.CASCADE,
        related_name="feedback",
        db_index=False,  # feedback_once begins with it
    )
    field = models.CharField(max_length=10, choices=LearnedField)
    value = models.CharField(max_length=20)
    corrected = models.BooleanField()  # False: confirmed
    decided_at = models.DateTimeField(default=timezone.now)
    learned_at = models.DateTimeField(null=True, blank=True)
    # What triage would have answered before it learned this: from lexicon and encoder alone, from
    # the confirmed tickets as well, and with which confidence. Empty until then.
    prior_value = models.CharField(max_length=10, default="", db_default="", blank=True)
    learned_value = models.CharField(max_length=10, default="", db_default="", blank=True)
    confidence = confidence_field()

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        verbose_name = "feedback entry"
        verbose_name_plural = "feedback"
        constraints = [
            one_of("field", LearnedField),
            between("confidence", 0, 1),
            models.UniqueConstraint(fields=["ticket", "field"], name="feedback_once"),
        ]
        indexes = [
            models.Index(fields=["field", "-decided_at"], name="feedback_newest"),
            models.Index(
                fields=["field", "-decided_at"],
                condition=Q(learned_at=None),
                name="feedback_to_learn",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.ticket_id}: {self.field} is {self.value}"


class TicketVector(models.Model):
    """What a ticket means, as an encoder sees it. Kept while it is learned from or searched."""

    ticket = models.OneToOneField(
        Ticket, on_delete=models.CASCADE, primary_key=True, related_name="vector"
    )
    encoder = models.CharField(max_length=20)  # vectors of different ones are not comparable
    text_digest = models.CharField(max_length=64)  # of the text that was encoded
    vector = models.BinaryField()  # see `pack` of the encoder
    stored_at = models.DateTimeField(default=timezone.now)
    matched = models.BooleanField(default=False)  # its TicketMatch rows are those of this text

    objects = TicketVectorQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["stored_at"], name="ticketvector_stored")]

    def __str__(self) -> str:
        return f"#{self.ticket_id} by {self.encoder}"


class TicketMatch(models.Model):
    """Two tickets that mean nearly the same.

    A ticket has those that were nearest when its text was compared. Read it in both directions:
    the other one does not know of tickets that came later.
    """

    # Without an index: that of `ticketmatch_once` begins with it.
    ticket = models.ForeignKey(
        Ticket, on_delete=models.CASCADE, related_name="matches", db_index=False
    )
    other = models.ForeignKey(
        Ticket, on_delete=models.CASCADE, related_name="matched_by", db_index=False
    )
    similarity = models.FloatField()  # the higher, the nearer; see `services.triage.similar`
    possibly_same = models.BooleanField()  # one matter that was reported twice

    objects = TicketMatchQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket", "other"], name="ticketmatch_once"),
            models.CheckConstraint(
                condition=~Q(ticket=models.F("other")), name="ticketmatch_not_itself"
            ),
        ]
        indexes = [models.Index(fields=["other", "-similarity"], name="ticketmatch_of_other")]

    def __str__(self) -> str:
        return f"#{self.ticket_id} and #{self.other_id}"


class TriageModel(models.Model):
    """How well the offline classifier has learned one field from the latest feedback."""

    field = models.CharField(max_length=10, choices=LearnedField, unique=True)
    version = models.PositiveIntegerField(default=1)  # counts every change of the feedback
    feedback_count = models.PositiveIntegerField(default=0)
    # Accuracy on the latest feedback, before it was learned.
    prior_accuracy = models.FloatField(null=True)
    learned_accuracy = models.FloatField(null=True)
    leads = models.BooleanField(default=False)  # the confirmed tickets answer
    updated_at = models.DateTimeField(default=timezone.now)
    refitted_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "learned model"
        constraints = [one_of("field", LearnedField)]

    def __str__(self) -> str:
        return f"{self.field}, version {self.version}"

    def measured(self, accuracy: float | None) -> float | None:
        """Return an accuracy, or None while it rests on too little feedback to say anything."""
        return accuracy if self.feedback_count >= MIN_MEASURED else None


class TriageCount(models.Model):
    """What became of the predictions of some days, for the triage report.

    `span` days from `first_day`: 1, 16 or 256, counted from the first day of our calendar. `key`
    is, for each `kind`:
    source: field, source, provider, model, prompt version and use;
    latency: the same, and a bucket of 2 ** (n / 16) milliseconds and more;
    bin: field and tenth of confidence, of what was shown or applied;
    confusion: field, predicted and final value;
    day: day, field and source;
    coverage: nothing. `predictions` are tickets, `judged` those that have a prediction.
    """

    pk = models.CompositePrimaryKey("zone", "span", "kind", "first_day", "key")
    zone = models.CharField(max_length=64)
    span = models.SmallIntegerField()
    kind = models.CharField(max_length=10)
    first_day = models.DateField()
    key = ArrayField(models.TextField())
    predictions = models.BigIntegerField()
    judged = models.BigIntegerField()
    correct = models.BigIntegerField()
    answered = models.BigIntegerField()
    accepted = models.BigIntegerField()
    confident = models.BigIntegerField()  # those that state a confidence
    confidence = models.FloatField()  # its sum; in a bin, of judged predictions
    amount = models.FloatField()  # dollars; of a latency, milliseconds

    objects = TriageCountQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.kind} from {self.first_day}"


class TriageChange(models.Model):
    """A quarter of an hour whose predictions or tickets have changed: count its day again."""

    quarter = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.quarter}"


class TriageZone(models.Model):
    """A time zone whose days are counted for the triage report."""

    zone = models.CharField(max_length=64, primary_key=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.zone
