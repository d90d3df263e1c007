"""Fetch the mailboxes now. The worker does so by itself."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tickets.models.incoming import Mailbox
from tickets.services.mail.imap.connection import connected
from tickets.services.mail.imap.fetching import Folder
from tickets.services.mail.imap.lease import Lease, held_until, new_owner
from tickets.services.mail.imap.problems import CONNECTION_ERRORS, MailboxProblem, explained
from tickets.services.mail.mailboxes import apply_environment, fetchable


class Command(BaseCommand):
    help = "Fetch new mail from all mailboxes, or from one, and end."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--mailbox", metavar="NAME", help="Fetch only this one.")

    def handle(self, *args: Any, mailbox: str | None, **options: Any) -> None:
        apply_environment()
        mailboxes = list(fetchable().filter(name=mailbox) if mailbox else fetchable())
        if not mailboxes:
            raise CommandError("There is no such mailbox." if mailbox else "There is no mailbox.")
        failed = [row for row in mailboxes if not self._fetch(row)]
        if failed:
            raise CommandError(f"Not fetched: {', '.join(map(str, failed))}.")

    def _fetch(self, mailbox: Mailbox) -> bool:
        lease = Lease(mailbox.pk, new_owner())
        if not lease.acquire():
            self.stdout.write(f"{mailbox}: a worker fetches it, until {held_until(mailbox)}.")
            return True
        try:
            with connected(mailbox) as connection:
                folder = Folder(connection, mailbox, lease)
                count = folder.fetch_new()
            lease.note_success(folder.complaint)
        except (MailboxProblem, *CONNECTION_ERRORS) as error:
            problem = explained(error, mailbox)
            lease.note_failure(problem)
            self.stderr.write(f"{mailbox}: {problem}")
            return False
        finally:
            lease.release()
        self.stdout.write(
            f"{mailbox}: {count} new.{f' {folder.complaint}' * bool(folder.complaint)}"
        )
        return True
