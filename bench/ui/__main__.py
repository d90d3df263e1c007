"""Check every page: `make check-ui`, `make screenshots`; see docs/ui.md.

Run some checks on some pages: make check-ui ARGS="--only axe html --page list ticket"
Write all figures to a file: make check-ui ARGS="--json figures.json"
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from . import back_office, keyboard, npm_tools, screenshots, transfer, web_vitals
from .browser import Visitors, chromium, chromium_path
from .desk import running_desk
from .pages import LIGHTHOUSE, STATES, State, select_states
from .results import Figure, table, write_json
from .steps import nothing
from .visits import check_state

PARTS = ("axe", "html", "transfer", "feel", "keyboard", "lighthouse")
TICKETS = 10_000


def main() -> None:
    # SIGTERM works like Ctrl-C, so that everything we started is stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    options = parse_options()
    chromium_path()  # exits at once if there is none
    if options.what == "screenshots":
        with running_desk(0) as desk, chromium() as browser:
            screenshots.take_all(Visitors(browser, desk), options.page)
        return
    sys.exit(check(options))


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make check-ui", description="Check every page.")
    parser.add_argument("what", choices=("check", "screenshots"))
    parser.add_argument(
        "--only", nargs="+", choices=PARTS, default=PARTS, help="run only these checks"
    )
    parser.add_argument(
        "--page", nargs="+", default=[], help="check only these pages, with their states"
    )
    parser.add_argument("--tickets", type=int, default=TICKETS)
    parser.add_argument("--json", type=Path, help="write every figure to this file")
    return parser.parse_args()


def check(options: argparse.Namespace) -> int:
    """Measure and print. Return 1 if a limit is exceeded, 130 if interrupted before the end."""
    started = time.monotonic()
    figures: list[Figure] = []
    complete = False
    with (
        suppress(KeyboardInterrupt),
        tempfile.TemporaryDirectory(prefix="desk-ui-") as folder,
        running_desk(options.tickets) as desk,
        chromium() as browser,
    ):
        figures.extend(measure(Visitors(browser, desk), options, Path(folder)))
        complete = True
    figures.sort(key=lambda figure: figure.page)
    print(table(figures))
    seconds, load = time.monotonic() - started, os.getloadavg()[2]
    print(
        f"{options.tickets:,} tickets, {seconds:.0f} s; load {load:.1f} on {os.cpu_count()} cores."
    )
    if options.json:
        write_json(figures, options.json)
    if not complete:
        print("Interrupted: the figures are incomplete.")
        return 130
    return 0 if figures and all(figure.holds for figure in figures) else 1


def measure(visitors: Visitors, options: argparse.Namespace, folder: Path) -> Iterator[Figure]:
    states = select_states([*STATES, *back_office.states(visitors)], options.page)
    markup: dict[str, str] = {}
    if {"axe", "html", "lighthouse"} & set(options.only):
        for state in states:
            show_progress(state.name)
            figures = list(check_state(visitors, state, markup))
            yield from figures if "axe" in options.only else ()
    if "html" in options.only:
        show_progress("html-validate")
        yield from npm_tools.validate(markup, folder / "html")
    plain = [state for state in states if state.steps is nothing and state in STATES]
    if "transfer" in options.only:
        show_progress("transfer")
        yield from transfer.measure(visitors, plain)
    if "feel" in options.only:
        yield from web_vitals.measure(visitors, options.page)
    if "keyboard" in options.only:
        yield from keyboard.measure(visitors, options.page)
    if "lighthouse" in options.only:
        yield from lighthouse_figures(visitors, plain, markup, folder)


def lighthouse_figures(
    visitors: Visitors, states: list[State], markup: dict[str, str], folder: Path
) -> Iterator[Figure]:
    for state in states:
        if state.name in LIGHTHOUSE:
            show_progress(f"Lighthouse: {state.name}")
            yield from npm_tools.lighthouse(visitors, state, markup.get(state.name, ""), folder)


def show_progress(step: str) -> None:
    """Print the current step if someone is watching the terminal."""
    if sys.stderr.isatty():
        print(f"\033[2K{step}", end="\r", file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
