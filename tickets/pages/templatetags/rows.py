"""The values of a ticket in the list, each with a select over it that changes it in place."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from django.template import Context, Library
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from tickets.models.ticket import Ticket
from tickets.pages.templatetags.desk import badge, initials, label
from tickets.vocabulary import Category, Priority, Status

register = Library()

# A shorter title fits into the narrowest table. On narrower pages titles wrap.
MAX_UNCUT_CHARS = 30
VALUES = {"category": Category.values, "priority": Priority.values, "status": Status.values}


@register.simple_tag
def cut_title(title: str) -> SafeString:
    """Return the tooltip of a title that the table may cut."""
    is_cut = len(title) > MAX_UNCUT_CHARS
    return format_html(' title="{}"', title) if is_cut else SafeString()


@register.simple_tag
def choice(ticket: Ticket, name: str) -> SafeString:
    """Return the badge and the select of category, priority or status."""
    current = getattr(ticket, name)
    return _choice(ticket.pk, name, badge(name, current), _options(name, current))


@register.simple_tag(takes_context=True)
def assignee_choice(context: Context, ticket: Ticket) -> SafeString:
    """Return the assignee with its select, which offers unassigned, oneself and the current one.

    The list's script adds the other agents when the select opens: all agents in fifty rows would
    make the page too large.
    """
    current = ticket.assignee.get_username() if ticket.assignee else ""
    user = context["actor"].user
    names = {"": "Unassigned", current: current or "Unassigned"}
    if user is not None:
        names.setdefault(user.get_username(), user.get_username())
    return _choice(ticket.pk, "assignee", _person(current), options(names.items(), current))


def options(pairs: Iterable[tuple[str, str]], current: str) -> SafeString:
    rows = ((value, " selected" if value == current else "", text) for value, text in pairs)
    return format_html_join("", '<option value="{}"{}>{}</option>', rows)


@cache
def _options(name: str, current: str) -> SafeString:
    return options(((value, label(value)) for value in VALUES[name]), current)


def _choice(pk: int, name: str, current: SafeString, choices: SafeString) -> SafeString:
    return format_html(
        '{current}<select id="{name}-{pk}" name="{name}" aria-label="{title} of #{pk}"'
        ' autocomplete="off">{choices}</select>',
        current=current,
        name=name,
        pk=pk,
        title=label(name),
        choices=choices,
    )


def _person(username: str) -> SafeString:
    if not username:
        return format_html('<span class="{}">Unassigned</span>', "nobody")
    return format_html(
        '<span class="person"><span class="initials" aria-hidden="true">{}</span>'
        '<span class="name">{}</span></span>',
        initials(username),
        username,
    )
