"""Run the fake mail server in the foreground, for demonstrations."""

from __future__ import annotations

import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = (
        "Run a fake mail server on 127.0.0.1. It takes the desk's email (EMAIL_URL), shows it on"
        " a page, and hands the answers that are written there to the desk."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--smtp-port", type=int, default=2525, help="0 picks a free port")
        parser.add_argument("--port", type=int, default=8025, help="of the page")
        parser.add_argument("--mailbox", default="support@desk.example", help="the desk's address")
        parser.add_argument(
            "--lmtp-port", type=int, default=8024, help="where the desk takes mail (LMTP_ADDRESS)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            from tools.fake_mail import FakeMail, deliver_by_lmtp
        except ModuleNotFoundError:
            raise CommandError(
                "The fake mail server is not installed here: it is in a checkout's"
                " tools/fake_mail/ and not in the Docker image."
            ) from None
        deliver = deliver_by_lmtp("127.0.0.1", options["lmtp_port"])
        try:
            fake = FakeMail(
                deliver,
                options["mailbox"],
                smtp_port=options["smtp_port"],
                port=options["port"],
            )
        except OSError as error:
            raise CommandError(f"A port cannot be used: {error}") from error
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: threading.Thread(target=fake.close).start())
        self.stdout.write(
            f"Fake mail on {fake.url}: use smtp://127.0.0.1:{fake.smtp_port} as EMAIL_URL."
        )
        self.stdout.flush()
        fake.serve()
