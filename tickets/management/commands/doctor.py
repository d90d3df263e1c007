"""Say what is right and what is wrong with this desk."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connections

from tickets.services.doctor.examination import examine
from tickets.services.doctor.finding import as_json, as_text, is_healthy

ANSWER_SECONDS = 5  # for each statement


class Command(BaseCommand):
    help = (
        "Look at settings, database, worker, mail, model, storage, proxies, time and versions, and"
        " say in one line each what is right, or what is wrong and what to do. Ends with 1 if"
        " something is wrong. Sends no mail and changes nothing; asks the model once."
    )
    requires_system_checks = ()  # they are a part of it

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON")
        parser.add_argument("--url", default="", help="where people reach the desk, not SITE_URL")
        parser.add_argument(
            "--no-model-call", action="store_true", help="do not ask the model, which may cost"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        for connection in connections.all():  # those of all threads share their settings
            # A pool would go on trying while a server is away.
            connection.settings_dict["OPTIONS"].pop("pool", None)
            connection.settings_dict["ANSWER_SECONDS"] = ANSWER_SECONDS
        findings = examine(options["url"], calls_model=not options["no_model_call"])
        self.stdout.write(as_json(findings) if options["json"] else as_text(findings))
        if not is_healthy(findings):
            sys.exit(1)
