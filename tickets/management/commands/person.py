"""Answer a person who asks for their data, or for its erasure."""

from __future__ import annotations

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tickets.access.actors import SYSTEM
from tickets.exceptions import InvalidInput
from tickets.services.personal_data.export import export_person, summary
from tickets.services.personal_data.people import Person, erase_person
from tickets.services.personal_data.replay import erase_hashed

STDOUT = "-"


class Command(BaseCommand):
    help = "Export or erase all that the desk has of an email address."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        export = actions.add_parser("export", help="write it to a ZIP file")
        export.add_argument("address")
        export.add_argument("file", help="the ZIP file; - is the standard output")
        erase = actions.add_parser("erase", help="erase it for good; asks first")
        erase.add_argument("address")
        erase.add_argument("--no-input", action="store_true", help="do not ask")
        again = actions.add_parser("erase-again", help="erase whom the security log names by hash")
        again.add_argument("hashes", nargs="+", metavar="HASH")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            match options["action"]:
                case "export":
                    self._export(options["address"], options["file"])
                case "erase":
                    self._erase(options["address"], asks=not options["no_input"])
                case _:
                    self._report(f"People erased: {erase_hashed(set(options['hashes']))}.")
        except InvalidInput as error:
            raise CommandError(f"{options['address']} is not an email address.") from error

    def _export(self, address: str, name: str) -> None:
        if name == STDOUT:
            counts = export_person(address, sys.stdout.buffer)
        else:
            try:
                with open(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    counts = export_person(address, file)
            except OSError as error:
                raise CommandError(f"The export failed: {error}") from error
        self._report(
            f"Exported: {summary(counts)}.\n"
            "Read it before you hand it out: it has what agents wrote, internal notes too."
        )

    def _erase(self, address: str, *, asks: bool) -> None:
        person = Person.of(address)
        if asks:
            self._report(
                f"Tickets of {address}: {person.counts['tickets']}. This erases for good what they"
                " and their conversations say, with files and mail. Numbers, times and statistics"
                " stay."
            )
            if input("Type the address again to erase it: ").strip() != address.strip():
                raise CommandError("Nothing was erased.")
        for line in erase_person(address, SYSTEM).sentences:
            self._report(line)

    def _report(self, text: str) -> None:
        self.stderr.write(text, lambda line: line)  # not in the colour of errors
