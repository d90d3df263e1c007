"""Make anew with SECRET_KEY what was made with one of SECRET_KEY_FALLBACKS."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from tickets.services.secret_key import Adoption, adopt_secret_key


class Command(BaseCommand):
    help = (
        "After SECRET_KEY was changed: encrypt secrets of mailboxes and second factors anew, and"
        " carry private links over, which stay the same. SECRET_KEY_FALLBACKS must have the former"
        " key. The desk may be in use."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        result = Adoption()
        try:
            for result in adopt_secret_key():
                self.stderr.write(f"{result.links:,} private links ...", ending="\r")
        except DatabaseError as error:
            raise CommandError(
                f"The database does not answer, so run this again: {error}"
            ) from None
        self.stdout.write(
            f"{result.secrets:,} secrets are encrypted with SECRET_KEY, and"
            f" {result.links:,} private links are carried over."
        )
        if result.unreadable_secrets:
            self.stdout.write(
                f"{result.unreadable_secrets:,} secrets were made with a key that is"
                " not here: enter them again, or add that key to SECRET_KEY_FALLBACKS."
            )
        if result.lost_links:
            self.stdout.write(
                f"{result.lost_links:,} private links were made with a key that is not here. They"
                " work until the next email of their ticket, which has a new one."
            )
