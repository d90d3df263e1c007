"""What triage returns. Positions count code points of the text as the caller passed it."""

from __future__ import annotations

from dataclasses import dataclass

from ..vocabulary import (
    DEFAULT_CATEGORY,
    DEFAULT_PRIORITY,
    DEFAULT_SENTIMENT,
    DEFAULT_SUGGESTED_TITLE,
    DEFAULT_URGENCY,
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A quote that a prediction rests on: `text == field_text[start:end]`."""

    decides: str  # "category", "priority" or "sentiment"
    field: str  # "title" or "description"
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TriageResult:
    """Where a result came from, how long it took and what it cost."""

    source: str = "default"  # "llm", "offline" or "default"
    evidence: tuple[Evidence, ...] = ()
    provider: str = ""
    model: str = ""
    prompt_version: str = ""
    latency_ms: int = 0
    cost_usd: float = 0.0  # estimated from tokens and list prices; 0 for a cached reply


@dataclass(frozen=True, slots=True)
class Classification(TriageResult):
    """A category and a priority. Confidences are 0..1, or None for a default."""

    category: str = DEFAULT_CATEGORY
    priority: str = DEFAULT_PRIORITY
    category_confidence: float | None = None
    priority_confidence: float | None = None
    priority_model: str = ""  # the model of the priority, if it is not `model`
    # What the model itself stated, before it was compared with what agents decided.
    category_claimed: float | None = None
    priority_claimed: float | None = None
    # The confirmed tickets that these were learned from, for agents only.
    category_like: int | None = None
    priority_like: int | None = None


@dataclass(frozen=True, slots=True)
class SuggestedTitle:
    """A title of 1 to 80 characters."""

    title: str = DEFAULT_SUGGESTED_TITLE
    source: str = "default"


@dataclass(frozen=True, slots=True)
class SentimentScore(TriageResult):
    """A sentiment and an urgency (0..100)."""

    sentiment: str = DEFAULT_SENTIMENT
    urgency_score: int = DEFAULT_URGENCY
    confidence: float | None = None
    urgency_model: str = ""  # the model of the urgency, if it is not `model`
