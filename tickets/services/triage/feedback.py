"""Agents' decisions: the classifier learns from them, and they judge predictions."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import islice

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from ...models.housekeeping import DemoTicket
from ...models.ticket import Ticket
from ...models.triage import Feedback, Prediction, TriageModel
from ...triage.offline import estimate
from ...triage.offline.encoders import choice
from ...triage.offline.encoders.base import Encoder
from ...triage.offline.learner import WINDOW, Claim, Comparison, Learner
from ...triage.offline.learner import figures as learner_figures
from ...triage.offline.reading import Reading
from ...vocabulary import ERASED_TEXT, FINISHED_STATUSES, MAX_FEEDBACK, LearnedField, Source
from ..jobs import defer_soon
from . import vectors

MAX_LEARNED_AT_ONCE = 200  # of each field

# --- recording --------------------------------------------------------------------------


def record_feedback(ticket: Ticket, fields: Collection[str]) -> None:
    """Record that these values are now an agent's decision, in the caller's transaction.

    A decision that is the same as before is not learned again.
    """
    if fields:
        Feedback.objects.store_decisions(
            ticket.pk, {name: getattr(ticket, name) for name in fields}
        )
        learn_soon()


def retract_feedback(ticket: Ticket, fields: Collection[str]) -> None:
    """Give these values back to triage: what an agent decided about them no longer counts."""
    _unjudge(ticket.predictions.filter(field__in=fields))
    delete_feedback(ticket.feedback.filter(field__in=fields))
    if DemoTicket.objects.filter(ticket=ticket).exists():  # the demo's author still judges it
        for name in fields:
            judged = {"final_value": getattr(ticket, name), "final_at": ticket.created_at}
            ticket.predictions.filter(field=name).update(**judged)


def recount_feedback(ticket: Ticket) -> None:
    """Leave out the ticket's feedback from now on if it has become spam, else include it."""
    note_change(ticket.feedback.values_list("field", flat=True))


@transaction.atomic
def delete_feedback(rows: QuerySet[Feedback]) -> None:
    """Delete feedback: it no longer counts, and no longer judges predictions."""
    fields = set(rows.values_list("field", flat=True))
    if not fields:
        return
    _lock_models()
    for name in fields:
        tickets = rows.filter(field=name).values("ticket")
        _unjudge(Prediction.objects.filter(field=name, ticket__in=tickets))
    rows.delete()
    note_change(fields)


def _unjudge(predictions: QuerySet[Prediction]) -> None:
    predictions.update(final_value="", final_at=None)


# --- learning ---------------------------------------------------------------------------
#
# Locks are taken in one order: a ticket, the models, feedback. Learning passes over locked
# feedback: an agent changes it right now, which queues a job.


def learn_soon() -> None:
    """Queue a job that learns what waits by then, for all decisions of these seconds."""
    defer_soon(learn)


def learn_waiting() -> None:
    """Learn the feedback that waits, the newest MAX_LEARNED_AT_ONCE of each field."""
    waiting = Feedback.objects.filter(learned_at=None)
    by_field = {
        name: waiting.filter(field=name).newest(MAX_LEARNED_AT_ONCE) for name in LearnedField.values
    }
    fields = [name for name, rows in by_field.items() if rows]
    if fields:
        rows = [row for name in fields for row in by_field[name]]
        _learn(load_learner(choice.current()), rows, fields)
    if any(len(rows) == MAX_LEARNED_AT_ONCE for rows in by_field.values()):
        learn_soon()


def retrain() -> None:
    """Learn the newest feedback again, each piece after those before it.

    Needed if the classifier itself has changed, and for what was derived from old tickets.
    """
    rows = Feedback.objects.all().newest(len(LearnedField) * MAX_FEEDBACK)
    _learn(Learner(choice.current()), rows, LearnedField.values)
    with transaction.atomic():
        _lock_models()
        TriageModel.objects.update(refitted_at=timezone.now())


def _learn(learner: Learner, rows: Iterable[Feedback], fields: Collection[str]) -> None:
    """Compare the learner with each decision, before it counts. Then have it count.

    Only the end needs locks: what was said of a ticket stays true if the decision about it changes
    meanwhile.
    """
    rows = list(rows)
    known = vectors.store([row.ticket for row in rows], learner.encoder)
    rows = [row for row in rows if row.ticket_id in known]
    for row in rows:
        reading = Reading(row.ticket.title, row.ticket.description, learner.encoder)
        reading.vector = known[row.ticket_id]
        compared = learner.compare(row.field, row.value, reading, without=row.ticket_id)
        row.prior_value, row.learned_value = compared.estimated, compared.learned
        row.confidence = compared.confidence
        row.learned_at = timezone.now()
        learner.learn(row.ticket_id, reading.vector, row.field, row.value, compared)
    with transaction.atomic():
        _lock_models()
        unlocked = Feedback.objects.select_for_update(skip_locked=True)
        free = set(unlocked.filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True))
        columns = ["prior_value", "learned_value", "confidence", "learned_at"]
        changed = [row for row in rows if row.pk in free]
        Feedback.objects.bulk_update(changed, columns, batch_size=500)
        note_change(fields)


def retrain_later() -> bool:
    """Queue a job that retrains. Return False if one is already waiting."""
    try:
        with transaction.atomic():
            retrain_job.configure(queueing_lock="refit").defer(timestamp=0, only_if_needed=False)
    except AlreadyEnqueued:
        return False
    return True


def rebuild() -> None:
    """Derive feedback from the latest finished tickets that lack it, then retrain.

    Of demo tickets only what was decided here is learned.
    """
    finished = Ticket.objects.filter(status__in=FINISHED_STATUSES)
    finished = finished.exclude(description=ERASED_TEXT)
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


# --- what was learned -------------------------------------------------------------------


def load_learner(encoder: Encoder, current: Learner | None = None) -> Learner:
    """Return what this desk has learned. `current` is returned if nothing has changed since."""
    with transaction.atomic():  # a failure must not break the caller's transaction
        # With the time: a version that was never committed comes again with other feedback.
        models = TriageModel.objects.order_by("field")
        version = tuple(models.values_list("field", "version", "updated_at"))
        if current is not None and current.version == version:
            return current
        rows = Feedback.objects.counted().filter(
            ~Q(learned_at=None), ticket__vector__encoder=encoder.name
        )
        newest = list(
            rows.order_by("-decided_at", "-pk").values_list(
                *("ticket_id", "field", "value"),
                *("prior_value", "learned_value", "confidence"),
                "ticket__vector__text_digest",
            )[: len(LearnedField) * MAX_FEEDBACK]
        )
        digests = {row[0]: row[-1] for row in newest}
        known = vectors.read(dict(islice(digests.items(), MAX_FEEDBACK)), encoder)
        claims = [row for name in LearnedField.values for row in Prediction.objects.claims(name)]
    learner = Learner(encoder, version)
    for ticket, field, value, estimated, learned, confidence, _digest in reversed(newest):
        if ticket in known:
            comparison = Comparison(value, estimated, learned, confidence) if estimated else None
            learner.learn(ticket, known[ticket], field, value, comparison)
    for field, model, claimed, is_right in claims:
        learner.judge(field, model, Claim(claimed, is_right))
    return learner


@transaction.atomic
def note_change(fields: Iterable[str]) -> None:
    """Have every process load again what was learned of these fields, and store how good it is."""
    names = sorted(set(fields))
    models = _lock_models() if names else {}
    for name in names:
        model = models[name]
        rows = Feedback.objects.counted().filter(~Q(learned_at=None), field=name)
        latest = rows.exclude(prior_value="").order_by("-decided_at", "-pk")[:WINDOW]
        figures = learner_figures(
            Comparison(row.value, row.prior_value, row.learned_value, row.confidence)
            for row in latest
        )
        model.version += 1
        model.feedback_count = rows.count()
        model.prior_accuracy = figures.prior_accuracy
        model.learned_accuracy = figures.learned_accuracy
        model.leads = figures.leads
        model.updated_at = timezone.now()
        model.save()


def _needs_training() -> bool:
    """Return whether feedback lacks its vector, or what the present classifier says."""
    encoder = choice.current()
    newest = Feedback.objects.counted().order_by("-decided_at", "-pk")
    ids = list(newest.values_list("pk", flat=True)[: len(LearnedField) * MAX_FEEDBACK])
    lacking = Q(learned_at=None) | Q(prior_value="") | ~Q(ticket__vector__encoder=encoder.name)
    if Feedback.objects.filter(lacking, pk__in=ids).exists():
        return True
    compared = Feedback.objects.all().newest(len(LearnedField) * WINDOW)
    return any(_is_outdated(row, encoder) for row in compared)


def _is_outdated(row: Feedback, encoder: Encoder) -> bool:
    """Return whether the estimate is another one now, by a change of the classifier or the text."""
    reading = Reading(row.ticket.title, row.ticket.description, encoder)
    reading.vector = vectors.unpacked(row.ticket.vector.vector, encoder)
    if reading.vector is None:
        return True
    return estimate.value_of(row.field, estimate.of(reading))[0] != row.prior_value


def _lock_models() -> dict[str, TriageModel]:
    """Return the models by field, locked until the transaction ends: all, in one order."""
    rows = [TriageModel(field=name, version=0) for name in sorted(LearnedField.values)]
    TriageModel.objects.bulk_create(rows, ignore_conflicts=True)
    locked = TriageModel.objects.order_by("field").select_for_update()
    return {model.field: model for model in locked}


# --- jobs -------------------------------------------------------------------------------


@app.task(
    aliases=["tickets.tasks.learn"],
    queue="learning",
    lock="learn",
    retry=RetryStrategy(max_attempts=3, exponential_wait=5),
)
def learn(feedback_id: int = 0, lesson_id: int = 0) -> None:
    """Learn what agents decided. Jobs of earlier releases name a piece of it, and learn all too."""
    learn_waiting()


@app.periodic(cron="*/10 * * * *")
@app.task(
    name=f"{__name__}.retrain",
    aliases=["tickets.tasks.refit"],
    queue="learning",
    lock="learn",
    queueing_lock="refit",
)
def retrain_job(timestamp: int, only_if_needed: bool = True) -> None:
    """Retrain, if some feedback was not learned by the present classifier."""
    if not only_if_needed or _needs_training():
        retrain()
