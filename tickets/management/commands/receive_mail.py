"""Receive one message from standard input, as a mail server's pipe hands it over."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tickets.exceptions import InvalidInput
from tickets.models.incoming import Mailbox
from tickets.services.mail.incoming.receive import find_mailbox, receive
from tickets.vocabulary import MAX_MAIL_BYTES

# Mail servers keep a message for later if they see this (sysexits.h), and return it to its sender
# if they see most others.
EX_TEMPFAIL = 75
CHUNK = 1024 * 1024


class Command(BaseCommand):
    help = (
        "Receive one message from standard input. Exits with 0 once it is stored, and with 75"
        " whenever it is not, so that the mail server keeps it."
    )
    # A mail server runs one process for each message.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--mailbox", metavar="NAME", help="the mailbox that it came to")
        parser.add_argument(
            "--from",
            dest="sender",
            metavar="ADDRESS",
            help="the return path; empty for the null one",
        )
        parser.add_argument(
            "--to", nargs="+", default=[], metavar="ADDRESS", help="where it was sent to"
        )

    def run_from_argv(self, argv: list[str]) -> None:
        """Turn every failure, a wrong option among them, into EX_TEMPFAIL."""
        try:
            super().run_from_argv(argv)
        except SystemExit as ended:
            if ended.code not in (0, None):
                sys.exit(EX_TEMPFAIL)
            raise
        except Exception as error:
            self.stderr.write(f"The message was not stored. {type(error).__name__}: {error}")
            sys.exit(EX_TEMPFAIL)

    def handle(self, *args: Any, **options: Any) -> None:
        mailbox = _mailbox(options["mailbox"]) if options["mailbox"] else None
        raw = _read_message()
        receive(raw, mailbox, options["sender"], options["to"])


def _mailbox(name: str) -> Mailbox:
    """Raise CommandError with the name, which the mail server's log then has."""
    try:
        return find_mailbox(name)
    except InvalidInput:
        raise CommandError(
            f"There is no mailbox named {name}. The message was not stored."
        ) from None


def _read_message() -> bytes:
    """Read all of the input. What goes past the limit is not kept, since `receive` drops it."""
    raw = sys.stdin.buffer.read(MAX_MAIL_BYTES + 1)
    # A mail server that cannot write all of its message tries again.
    while sys.stdin.buffer.read(CHUNK):
        pass
    return raw
