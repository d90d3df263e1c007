"""Retrain the classifier now from what agents have confirmed and corrected."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from tickets.models.triage import TriageModel
from tickets.services.triage import feedback
from tickets.vocabulary import LearnedField


class Command(BaseCommand):
    help = (
        "Retrain from the latest feedback. --rebuild first derives the feedback from the tickets."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--rebuild",
            action="store_true",
            help="first derive the feedback from the tickets",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.stderr.write("Retraining ...")
        try:
            feedback.rebuild() if options["rebuild"] else feedback.retrain()
        except DatabaseError as error:
            raise CommandError(f"The database does not answer: {error}") from None
        learned = {row.field: row for row in TriageModel.objects.all()}
        for name in LearnedField.values:
            self.stdout.write(_summary(name, learned.get(name)))


def _summary(name: str, row: TriageModel | None) -> str:
    if row is None or not row.feedback_count:
        return f"{name}: no feedback yet; lexicon and encoder answer"
    estimated, learned = (
        "-" if accuracy is None else f"{accuracy:.0%}"
        for accuracy in (row.prior_accuracy, row.learned_accuracy)
    )
    source = "the confirmed tickets" if row.leads else "lexicon and encoder"
    return (
        f"{name}: {row.feedback_count} feedback entries, version {row.version}; of the latest,"
        f" lexicon and encoder got {estimated} right, the confirmed tickets {learned};"
        f" {source} answer"
    )
