"""The rows of the list."""

from __future__ import annotations

from functools import lru_cache

from django.template import Library
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from tickets.models.ticket import Ticket
from tickets.pages.search_hits import Excerpt
from tickets.pages.templatetags.desk import ago, badge, icon, initials, meter, wait
from tickets.pages.ticket_rows import TicketRow
from tickets.querysets.search.matches import Span
from tickets.rich_text import Highlight, render_line
from tickets.web.times import full_time

register = Library()

# A shorter title fits into the narrowest table. On narrower pages titles wrap.
MAX_UNCUT_CHARS = 30
# A list has fifty rows of forty values. A template takes ten times as long for them, more than all
# the rest of the page.
ROW = """\
<tr id="row-{id}" data-version="{version}" data-unread="{unread}">
  <td class="c-pick">{pick}</td>
  <td class="c-priority">{priority}</td>
  <th scope="row" class="c-title">{link}{excerpt}<span class="meta">{meta}</span></th>
  <td class="c-category">{category}</td>
  <td class="c-sentiment">{sentiment}<span class="urgency">{urgency}</span></td>
  <td class="c-assignee">{assignee}</td>
  <td class="c-status">{status}</td>
  <td class="c-age">{age}</td>
</tr>
"""
PICK = (
    '<input type="checkbox" id="pick-{0}" name="ticket" value="{0}" form="bulk"'
    ' aria-label="Select #{0}">'
)
LINK = '<a id="open-{}" href="{}" dir="auto"{}{}>{}{}</a>'
META = "<span>#{}{}{}</span><span>· {} {}{}</span>"
EXCERPT = '<span class="hit" dir="auto"><i>{}</i> {}</span>'
URGENCY = '{}<span class="unseen">Urgency</span> {}'
SNOOZED = '<span class="snoozed" title="Snoozed until {}">{}Snoozed</span>'
IS_NEW, NEW = SafeString(' class="new"'), SafeString(' <span class="unseen">(unread)</span>')
NOBODY = SafeString('<span class="nobody">Unassigned</span>')
SPAM = SafeString('<span class="snoozed">Spam</span>')


@register.simple_tag
def ticket_rows(rows: list[TicketRow]) -> SafeString:
    """Return the rows of the list's table."""
    return format_html_join("", "{}", ((ticket_row(row),) for row in rows))


def ticket_row(row: TicketRow) -> SafeString:
    """Return one row. list/rows.js opens a menu on its values; without scripts they are text."""
    ticket = row.ticket
    return format_html(
        ROW,
        id=ticket.pk,
        version=ticket.version,
        unread=int(ticket.is_unread),
        pick=format_html(PICK, ticket.pk),
        priority=badge("priority", ticket.priority),
        link=_link(ticket, row.hits.title),
        excerpt=_excerpt(row.hits.excerpt),
        meta=format_html(
            META,
            ticket.pk,
            " · " if ticket.requester_email else "",
            _highlighted(ticket.requester_email, row.hits.address),
            row.last_writing,
            ago(row.written_at),
            f" · possibly the same as #{row.twin}" if row.twin else "",
        ),
        category=badge("category", ticket.category),
        sentiment=badge("sentiment", ticket.sentiment),
        urgency=_urgency(ticket.urgency_score),
        assignee=_assignee(ticket),
        status=badge("status", ticket.status),
        age=_age(ticket),
    )


def _highlighted(text: str, spans: list[Span]) -> str:
    return render_line(text, [Highlight(*span) for span in spans]) if spans else text


def _excerpt(excerpt: Excerpt | None) -> SafeString | str:
    return format_html(EXCERPT, f"{excerpt.source}:", excerpt.text) if excerpt else ""


def _link(ticket: Ticket, spans: list[Span]) -> SafeString:
    """Return the link to the ticket. A title that may be cut is its tooltip, too."""
    is_cut = len(ticket.title) > MAX_UNCUT_CHARS
    return format_html(
        LINK,
        ticket.pk,
        reverse("ticket", args=[ticket.pk]),
        IS_NEW if ticket.is_unread else "",
        format_html(' title="{}"', ticket.title) if is_cut else "",
        _highlighted(ticket.title, spans),
        NEW if ticket.is_unread else "",
    )


@lru_cache(101)
def _urgency(score: int) -> SafeString:
    return format_html(URGENCY, meter(score), score)


def _assignee(ticket: Ticket) -> SafeString:
    """Return the assignee's initials and name, or "Unassigned"."""
    if ticket.assignee is None:
        return NOBODY
    username = ticket.assignee.get_username()
    return format_html(
        '<span class="person"><span class="initials" aria-hidden="true">{}</span>'
        '<span class="name">{}</span></span>',
        initials(username),
        username,
    )


def _age(ticket: Ticket) -> SafeString:
    """Return how long the ticket has waited or how old it is, and why other lists lack it."""
    since = ticket.waiting_since
    age = format_html("waiting {}", wait(since)) if since else ago(ticket.created_at)
    if ticket.snoozed_until and ticket.is_snoozed:
        age += format_html(SNOOZED, full_time(ticket.snoozed_until), icon("clock"))
    if ticket.spam:
        return age + SPAM
    if ticket.merged_into_id:
        return age + format_html(
            '<span class="snoozed">Merged into #{}</span>', ticket.merged_into_id
        )
    return age
