"""Count all tickets again."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from tickets.services.counts import recount


class Command(BaseCommand):
    help = "Compare the counts of tickets with the tickets, and mend those that are wrong."

    def handle(self, *args: Any, **options: Any) -> None:
        mended = recount()
        self.stdout.write(
            f"{mended:,} counts were wrong, and are mended." if mended else "The counts are right."
        )
