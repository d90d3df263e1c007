"""Measure a source of triage on tickets whose right answers are known."""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, OutputWrapper
from django.db import DatabaseError

from tickets.models.ticket import Ticket
from tickets.triage import engine, offline
from tickets.triage.config import PROVIDERS, Config, from_settings
from tickets.triage.engine import Probe
from tickets.triage.evaluation import run, sources, table
from tickets.triage.evaluation.report import Report
from tickets.triage.evaluation.table import Row
from tickets.triage.shared_state import LocalSharedState

from .check_triage import explain

SOURCES = ("offline", *PROVIDERS, "default")
ANSWERED = ("llm", "cached")


class Command(BaseCommand):
    help = "Measure triage on labelled tickets. Changes nothing in the database."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file",
            nargs="?",
            help="CSV in UTF-8 with a column text, perhaps title, and any of category, priority,"
            " sentiment (labels) and urgency (0 to 100); empty cells and other columns are ignored",
        )
        parser.add_argument(
            "--from-tickets",
            action="store_true",
            help="instead of a file: the tickets whose category or priority agents have decided",
        )
        parser.add_argument(
            "--source",
            choices=SOURCES,
            default="offline",
            help="who is asked (default: offline, with what this desk has taught it)",
        )
        parser.add_argument(
            "--learn",
            action="store_true",
            help="start from nothing learned, and learn each row, in memory, once it is answered",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--limit", type=int, help="only the file's first, or the latest decided, so many"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        _check(options)
        settings = from_settings().asking(options["source"])
        if options["source"] in PROVIDERS:
            _check_model(settings)
        found = self._rows(options)
        try:
            with _alone() as shared:
                report = self._measured(found, settings, options, shared)
        except KeyboardInterrupt:
            raise CommandError("Interrupted.", returncode=130) from None
        if options["json"]:
            self._print(json.dumps(report.as_object(), indent=2))
        else:
            self._print(f"{_headline(len(found), options)}\n\n{report.as_text()}")

    def _rows(self, options: dict[str, Any]) -> list[Row]:
        if options["from_tickets"]:
            return _rows_of_tickets(options["limit"])
        try:
            found = table.read(options["file"], options["limit"])
        except table.BadFile as error:
            raise CommandError(str(error)) from error
        if found.left_out:
            self._note(f"{found.left_out} rows without a text or without a label were left out.")
        return found.rows

    def _measured(
        self, rows: list[Row], settings: Config, options: dict[str, Any], shared: LocalSharedState
    ) -> Report:
        name, learns = options["source"], options["learn"]
        offline.warm_up()
        learner = sources.Offline() if learns else None
        source = learner or _source(name, settings)
        with Progress(self.stderr, name, len(rows)) as progress:
            asked = run.ask(
                source,
                rows,
                afterwards=learner.learn if learner else lambda row: None,
                progress=progress.show,
            )
        with Progress(self.stderr, "lexicon only", len(rows)) as progress:
            lexicon = run.ask(sources.Offline(), rows, progress=progress.show)
        return Report(
            source=name,
            run=asked,
            default=run.ask(sources.Default(), rows),
            lexicon=lexicon,
            cost_usd=shared.spent,
            learned=learns,
            failed=_failed(shared),
        )

    def _note(self, words: str) -> None:
        self.stderr.write(words, style_func=str)

    def _print(self, text: str) -> None:
        try:
            self.stdout.write(text)
            self.stdout.flush()
        except BrokenPipeError:
            # Whoever read has seen enough. Python would complain once more when it ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Progress:
    """One line on standard error: at once on a terminal, now and then elsewhere if it takes long.

    Use as a context manager: on a terminal the line is gone at the end.
    """

    WIDTH = 30
    ON_A_TERMINAL, ELSEWHERE = 0.1, 15.0  # seconds between two

    def __init__(self, out: OutputWrapper, name: str, total: int) -> None:
        self._out, self._name, self._total = out, name, total
        self._terminal = out.isatty()
        self._pause = self.ON_A_TERMINAL if self._terminal else self.ELSEWHERE
        self._started = self._shown = time.monotonic()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._terminal:
            self._write("\r\033[K")

    def show(self, done: int) -> None:
        now = time.monotonic()
        if now - self._shown < self._pause:
            return
        self._shown = now
        words = f"{self._name}: {done} of {self._total} rows, {now - self._started:.0f} s"
        if self._terminal:
            filled = self.WIDTH * done // self._total
            self._write(f"\r\033[K[{'#' * filled}{'.' * (self.WIDTH - filled)}] {words}")
        else:
            self._write(f"{words}\n")

    def _write(self, text: str) -> None:
        try:
            self._out.write(text, style_func=str, ending="")
            self._out.flush()
        except OSError:
            self._pause = float("inf")  # nobody looks any more


def _check(options: dict[str, Any]) -> None:
    if bool(options["file"]) == options["from_tickets"]:
        raise CommandError("Give either a file or --from-tickets.")
    if options["learn"] and options["source"] != "offline":
        raise CommandError("--learn goes with --source offline only: no other source learns.")
    if options["limit"] is not None and options["limit"] < 1:
        raise CommandError("--limit must be 1 or more.")


def _check_model(settings: Config) -> None:
    """Say what is missing before the first of many questions fails for it."""
    endpoint, reason = settings.endpoint(), engine.unusable(settings)
    if endpoint is None:
        raise CommandError("Models are switched off by LLM_ENABLED=0.")
    if reason:
        why = explain(Probe(endpoint, None, reason, 0.0, 0.0))
        raise CommandError(f"{endpoint.provider} cannot be asked. {why}")
    if endpoint.provider == "local" and not endpoint.base_url:
        raise CommandError("local cannot be asked. No address is given: set LLM_BASE_URL.")


def _rows_of_tickets(limit: int | None) -> list[Row]:
    try:
        tickets = list(Ticket.objects.confirmed().reverse()[:limit])[::-1]
    except DatabaseError as error:
        raise CommandError(f"The database does not answer: {error}") from error
    if not tickets:
        raise CommandError("No agent has decided about a ticket's category or priority yet.")
    return [
        Row(
            ticket.title,
            ticket.description,
            {lesson.field: lesson.value for lesson in ticket.lessons.all()},
        )
        for ticket in tickets
    ]


@contextmanager
def _alone() -> Iterator[LocalSharedState]:
    """Limits, cache and counts in memory: measuring leaves no trace in the database."""
    alone = LocalSharedState()
    the_desks = engine.set_shared(alone, pauses=False)
    try:
        yield alone
    finally:
        engine.set_shared(the_desks)


def _source(name: str, settings: Config) -> sources.Source:
    if name == "default":
        return sources.Default()
    if name == "offline":
        return sources.Offline(offline.learners())
    engine.warm_up(wait=True, settings=settings)
    return sources.Model(settings)


def _failed(shared: LocalSharedState) -> Counter[str]:
    """How many questions of a model failed, by reason, the commonest first."""
    found: Counter[str] = Counter()
    for outcome, count in shared.outcomes.most_common():
        reason = outcome.partition(":")[2]
        if reason not in ANSWERED:
            found[reason] += count
    return found


def _headline(count: int, options: dict[str, Any]) -> str:
    where = "of the desk's own tickets" if options["from_tickets"] else f"of {options['file']}"
    words = f"{count} rows {where}, answered by {options['source']}"
    if options["learn"]:
        return f"{words}, which learned each after it was answered."
    if options["from_tickets"] and options["source"] == "offline":
        return f"{words}, which has learned from them before: --learn measures it fairly."
    return f"{words}."
