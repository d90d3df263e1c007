"""What the desk should reach, as ratios within one run, and whether it does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

SMALL, LARGE = 10_000, 1_000_000
HELPDESK_SIZE = 100_000
# Route: the rate against the usual design's at SMALL and LARGE, and against the limit's.
AGAINST_USUAL: Mapping[str, tuple[float, float, float | None]] = {
    **dict.fromkeys(("list", "filters", "deep"), (4, 35, 0.5)),
    **dict.fromkeys(("rare", "common"), (30, 2_000, 0.5)),
    **dict.fromkeys(("stats", "stats_filter"), (12, 1_000, 0.5)),
    "ticket": (2.5, 1.3, 0.5),
    "status": (1.5, 1.5, None),
    "priority": (1, 1, None),
    "create": (0.8, 0.8, None),
}
HARD = ("old", "apart")
HARD_SMALL = 5
HARD_P99_MS, HARD_FIRST_MS = 250, 1_000
# Route: the least rate as a part of our own list's, at every size.
AGAINST_LIST = {
    "list_page": 1 / 15,
    "list_filter": 1 / 15,
    "ticket_page": 1 / 20,
    **dict.fromkeys(("tabs", "dashboard", "triage"), 1 / 5),
}
AGAINST_HELPDESK = {"list": 50, "rare": 50, "common": 50, "create": 2}
GROWTH = 0.8  # how much of the limit's own fall from SMALL to LARGE must be left
EXPORT_SECONDS = 10
WORKER_MB, PROGRAM_MB = 80, 600
SPACE_GB = 3


@dataclass(frozen=True)
class Goal:
    """`measured` and `wanted` are texts; `is_reached` is None if it was not measured."""

    title: str
    wanted: str
    measured: str
    is_reached: bool | None


def goals(results: Mapping[str, Any], titles: Mapping[str, str]) -> Iterator[Goal]:
    sizes = results["sizes"]
    for position, size in enumerate((SMALL, LARGE)):
        if str(size) in sizes:
            yield from _speed(sizes[str(size)], size, position, titles)
    if {str(SMALL), str(LARGE)} <= set(sizes):
        yield from _growth(sizes[str(SMALL)]["routes"], sizes[str(LARGE)]["routes"], titles)
    if str(HELPDESK_SIZE) in sizes:
        routes = sizes[str(HELPDESK_SIZE)]["routes"]
        for name, least in AGAINST_HELPDESK.items():
            title = f"{titles[name]}, {HELPDESK_SIZE:,} tickets, of django-helpdesk"
            yield _ratio(title, routes, name, "helpdesk", least)
    if str(LARGE) in sizes:
        yield from _machine(sizes[str(LARGE)])


def _speed(
    result: Mapping[str, Any], size: int, position: int, titles: Mapping[str, str]
) -> Iterator[Goal]:
    routes = result["routes"]
    for name, wanted in AGAINST_USUAL.items():
        title = f"{titles[name]}, {size:,} tickets"
        yield _ratio(f"{title}, of the usual design", routes, name, "usual", wanted[position])
        if wanted[2] is not None:
            yield _ratio(f"{title}, of the limit", routes, name, "limit", wanted[2])
    for name in HARD:
        title = f"{titles[name]}, {size:,} tickets"
        if size == SMALL:
            yield _ratio(f"{title}, of the usual design", routes, name, "usual", HARD_SMALL)
        else:
            yield from _hard(title, routes.get(name, {}).get("ours"))
    for name, least in AGAINST_LIST.items():
        mine = routes.get(name, {}).get("ours")
        rows = routes.get("list", {}).get("ours")
        title = f"{titles[name]}, {size:,} tickets, of our own list"
        share = mine["rate"] / rows["rate"] if mine and rows and rows["rate"] else None
        yield Goal(
            title,
            f"1/{1 / least:.0f}",
            "" if share is None else f"1/{1 / share:.1f}" if share else "0",
            None if share is None else share >= least,
        )


def _hard(title: str, mine: Mapping[str, float] | None) -> Iterator[Goal]:
    if mine is None:
        yield Goal(title, f"p99 ≤ {HARD_P99_MS} ms", "", None)
        return
    yield Goal(
        f"{title}, database time of a page",
        f"≤ {HARD_P99_MS} ms",
        f"{mine['database_ms']:.0f} ms (mean)",
        mine["database_ms"] <= HARD_P99_MS,
    )
    yield Goal(
        f"{title}, until the first row or the end",
        f"≤ {HARD_FIRST_MS} ms",
        f"{mine['until_ms']:.0f} ms" if "until_ms" in mine else f"{mine['first_ms']:.0f} ms",
        mine.get("until_ms", mine["first_ms"]) <= HARD_FIRST_MS,
    )
    yield Goal(f"{title}, errors", "0", str(int(mine["errors"])), mine["errors"] == 0)


def _ratio(title: str, routes: Mapping[str, Any], name: str, other: str, least: float) -> Goal:
    mine, theirs = (routes.get(name, {}).get(desk) for desk in ("ours", other))
    if not mine or not theirs or not theirs["rate"]:
        return Goal(title, f"{least:g}", "", None)
    ratio = mine["rate"] / theirs["rate"]
    return Goal(
        title, f"{least:g}", f"{ratio:,.2f}" if ratio < 10 else f"{ratio:,.0f}", ratio >= least
    )


def _growth(
    small: Mapping[str, Any], large: Mapping[str, Any], titles: Mapping[str, str]
) -> Iterator[Goal]:
    for name in AGAINST_USUAL:
        rates = [
            routes.get(name, {}).get(desk, {}).get("rate")
            for routes in (small, large)
            for desk in ("ours", "limit")
        ]
        if not all(rates):
            continue
        mine, limit = rates[2] / rates[0], rates[3] / rates[1]
        wanted = min(limit, 1) * GROWTH
        title = f"{titles[name]}, rate at {LARGE:,} as a part of that at {SMALL:,}"
        yield Goal(title, f"{wanted:.2f}", f"{mine:.2f}", mine >= wanted)


def _machine(result: Mapping[str, Any]) -> Iterator[Goal]:
    seconds = result.get("export_seconds")
    rows = result["tickets"]
    if seconds:
        scaled = seconds * 100_000 / result["export_rows"]
        yield Goal(
            "CSV export, for each 100,000 rows",
            f"≤ {EXPORT_SECONDS} s",
            f"{scaled:.1f} s",
            scaled <= EXPORT_SECONDS,
        )
    memory = result["memory"]
    yield Goal(
        "memory of a web worker alone, after load",
        f"≤ {WORKER_MB} MB",
        f"{memory['ours']} MB",
        memory["ours"] <= WORKER_MB,
    )
    yield Goal(
        f"memory of the whole `make run`, {rows:,} tickets",
        f"≤ {PROGRAM_MB} MB",
        f"{memory['make run']} MB",
        memory["make run"] <= PROGRAM_MB,
    )
    space = result["space"]["databases"]["tickets"] / 1e9
    yield Goal(
        f"space of {rows:,} tickets with audit trail and predictions",
        f"≤ {SPACE_GB} GB",
        f"{space:.1f} GB",
        space <= SPACE_GB,
    )
