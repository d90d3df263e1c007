"""Let tickets need review whose category or priority a model predicts with a low confidence.

Not atomic: nothing is locked while an index is built, and an interrupted run starts again.
"""

from collections.abc import Iterator

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models
from django.db.migrations.operations.base import Operation
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, Least


def confidence_or(name: str, unknown: float) -> Coalesce:
    return Coalesce(F(f"{name}_confidence"), Value(unknown))


def confidence(name: str) -> models.Case:
    by_person = models.When(**{f"{name}_source": "human", "then": Value(1.0)})
    by_model = models.When(**{f"{name}_source": "llm", "then": confidence_or(name, 1.0)})
    return models.Case(by_person, by_model, default=confidence_or(name, 0.0))


def has_low_confidence(name: str) -> Q:
    low = Q(**{f"{name}_confidence__lt": 0.6})
    low_or_none = Q(**{f"{name}_confidence": None}) | low
    by_model = Q(**{f"{name}_source": "llm"})
    return (Q(**{f"{name}_source__in": ["offline", "default"]}) & low_or_none) | (by_model & low)


NEEDS_REVIEW = Q(merged_into=None, spam=False) & Q(
    has_low_confidence("category") | has_low_confidence("priority"),
    status__in=["open", "in_progress"],
)
INDEXES = [
    models.Index(fields=["created_at"], condition=NEEDS_REVIEW, name="ticket_to_review"),
    models.Index(
        Least(confidence("category"), confidence("priority")),
        "created_at",
        "id",
        condition=NEEDS_REVIEW,
        name="ticket_review_order",
    ),
]
# The new ones replace these, which have no tickets that a model decided.
REPLACED = ["ticket_review", "ticket_review_confidence"]


def operations() -> Iterator[Operation]:
    for index in INDEXES:
        # An interrupted build leaves an unusable index of this name.
        yield migrations.RunSQL(
            f"DROP INDEX CONCURRENTLY IF EXISTS {index.name}", migrations.RunSQL.noop
        )
        yield AddIndexConcurrently("ticket", index)
    for name in REPLACED:
        yield RemoveIndexConcurrently("ticket", name)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("tickets", "0026_similar_tickets")]
    operations = list(operations())
