"""Index what lists and counts read: tickets without spam and merged ones, and a requester's tickets.

Not atomic: nothing is locked while an index is built, and an interrupted run starts again.
"""

from django.contrib.postgres.operations import (
    AddConstraintNotValid,
    AddIndexConcurrently,
    RemoveIndexConcurrently,
    ValidateConstraint,
)
from django.db import migrations, models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, Least, Upper

NEWEST = ["-created_at", "-id"]
LISTED = Q(merged_into=None, spam=False)


def has_low_confidence(name):
    low = Q(**{f"{name}_confidence": None}) | Q(**{f"{name}_confidence__lt": 0.6})
    return Q(**{f"{name}_source__in": ["offline", "default"]}) & low


def confidence(name):
    by_person = models.When(**{f"{name}_source": "human", "then": Value(1.0)})
    return models.Case(by_person, default=Coalesce(F(f"{name}_confidence"), Value(0.0)))


NEEDS_REVIEW = LISTED & Q(
    has_low_confidence("category") | has_low_confidence("priority"),
    status__in=["open", "in_progress"],
)
INDEXES = {
    "comment": [
        models.Index(
            fields=["origin"], condition=Q(origin__isnull=False), name="comment_of_origin"
        ),
        models.Index(
            fields=["split_into"], condition=Q(split_into__isnull=False), name="comment_of_split"
        ),
    ],
    "ticket": [
        models.Index(fields=NEWEST, condition=LISTED, name="ticket_newest_first"),
        models.Index(fields=["status", *NEWEST], condition=LISTED, name="ticket_status_counted"),
        models.Index(
            fields=["merged_into"], condition=Q(merged_into__isnull=False), name="ticket_merged"
        ),
        models.Index(fields=NEWEST, condition=Q(spam=True), name="ticket_spam"),
        models.Index(
            Upper("requester_email"),
            F("created_at").desc(),
            F("id").desc(),
            condition=~Q(requester_email="") & LISTED,
            name="ticket_of_requester",
        ),
        models.Index(fields=["created_at"], condition=NEEDS_REVIEW, name="ticket_review"),
        models.Index(
            Least(confidence("category"), confidence("priority")),
            "created_at",
            "id",
            condition=NEEDS_REVIEW,
            name="ticket_review_confidence",
        ),
    ],
}
# The new ones replace these, which have spam and merged tickets in them.
REPLACED = ["ticket_newest", "ticket_status_newest", "ticket_needs_review", "ticket_lowest_confidence"]
NOT_IN_ITSELF = models.CheckConstraint(
    condition=Q(merged_into=None) | ~Q(merged_into=F("id")),
    name="ticket_not_in_itself",
)


def operations():
    for model, indexes in INDEXES.items():
        for index in indexes:
            # An interrupted build leaves an unusable index of this name.
            yield migrations.RunSQL(
                f"DROP INDEX CONCURRENTLY IF EXISTS {index.name}", migrations.RunSQL.noop
            )
            yield AddIndexConcurrently(model, index)
    for name in REPLACED:
        yield RemoveIndexConcurrently("ticket", name)
    yield migrations.RunSQL(
        "ALTER TABLE tickets_ticket DROP CONSTRAINT IF EXISTS ticket_not_in_itself",
        migrations.RunSQL.noop,
    )
    yield AddConstraintNotValid("ticket", NOT_IN_ITSELF)
    yield ValidateConstraint("ticket", NOT_IN_ITSELF.name)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("tickets", "0017_mark_spam")]
    operations = list(operations())
