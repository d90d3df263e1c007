"""Badges, times, links and charts of the pages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.template import Context, Library
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, get_language_info, gettext, ngettext

from tickets import rich_text, vocabulary
from tickets.audit.trail import AuditEntry
from tickets.durations import format_minutes
from tickets.models import workplace
from tickets.models.incoming import InboundMessage
from tickets.models.mail import Email
from tickets.models.ticket import Comment, StoredEvidence, Ticket
from tickets.models.workplace import PendingReply
from tickets.pages import addresses, audit_text, charts, mailed
from tickets.pages.drafts import draft_of
from tickets.pages.quotes import quotable
from tickets.services.mentions import find_mentions
from tickets.vocabulary import (
    THEMES,
    AuthorRole,
    Language,
    MailKind,
    MailState,
    PredictionUse,
    Source,
)
from tickets.web import times, wording

register = Library()
register.filter(times.full_time)
register.filter(times.long_date)


@register.simple_tag(takes_context=True)
def theme(context: Context) -> str:
    """Return the theme in the cookie. Reads nothing else, since error pages use it too."""
    request = context.get("request")
    name = request.COOKIES.get("theme") if request else None
    return name if name in THEMES else "system"


@register.simple_tag
def languages() -> list[tuple[str, str]]:
    """Return the code and the own name of each language of public pages."""
    return Language.choices


@register.filter
def language_label(code: str) -> str:
    """Return a language's own name: "Deutsch"."""
    return str(Language(code).label)


@register.filter
def language_name(code: str) -> str:
    """Return a language's English name, for agents: "German"."""
    return str(get_language_info(code)["name"])


@register.simple_tag(takes_context=True)
def draft(context: Context) -> str:
    """Return the text of the form that this page answers, see `drafts.py`."""
    return draft_of(context.get("request"))


@register.simple_tag
def open_mode() -> bool:
    """Return whether everybody acts as an agent. Every page must say so."""
    return bool(settings.ACCESS_MODE == "open")


@register.simple_tag
def desk_name() -> str:
    return str(settings.DESK_NAME)


@register.simple_tag
def desk_logo_address() -> str:
    return settings.DESK_LOGO.address if settings.DESK_LOGO else static("favicon.svg")


@register.simple_tag
def desk_logo() -> SafeString:
    """Return the logo's image. The name always stands beside it."""
    # Only the built-in icon is known to be square.
    width = "" if settings.DESK_LOGO else SafeString(' width="24"')
    return format_html('<img src="{}" alt=""{} height="24">', desk_logo_address(), width)


@register.simple_tag(takes_context=True)
def nav_link(context: Context, route: str, text: str, *within: str) -> SafeString:
    """Return a navigation link. It is current on its own page and on the pages `within` it.

    The names of agents' pages are English on a translated page, too.
    """
    match = getattr(context.get("request"), "resolver_match", None)
    page = match.url_name if match else None
    current = "page" if page == route else "true" if page in within else "false"
    is_foreign = route != "submit" and get_language() != Language.EN
    return format_html(
        '<a href="{}" aria-current="{}"{}>{}</a>',
        reverse(route),
        current,
        mark_safe(' lang="en"') if is_foreign else "",
        text,
    )


@register.simple_tag
@lru_cache(500)
def icon(name: str) -> SafeString:
    """Return an icon of `templates/_icons.html`. Always put a word beside it."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="#i-{}"/></svg>', name)


@register.simple_tag
def limit(name: str) -> int:
    """Return a limit of the vocabulary, for the `maxlength` of a field."""
    return int(getattr(vocabulary, name))


@register.filter
def label(value: Any) -> str:
    """Format a stored value: `in_progress` as "In progress"."""
    return str(value).replace("_", " ").capitalize()


@register.simple_tag
@lru_cache(500)
def badge(kind: str, value: str) -> SafeString:
    """Return the icon, label and colour of a priority, status, category or sentiment."""
    return format_html(
        '<span class="badge {0}-{1}">{2}{3}</span>',
        kind,
        value,
        icon(f"{kind}-{value}"),
        label(value),
    )


@register.filter(name="rich_text")
def show_text(text: str) -> SafeString:
    """Show what somebody wrote: with links, code and folded quotes."""
    return rich_text.render(text)


@register.filter
def mail_text(text: str, message: InboundMessage | None) -> SafeString:
    """Show what somebody wrote, folded as its mail was read if it came by mail."""
    return mailed.text_html(text, message)


@register.filter
def mail_of(messages: mailed.Mailed, comment: Comment) -> InboundMessage | None:
    """Return the message that a comment came by."""
    return messages.by_comment.get(comment.pk)


@register.filter
def beside(messages: mailed.Mailed, comment_id: int) -> list[InboundMessage]:
    """Return what agents see below a comment, or with 0 below the description."""
    return messages.beside.get(comment_id, [])


@register.filter
def mail_author(comment: Comment, message: InboundMessage | None) -> str:
    """Name who wrote a message by mail if it was not the requester; else ""."""
    return mailed.author_name(comment, message)


@register.filter
def note_text(text: str, agents: Mapping[str, User]) -> SafeString:
    """Show an internal note: as `rich_text` does, with the `@name` of these agents marked."""
    mentions = [
        rich_text.Highlight(mention.start, mention.end, css_class="mention")
        for mention in find_mentions(text, agents)
    ]
    return rich_text.render(text, mentions)


@register.simple_tag
@lru_cache(500)
def meter(score: int) -> SafeString:
    """Return a small bar for a score of 0..100."""
    return format_html(
        '<svg class="meter" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="track" width="100" height="8"/>'
        '<rect class="fill" width="{}" height="8"/></svg>',
        score,
    )


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
        return SafeString()
    quotes = ((quote,) for quote in quotable(stored.quotes))
    quoted = format_html_join(", ", "\u201c{}\u201d", quotes)
    reason = format_html(", because of {}", quoted) if quoted else SafeString()
    if stored.like is None:
        return reason
    address = reverse("ticket", args=[stored.like])
    return format_html('{}, like <a href="{}">#{}</a>', reason, address, stored.like)


@register.simple_tag
def share(value: float | None) -> str:
    """Format 0..1 as a percentage; a dash for None."""
    return "\u2013" if value is None else wording.percentage(value)


@register.filter
def number(value: float) -> str:
    """Group the digits of a count: "10,000"."""
    return wording.number(value)


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


@register.filter
def ago(moment: datetime) -> SafeString:
    """Say how long ago it was, with the full time in the title."""
    return times.time_element(moment, _age(moment, timezone.now()))


@register.filter
def at(moment: datetime) -> SafeString:
    """Say when it was, with the name of the time zone in the title."""
    return times.time_element(moment, times.short_time(moment), shows="time")


@register.simple_tag
def desk_zone() -> str:
    """Return the name of the time zone in which the desk's days begin."""
    return settings.TIME_ZONE


def _age(moment: datetime, now: datetime) -> str:
    minutes = int((now - moment).total_seconds() // 60)
    hours, days = minutes // 60, minutes // (24 * 60)
    if minutes < 1:
        return gettext("just now")
    if hours < 1:
        return ngettext("%d min ago", "%d min ago", minutes) % minutes
    if days < 1:
        return ngettext("%d h ago", "%d h ago", hours) % hours
    if days < 30:
        return ngettext("%d d ago", "%d d ago", days) % days
    return times.short_date(moment)


@register.simple_tag
def message_author(message: Comment | PendingReply, ticket: Ticket) -> str:
    """Name who wrote a message, or a reply that waits."""
    if isinstance(message, Comment) and message.author_role == AuthorRole.REQUESTER:
        return ticket.requester_email or "The requester"
    return message.author.get_username() if message.author else "An agent"


@register.filter
def wait(moment: datetime) -> SafeString:
    """Say in one unit for how long it has been: "2 h", with the full time in the title."""
    return _wait(moment, "wait", units=1)


@register.filter
def long_wait(moment: datetime) -> SafeString:
    """Say in two units for how long it has been: "2 h 10 min", with the full time in the title."""
    return _wait(moment, "long-wait", units=2)


def _wait(moment: datetime, shows: str, units: int) -> SafeString:
    minutes = int((timezone.now() - moment).total_seconds() // 60)
    return times.time_element(moment, format_minutes(minutes, units), shows=shows)


@register.filter
def initials(name: str) -> str:
    """Return a person's initials, at most two."""
    parts = name.replace(".", " ").replace("_", " ").split()
    return "".join(part[0] for part in parts[:2]).upper()


@register.filter
def action_texts(entry: AuditEntry) -> list[str]:
    """Return what the entry's actor did."""
    return audit_text.texts(entry)


@register.filter
def actor_name(entry: AuditEntry) -> str:
    return audit_text.actor_name(entry)


@register.simple_tag(takes_context=True)
def list_url(context: Context, **changes: str) -> str:
    """Return the list's address with the page's filters and these changes."""
    return addresses.list_url(context.get("query") or {}, **changes)


@register.filter
def span_name(span: charts.Span, step: str) -> str:
    """Name the days of a chart's bar: "3 Feb 2026", "Week of 2 Feb 2026", "February 2026"."""
    if step == "month":
        return f"{span.first:%B %Y}"
    return ("Week of " if step == "week" else "") + f"{span.first:%-d %b %Y}"


@register.simple_tag
def duration(value: timedelta | None) -> str:
    """Format a duration: "3 h 20 min"; a dash for None."""
    if value is None:
        return "\u2013"
    return format_minutes(round(value.total_seconds() / 60))


@register.filter
def masked_address(address: str) -> str:
    """Return an email address as its owner recognises it: "k\u2026@example.org"."""
    name, _, domain = address.rpartition("@")
    return f"{name[:1]}\u2026@{domain}"


EMAIL_NAMES = {
    MailKind.RECEIVED: "Confirmation",
    MailKind.REPLY: "Reply",
    MailKind.RESOLVED: "Resolution notice",
    MailKind.LINK: "Private link",
    MailKind.LINKS: "Private links, which the requester asked for,",
    MailKind.CONFIRM: "Confirmation of a new address",
    MailKind.MOVED: "Notice to the old address",
}
EMAIL_STATES = {
    MailState.WAITING: "queued",
    MailState.SENDING: "being sent, queued",
    MailState.SENT: "sent",
    MailState.PRINTED: "printed, since no mail server is set up,",
    MailState.HELD: "held until an agent answers, queued",
    MailState.BOUNCED: "came back, sent",
    MailState.FAILED: "could not be sent, queued",
    MailState.UNCERTAIN: "possibly sent, queued",
    MailState.DROPPED: "not sent, queued",
}


@register.filter
def public_author(comment: Comment) -> str:
    """Return the name that the requester sees; "" if the agent chose none."""
    return workplace.public_author(comment)


@register.filter
def signature(message: Comment | PendingReply) -> str:
    """Return the signature below an agent's reply; "" for none."""
    return workplace.signature_below(message)


@register.filter
def email_name(email: Email) -> str:
    name = EMAIL_NAMES[MailKind(email.kind)]
    return f"{name} to {email.participant.address}" if email.participant else name


@register.filter
def email_state(email: Email) -> str:
    """Say what became of the email, to stand between its name and its time."""
    return EMAIL_STATES[MailState(email.state)]
