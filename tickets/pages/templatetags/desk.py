"""Names, badges, times and links of all pages."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.template import Context, Library
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, get_language_info, gettext, ngettext

from tickets import vocabulary
from tickets.durations import format_minutes
from tickets.pages import addresses
from tickets.pages.drafts import draft_of
from tickets.services.identities import provider
from tickets.vocabulary import (
    THEMES,
    Language,
)
from tickets.web import browsers, times, wording

register = Library()
SELECTED = SafeString(" selected")
register.filter(browsers.browser_in_words)
register.filter("as_json", json.dumps)
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
def provider_name() -> str:
    """Return what the provider of accounts is called; "" if there is none."""
    return settings.OIDC_NAME if provider.is_set_up() else ""


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
        mark_safe(' lang="en"') if is_foreign else "",  # nosec B308  # fixed text
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
def options(values: Collection[str], current: str = "", as_is: bool = False) -> SafeString:
    """Return an option for each value, the current one selected; `as_is` without a label."""
    return _options(tuple(values), current, as_is)


@lru_cache(500)
def _options(values: tuple[str, ...], current: str, as_is: bool) -> SafeString:
    rows = (
        (value, SELECTED if value == current else "", value if as_is else label(value))
        for value in values
    )
    return format_html_join("", '<option value="{}"{}>{}</option>', rows)


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
def share(value: float | None) -> str:
    """Format 0..1 as a percentage; a dash for None."""
    return "\u2013" if value is None else wording.percentage(value)


@register.filter
def number(value: float) -> str:
    """Group the digits of a count: "10,000"."""
    return wording.number(value)


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


@register.simple_tag(takes_context=True)
def list_url(context: Context, **changes: str) -> str:
    """Return the list's address with the page's filters and these changes."""
    return addresses.list_url(context.get("query") or {}, **changes)
