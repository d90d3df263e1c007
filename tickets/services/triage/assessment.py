"""Triage stored tickets: offline at once, by the model and by a shadow in jobs."""

from __future__ import annotations

import logging
import math
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from procrastinate import BaseRetryStrategy, JobContext, RetryDecision, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.jobs import Job

from ...access.actors import TRIAGE
from ...exceptions import NotFound, TicketMerged
from ...models.ticket import Ticket
from ...triage import config, engine
from ...triage.config import Config
from ...triage.offline import lexicon_scores
from ...triage.offline.encoders import choice
from ...triage.results import Classification, SentimentScore
from ...vocabulary import TRIAGE_FIELDS, LearnedField, PredictionUse, Source
from ..editing import editing, lock_ticket
from ..jobs import RetryLater, defer
from . import feedback, predictions, similar, vectors

logger = logging.getLogger(__name__)
OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class Assessment:
    """What triage found, and which TRIAGE_FIELDS it is to decide."""

    classification: Classification
    sentiment: SentimentScore
    fields: frozenset[str]

    def apply(self, ticket: Ticket) -> None:
        classification, score = self.classification, self.sentiment
        if "category" in self.fields:
            ticket.category = classification.category
            ticket.decide("category", classification.source, classification.category_confidence)
        if "priority" in self.fields:
            ticket.priority = classification.priority
            ticket.decide("priority", classification.source, classification.priority_confidence)
        if "sentiment" in self.fields:
            ticket.sentiment, ticket.urgency_score = score.sentiment, score.urgency_score
            ticket.decide("sentiment", score.source, score.confidence)

    def save_predictions(
        self,
        ticket: Ticket,
        use: PredictionUse = PredictionUse.APPLIED,
        *,
        once_per_text: bool = False,
        is_new: bool = False,
    ) -> None:
        """Store the values. With `once_per_text` a job that runs again stores nothing new.

        Nobody has decided anything yet about a ticket that `is_new`.
        """
        if self.fields:
            key = f"{ticket.pk} {ticket.text_digest()} {use}" if once_per_text else ""
            results = (self.classification, self.sentiment)
            fields = predictions.predicted_fields(self.fields)
            predictions.save_predictions(ticket, use, results, fields, key=key, is_new=is_new)


def assess_offline(ticket: Ticket, fields: Collection[str]) -> Assessment:
    """Decide those of the fields that nobody has decided yet, in milliseconds.

    Where category and priority are given, nobody waits for the encoder: its urgency follows with
    the job `encode_ticket`. Call `save_predictions` on the result once the ticket is stored.
    """
    open_fields = frozenset(fields) & frozenset(ticket.decided_by(Source.DEFAULT))
    text, key = (ticket.description, ticket.title), ticket.pk or 0
    chooses = bool(open_fields & set(LearnedField.values))
    assessment = Assessment(
        engine.classify(*text, use_model=False, ticket=key) if chooses else Classification(),
        engine.score_sentiment(*text, use_model=False, ticket=key, lexicon_only=not chooses),
        open_fields,
    )
    assessment.apply(ticket)
    return assessment


def reassess(ticket: Ticket, fields: Collection[str]) -> None:
    """Decide again those of the fields that no person decided.

    Offline at once, and by the model's job later, with all that the model has not decided yet.
    """
    for name in set(fields) - set(ticket.decided_by(Source.HUMAN)):
        ticket.decide(name, Source.DEFAULT)
    assess_offline(ticket, fields).save_predictions(ticket)
    resume_model_triage(ticket)


def resume_model_triage(ticket: Ticket) -> None:
    """Queue the jobs for what neither a person nor the model has decided yet."""
    schedule_model_triage(ticket, ticket.decided_by(Source.OFFLINE, Source.DEFAULT))


def schedule_model_triage(ticket: Ticket, fields: Collection[str]) -> None:
    """Queue the jobs of the encoder, the model (about these fields) and the shadow.

    They commit with the current transaction. Nobody is asked about spam.
    """
    if ticket.spam:
        return
    about: dict[str, Any] = {"ticket_id": ticket.pk, "text_digest": ticket.text_digest()}
    defer(encode_ticket, **about)
    settings = config.from_settings()
    if fields and engine.model_may_be_asked(ticket.description, ticket.title, settings):
        defer(triage_ticket, **about, names=sorted(fields))
    shadow = _shadow(settings)
    if shadow is not None and _would_answer(shadow, ticket):
        defer(shadow_triage, **about)


def triage_by_model(
    ticket_id: int, text_digest: str, fields: Collection[str] = TRIAGE_FIELDS
) -> bool:
    """Ask the model about a stored ticket and apply what it says about these fields.

    The model is asked outside any transaction. Its answer is dropped if the text has changed
    since, and never touches what a person chose or confirmed.
    Return False if the model left a field open.
    """
    ticket = Ticket.objects.filter(pk=ticket_id).first()
    if ticket is None or ticket.text_digest() != text_digest:
        return True
    # What the model has decided was answered by an earlier attempt of this job.
    open_fields = set(fields) - _decided_by_people(ticket) - set(ticket.decided_by(Source.LLM))
    if not open_fields:
        return True
    engine.warm_up(wait=True)  # importing the SDK would use up the first call's time
    text = ticket.description, ticket.title
    asks_classification = bool(open_fields & set(LearnedField.values))
    classification = engine.classify(*text, use_model=asks_classification)
    sentiment = engine.score_sentiment(*text, use_model="sentiment" in open_fields)
    answered = _answered_fields(classification, sentiment, Source.LLM)
    with suppress(NotFound, TicketMerged), editing(ticket_id, TRIAGE) as edit:
        ticket = edit.ticket
        if ticket.text_digest() == text_digest:
            decidable = open_fields & answered - _decided_by_people(ticket)
            assessment = Assessment(classification, sentiment, frozenset(decidable))
            assessment.apply(ticket)
            assessment.save_predictions(ticket, once_per_text=True)
    return open_fields <= answered


def triage_by_shadow(ticket_id: int, text_digest: str) -> bool:
    """Ask TRIAGE_SHADOW's source about a stored ticket, and store its predictions only.

    An answer about a text that has changed since is dropped.
    Return False if the shadow gave no answer.
    """
    ticket = Ticket.objects.filter(pk=ticket_id).first()
    shadow = _shadow(config.from_settings())
    if ticket is None or shadow is None or ticket.text_digest() != text_digest:
        return True
    is_model = shadow.llm_provider != OFFLINE
    engine.warm_up(wait=True, settings=shadow)
    text = ticket.description, ticket.title
    classification = engine.classify(*text, use_model=is_model, settings=shadow, ticket=ticket_id)
    sentiment = engine.score_sentiment(*text, use_model=is_model, settings=shadow, ticket=ticket_id)
    source = Source.LLM if is_model else Source.OFFLINE
    answered = _answered_fields(classification, sentiment, source)
    with suppress(NotFound, TicketMerged), transaction.atomic():
        ticket = lock_ticket(ticket_id)
        if ticket.text_digest() == text_digest:
            assessment = Assessment(classification, sentiment, frozenset(answered))
            assessment.save_predictions(ticket, PredictionUse.SHADOW, once_per_text=True)
    return answered == set(TRIAGE_FIELDS) or not is_model


def encode(ticket_id: int, text_digest: str) -> None:
    """Store a ticket's vector, and the urgency that needed it, if its text is still this one."""
    ticket = Ticket.objects.filter(pk=ticket_id).first()
    if ticket is None or ticket.text_digest() != text_digest:
        return
    vectors.store([ticket], choice.current())
    learned = ticket.feedback.exclude(learned_at=None).values_list("field", flat=True)
    feedback.note_change(learned)  # its new text is learned from now on
    latest = ticket.predictions.deciding().filter(field="urgency").order_by("-pk").first()
    if latest is None or latest.model != lexicon_scores.VERSION:
        return
    score = engine.score_sentiment(
        ticket.description, ticket.title, use_model=False, ticket=ticket.pk
    )
    with suppress(NotFound, TicketMerged), editing(ticket_id, TRIAGE) as edit:
        ticket = edit.ticket
        is_open = "sentiment" in ticket.decided_by(Source.OFFLINE, Source.DEFAULT)
        if is_open and ticket.text_digest() == text_digest:
            assessment = Assessment(Classification(), score, frozenset({"sentiment"}))
            assessment.apply(ticket)
            assessment.save_predictions(ticket, once_per_text=True)


def _decided_by_people(ticket: Ticket) -> set[str]:
    """Return the fields that a person has chosen, or has confirmed since."""
    confirmed = ticket.feedback.values_list("field", flat=True)
    return {*ticket.decided_by(Source.HUMAN), *confirmed}


def _answered_fields(
    classification: Classification, sentiment: SentimentScore, source: str
) -> set[str]:
    """Return the TRIAGE_FIELDS that this source answered."""
    classified = set(LearnedField.values) if classification.source == source else set()
    return classified | ({"sentiment"} if sentiment.source == source else set())


def _shadow(settings: Config) -> Config | None:
    """Return the shadow's configuration, or None if it is what answers anyway."""
    shadow = settings.shadow()
    if shadow is None or not settings.llm_enabled:
        return None
    return None if shadow.endpoint() == settings.endpoint() else shadow


def _would_answer(shadow: Config, ticket: Ticket) -> bool:
    if shadow.llm_provider == OFFLINE:
        return True
    return engine.model_may_be_asked(ticket.description, ticket.title, shadow)


# --- jobs -------------------------------------------------------------------------------


class ModelRetry(BaseRetryStrategy):
    """Ask again soon, then later; not before the time until which the service wants no calls."""

    waits = (5, 25, 125)  # seconds

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if job.attempts >= len(self.waits):
            return None
        seconds = exception.seconds if isinstance(exception, RetryLater) else 0.0
        return RetryDecision(
            retry_in={"seconds": max(self.waits[job.attempts], math.ceil(seconds))}
        )


@app.task(
    aliases=["tickets.tasks.triage_ticket"], queue="triage", retry=ModelRetry(), pass_context=True
)
def triage_ticket(
    context: JobContext, ticket_id: int, text_digest: str, names: Collection[str] = TRIAGE_FIELDS
) -> None:
    """Ask the model about a ticket whose text had this digest when the job was queued.

    A model that does not answer is asked again after about 5, 25 and 125 seconds, or later if
    it says so. The offline values stand until then, and for good if it stays silent. Release 0.1
    called sentiment "tone".
    """
    fields = {"sentiment" if name == "tone" else name for name in names}
    if not triage_by_model(ticket_id, text_digest, fields):
        problem = f"The model did not answer fully about ticket {ticket_id}."
        _retry(context, problem, engine.seconds_paused())


# After the others: nobody waits for it, but for the email that a requester gets.
@app.task(queue="triage", priority=-1, retry=RetryStrategy(max_attempts=3, exponential_wait=5))
def encode_ticket(ticket_id: int, text_digest: str) -> None:
    """Store what a ticket means, for learning, and which tickets are similar."""
    encode(ticket_id, text_digest)
    similar.match_ticket(ticket_id)


@app.task(
    aliases=["tickets.tasks.shadow_triage"], queue="triage", retry=ModelRetry(), pass_context=True
)
def shadow_triage(context: JobContext, ticket_id: int, text_digest: str) -> None:
    """Ask TRIAGE_SHADOW's source about a ticket, for comparison only."""
    if not triage_by_shadow(ticket_id, text_digest):
        problem = f"The shadow did not answer fully about ticket {ticket_id}."
        _retry(context, problem, engine.seconds_paused(_shadow(config.from_settings())))


def _retry(context: JobContext, problem: str, seconds: float) -> None:
    """Have the job run again. The last attempt ends without an error: nobody can act on it."""
    if context.job.attempts < len(ModelRetry.waits):  # the first attempt counts as 0
        raise RetryLater(problem, seconds)
    logger.warning("%s It will not be asked again.", problem)
