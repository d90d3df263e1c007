"""Agents' decisions: the classifier learns from them, and they judge predictions."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from ...models.housekeeping import DemoTicket
from ...models.ticket import Ticket
from ...models.triage import Feedback, Prediction, TriageModel
from ...triage.offline.learner import Learner, TrainingExample
from ...vocabulary import FINISHED_STATUSES, MAX_FEEDBACK, LearnedField, Source

logger = logging.getLogger(__name__)
MAX_LEARNED_AT_ONCE = 200

# --- recording --------------------------------------------------------------------------


def record_feedback(ticket: Ticket, fields: Collection[str]) -> None:
    """Record that these values are now an agent's decision, in the caller's transaction."""
    now = timezone.now()
    for name in fields:
        value = getattr(ticket, name)
        ticket.predictions.filter(field=name).update(final_value=value, final_at=now)
        _store_feedback(ticket, name, value, now)


def retract_feedback(ticket: Ticket, fields: Collection[str]) -> None:
    """Give these values back to triage: what an agent decided about them no longer counts."""
    _unjudge(ticket.predictions.filter(field__in=fields))
    delete_feedback(ticket.feedback.filter(field__in=fields))
    if DemoTicket.objects.filter(ticket=ticket).exists():  # the demo's author still judges it
        for name in fields:
            judged = {"final_value": getattr(ticket, name), "final_at": ticket.created_at}
            ticket.predictions.filter(field=name).update(**judged)


def recount_feedback(ticket: Ticket) -> None:
    """Have the next retraining leave out the ticket's feedback if it is spam, else include it."""
    fields = list(ticket.feedback.values_list("field", flat=True))
    if fields:
        TriageModel.objects.filter(field__in=fields).update(stale=True)


@transaction.atomic
def delete_feedback(rows: QuerySet[Feedback]) -> None:
    """Delete feedback. The next retraining ignores it, and it no longer judges predictions."""
    fields = list(rows.values_list("field", flat=True).distinct())
    TriageModel.objects.filter(field__in=fields).update(stale=True)
    for name in fields:
        tickets = rows.filter(field=name).values("ticket")
        _unjudge(Prediction.objects.filter(field=name, ticket__in=tickets))
    rows.delete()


def _unjudge(predictions: QuerySet[Prediction]) -> None:
    predictions.update(final_value="", final_at=None)


def _store_feedback(ticket: Ticket, name: str, value: str, now: datetime) -> None:
    """Store the decision and queue a job that learns it, unless it is the same as before."""
    earlier = ticket.feedback.filter(field=name).first()
    if earlier is not None and earlier.value == value:
        return
    predictions = ticket.predictions.deciding().filter(field=name)
    row, _created = Feedback.objects.update_or_create(
        ticket=ticket,
        field=name,
        defaults={
            "value": value,
            "corrected": predictions.exclude(value=value).exists(),
            "decided_at": now,
            "learned_at": None,
        },
    )
    learn.defer(feedback_id=row.pk)


# --- learning ---------------------------------------------------------------------------


def learn_feedback(feedback_id: int) -> None:
    """Learn this row and all others of its field that wait, each by one online update.

    Does nothing if the row was learned before or is gone. After a bulk change the first of many
    jobs does the work of all.
    """
    waiting = Feedback.objects.counted().filter(learned_at=None)
    with transaction.atomic():
        name = waiting.filter(pk=feedback_id).values_list("field", flat=True).first()
        if name is None:
            return
        model = _locked_model(name)  # before the feedback, in the same order as retraining
        unlocked = waiting.filter(field=name).select_for_update(of=("self",), skip_locked=True)
        newest = unlocked.select_related("ticket").order_by("-decided_at", "-pk")
        rows = list(newest[:MAX_LEARNED_AT_ONCE])[::-1]
        if not rows:
            return
        learner = _learner(model)
        for row in rows:
            learner.learn(*_example(row))
        _save_model(model, learner)
        learned = [row.pk for row in rows]
        Feedback.objects.filter(pk__in=learned).update(learned_at=timezone.now())


def retrain(*, only_if_needed: bool = False) -> None:
    """Retrain each field's model on the latest feedback, and put it into use at once.

    With `only_if_needed`, skip fields whose feedback has not changed since their last training.
    """
    for name in LearnedField.values:
        if not only_if_needed or _needs_training(name):
            _retrain(name)


def retrain_later() -> bool:
    """Queue a job that retrains everything. Return False if one is already waiting."""
    try:
        with transaction.atomic():
            retrain_job.configure(queueing_lock="refit").defer(timestamp=0, only_if_needed=False)
    except AlreadyEnqueued:
        return False
    return True


def rebuild() -> None:
    """Derive feedback from the latest finished tickets that lack it, then retrain.

    Demo tickets teach only what was decided about them here.
    """
    finished = Ticket.objects.filter(status__in=FINISHED_STATUSES)
    demo = DemoTicket.objects.filter(ticket=OuterRef("pk"))
    for name in LearnedField.values:
        has_feedback = Feedback.objects.filter(ticket=OuterRef("pk"), field=name)
        without = finished.exclude(Exists(has_feedback)).exclude(Exists(demo))
        latest = without.order_by("-updated_at", "-pk")
        Feedback.objects.bulk_create(
            [
                Feedback(
                    ticket=ticket,
                    field=name,
                    value=getattr(ticket, name),
                    corrected=getattr(ticket, f"{name}_source") == Source.HUMAN,
                    decided_at=ticket.updated_at,
                )
                for ticket in latest.only(name, f"{name}_source", "updated_at")[:MAX_FEEDBACK]
            ],
            ignore_conflicts=True,
        )
    retrain()


def _needs_training(name: str) -> bool:
    """Return whether feedback came, or was retracted, since the last training."""
    rows = Feedback.objects.counted().filter(field=name)
    model = TriageModel.objects.filter(field=name).first()
    if model is None or model.refitted_at is None:
        return rows.exists() or (model is not None and model.stale)
    new = rows.filter(Q(learned_at=None) | Q(decided_at__gt=model.refitted_at))
    return model.stale or new.exists()


def _retrain(name: str) -> None:
    started = timezone.now()
    rows = Feedback.objects.filter(field=name).newest(MAX_FEEDBACK)
    learner = Learner.trained(name, (_example(row) for row in rows))
    learned = {row.pk: row.decided_at for row in rows}
    with transaction.atomic():
        model = _locked_model(name)
        # Learn again what another process has learned since the start, or it would be lost.
        counted = Feedback.objects.counted().filter(field=name)
        learned_since = counted.filter(learned_at__gte=started)
        for row in learned_since.select_related("ticket").order_by("decided_at"):
            if learned.get(row.pk) != row.decided_at:
                learner.learn(*_example(row))
        model.refitted_at, model.stale = started, False
        _save_model(model, learner)
        waiting = counted.filter(learned_at=None)
        decided = waiting.values_list("pk", "decided_at")
        just_learned = [pk for pk, decided_at in decided if learned.get(pk) == decided_at]
        is_full = len(learned) == MAX_FEEDBACK
        too_old = Q(decided_at__lt=min(learned.values())) if is_full else Q(pk__in=[])
        waiting.filter(Q(pk__in=just_learned) | too_old).update(learned_at=started)


def _example(row: Feedback) -> TrainingExample:
    return TrainingExample(row.ticket.title, row.ticket.description, row.value)


def _locked_model(name: str) -> TriageModel:
    TriageModel.objects.bulk_create(
        [TriageModel(field=name, version=0, data=b"")], ignore_conflicts=True
    )
    return TriageModel.objects.select_for_update().get(field=name)


def _learner(model: TriageModel) -> Learner:
    if not model.data:
        return Learner(model.field)
    try:
        return Learner.loads(model.field, bytes(model.data))
    except ValueError:
        # Another version of this program stored it. The next retraining makes a new one.
        logger.warning("The learned model of the %s cannot be read; starting over.", model.field)
        return Learner(model.field)


def _save_model(model: TriageModel, learner: Learner) -> None:
    figures = learner.figures
    model.data = learner.dumps()
    model.version += 1
    model.feedback_count = figures.seen
    model.prior_accuracy = figures.prior_accuracy
    model.learned_accuracy = figures.learned_accuracy
    model.leads = figures.leads
    model.updated_at = timezone.now()
    model.save()


# --- jobs -------------------------------------------------------------------------------


@app.task(
    aliases=["tickets.tasks.learn"],
    queue="learning",
    lock="learn",
    retry=RetryStrategy(max_attempts=3, exponential_wait=5),
)
def learn(feedback_id: int = 0, lesson_id: int = 0) -> None:
    """Learn an agent's decision. Jobs queued by release 0.1 name it `lesson_id`."""
    learn_feedback(feedback_id or lesson_id)


@app.periodic(cron="37 * * * *")
@app.task(
    name=f"{__name__}.retrain",
    aliases=["tickets.tasks.refit"],
    queue="learning",
    lock="learn",
    queueing_lock="refit",
)
def retrain_job(timestamp: int, only_if_needed: bool = True) -> None:
    """Retrain from the latest feedback, once an hour, if it has changed."""
    retrain(only_if_needed=only_if_needed)
