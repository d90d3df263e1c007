"""The rows of the list."""

from __future__ import annotations

from functools import lru_cache
from html import escape

from django.template import Library
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
IS_NEW, NEW = ' class="new"', ' <span class="unseen">(unread)</span>'
NOBODY = '<span class="nobody">Unassigned</span>'
SPAM = '<span class="snoozed">Spam</span>'


@register.simple_tag
def ticket_rows(rows: list[TicketRow]) -> SafeString:
    """Return the rows of the list's table."""
    return SafeString("".join(map(ticket_row, rows)))  # nosec B703  # `ticket_row` escapes


# A list has fifty rows of forty values. A template takes ten times as long for them, more than all
# the rest of the page, and `format_html` three times. What people wrote passes `escape` or
# `render_line`, and nothing else needs it.


def ticket_row(row: TicketRow) -> SafeString:
    """Return one row. list/rows.js opens a menu on its values; without scripts they are text."""
    ticket, pk = row.ticket, row.ticket.pk
    return SafeString(f"""\
<tr id="row-{pk}" data-version="{ticket.version}" data-unread="{int(ticket.is_unread)}">
  <td class="c-pick"><input type="checkbox" id="pick-{pk}" name="ticket" value="{pk}" form="bulk"\
 aria-label="Select #{pk}"></td>
  <td class="c-priority">{badge("priority", ticket.priority)}</td>
  <th scope="row" class="c-title">{_link(ticket, row.hits.title)}{_excerpt(row.hits.excerpt)}\
<span class="meta">{_meta(row)}</span></th>
  <td class="c-category">{badge("category", ticket.category)}</td>
  <td class="c-sentiment">{badge("sentiment", ticket.sentiment)}\
<span class="urgency">{_urgency(ticket.urgency_score)}</span></td>
  <td class="c-assignee">{_assignee(ticket)}</td>
  <td class="c-status">{badge("status", ticket.status)}</td>
  <td class="c-age">{_age(ticket)}</td>
</tr>
""")  # nosec B703  # what people wrote is escaped


def _highlighted(text: str, spans: list[Span]) -> str:
    return render_line(text, [Highlight(*span) for span in spans]) if spans else escape(text)


def _excerpt(excerpt: Excerpt | None) -> str:
    if excerpt is None:
        return ""
    return f'<span class="hit" dir="auto"><i>{excerpt.source}:</i> {excerpt.text}</span>'


def _link(ticket: Ticket, spans: list[Span]) -> str:
    """Return the link to the ticket. A title that may be cut is its tooltip, too."""
    is_cut = len(ticket.title) > MAX_UNCUT_CHARS
    is_new, new = (IS_NEW, NEW) if ticket.is_unread else ("", "")
    title = f' title="{escape(ticket.title)}"' if is_cut else ""
    return (
        f'<a id="open-{ticket.pk}" href="{ticket.get_absolute_url()}" dir="auto"{is_new}{title}>'
        f"{_highlighted(ticket.title, spans)}{new}</a>"
    )


def _meta(row: TicketRow) -> str:
    """Return the number, the requester's address, who wrote last, and a twin."""
    ticket = row.ticket
    address = f" · {_highlighted(ticket.requester_email, row.hits.address)}"
    twin = f" · possibly the same as #{row.twin}" if row.twin else ""
    return (
        f"<span>#{ticket.pk}{address if ticket.requester_email else ''}</span>"
        f"<span>· {escape(row.last_writing)} {ago(row.written_at)}{twin}</span>"
    )


@lru_cache(101)
def _urgency(score: int) -> str:
    return f'{meter(score)}<span class="unseen">Urgency</span> {score}'


def _assignee(ticket: Ticket) -> str:
    """Return the assignee's initials and name, or "Unassigned"."""
    return NOBODY if ticket.assignee is None else _person(ticket.assignee.get_username())


@lru_cache(500)
def _person(username: str) -> str:
    return (
        f'<span class="person"><span class="initials" aria-hidden="true">'
        f"{escape(initials(username))}</span>"
        f'<span class="name">{escape(username)}</span></span>'
    )


def _age(ticket: Ticket) -> str:
    """Return how long the ticket has waited or how old it is, and why other lists lack it."""
    since = ticket.waiting_since
    age: str = f"waiting {wait(since)}" if since else ago(ticket.created_at)
    if ticket.snoozed_until and ticket.is_snoozed:
        until = escape(full_time(ticket.snoozed_until))
        age += f'<span class="snoozed" title="Snoozed until {until}">{icon("clock")}Snoozed</span>'
    if ticket.spam:
        return age + SPAM
    if ticket.merged_into_id:
        return f'{age}<span class="snoozed">Merged into #{ticket.merged_into_id}</span>'
    return age
