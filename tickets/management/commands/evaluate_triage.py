"""Measure a triage source on tickets with known labels."""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, OutputWrapper
from django.db import DatabaseError

from tickets.models.ticket import Ticket
from tickets.triage import engine
from tickets.triage.config import Config, from_settings
from tickets.triage.evaluation import run, sources, table
from tickets.triage.evaluation.report import Report
from tickets.triage.evaluation.table import Row
from tickets.triage.explanations import explain
from tickets.triage.offline.classifier import site_learner
from tickets.triage.offline.lexicon.compiled import load_lexicon
from tickets.triage.providers.table import PROVIDERS
from tickets.triage.shared_state import LocalSharedState

SOURCES = ("offline", *PROVIDERS, "default")
ANSWERED = ("llm", "cached")


@dataclass(frozen=True, slots=True)
class Options:
    """The command's own options, see `add_arguments`."""

    file: str | None
    from_tickets: bool
    source: str
    learn: bool
    json: bool
    limit: int | None


class Command(BaseCommand):
    help = "Measure triage on labelled tickets. Does not change the database."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file",
            nargs="?",
            help="CSV in UTF-8 with a column text, any of category, priority, sentiment (labels)"
            " and urgency (0 to 100), and optionally title and source (for figures of each source);"
            " empty cells and other columns are ignored",
        )
        parser.add_argument(
            "--from-tickets",
            action="store_true",
            help="use the tickets whose category or priority agents have decided instead of a file",
        )
        parser.add_argument(
            "--source",
            choices=SOURCES,
            default="offline",
            help="the source to measure (default: offline, with what it learned at this desk)",
        )
        parser.add_argument(
            "--learn",
            action="store_true",
            help="start without learned data and learn each row in memory after its answer",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--limit", type=int, help="use only the first rows of the file, or the latest decisions"
        )

    def handle(self, *args: Any, **values: Any) -> None:
        options = Options(**{option.name: values[option.name] for option in fields(Options)})
        _check_options(options)
        settings = from_settings().with_provider(options.source)
        if options.source in PROVIDERS:
            _check_model(settings)
        rows = self._rows(options)
        try:
            with _isolated_state() as shared:
                report = self._measure(rows, settings, options, shared)
        except KeyboardInterrupt:
            raise CommandError("Interrupted.", returncode=130) from None
        if options.json:
            self._print(json.dumps(report.as_object(), indent=2))
        else:
            self._print(f"{_headline(len(rows), options)}\n\n{report.as_text()}")

    def _rows(self, options: Options) -> list[Row]:
        if not options.file:
            return _rows_of_tickets(options.limit)
        try:
            content = table.read(options.file, options.limit)
        except table.BadFile as error:
            raise CommandError(str(error)) from error
        if content.left_out:
            rows = "1 row" if content.left_out == 1 else f"{content.left_out} rows"
            skipped = f"Skipped {rows} without a text or a label."
            self.stderr.write(skipped, style_func=str)
        return content.rows

    def _measure(
        self, rows: list[Row], settings: Config, options: Options, shared: LocalSharedState
    ) -> Report:
        name, learns = options.source, options.learn
        load_lexicon()
        learner = sources.Offline() if learns else None
        source = learner or _make_source(name, settings)
        with ProgressLine(self.stderr, name, len(rows)) as progress:
            measured = run.ask(
                source,
                rows,
                afterwards=learner.learn if learner else lambda row: None,
                progress=progress.show,
            )
        with ProgressLine(self.stderr, "lexicon only", len(rows)) as progress:
            lexicon = run.ask(sources.Lexicon(), rows, progress=progress.show)
        return Report(
            source=name,
            run=measured,
            default=run.ask(sources.Default(), rows),
            lexicon=lexicon,
            cost_usd=shared.spent,
            learned=learns,
            failed=_failed(shared),
            rows=rows,
        )

    def _print(self, text: str) -> None:
        try:
            self.stdout.write(text)
            self.stdout.flush()
        except BrokenPipeError:
            # The reader closed the pipe. Otherwise Python would report it again at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class ProgressLine:
    """Shows the progress on standard error: live on a terminal, else a line now and then.

    Use as a context manager. On a terminal it clears its line at the end.
    """

    WIDTH = 30
    TERMINAL_PAUSE, LOG_PAUSE = 0.1, 15.0  # seconds between two lines

    def __init__(self, out: OutputWrapper, name: str, total: int) -> None:
        self._out, self._name, self._total = out, name, total
        self._terminal = out.isatty()
        self._pause = self.TERMINAL_PAUSE if self._terminal else self.LOG_PAUSE
        self._started = self._updated = time.monotonic()

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(self, *_: object) -> None:
        if self._terminal:
            self._write("\r\033[K")

    def show(self, count: int) -> None:
        now = time.monotonic()
        if now - self._updated < self._pause:
            return
        self._updated = now
        text = f"{self._name}: {count} of {self._total} rows, {now - self._started:.0f} s"
        if self._terminal:
            filled = self.WIDTH * count // self._total
            self._write(f"\r\033[K[{'#' * filled}{'.' * (self.WIDTH - filled)}] {text}")
        else:
            self._write(f"{text}\n")

    def _write(self, text: str) -> None:
        try:
            self._out.write(text, style_func=str, ending="")
            self._out.flush()
        except OSError:
            self._pause = float("inf")  # standard error is closed


def _check_options(options: Options) -> None:
    if bool(options.file) == options.from_tickets:
        raise CommandError("Give either a file or --from-tickets.")
    if options.learn and options.source != "offline":
        raise CommandError("--learn needs --source offline: no other source learns.")
    if options.limit is not None and options.limit < 1:
        raise CommandError("--limit must be 1 or more.")


def _check_model(settings: Config) -> None:
    """Raise CommandError if the model is not configured, before many calls fail."""
    endpoint, reason = settings.endpoint(), engine.why_unusable(settings)
    if endpoint is None:
        raise CommandError("Models are disabled by LLM_ENABLED=0.")
    if reason:
        explanation = explain(endpoint, reason)
        raise CommandError(f"{endpoint.provider} cannot be used. {explanation}")
    if endpoint.provider == "local" and not endpoint.base_url:
        raise CommandError("local cannot be used. Its address is missing: set LLM_BASE_URL.")


def _rows_of_tickets(limit: int | None) -> list[Row]:
    try:
        tickets = list(Ticket.objects.with_feedback().reverse()[:limit])[::-1]
    except DatabaseError as error:
        raise CommandError(f"The database does not answer: {error}") from error
    if not tickets:
        raise CommandError("No agent has decided a ticket's category or priority yet.")
    return [
        Row(
            ticket.title,
            ticket.description,
            {row.field: row.value for row in ticket.feedback.all()},
            key=ticket.pk,
        )
        for ticket in tickets
    ]


@contextmanager
def _isolated_state() -> Iterator[LocalSharedState]:
    """Keep limits, cache and counts in memory, so that measuring does not change the database."""
    isolated = LocalSharedState()
    previous = engine.set_shared_state(isolated, use_circuit_breaker=False)
    try:
        yield isolated
    finally:
        engine.set_shared_state(previous)


def _make_source(name: str, settings: Config) -> sources.Source:
    if name == "default":
        return sources.Default()
    if name == "offline":
        return sources.Offline(site_learner())
    engine.warm_up(wait=True, settings=settings)
    return sources.Model(settings)


def _failed(shared: LocalSharedState) -> Counter[str]:
    """Count the model's failed calls by reason, most common first."""
    failures: Counter[str] = Counter()
    for outcome, count in shared.outcomes.most_common():
        reason = outcome.partition(":")[2]
        if reason not in ANSWERED:
            failures[reason] += count
    return failures


def _headline(count: int, options: Options) -> str:
    origin = "the desk's own tickets" if options.from_tickets else options.file
    headline = f"{count} rows of {origin}, answered by {options.source}"
    if options.learn:
        return f"{headline}, which learned each row after answering it."
    if options.from_tickets and options.source == "offline":
        return f"{headline}, which has already learned from them. For a fair measure use --learn."
    return f"{headline}."
