"""How moments are written, wherever people read them.

The server writes them in the desk's time zone (`TIME_ZONE`). `static/js/lib/times.js` rewrites them
in the reader's.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache
from html import escape

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import get_language, pgettext


def full_time(moment: datetime) -> str:
    """Format with the name of the zone: "3 March 2026, 14:05 CET"."""
    local = timezone.localtime(moment)
    name = local.tzname() or ""
    # Many zones have no name, only an offset such as -03.
    return f"{long_date(moment)}, {local:%H:%M} {'UTC' * name.startswith(('+', '-'))}{name}"


def long_date(moment: datetime) -> str:
    """Format with the name of the month: "3 March 2026"."""
    return _long_date(timezone.localtime(moment).date(), get_language())


@lru_cache(1000)
def _long_date(day: date, language: str) -> str:
    # The formats are those of Django's filter `date`.
    return date_format(day, pgettext("format of a date", "j F Y"))


def short_time(moment: datetime) -> str:
    """Format without the name of the zone: "3 Mar 2026, 14:05"."""
    return f"{timezone.localtime(moment):%-d %b %Y, %H:%M}"


def short_date(moment: datetime) -> str:
    """Format with a short name of the month: "3 Mar 2026"."""
    return date_format(timezone.localtime(moment), pgettext("format of a short date", "j M Y"))


def time_element(moment: datetime, text: str, *, shows: str = "") -> SafeString:
    """Return a <time> with the full time in its title.

    `shows` says what the text is: "time" for a `short_time`, "wait" or "long-wait" for how long it
    has been, "" for an age, which becomes a `short_date` with time.
    """
    since = "since " if shows.endswith("wait") else ""
    data = f' data-shows="{shows}"' if shows else ""
    return SafeString(  # nosec B703  # escaped, or our own text
        f'<time datetime="{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"'
        f' title="{since}{escape(full_time(moment))}"{data}>{escape(text)}</time>'
    )
