"""What was measured, and how it is told."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path

# Of one state in all its looks; they share a line of the table while they hold.
SEEN = ("axe", "sideways", "headings", "unlabelled", "console", "foreign")
MISSING = "missing"  # the name where something that should be there is not
HEAD = ("page", "figure", "limit", "measured", "")


@dataclass(frozen=True)
class Figure:
    """One number with its limit. `look` says in which theme and width, where that matters."""

    page: str
    name: str
    measured: float
    limit: float | None = None  # none: told, not judged
    at_least: bool = False
    unit: str = ""
    look: str = ""
    detail: str = ""  # what was found, for a figure that does not hold

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
    """As short as it may be: 3, 0.004, 41.2."""
    return f"{value:.0f}" if value == int(value) else f"{value:.4g}"


def table(figures: Sequence[Figure]) -> str:
    """One line for each figure; what was seen of a page and holds is one line together."""
    rows: list[tuple[str, ...]] = [HEAD]
    for page, group in groupby(figures, lambda figure: figure.page):
        rows += page_rows(page, list(group))
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    return "\n".join([*lines, *faults(figures), "", verdict(figures)])


def page_rows(page: str, figures: list[Figure]) -> Iterable[tuple[str, ...]]:
    held = [figure for figure in figures if figure.holds]
    seen = [figure for figure in held if figure.name in SEEN]
    if seen:
        names = [name for name in SEEN if any(figure.name == name for figure in seen)]
        looks = len({figure.look for figure in seen})
        yield page, f"{', '.join(names)} in {looks} looks", "<= 0", "0", "ok"
    others = [figure for figure in held if figure.name not in SEEN]
    for same in grouped(others):
        yield row(worst(same), f"{same[0].name}, {len(same)} times" if same[1:] else "")
    for figure in figures:
        if not figure.holds:
            yield row(figure)


def grouped(figures: Iterable[Figure]) -> Iterable[list[Figure]]:
    """Those of the same name and limit together, in the order of the first ones."""
    groups: dict[tuple[str, float | None], list[Figure]] = {}
    for figure in figures:
        groups.setdefault((figure.name, figure.limit), []).append(figure)
    return groups.values()


def worst(figures: list[Figure]) -> Figure:
    choose = min if figures[0].at_least else max
    return choose(figures, key=lambda figure: figure.measured)


def row(figure: Figure, name: str = "") -> tuple[str, ...]:
    name = name or (f"{figure.name}, {figure.look}" if figure.look else figure.name)
    measured = f"{number(figure.measured)} {figure.unit}".strip()
    return figure.page, name, figure.rule, measured, figure.verdict


def faults(figures: Iterable[Figure]) -> Iterable[str]:
    """What was found where a figure does not hold, each finding once."""
    told: dict[tuple[str, str], list[str]] = {}
    for figure in figures:
        if not figure.holds and figure.detail:
            told.setdefault((figure.page, figure.detail), []).append(figure.look)
    for (page, detail), looks in told.items():
        where = f" ({'; '.join(filter(None, looks))})" if any(looks) else ""
        yield f"\n{page}{where}\n    " + detail.replace("\n", "\n    ")


def verdict(figures: Sequence[Figure]) -> str:
    judged = [figure for figure in figures if figure.limit is not None]
    failed = sum(not figure.holds for figure in judged)
    if failed:
        return f"{failed} of {len(judged)} figures fail."
    return f"All {len(judged)} figures hold."


def write_json(figures: Iterable[Figure], path: Path) -> None:
    rows = [asdict(figure) | {"holds": figure.holds} for figure in figures]
    path.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
