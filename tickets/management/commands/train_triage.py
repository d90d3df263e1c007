"""Learn anew, now, from what agents have confirmed and corrected."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from tickets.models.triage import TriageModel
from tickets.services.triage import feedback
from tickets.vocabulary import LearnedField


class Command(BaseCommand):
    help = "Learn anew from the latest lessons. With --rebuild take the lessons from the tickets."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--rebuild",
            action="store_true",
            help="derive the lessons from the tickets themselves first",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.stderr.write("Learning ...")
        try:
            feedback.rebuild() if options["rebuild"] else feedback.retrain()
        except DatabaseError as error:
            raise CommandError(f"The database does not answer: {error}") from None
        learned = {row.field: row for row in TriageModel.objects.all()}
        for name in LearnedField.values:
            self.stdout.write(_told(name, learned.get(name)))


def _told(name: str, row: TriageModel | None) -> str:
    if row is None or not row.lessons:
        return f"{name}: no lessons yet; the lexicon answers"
    who = "the learned model" if row.leads else "the lexicon"
    shares = " and ".join(
        "-" if value is None else f"{value:.0%}"
        for value in (row.prior_accuracy, row.learned_accuracy)
    )
    return (
        f"{name}: {row.lessons} lessons, version {row.version}; of the latest, lexicon and learned"
        f" model had {shares} right; {who} answers"
    )
