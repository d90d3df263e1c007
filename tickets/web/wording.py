"""How figures and decisions are worded, wherever people read them. Uses no database."""

from __future__ import annotations

from ..vocabulary import Source

TRIAGE_NAMES = {Source.LLM: "model", Source.OFFLINE: "offline classifier"}
DECIDERS = {
    Source.HUMAN: "Set by a person",
    **{source: f"Suggested by the {name}" for source, name in TRIAGE_NAMES.items()},
    Source.DEFAULT: "Default, since the text gave no clue",
}


# What a version such as "lexicon-3+use-3" is made of.
OFFLINE_PARTS = {
    "lexicon": "lexicon",
    "use": "encoder",
    "words": "words",
    "learned": "confirmed tickets",
}


def offline_name(version: str) -> str:
    """Name the parts of the offline classifier: "lexicon and encoder" for "lexicon-3+use-3"."""
    parts = [part.partition("-")[0] for part in version.split("+")]
    return " and ".join(OFFLINE_PARTS.get(part, part) for part in parts)


def percentage(share: float) -> str:
    """Format 0..1 as a percentage: "82%"."""
    return f"{share:.0%}"


def precise_percentage(part: int, whole: int) -> str:
    """Format as a percentage; "<1%" and ">99%" instead of rounding to 0 or 100."""
    if not whole or part in (0, whole):
        return "100%" if whole and part else "0%"
    percent = 100 * part / whole
    return "<1%" if percent < 1 else ">99%" if percent > 99 else f"{percent:.0f}%"


def confident(confidence: float) -> str:
    """Format a confidence of 0..1: "82% confident"."""
    return f"{percentage(confidence)} confident"


def decision(source: str, confidence: float | None) -> str:
    """Say who decided a value: "Suggested by the offline classifier, 82% confident"."""
    return _with_confidence(DECIDERS[Source(source)], confidence)


def triage_name(source: str, confidence: float | None) -> str:
    """Name the source of triage that decided: "model, 82% confident"; "" if none did."""
    name = TRIAGE_NAMES.get(Source(source))
    return _with_confidence(name, confidence) if name else ""


def _with_confidence(text: str, confidence: float | None) -> str:
    return text if confidence is None else f"{text}, {confident(confidence)}"


def number(value: float) -> str:
    """Group the digits by thousands: "10,000"."""
    return f"{value:,}"


def plural(count: int, noun: str, nouns: str = "") -> str:
    """Format a count: "1 ticket", "3 tickets"; `nouns` is the plural if it has no plain s."""
    return f"{number(count)} {noun if count == 1 else nouns or f'{noun}s'}"
