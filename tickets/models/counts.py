"""Counts of tickets, which the database keeps itself. See docs/decisions/0040-counts.md.

Triggers on tickets write what changed to CountChange, in the same transaction. Folding adds that
to the three other tables. Readers sum up both, so they are exact at any moment. The functions that
do this are in `migrations/_counts.py`; only they write to these tables.
"""

from __future__ import annotations

from django.db import models

from ..querysets.counts import CountChangeQuerySet, CountedZoneQuerySet


class CountChange(models.Model):
    """What counts about a ticket that came (`tickets` is 1) or went (-1)."""

    created_at = models.DateTimeField()
    status = models.CharField(max_length=12)
    category = models.CharField(max_length=10)
    priority = models.CharField(max_length=10)
    sentiment = models.CharField(max_length=10)
    assignee_id = models.IntegerField(null=True)
    # Microseconds until the first response and the resolution; None if there was none.
    first_response = models.BigIntegerField(null=True)
    resolved = models.BigIntegerField(null=True)
    tickets = models.BigIntegerField()
    urgency = models.BigIntegerField()  # the sum of their scores
    waiting = models.BigIntegerField()  # those that wait for us

    objects = CountChangeQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.tickets:+} {self.status}"


class TicketCount(models.Model):
    """How many tickets have these values."""

    EVERYBODY, NOBODY = -1, 0

    pk = models.CompositePrimaryKey("assignee_id", "status", "category", "priority", "sentiment")
    assignee_id = models.IntegerField()  # NOBODY for unassigned tickets, EVERYBODY for all
    status = models.CharField(max_length=12)
    category = models.CharField(max_length=10)
    priority = models.CharField(max_length=10)
    sentiment = models.CharField(max_length=10)
    tickets = models.BigIntegerField()
    urgency = models.BigIntegerField()
    waiting = models.BigIntegerField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.tickets} {self.status}"


class PeriodCount(models.Model):
    """How many of the tickets created in a period have one value.

    A period is `span` days long, 1 or 16, counted from the first day of our calendar; 0 stands
    for all days. The dimensions are "" for all tickets, "status", "category", "priority",
    "sentiment", "assignee" (an id, or 0), and "first_response" and "resolved" ("reached" or
    "waiting").
    """

    pk = models.CompositePrimaryKey("zone", "span", "dimension", "value", "first_day")
    zone = models.CharField(max_length=64)  # whose days these are
    dimension = models.CharField(max_length=15)
    value = models.CharField(max_length=12)
    span = models.SmallIntegerField()
    first_day = models.DateField()
    tickets = models.BigIntegerField()
    urgency = models.BigIntegerField()
    waiting = models.BigIntegerField()
    days = models.IntegerField(default=0)  # of all days (`span` 0), those that have tickets

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.tickets} from {self.first_day}"


class PeriodDuration(models.Model):
    """How long tickets created in a period took until an event: a histogram.

    Bucket n is for 2 ** (n / 16) seconds and more, so the longest duration in it is 4.5% longer
    than the shortest. Days are kept for 128 days, the whole (`span` 0) for ever.
    """

    pk = models.CompositePrimaryKey("zone", "event", "span", "first_day", "bucket")
    zone = models.CharField(max_length=64)
    event = models.CharField(max_length=15)  # "first_response" or "resolved"
    span = models.SmallIntegerField()
    first_day = models.DateField()
    bucket = models.SmallIntegerField()
    tickets = models.BigIntegerField()
    microseconds = models.BigIntegerField()  # their sum

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.tickets} in {self.bucket}"


class CountedZone(models.Model):
    """A time zone whose days are counted. Without a row, nothing is counted in it yet."""

    zone = models.CharField(max_length=64, primary_key=True)
    counted_at = models.DateTimeField()
    # When counts were last found wrong and mended, and how many.
    mended_at = models.DateTimeField(null=True)
    mended = models.IntegerField(default=0)

    objects = CountedZoneQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.zone
