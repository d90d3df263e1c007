"""Fit the offline classifier to the example tickets in the repository."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tickets.triage.offline import fitting
from tickets.triage.offline.encoders import heads


class Command(BaseCommand):
    help = (
        "Fit the weights of the offline classifier to the example tickets in"
        " tickets/triage/offline/examples, and write them into the program's folder."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            fitted = {name: fitting.fit(name) for name in fitting.INPUTS}
            for name, each in fitted.items():
                heads.save(name, each)
        except ImportError as error:
            raise CommandError(f"The sentence encoder cannot be loaded: {error}.") from None
        except OSError as error:
            raise CommandError(f"{heads.FOLDER} cannot be written: {error.strerror}.") from None
        for name, each in fitted.items():
            borders = ", ".join(str(border) for border in each.borders)
            self.stdout.write(f"{name}: {len(each.weights):,} rows, borders at {borders}.")
