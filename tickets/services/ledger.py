"""What triage said is written into the ledger, and what became of it."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from django.db import Error, transaction
from django.db.models import BooleanField, Case, Value, When

from ..models import LearnedField, LedgerField, Prediction, Ticket, Use
from ..triage import signed_suggestions
from ..triage.results import Classification, SentimentScore, TriageResult
from ..triage.signed_suggestions import SignedSuggestion

logger = logging.getLogger(__name__)


def record_shown(found: Classification) -> str:
    """Note what somebody is shown while they type; returns the suggestion's signed id.

    Never fails: the id holds what a later ticket needs, even where the ledger could not be
    written.
    """
    suggestion = uuid.uuid4()
    try:
        with transaction.atomic():
            Prediction.objects.bulk_create(_predictions(found, suggestion, Use.SHOWN))
    except Error:
        logger.exception("A suggestion could not be written into the ledger.")
    return signed_suggestions.sign(found, suggestion)


def link_shown(ticket: Ticket, receipt: SignedSuggestion, taken: Collection[str]) -> None:
    """The suggestion's ticket has come: note it, and which of its values the sender kept.

    A suggestion that was sent before stays with its first ticket, and an old one may be purged;
    what the ticket took of it (`taken`) is then noted as applied.
    """
    unsent = Prediction.objects.filter(suggestion=receipt.suggestion, ticket=None)
    missing = set(taken)
    for name in LearnedField.values:
        kept = Case(
            When(value=getattr(ticket, name), then=Value(True)),
            default=Value(False),
            output_field=BooleanField(),
        )
        if unsent.filter(field=name).update(ticket=ticket, accepted=kept):
            missing.discard(name)
    for row in ticket.predictions.filter(suggestion=receipt.suggestion):
        standing = list(_standing(row.evidence, ticket))
        if standing != row.evidence:
            row.evidence = standing
            row.save(update_fields=["evidence"])
    if missing:
        record(ticket, Use.APPLIED, [receipt.classification()], missing)


def _standing(evidence: Iterable[dict[str, Any]], ticket: Ticket) -> Iterator[dict[str, Any]]:
    """The quotes where they stand in the ticket: it is stored without outer white space."""
    for entry in evidence:
        text, quote = getattr(ticket, entry["field"]), entry["text"]
        stands = text[entry["start"] : entry["end"]] == quote
        start = entry["start"] if stands else text.find(quote)
        if start >= 0:
            yield entry | {"start": start, "end": start + len(quote)}


def record(
    ticket: Ticket,
    use: Use,
    answers: Iterable[TriageResult],
    fields: Collection[str],
    *,
    once: str = "",
) -> None:
    """Note what triage said of these of the ledger's fields about a ticket.

    Under the same `once` an answer is noted the first time alone: a job may run again.
    """
    decided = {lesson.field: lesson for lesson in ticket.lessons.all()}
    rows = [
        row
        for answer in answers
        for row in _predictions(answer, _name(answer, once), use)
        if row.field in fields
    ]
    for row in rows:
        row.ticket = ticket
        if row.field in decided:
            row.final_value, row.final_at = decided[row.field].value, decided[row.field].at
    Prediction.objects.bulk_create(rows, ignore_conflicts=bool(once))


def _name(answer: TriageResult, once: str) -> uuid.UUID:
    if not once:
        return uuid.uuid4()
    # "Tone" is what releases up to 0.1 called it: a job of theirs may run again.
    kind = "Tone" if isinstance(answer, SentimentScore) else type(answer).__name__
    words = f"{once} {kind} {answer.provider} {answer.model}"
    return uuid.uuid5(uuid.NAMESPACE_OID, words)


def ledger_fields(names: Collection[str]) -> set[str]:
    """The ledger's fields for category, priority and tone."""
    both = {LedgerField.SENTIMENT.value, LedgerField.URGENCY.value}
    return {name for name in names if name != "tone"} | (both if "tone" in names else set())


def _predictions(answer: TriageResult, suggestion: uuid.UUID, use: Use) -> list[Prediction]:
    """A row for each value of an answer, whose price they share."""
    values = list(_values(answer))
    return [
        Prediction(
            suggestion=suggestion,
            field=name,
            value=str(value),
            confidence=confidence,
            source=answer.source,
            provider=answer.provider,
            model=model or answer.model,
            prompt_version=answer.prompt_version,
            evidence=_evidence(answer, decides),
            latency_ms=answer.latency_ms,
            cost_usd=answer.cost_usd / len(values),
            use=use,
        )
        for name, value, confidence, decides, model in values
    ]


def _values(answer: TriageResult) -> Iterator[tuple[str, Any, float | None, str, str]]:
    """Field, value, confidence, what its evidence decides, and its model where it has its own."""
    if isinstance(answer, Classification):
        yield "category", answer.category, answer.category_confidence, "category", ""
        priority = answer.priority, answer.priority_confidence
        yield "priority", *priority, "priority", answer.priority_model
    if isinstance(answer, SentimentScore):
        yield "sentiment", answer.sentiment, answer.confidence, "sentiment", ""
        yield "urgency", answer.urgency_score, None, "sentiment", answer.urgency_model


def _evidence(answer: TriageResult, decides: str) -> list[dict[str, Any]]:
    found = [entry for entry in answer.evidence if entry.decides == decides]
    return [
        {"field": entry.field, "text": entry.text, "start": entry.start, "end": entry.end}
        for entry in found
    ]
