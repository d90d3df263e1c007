"""Store what triage predicted, and what became of it."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from django.db import Error, transaction
from django.db.models import BooleanField, Case, Value, When

from ... import transactions
from ...models.ticket import Ticket
from ...models.triage import Prediction, StoredQuote
from ...triage import signed_suggestions
from ...triage.results import Classification, SentimentScore, TriageResult
from ...triage.signed_suggestions import SignedSuggestion
from ...vocabulary import LearnedField, PredictedField, PredictionUse

logger = logging.getLogger(__name__)


def save_suggestion(classification: Classification, description: str) -> str:
    """Store what somebody is shown who types this text. Return the suggestion's signed id.

    Never fails: the id holds what a later ticket needs, even if the rows could not be stored.
    """
    suggestion_id = uuid.uuid4()
    try:
        with transaction.atomic():
            rows = _predictions(classification, suggestion_id, PredictionUse.SHOWN)
            Prediction.objects.bulk_create(rows)
    except Error:
        logger.exception("A suggestion could not be stored.")
    return signed_suggestions.sign(classification, suggestion_id, description)


def claim(suggestion: SignedSuggestion) -> bool:
    """Return whether no ticket has this suggestion yet.

    Call it in the transaction that attaches it: others with the same suggestion wait for its end.
    """
    rows = Prediction.objects.filter(suggestion=suggestion.suggestion).order_by("pk")
    return all(row.ticket_id is None for row in rows.select_for_update().only("ticket"))


def attach_suggestion(
    ticket: Ticket, suggestion: SignedSuggestion, applied: Collection[str]
) -> None:
    """Attach a suggestion to its ticket, and note which of its values the sender accepted.

    Its predictions may never have been stored. Then those of the fields that the ticket took from
    it (`applied`) are stored now, under the same id: they show that it was used.
    """
    unattached = Prediction.objects.filter(suggestion=suggestion.suggestion, ticket=None)
    missing = set(applied)
    for name in LearnedField.values:
        accepted = Case(
            When(value=getattr(ticket, name), then=Value(True)),
            default=Value(False),
            output_field=BooleanField(),
        )
        if unattached.filter(field=name).update(ticket=ticket, accepted=accepted):
            missing.discard(name)
    for row in ticket.predictions.filter(suggestion=suggestion.suggestion):
        evidence = list(_relocated(row.evidence, ticket))
        if evidence != row.evidence:
            row.evidence = evidence
            row.save(update_fields=["evidence"])
    if missing:
        classification = suggestion.classification()
        save_predictions(
            ticket,
            PredictionUse.APPLIED,
            [classification],
            missing,
            suggestion_id=suggestion.suggestion,
            is_new=True,
        )


def _relocated(evidence: Iterable[StoredQuote], ticket: Ticket) -> Iterator[StoredQuote]:
    """Yield the quotes at their positions in the ticket, which has lost outer white space."""
    for entry in evidence:
        text, quote = getattr(ticket, entry["field"]), entry["text"]
        is_there = text[entry["start"] : entry["end"]] == quote
        start = entry["start"] if is_there else text.find(quote)
        if start >= 0:
            yield {**entry, "start": start, "end": start + len(quote)}


def save_predictions(
    ticket: Ticket,
    use: PredictionUse,
    results: Iterable[TriageResult],
    fields: Collection[str],
    *,
    key: str = "",
    suggestion_id: uuid.UUID | None = None,
    is_new: bool = False,
) -> None:
    """Store what triage predicted of these PredictedFields.

    Under the same `key` or `suggestion_id` a result is stored once, because a job may run again.
    There is no feedback yet about a ticket that `is_new`.
    """
    decisions = {} if is_new else {row.field: row for row in ticket.feedback.all()}
    rows = [
        row
        for result in results
        for row in _predictions(result, suggestion_id or _suggestion_id(result, key), use)
        if row.field in fields
    ]
    for row in rows:
        row.ticket = ticket
        if decision := decisions.get(row.field):
            row.final_value, row.final_at = decision.value, decision.decided_at
    transactions.insert(*rows, ignore_conflicts=bool(key or suggestion_id))


def _suggestion_id(result: TriageResult, key: str) -> uuid.UUID:
    if not key:
        return uuid.uuid4()
    # Release 0.1 wrote these kinds, and its jobs may run again under this release.
    kind = "Classification" if isinstance(result, Classification) else "Tone"
    name = f"{key} {kind} {result.provider} {result.model}"
    return uuid.uuid5(uuid.NAMESPACE_OID, name)


def predicted_fields(names: Collection[str]) -> set[str]:
    """Return the PredictedFields of these TRIAGE_FIELDS: urgency comes with sentiment."""
    urgency = {PredictedField.URGENCY.value} if "sentiment" in names else set()
    return {*names, *urgency}


class _Value(NamedTuple):
    """One value of a result, its evidence's name, and its model if not the result's."""

    field: PredictedField
    value: str
    confidence: float | None
    decides: str
    model: str = ""
    like: int | None = None
    claimed: float | None = None


def _values(result: TriageResult) -> Iterator[_Value]:
    if isinstance(result, Classification):
        yield _Value(
            PredictedField.CATEGORY,
            result.category,
            result.category_confidence,
            "category",
            like=result.category_like,
            claimed=result.category_claimed,
        )
        yield _Value(
            PredictedField.PRIORITY,
            result.priority,
            result.priority_confidence,
            "priority",
            result.priority_model,
            result.priority_like,
            result.priority_claimed,
        )
    if isinstance(result, SentimentScore):
        yield _Value(PredictedField.SENTIMENT, result.sentiment, result.confidence, "sentiment")
        urgency = str(result.urgency_score)
        yield _Value(PredictedField.URGENCY, urgency, None, "sentiment", result.urgency_model)


def _predictions(
    result: TriageResult, suggestion_id: uuid.UUID, use: PredictionUse
) -> list[Prediction]:
    """Return a row for each value of a result. They share the price of the call."""
    values = list(_values(result))
    return [
        Prediction(
            suggestion=suggestion_id,
            field=entry.field,
            value=entry.value,
            confidence=entry.confidence,
            source=result.source,
            provider=result.provider,
            model=entry.model or result.model,
            prompt_version=result.prompt_version,
            evidence=[
                {"field": quote.field, "text": quote.text, "start": quote.start, "end": quote.end}
                for quote in result.evidence
                if quote.decides == entry.decides
            ],
            latency_ms=result.latency_ms,
            cost_usd=result.cost_usd / len(values),
            like_ticket=entry.like,
            claimed=entry.claimed,
            use=use,
        )
        for entry in values
    ]
