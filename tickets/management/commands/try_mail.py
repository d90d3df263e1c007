"""Say how messages would be read: who sent them, whether a program did, and what is shown."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error
from django.template.defaultfilters import filesizeformat

from tickets.exceptions import InvalidInput
from tickets.mail.bounces.reader import Bounce
from tickets.mail.quotes import Kind
from tickets.mail.reader import Message, read
from tickets.services.mail.incoming.receive import find_mailbox, headers_of
from tickets.services.mail.incoming.verdict import Envelope, Verdict, judge
from tickets.vocabulary import MAX_MAIL_BYTES

# A message may hold sequences that would steer the terminal.
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
LABEL_WIDTH = 14
TOO_LARGE = "(too large: only the headers are stored)"
MAX_LINES = 40  # of each text


class Command(BaseCommand):
    help = (
        "Say what the desk would make of messages (.eml files): how it reads them, which ticket"
        " they belong to and by which rule. Stores nothing, and leaves the limits per hour aside."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE", type=Path)
        parser.add_argument(
            "--authserv-id",
            default="",
            help="the name by which your mail server signs Authentication-Results",
        )
        parser.add_argument(
            "--mailbox",
            metavar="NAME",
            help="the mailbox that they came to, whose mail server is believed",
        )
        parser.add_argument("--full", action="store_true", help="print texts of any length")

    def handle(self, *args: Any, **options: Any) -> None:
        envelope = _envelope(options["mailbox"])
        authserv_id = options["authserv_id"]
        if envelope.mailbox is not None:
            authserv_id = authserv_id or envelope.mailbox.authserv_id
        for number, path in enumerate(options["files"]):
            try:
                raw = path.read_bytes()
            except OSError as error:
                raise CommandError(f"{path}: {error.strerror}") from error
            is_too_large = len(raw) > MAX_MAIL_BYTES
            message = read(headers_of(raw) if is_too_large else raw, authserv_id=authserv_id)
            self.stdout.write("\n" if number else "", ending="")
            self._print_line("file", str(path))
            for label, text in _facts(message, bool(authserv_id)):
                self._print_line(label, text)
            for label, text in _fate(message, envelope):
                self._print_line(label, text)
            new = [part.text for part in message.folding.segments if part.kind == Kind.NEW]
            limit = None if options["full"] else MAX_LINES
            empty = TOO_LARGE if is_too_large else "(no text)"
            self._print_text("text shown", "".join(new), limit, empty)
            self._print_text("text folded", message.folding.folded, limit, "none")

    def _print_line(self, label: str, text: str) -> None:
        self.stdout.write(f"{label:<{LABEL_WIDTH}} {_printable(text)}".rstrip())

    def _print_text(self, label: str, text: str, limit: int | None, empty: str) -> None:
        lines = text.strip().split("\n") if text.strip() else []
        self._print_line(label, "" if lines else empty)
        for line in lines[:limit]:
            self.stdout.write(f"  | {_printable(line)}".rstrip())
        if limit is not None and len(lines) > limit:
            self.stdout.write(f"  … {len(lines) - limit} more lines (--full prints them)")


def _envelope(mailbox: str | None) -> Envelope:
    if not mailbox:
        return Envelope()
    try:
        return Envelope(find_mailbox(mailbox))
    except InvalidInput as error:
        raise CommandError(" ".join(error.errors["mailbox"])) from None


def _fate(message: Message, envelope: Envelope) -> Iterator[tuple[str, str]]:
    """Yield which ticket the message belongs to, and what becomes of it."""
    try:
        verdict = judge(message, envelope)
    except Error:
        yield "ticket", "unknown: the database is not available"
        return
    yield "ticket", _describe_ticket(verdict)
    yield "outcome", verdict.outcome.value
    for sentence in verdict.explanation:
        yield "because", sentence


def _describe_ticket(verdict: Verdict) -> str:
    if verdict.ticket is None or verdict.rule is None:
        return "a new one" if verdict.rule else "none"
    sender = f", written by {verdict.sender.label}" if verdict.sender else ""
    return f"#{verdict.ticket.pk}, by {verdict.rule.label}{sender}"


def _printable(text: str) -> str:
    return CONTROLS.sub("\ufffd", text)


def _facts(message: Message, checks_sender: bool) -> Iterator[tuple[str, str]]:
    """Yield the labelled lines above the texts."""
    sender = message.sender
    yield "sender", f"{sender.name} <{sender.email}>".strip() if sender else "(none)"
    yield "subject", message.subject or "(none)"
    if checks_sender:
        yield "verified", message.authentication.verdict.replace("_", " ")
    yield "message id", message.message_id + ("" if message.has_own_id else " (made by the desk)")
    loop = message.loop
    yield "automatic", f"yes: {'; '.join(loop.reasons)}" if loop.is_automatic else "no"
    for bounce in message.bounces:
        yield "bounce", _describe(bounce)
    for file in message.attachments:
        yield "attachment", f"{file.name}, {file.type}, {filesizeformat(file.size)}"
    if message.flags:
        yield "flags", ", ".join(sorted(flag.replace("_", " ") for flag in message.flags))


def _describe(bounce: Bounce) -> str:
    parts = [bounce.kind.value, bounce.status, bounce.recipient or "(recipient not named)"]
    returned = f"of {bounce.message_id}" if bounce.message_id else ""
    return " ".join(filter(None, [*parts, returned])) + (
        f": {bounce.diagnostic}" if bounce.diagnostic else ""
    )
