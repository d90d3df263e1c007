"""Charts and tables of the dashboards.

They are hundreds of numbers and dates. A template takes ten times as long for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from django.template import Library
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from tickets.durations import format_minutes
from tickets.pages import charts
from tickets.pages.addresses import list_address
from tickets.pages.templatetags.desk import badge, label
from tickets.web import wording

register = Library()

BREAKDOWN_ROW = """\
<tr class="{0}-{1}">
  <th scope="row"><a id="bar-{0}-{1}" href="{2}">{3}<svg class="bar" viewBox="0 0 100 8" \
preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="8"/>\
<rect class="fill" width="{4}" height="8"/></svg></a></th>
  <td>{5}</td>
  <td class="share">{6}</td>
</tr>
"""


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


@register.simple_tag
def day_bars(chart: charts.DayChart) -> SafeString:
    """Return the bars of a chart of tickets, without empty ones."""
    return SafeString(  # nosec B703  # numbers, and our own text
        "".join(
            f'<rect x="{bar.x}" y="{bar.y}" width="8" height="{bar.height}">'
            f"<title>{span_name(bar.span, chart.step)}: {wording.number(bar.count)}</title></rect>"
            for bar in chart.columns
            if bar.count
        )
    )


@register.simple_tag
def day_rows(chart: charts.DayChart) -> SafeString:
    """Return the same as rows of a table, newest first, with links to the tickets."""
    return SafeString("".join(_day_rows(chart)))  # nosec B703  # numbers, and our own text


def _day_rows(chart: charts.DayChart) -> Iterator[str]:
    address = list_address("created_after=")
    for bar in reversed(chart.columns):
        name = span_name(bar.span, chart.step)
        first, after = bar.span.first.isoformat(), bar.span.after.isoformat()
        if bar.count:
            url = f"{address}{first}&amp;created_before={after}"
            name = f'<a id="day-{first}" href="{url}">{name}</a>'
        yield f'<tr><th scope="row">{name}</th><td>{wording.number(bar.count)}</td></tr>'


@register.simple_tag
def breakdown_rows(name: str, rows: Iterable[tuple[charts.Bar, str]]) -> SafeString:
    """Return a row for each bar and the address of its tickets."""
    return format_html_join("", BREAKDOWN_ROW, (_breakdown_row(name, *row) for row in rows))


def _breakdown_row(name: str, bar: charts.Bar, url: str) -> tuple[Any, ...]:
    count = wording.number(bar.count)
    return (name, bar.value, url, badge(name, bar.value), bar.width, count, bar.share)


@register.simple_tag
def accuracy_bars(chart: charts.AccuracyChart) -> SafeString:
    """Return the bars of judged predictions, and over each those that were correct."""
    return SafeString(  # nosec B703  # numbers, and our own text
        "".join(
            f'<rect class="judged" x="{bar.x}" y="{bar.y}" width="8" height="{bar.height}"/>'
            f'<rect x="{bar.x}" y="{bar.correct_y}" width="8" height="{bar.correct_height}">'
            f"<title>{span_name(bar.span, chart.step)}: {wording.number(bar.correct)}"
            f" of {wording.number(bar.judged)}</title></rect>"
            for bar in chart.columns
            if bar.judged
        )
    )


@register.simple_tag
def accuracy_rows(chart: charts.AccuracyChart) -> SafeString:
    """Return the same as rows of a table, newest first."""
    return SafeString(  # nosec B703  # numbers, and our own text
        "".join(
            f'<tr><th scope="row">{span_name(bar.span, chart.step)}</th>'
            f"<td>{wording.number(bar.correct)}</td><td>{wording.number(bar.judged)}</td></tr>"
            for bar in reversed(chart.columns)
            if bar.judged
        )
    )


@register.simple_tag
def confusion_rows(rows: Iterable[tuple[str, Iterable[charts.Cell]]]) -> SafeString:
    """Return a row for each predicted value, with a cell for each final one."""
    return SafeString(  # nosec B703  # numbers, and our own text
        "".join(
            f'<tr><th scope="row">{label(predicted)}</th>{"".join(map(_cell, cells))}</tr>'
            for predicted, cells in rows
        )
    )


def _cell(cell: charts.Cell) -> str:
    return (
        f'<td class="shade-{cell.shade}{" right" if cell.is_correct else ""}"'
        f' title="{cell.share}% of its row">{wording.number(cell.count)}</td>'
    )


@register.simple_tag
def calibration_points(points: Iterable[charts.Point]) -> SafeString:
    return SafeString(  # nosec B703  # numbers, and our own text
        "".join(
            f'<circle cx="{point.x}" cy="{point.y}" r="{point.radius}"><title>{point.label}'
            f" confident: {wording.number(point.judged)} reviewed,"
            f" {wording.percentage(point.accuracy)} correct</title></circle>"
            for point in points
        )
    )


@register.simple_tag
def calibration_rows(points: Iterable[charts.Point]) -> SafeString:
    return SafeString(  # nosec B703  # numbers, and our own text
        "".join(
            f'<tr><th scope="row">{point.label}</th><td>{wording.number(point.judged)}</td>'
            f"<td>{wording.percentage(point.accuracy)}</td></tr>"
            for point in points
        )
    )
