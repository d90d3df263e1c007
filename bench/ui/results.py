"""The measured figures, and how they are printed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path

# Measured in every look of a state. Those within their limit share a line of the table.
PER_LOOK = ("axe", "sideways", "headings", "unlabelled", "console", "foreign")
MISSING = "missing"  # the name of the figure if a page or element was not there
HEAD = ("page", "figure", "limit", "measured", "")


@dataclass(frozen=True)
class Figure:
    """A number with its limit. `look` is the theme and width, if they matter."""

    page: str
    name: str
    measured: float
    limit: float | None = None  # None: printed, but not checked
    at_least: bool = False
    unit: str = ""
    look: str = ""
    detail: str = ""  # printed if the figure exceeds its limit

    @property
    def holds(self) -> bool:
        if self.limit is None:
            return True
        if self.at_least:
            return self.measured >= self.limit
        return self.measured <= self.limit

    @property
    def rule(self) -> str:
        if self.limit is None:
            return "-"
        return f"{'>=' if self.at_least else '<='} {number(self.limit)}"

    @property
    def verdict(self) -> str:
        if self.limit is None:
            return ""
        return "ok" if self.holds else "FAILS"


def number(value: float) -> str:
    """Format a number briefly: 3, 0.004, 41.2."""
    return f"{value:.0f}" if value == int(value) else f"{value:.4g}"


def table(figures: Sequence[Figure]) -> str:
    """Return a line per figure; the figures of all looks share one while they are 0."""
    rows: list[tuple[str, ...]] = [HEAD]
    for page, group in groupby(figures, lambda figure: figure.page):
        rows += page_rows(page, list(group))
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    return "\n".join([*lines, *failures(figures), "", verdict(figures)])


def page_rows(page: str, figures: list[Figure]) -> Iterable[tuple[str, ...]]:
    passed = [figure for figure in figures if figure.holds]
    per_look = [figure for figure in passed if figure.name in PER_LOOK]
    if per_look:
        names = [name for name in PER_LOOK if any(figure.name == name for figure in per_look)]
        looks = len({figure.look for figure in per_look})
        yield page, f"{', '.join(names)} in {looks} looks", "<= 0", "0", "ok"
    remaining = [figure for figure in passed if figure.name not in PER_LOOK]
    for group in grouped(remaining):
        yield row(worst(group), f"{group[0].name}, {len(group)} times" if group[1:] else "")
    for figure in figures:
        if not figure.holds:
            yield row(figure)


def grouped(figures: Iterable[Figure]) -> Iterable[list[Figure]]:
    """Group the figures by name and limit, in order of appearance."""
    groups: dict[tuple[str, float | None], list[Figure]] = {}
    for figure in figures:
        groups.setdefault((figure.name, figure.limit), []).append(figure)
    return groups.values()


def worst(figures: list[Figure]) -> Figure:
    worst_of = min if figures[0].at_least else max
    return worst_of(figures, key=lambda figure: figure.measured)


def row(figure: Figure, name: str = "") -> tuple[str, ...]:
    name = name or (f"{figure.name}, {figure.look}" if figure.look else figure.name)
    measured = f"{number(figure.measured)} {figure.unit}".strip()
    return figure.page, name, figure.rule, measured, figure.verdict


def failures(figures: Iterable[Figure]) -> Iterable[str]:
    """Yield the details of the figures that exceed their limits, each detail once."""
    looks_by_detail: dict[tuple[str, str], list[str]] = {}
    for figure in figures:
        if not figure.holds and figure.detail:
            looks_by_detail.setdefault((figure.page, figure.detail), []).append(figure.look)
    for (page, detail), looks in looks_by_detail.items():
        suffix = f" ({'; '.join(filter(None, looks))})" if any(looks) else ""
        yield f"\n{page}{suffix}\n    " + detail.replace("\n", "\n    ")


def verdict(figures: Sequence[Figure]) -> str:
    checked = [figure for figure in figures if figure.limit is not None]
    failed = sum(not figure.holds for figure in checked)
    if failed:
        return f"{failed} of {len(checked)} figures fail."
    return f"All {len(checked)} figures hold."


def write_json(figures: Iterable[Figure], path: Path) -> None:
    rows = [asdict(figure) | {"holds": figure.holds} for figure in figures]
    path.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
