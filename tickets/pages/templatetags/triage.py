"""What triage said, and what it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.template import Library
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from tickets.models.ticket import StoredEvidence, Ticket
from tickets.pages.quotes import quotable
from tickets.pages.templatetags.desk import label
from tickets.vocabulary import (
    PredictionUse,
    Source,
)
from tickets.web import wording

register = Library()


@register.simple_tag
def decision(ticket: Ticket, name: str) -> str:
    """Say who decided category, priority or sentiment, see `wording.decision`."""
    return wording.decision(*ticket.decision(name))


@register.simple_tag
def decider(ticket: Ticket, name: str) -> str:
    """Say the same without the confidence."""
    return wording.decision(ticket.decision(name).source, None)


@register.filter
def decided_by_person(ticket: Ticket, name: str) -> bool:
    """Return whether a person chose or confirmed the value."""
    return name in ticket.decided_by(Source.HUMAN)


@register.simple_tag
def confidence(value: float | None) -> str:
    """Format a confidence to follow a value: ", 82% confident"."""
    return "" if value is None else f", {wording.confident(value)}"


@register.simple_tag
def evidence(stored: StoredEvidence | None) -> SafeString:
    """Say what a value rests on, to follow who decided: ", because of “refund”, like #12"."""
    if not stored:
        return SafeString("")
    quotes = ((quote,) for quote in quotable(stored.quotes))
    quoted = format_html_join(", ", "\u201c{}\u201d", quotes)
    reason = format_html(", because of {}", quoted) if quoted else SafeString("")
    if stored.like is None:
        return reason
    address = reverse("ticket", args=[stored.like])
    return format_html('{}, like <a href="{}">#{}</a>', reason, address, stored.like)


@register.simple_tag
def milliseconds(value: int) -> str:
    return f"{wording.number(value)}\u00a0ms" if value else "under 1\u00a0ms"


@register.filter
def use_label(use: str) -> str:
    return str(PredictionUse(use).label)


@register.simple_tag
def source_name(row: Mapping[str, Any]) -> str:
    """Name who predicted, for a row of the triage report: "gemini, gemini-3.5-flash-lite"."""
    if row["source"] == Source.OFFLINE:
        return f"Offline: {wording.offline_name(row['model'])}" if row["model"] else "Offline"
    provider = row["provider"] if row["source"] == Source.LLM else label(row["source"])
    # A suggestion whose stored predictions were purged no longer knows its model.
    return ", ".join(filter(None, (provider, row["model"]))) or "Model"
