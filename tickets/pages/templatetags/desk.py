"""Badges, times, links and charts of the pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.template import Context, Library
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from tickets.audit.trail import AuditEntry
from tickets.models.mail import Email
from tickets.models.ticket import Ticket
from tickets.pages import audit_text, charts
from tickets.pages.drafts import draft_of as unsent_of
from tickets.vocabulary import MailKind, MailState, PredictionUse, Source
from tickets.web import wording

register = Library()

MOST_QUOTED, WORDS_SHOWN = 40, 3  # characters of a quote, quotes
THEMES = ("light", "dark", "system")


@register.simple_tag(takes_context=True)
def theme(context: Context) -> str:
    """The remembered theme. Reads the cookie alone, since error pages ask for it too."""
    request = context.get("request")
    chosen = request.COOKIES.get("theme") if request else None
    return chosen if chosen in THEMES else "system"


@register.simple_tag(takes_context=True)
def unsent(context: Context) -> str:
    """What was written into the form that this page answers, see `unsent.py`."""
    return unsent_of(context.get("request"))


@register.simple_tag
def open_mode() -> bool:
    """Whether anybody acts as an agent, which every page must say."""
    return bool(settings.ACCESS_MODE == "open")


@register.simple_tag(takes_context=True)
def nav_link(context: Context, route: str, text: str, *within: str) -> SafeString:
    """A link of a navigation, marked on its own page and on those `within` it."""
    match = getattr(context.get("request"), "resolver_match", None)
    here = match.url_name if match else None
    current = "page" if here == route else "true" if here in within else "false"
    return format_html('<a href="{}" aria-current="{}">{}</a>', reverse(route), current, text)


@register.simple_tag
def icon(name: str) -> SafeString:
    """A shape of `templates/_icons.html`; it never stands without a word."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="#i-{}"/></svg>', name)


@register.filter
def label(value: Any) -> str:
    """A stored value as people read it: `in_progress` is "In progress"."""
    return str(value).replace("_", " ").capitalize()


@register.simple_tag
def badge(kind: str, value: str) -> SafeString:
    """Shape, word and colour of a priority, status, category or sentiment."""
    return format_html(
        '<span class="badge {0}-{1}">{2}{3}</span>',
        kind,
        value,
        icon(f"{kind}-{value}"),
        label(value),
    )


@register.simple_tag
def meter(score: int) -> SafeString:
    """A small bar for 0..100."""
    return format_html(
        '<svg class="meter" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="track" width="100" height="8"/>'
        '<rect class="fill" width="{}" height="8"/></svg>',
        score,
    )


@register.simple_tag
def decided(ticket: Ticket, name: str) -> str:
    """Who decided category, priority or tone, and how sure: "Offline triage, 82 % sure"."""
    decision = ticket.triage[name]
    return wording.decision(decision["source"], decision["confidence"])


@register.filter
def chosen(ticket: Ticket, name: str) -> bool:
    """Whether a person chose or confirmed the value."""
    return name in ticket.decided_by(Source.HUMAN)


@register.simple_tag
def sure(confidence: float | None) -> str:
    """How sure, after a value: ", 82 % sure"."""
    return "" if confidence is None else f", {wording.confident(confidence)}"


@register.simple_tag
def because(words: Iterable[str] | None) -> SafeString:
    """The words that decided, after who did: ", because of “refund”"."""
    quotes = ((" ".join(word.split())[:MOST_QUOTED],) for word in list(words or ())[:WORDS_SHOWN])
    quoted = format_html_join(", ", "\u201c{}\u201d", quotes)
    return format_html(", because of {}", quoted) if quoted else SafeString()


@register.simple_tag
def share(value: float | None) -> str:
    """0..1 as per cent; a dash for a share of nothing."""
    return "\u2013" if value is None else wording.percentage(value)


@register.simple_tag
def milliseconds(value: int) -> str:
    return f"{value}\u00a0ms" if value else "under 1\u00a0ms"


USES = {
    PredictionUse.SHOWN: "shown while typing",
    PredictionUse.APPLIED: "applied",
    PredictionUse.SHADOW: "shadow, never shown",
}


@register.filter
def use_words(use: str) -> str:
    return USES[PredictionUse(use)]


@register.simple_tag
def source_name(row: Mapping[str, Any]) -> str:
    """Who answered, of a row of the ledger's report: "gemini, gemini-3.5-flash-lite"."""
    if row["source"] != Source.LLM:
        return label(row["source"]) + (f", {row['model']}" if row["model"] else "")
    return f"{row['provider']}, {row['model']}"


@register.filter
def ago(moment: datetime) -> SafeString:
    """How long ago, with the full time in the title."""
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ"),
        moment.astimezone(UTC).strftime("%-d %B %Y, %H:%M UTC"),
        _age(moment, timezone.now()),
    )


def _age(moment: datetime, now: datetime) -> str:
    minutes = int((now - moment).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    if minutes < 24 * 60:
        return f"{minutes // 60} h ago"
    if minutes < 30 * 24 * 60:
        return f"{minutes // (24 * 60)} d ago"
    return moment.astimezone(UTC).strftime("%-d %b %Y")


@register.filter
def initials(name: str) -> str:
    """At most two letters that stand for a person."""
    words = [word for word in name.replace(".", " ").replace("_", " ").split() if word]
    return "".join(word[0] for word in words[:2]).upper()


@register.filter
def told(entry: AuditEntry) -> list[str]:
    """A history entry in sentences."""
    return audit_text.texts(entry)


@register.filter
def actor_name(entry: AuditEntry) -> str:
    return audit_text.actor_name(entry)


@register.simple_tag(takes_context=True)
def list_url(context: Context | Mapping[str, Any], **changes: str) -> str:
    """The ticket list with the present filters and these changes ("" takes a filter away).

    The place in the list is forgotten unless `cursor` is given.
    """
    filters = {**(context.get("query") or {}), "cursor": "", **changes}
    query = urlencode({name: value for name, value in filters.items() if value})
    return reverse("ticket-list") + (f"?{query}" if query else "")


@register.filter
def span_name(span: charts.Span, step: str) -> str:
    """The days behind one bar of a chart: "3 Feb 2026", "Week of 2 Feb 2026", "February 2026"."""
    if step == "month":
        return f"{span.first:%B %Y}"
    return ("Week of " if step == "week" else "") + f"{span.first:%-d %b %Y}"


@register.simple_tag
def duration(value: timedelta | None) -> str:
    """A time as people read it, "3 h 20 min"; a dash for none."""
    if value is None:
        return "\u2013"
    minutes = round(value.total_seconds() / 60)
    if minutes < 1:
        return "under 1\u00a0min"
    days, hours = minutes // 1440, minutes // 60 % 24
    if days >= 10:
        return f"{round(minutes / 1440)}\u00a0d"
    parts = [(days, "d"), (hours, "h"), (0 if days else minutes % 60, "min")]
    return " ".join(f"{count}\u00a0{unit}" for count, unit in parts if count)


MAILS_SHOWN = 3
MAIL_NAMES = {
    MailKind.RECEIVED: "Confirmation",
    MailKind.REPLY: "Reply",
    MailKind.RESOLVED: "News that it is resolved",
    MailKind.LINK: "Private link",
}
MAIL_STATES = {
    MailState.WAITING: "waiting since",
    MailState.SENDING: "being sent since",
    MailState.SENT: "sent",
    MailState.FAILED: "could not be sent,",
    MailState.UNCERTAIN: "perhaps sent,",
    MailState.DROPPED: "not sent,",
}


@register.simple_tag
def latest_mails(ticket: Ticket) -> list[Email]:
    """What was last mailed to the requester, newest first. In one query."""
    return list(ticket.emails.order_by("-pk")[:MAILS_SHOWN])


@register.filter
def mail_name(email: Email) -> str:
    return MAIL_NAMES[MailKind(email.kind)]


@register.filter
def mail_state(email: Email) -> str:
    """To stand between its name and when that was."""
    return MAIL_STATES[MailState(email.state)]
