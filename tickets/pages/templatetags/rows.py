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

VALUES = {"category": Category.values, "priority": Priority.values, "status": Status.values}


@register.simple_tag
def choice(ticket: Ticket, name: str) -> SafeString:
    """Category, priority or status: its badge and its select."""
    return _choice(ticket.pk, name, badge(name, getattr(ticket, name)), _options(ticket, name))


@register.simple_tag(takes_context=True)
def assignee_choice(context: Context, ticket: Ticket) -> SafeString:
    """The assignee. The select holds nobody, oneself and the present one; list.js adds the
    others where somebody opens it, since fifty times all agents would weigh too much."""
    present = ticket.assignee.get_username() if ticket.assignee else ""
    user = context["actor"].user
    names = {"": "Nobody", present: present or "Nobody"}
    if user is not None:
        names.setdefault(user.get_username(), user.get_username())
    return _choice(ticket.pk, "assignee", _person(present), options(names.items(), present))


def options(pairs: Iterable[tuple[str, str]], current: str) -> SafeString:
    marked = ((value, " selected" if value == current else "", text) for value, text in pairs)
    return format_html_join("", '<option value="{}"{}>{}</option>', marked)


@cache
def _known_options(name: str, current: str) -> SafeString:
    return options(((value, label(value)) for value in VALUES[name]), current)


def _options(ticket: Ticket, name: str) -> SafeString:
    return _known_options(name, getattr(ticket, name))


def _choice(pk: int, name: str, shown: SafeString, offered: SafeString) -> SafeString:
    return format_html(
        '{shown}<select id="{name}-{pk}" name="{name}" aria-label="{title} of #{pk}"'
        ' autocomplete="off">{offered}</select>',
        shown=shown,
        name=name,
        pk=pk,
        title=label(name),
        offered=offered,
    )


def _person(username: str) -> SafeString:
    if not username:
        return format_html('<span class="{}">Nobody</span>', "nobody")
    return format_html(
        '<span class="person"><span class="initials" aria-hidden="true">{}</span>'
        '<span class="name">{}</span></span>',
        initials(username),
        username,
    )
