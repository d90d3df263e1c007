"""What persons decide teaches the offline classifier, and is noted in the ledger."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from procrastinate.contrib.django import app

from ..models import (
    DemoTicket,
    LearnedField,
    Lesson,
    Prediction,
    Source,
    Ticket,
    TriageModel,
)
from ..querysets import DONE
from ..triage.offline.learner import Learner, TrainingExample

logger = logging.getLogger(__name__)
MOST_LESSONS = 2000  # a refit's
MOST_AT_ONCE = 200


def settle(ticket: Ticket, names: Collection[str]) -> None:
    """These values of the ticket are now a person's word. In the caller's transaction."""
    now = timezone.now()
    for name in names:
        value = getattr(ticket, name)
        ticket.predictions.filter(field=name).update(final_value=value, final_at=now)
        _teach(ticket, name, value, now)


def withdraw(ticket: Ticket, names: Collection[str]) -> None:
    """These values are triage's again: what a person said of them counts no longer."""
    _judge_no_more(ticket.predictions.filter(field__in=names))
    forget(ticket.lessons.filter(field__in=names))
    if DemoTicket.objects.filter(ticket=ticket).exists():  # its author has judged before
        for name in names:
            judged = {"final_value": getattr(ticket, name), "final_at": ticket.created_at}
            ticket.predictions.filter(field=name).update(**judged)


@transaction.atomic
def forget(lessons: QuerySet[Lesson]) -> None:
    """Delete lessons; the next refit does without them, and the ledger without their word."""
    fields = list(lessons.values_list("field", flat=True).distinct())
    TriageModel.objects.filter(field__in=fields).update(stale=True)
    for field in fields:
        taught = lessons.filter(field=field).values("ticket")
        _judge_no_more(Prediction.objects.filter(field=field, ticket__in=taught))
    lessons.delete()


def _judge_no_more(predictions: QuerySet[Prediction]) -> None:
    predictions.update(final_value="", final_at=None)


def _teach(ticket: Ticket, name: str, value: str, now: datetime) -> None:
    """Keep the decision as a lesson, and have it learned unless it was before."""
    lesson = ticket.lessons.filter(field=name).first()
    if lesson is not None and lesson.value == value:
        return
    lesson, _created = Lesson.objects.update_or_create(
        ticket=ticket,
        field=name,
        defaults={
            "value": value,
            "corrected": ticket.predictions.deciding()
            .filter(field=name)
            .exclude(value=value)
            .exists(),
            "at": now,
            "learned_at": None,
        },
    )
    app.configure_task("tickets.tasks.learn", queue="learning", lock="learn").defer(
        lesson_id=lesson.pk
    )


def learn(lesson_id: int) -> None:
    """Learn a lesson and those of its field that wait as well, each by one online update.

    Nothing when it was learned before, or is gone. After a bulk change the first of many jobs
    does the work of all.
    """
    waiting = Lesson.objects.filter(learned_at=None)
    with transaction.atomic():
        field = waiting.filter(pk=lesson_id).values_list("field", flat=True).first()
        if field is None:
            return
        row = _locked_model(field)  # before the lessons, in the order of a refit
        free = waiting.filter(field=field).select_for_update(of=("self",), skip_locked=True)
        newest = free.select_related("ticket").order_by("-at", "-pk")[:MOST_AT_ONCE]
        lessons = list(newest)[::-1]
        if not lessons:
            return
        learner = _learner(row)
        for lesson in lessons:
            learner.learn(*_as_taught(lesson))
        _store(row, learner)
        learned = [lesson.pk for lesson in lessons]
        Lesson.objects.filter(pk__in=learned).update(learned_at=timezone.now())


def refit(*, only_if_needed: bool = False) -> None:
    """Learn each field anew from its latest lessons, and put the result in place at once.

    With `only_if_needed`, fields whose lessons are the same since their last refit are left alone.
    """
    for name in LearnedField.values:
        if not only_if_needed or _has_news(name):
            _refit(name)


def _has_news(name: str) -> bool:
    """Whether lessons came, or went, since the last refit."""
    lessons = Lesson.objects.filter(field=name)
    row = TriageModel.objects.filter(field=name).first()
    if row is None or row.refitted_at is None:
        return lessons.exists() or (row is not None and row.stale)
    came = lessons.filter(Q(learned_at=None) | Q(at__gt=row.refitted_at))
    return row.stale or came.exists()


def refit_later() -> None:
    """Have a job learn everything anew."""
    job = app.configure_task("tickets.tasks.refit", queue="learning", lock="learn")
    job.defer(timestamp=0, only_if_needed=False)


def _refit(name: str) -> None:
    started = timezone.now()
    lessons = Lesson.objects.filter(field=name).newest(MOST_LESSONS)
    learner = Learner.trained(name, (_as_taught(lesson) for lesson in lessons))
    learned = {lesson.pk: lesson.at for lesson in lessons}
    with transaction.atomic():
        row = _locked_model(name)
        # What another process has learned meanwhile would be lost otherwise.
        meanwhile = Lesson.objects.filter(field=name, learned_at__gte=started)
        for lesson in meanwhile.select_related("ticket").order_by("at"):
            if learned.get(lesson.pk) == lesson.at:  # as it was when it was learned above
                continue
            learner.learn(*_as_taught(lesson))
        row.refitted_at, row.stale = started, False
        _store(row, learner)
        waiting = Lesson.objects.filter(field=name, learned_at=None)
        taught = [pk for pk, at in waiting.values_list("pk", "at") if learned.get(pk) == at]
        too_old = Q(at__lt=min(learned.values())) if len(learned) == MOST_LESSONS else Q(pk__in=[])
        waiting.filter(Q(pk__in=taught) | too_old).update(learned_at=started)


def rebuild() -> None:
    """Make lessons of the latest resolved and closed tickets that lack them, and learn
    everything anew from all lessons there are.

    Demo tickets teach nothing but what was decided about them here.
    """
    done = Ticket.objects.filter(status__in=DONE)
    demo = DemoTicket.objects.filter(ticket=OuterRef("pk"))
    for name in LearnedField.values:
        known = Lesson.objects.filter(ticket=OuterRef("pk"), field=name)
        without = done.exclude(Exists(known)).exclude(Exists(demo)).order_by("-updated_at", "-pk")
        found = without.only(name, f"{name}_source", "updated_at")[:MOST_LESSONS]
        Lesson.objects.bulk_create(
            [
                Lesson(
                    ticket=ticket,
                    field=name,
                    value=getattr(ticket, name),
                    corrected=getattr(ticket, f"{name}_source") == Source.HUMAN,
                    at=ticket.updated_at,
                )
                for ticket in found
            ],
            ignore_conflicts=True,
        )
    refit()


def _as_taught(lesson: Lesson) -> TrainingExample:
    return TrainingExample(lesson.ticket.title, lesson.ticket.description, lesson.value)


def _locked_model(name: str) -> TriageModel:
    TriageModel.objects.bulk_create(
        [TriageModel(field=name, version=0, data=b"")], ignore_conflicts=True
    )
    return TriageModel.objects.select_for_update().get(field=name)


def _learner(row: TriageModel) -> Learner:
    if not row.data:
        return Learner(row.field)
    try:
        return Learner.loads(row.field, bytes(row.data))
    except ValueError:
        # Of another version of this program: the next refit makes a new one from the lessons.
        logger.warning("What was learned about the %s cannot be read; learning anew.", row.field)
        return Learner(row.field)


def _store(row: TriageModel, learner: Learner) -> None:
    figures = learner.figures
    row.data = learner.dumps()
    row.version += 1
    row.lessons = figures.seen
    row.prior_accuracy, row.learned_accuracy = figures.prior_accuracy, figures.learned_accuracy
    row.leads = figures.leads
    row.updated_at = timezone.now()
    row.save()
