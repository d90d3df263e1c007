"""Fit the offline classifier to the example tickets in the repository."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from tickets.triage.offline import fitting
from tickets.triage.offline.encoders import heads


class Command(BaseCommand):
    help = (
        "Fit the weights of the offline classifier to the example tickets in"
        " tickets/triage/offline/examples, and write them into the program's folder."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for name in fitting.INPUTS:
            fitted = fitting.fit(name)
            heads.save(name, fitted)
            borders = ", ".join(str(border) for border in fitted.borders)
            self.stdout.write(f"{name}: {len(fitted.weights):,} rows, borders at {borders}.")
