"""What triage answers. Positions count code points of the text as the caller gave it."""

from __future__ import annotations

from dataclasses import dataclass

CATEGORIES = ("billing", "technical", "account", "general")
PRIORITIES = ("low", "medium", "high", "critical")
SENTIMENTS = ("calm", "neutral", "frustrated", "angry")
SOURCES = ("human", "llm", "offline", "default")

DEFAULT_CATEGORY = "general"
DEFAULT_PRIORITY = "medium"
DEFAULT_SENTIMENT = "neutral"
DEFAULT_URGENCY = 50
DEFAULT_TITLE = "Support request"
MAX_TITLE_CHARS = 80
# What the ledger knows of a ticket; a person decides the first two.
FIELDS = ("category", "priority", "sentiment", "urgency")
LEARNED_FIELDS = ("category", "priority")
CONFIDENT_FROM = 0.8  # what is claimed to be right four times out of five is told apart
CALIBRATION_BINS = 10  # equal ranges of confidence, each compared with how often it was right
SURE_FROM = 0.6  # an offline opinion with less confidence wants a person's look


@dataclass(frozen=True, slots=True)
class Evidence:
    """Words that moved a decision: `text == field_text[start:end]`."""

    decides: str  # "category", "priority" or "tone"
    field: str  # "title" or "description"
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Who answered, how, and at what price."""

    source: str = "default"  # "llm", "offline" or "default"
    evidence: tuple[Evidence, ...] = ()
    provider: str = ""
    model: str = ""
    prompt_version: str = ""
    latency_ms: int = 0
    cost_usd: float = 0.0  # estimated from tokens and list prices; 0 when it came from the cache


@dataclass(frozen=True, slots=True)
class Classification(Answer):
    """Category and priority. Confidences are 0..1, None when there was no opinion."""

    category: str = DEFAULT_CATEGORY
    priority: str = DEFAULT_PRIORITY
    category_confidence: float | None = None
    priority_confidence: float | None = None
    priority_model: str = ""  # where it is not `model` that decided the priority


@dataclass(frozen=True, slots=True)
class Title:
    """A title of 1 to 80 characters."""

    title: str = DEFAULT_TITLE
    source: str = "default"


@dataclass(frozen=True, slots=True)
class Tone(Answer):
    """Sentiment and urgency (0..100)."""

    sentiment: str = DEFAULT_SENTIMENT
    urgency_score: int = DEFAULT_URGENCY
    confidence: float | None = None
    urgency_model: str = ""  # where it is not `model` that decided the urgency
