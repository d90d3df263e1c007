"""Look at every page: `make check-ui`, `make screenshots`; see docs/ui.md.

Only a part of it: make check-ui ARGS="--only axe html --page list ticket"
All figures in a file: make check-ui ARGS="--json figures.json"
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

from . import back_office, feel, keyboard, screenshots, tools, transfer
from .browser import Visitors, chromium, chromium_path
from .desk import running_desk
from .pages import LIGHTHOUSE, STATES, State, named, wanted
from .results import Figure, table, write_json
from .steps import nothing
from .visiting import look_at

PARTS = ("axe", "html", "transfer", "feel", "keyboard", "lighthouse")
TICKETS = 10_000


def main() -> None:
    # Ended from outside as by Ctrl-C, so that everything that was started is stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    options = parse()
    chromium_path()  # says at once when there is none
    if options.what == "screenshots":
        with running_desk(0) as desk, chromium() as browser:
            screenshots.keep(Visitors(browser, desk), options.page)
        return
    sys.exit(check(options))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make check-ui", description="Look at every page.")
    parser.add_argument("what", choices=("check", "screenshots"))
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="these parts")
    parser.add_argument("--page", nargs="+", default=[], help="these pages with their states")
    parser.add_argument("--tickets", type=int, default=TICKETS)
    parser.add_argument("--json", type=Path, help="a file that gets every figure")
    return parser.parse_args()


def check(options: argparse.Namespace) -> int:
    """Measure, tell; 1 when a limit is passed, 130 when interrupted: then what there is."""
    started = time.monotonic()
    figures: list[Figure] = []
    whole = False
    with (
        suppress(KeyboardInterrupt),
        tempfile.TemporaryDirectory(prefix="desk-ui-") as folder,
        running_desk(options.tickets) as desk,
        chromium() as browser,
    ):
        figures.extend(measure(Visitors(browser, desk), options, Path(folder)))
        whole = True
    figures.sort(key=lambda figure: figure.page)
    print(table(figures))
    seconds, load = time.monotonic() - started, os.getloadavg()[2]
    print(
        f"{options.tickets:,} tickets, {seconds:.0f} s; load {load:.1f} on {os.cpu_count()} cores."
    )
    if options.json:
        write_json(figures, options.json)
    if not whole:
        print("Interrupted: there is more to measure.")
        return 130
    return 0 if figures and all(figure.holds for figure in figures) else 1


def measure(visitors: Visitors, options: argparse.Namespace, folder: Path) -> Iterator[Figure]:
    states = wanted([*STATES, *back_office.states(visitors)], options.page)
    markup: dict[str, str] = {}
    if {"axe", "html", "lighthouse"} & set(options.only):
        for state in states:
            say(state.name)
            found = list(look_at(visitors, state, markup))
            yield from found if "axe" in options.only else ()
    if "html" in options.only:
        say("html-validate")
        yield from tools.validate(markup, folder / "html")
    plain = [state for state in states if state.steps is nothing and state in STATES]
    if "transfer" in options.only:
        say("transfer")
        yield from transfer.measure(visitors, plain)
    if "feel" in options.only:
        yield from feel.measure(visitors, options.page)
    if "keyboard" in options.only:
        yield from keyboard.measure(visitors, options.page)
    if "lighthouse" in options.only:
        yield from seen_by_lighthouse(visitors, plain, markup, folder)


def seen_by_lighthouse(
    visitors: Visitors, states: list[State], markup: dict[str, str], folder: Path
) -> Iterator[Figure]:
    for state in named(states, LIGHTHOUSE):
        say(f"Lighthouse: {state.name}")
        yield from tools.lighthouse(visitors, state, markup.get(state.name, ""), folder)


def say(words: str) -> None:
    """What is being looked at, where a person waits for it."""
    if sys.stderr.isatty():
        print(f"\033[2K{words}", end="\r", file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
