"""The rows of the list."""

from __future__ import annotations

from django.template import Library
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tickets.models.ticket import Ticket
from tickets.pages.templatetags.desk import initials

register = Library()

# A shorter title fits into the narrowest table. On narrower pages titles wrap.
MAX_UNCUT_CHARS = 30


@register.simple_tag
def cut_title(title: str) -> SafeString:
    """Return the tooltip of a title that the table may cut."""
    is_cut = len(title) > MAX_UNCUT_CHARS
    return format_html(' title="{}"', title) if is_cut else SafeString()


@register.simple_tag
def assignee(ticket: Ticket) -> SafeString:
    """Return the assignee's initials and name, or "Unassigned"."""
    if ticket.assignee is None:
        return format_html('<span class="{}">Unassigned</span>', "nobody")
    username = ticket.assignee.get_username()
    return format_html(
        '<span class="person"><span class="initials" aria-hidden="true">{}</span>'
        '<span class="name">{}</span></span>',
        initials(username),
        username,
    )
