"""Triage of stored tickets: offline at once, the model's and a shadow's opinion by jobs."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from typing import Any

from django.db import transaction
from procrastinate.contrib.django import app

from ..access import TRIAGE
from ..exceptions import NotFound
from ..models import TRIAGED, Source, Ticket, Use
from ..triage import config, engine
from ..triage.config import Config
from ..triage.results import Classification, SentimentScore
from . import ledger
from .changing import changing, locked

OFFLINE = "offline"


def fill_offline(ticket: Ticket, names: Collection[str]) -> Opinion:
    """Decide those of the named values that nobody has decided yet, in milliseconds.

    Returns what was decided, for `Opinion.record` once the ticket is stored.
    """
    found = engine.classify(ticket.description, ticket.title, use_model=False)
    tone = engine.score_sentiment(ticket.description, ticket.title, use_model=False)
    opinion = Opinion(found, tone, set(names) & set(ticket.decided_by(Source.DEFAULT)))
    opinion.apply(ticket)
    return opinion


class Opinion:
    """What triage found, and which of category, priority and tone it is to decide."""

    def __init__(self, found: Classification, tone: SentimentScore, names: Collection[str]) -> None:
        self.found, self.tone, self.names = found, tone, names

    def apply(self, ticket: Ticket) -> None:
        found, tone = self.found, self.tone
        if "category" in self.names:
            ticket.category = found.category
            ticket.decide("category", found.source, found.category_confidence)
        if "priority" in self.names:
            ticket.priority = found.priority
            ticket.decide("priority", found.source, found.priority_confidence)
        if "tone" in self.names:
            ticket.sentiment, ticket.urgency_score = tone.sentiment, tone.urgency_score
            ticket.decide("tone", tone.source, tone.confidence)

    def record(self, ticket: Ticket, use: Use = Use.APPLIED, *, once: bool = False) -> None:
        """Write it into the ledger; with `once` the first time only that this text gets it."""
        if self.names:
            fields = ledger.ledger_fields(self.names)
            name = f"{ticket.pk} {ticket.text_digest()} {use}" if once else ""
            ledger.record(ticket, use, (self.found, self.tone), fields, once=name)


def read_again(ticket: Ticket, names: Collection[str]) -> None:
    """Decide these anew, unless a person did: offline at once, by the model's job later."""
    for name in set(names) - set(ticket.decided_by(Source.HUMAN)):
        ticket.decide(name, Source.DEFAULT)
    fill_offline(ticket, names).record(ticket)
    ask_later(ticket, set(TRIAGED) - set(ticket.decided_by(Source.HUMAN)))


def ask_later(ticket: Ticket, names: Collection[str]) -> None:
    """Make the jobs of model (about these of category, priority and tone) and shadow, in the
    present transaction."""
    if names and engine.model_may_be_asked(ticket.description, ticket.title):
        _defer("triage_ticket", ticket, names=sorted(names))
    shadow = _shadow()
    if shadow is not None and _would_answer(shadow, ticket):
        _defer("shadow_triage", ticket)


def _defer(task: str, ticket: Ticket, **more: Any) -> None:
    """Named, since jobs call services."""
    job = app.configure_task(f"tickets.tasks.{task}", queue="triage")
    job.defer(ticket_id=ticket.pk, text_digest=ticket.text_digest(), **more)


def triage_by_model(ticket_id: int, text_digest: str, names: Collection[str] = TRIAGED) -> bool:
    """Ask the model about a stored ticket and take its opinion on these of category, priority
    and tone; False when it left one of them open.

    The model is asked outside any transaction. Its answer is dropped when the text has changed
    since, and never touches what a person chose or confirmed.
    """
    ticket = Ticket.objects.filter(pk=ticket_id).first()
    if ticket is None or ticket.text_digest() != text_digest:
        return True
    names = set(names) - _settled(ticket)
    if not names:
        return True
    engine.warm_up(wait=True)  # the package's import would use up the first call's time
    text = ticket.description, ticket.title
    found = engine.classify(*text, use_model=bool(names & {"category", "priority"}))
    tone = engine.score_sentiment(*text, use_model="tone" in names)
    by_model = _answered(found, tone, Source.LLM)
    with suppress(NotFound), changing(ticket_id, TRIAGE) as ticket:
        if ticket.text_digest() == text_digest:
            opinion = Opinion(found, tone, names & by_model - _settled(ticket))
            opinion.apply(ticket)
            opinion.record(ticket, once=True)
    return names <= by_model


def _settled(ticket: Ticket) -> set[str]:
    """What a person has chosen, or has confirmed since."""
    confirmed = ticket.lessons.values_list("field", flat=True)
    return {*ticket.decided_by(Source.HUMAN), *confirmed}


def triage_by_shadow(ticket_id: int, text_digest: str) -> bool:
    """Ask TRIAGE_SHADOW's source about a stored ticket and record what it says, nothing more.

    False when it gave no answer. An answer about a text that has changed since is dropped.
    """
    ticket = Ticket.objects.filter(pk=ticket_id).first()
    shadow = _shadow()
    if ticket is None or shadow is None or ticket.text_digest() != text_digest:
        return True
    asks_model = shadow.llm_provider != OFFLINE
    engine.warm_up(wait=True, settings=shadow)
    found = engine.classify(ticket.description, ticket.title, use_model=asks_model, settings=shadow)
    tone = engine.score_sentiment(
        ticket.description, ticket.title, use_model=asks_model, settings=shadow
    )
    answered = _answered(found, tone, Source.LLM if asks_model else Source.OFFLINE)
    with suppress(NotFound), transaction.atomic():
        ticket = locked(ticket_id)
        if ticket.text_digest() == text_digest:
            Opinion(found, tone, answered).record(ticket, Use.SHADOW, once=True)
    return answered == set(TRIAGED) or not asks_model


def _answered(found: Classification, tone: SentimentScore, source: str) -> set[str]:
    """Which values the answers of this source are about."""
    sources = zip(TRIAGED, (found.source, found.source, tone.source), strict=True)
    return {name for name, given in sources if given == source}


def _shadow() -> Config | None:
    """The configuration that asks the shadow, unless that is what answers anyway."""
    settings = config.from_settings()
    shadow = settings.shadow()
    if shadow is None or not settings.llm_enabled:
        return None
    return None if shadow.endpoint() == settings.endpoint() else shadow


def _would_answer(shadow: Config, ticket: Ticket) -> bool:
    if shadow.llm_provider == OFFLINE:
        return True
    return engine.model_may_be_asked(ticket.description, ticket.title, shadow)
