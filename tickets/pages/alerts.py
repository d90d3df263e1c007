"""What is wrong with the desk itself: the dashboard says so until it is mended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Self

from django.conf import settings
from django.db.models import Exists, QuerySet
from django.db.models.functions import Now

from ..models.incoming import InboundMessage
from ..models.mail import BouncedAddress, Email
from ..querysets.incoming import InboundQuerySet
from ..querysets.statements import Parameter, Statement
from ..services.attachments.processing import WaitingFiles, overdue_files, waiting_files
from ..services.mail.limits import held_this_hour, passed_limits
from ..services.mail.mailboxes import MailboxTrouble, troubled, troubles
from ..services.triage.shared_state import ModelFailure, model_failure
from ..vocabulary import InboundState

# A message is read within seconds, unless the worker or the storage is gone.
OVERDUE = timedelta(minutes=5)
# Email is sent within seconds, unless the worker or the mail server is gone.
MAIL_OVERDUE = timedelta(minutes=1)
MAIL_FORGOTTEN = timedelta(days=7)  # what failed longer ago is shown in the back office only
MAX_NAMED = 5  # addresses that bounce, or tickets whose email did not go out


@dataclass(frozen=True, slots=True)
class UndeliveredMail:
    """How many emails did not go out, since when, the latest reason, and some tickets' numbers."""

    count: int
    since: datetime
    error: str
    tickets: list[int]

    @classmethod
    def read(cls) -> Self | None:
        """Return what did not go out; None if all did. One query."""
        rows = list(_undelivered().values_list("created_at", "error", "ticket"))
        if not rows:
            return None
        errors = [error for _, error, _ in rows if error]
        tickets = dict.fromkeys(ticket for _, _, ticket in rows if ticket)
        since = min(created_at for created_at, _, _ in rows)
        return cls(len(rows), since, errors[0] if errors else "", list(tickets)[:MAX_NAMED])


def _undelivered() -> QuerySet[Email]:
    return Email.objects.undelivered(Now() - MAIL_OVERDUE, Now() - MAIL_FORGOTTEN)


def _messages() -> InboundQuerySet[InboundMessage]:
    return InboundMessage.objects.to_act_on(Now() - OVERDUE)


@cache
def _gate() -> tuple[list[str], Statement]:
    """Return the kinds of problems, and the statement that says which of them there are."""
    rows: dict[str, QuerySet[Any]] = {
        "mailboxes": troubled(),
        "held_confirmations": passed_limits(Parameter("confirmations")),
        "messages": _messages(),
        "unscanned": overdue_files(),
        "undelivered": _undelivered(),
        "bounced": BouncedAddress.objects.to_decide(),
    }
    return list(rows), Statement.of(**{name: Exists(each) for name, each in rows.items()})


def _problems() -> set[str]:
    names, statement = _gate()
    [is_there] = statement.rows({"confirmations": settings.CONFIRMATION_LIMIT})
    return {name for name, exists in zip(names, is_there, strict=True) if exists}


@dataclass(frozen=True, slots=True)
class Alerts:
    """Problems with the model, mail and the scanner; empty values where there are none."""

    model_failure: ModelFailure | None
    mailboxes: list[MailboxTrouble]
    held_confirmations: int
    held_messages: int
    failed_messages: int
    waiting_messages: int
    unscanned: WaitingFiles | None
    undelivered: UndeliveredMail | None
    bounced: list[BouncedAddress]  # the newest first

    @classmethod
    def read(cls) -> Self:
        """Return what is wrong now. One query, one if there is a model, and one for each problem.

        Two for files that the scanner has not read.
        """
        problems = _problems()
        messages = _messages().counts_by_state() if "messages" in problems else {}
        bounced = BouncedAddress.objects.to_decide()[:MAX_NAMED]
        return cls(
            model_failure=model_failure(),
            mailboxes=troubles() if "mailboxes" in problems else [],
            held_confirmations=held_this_hour() if "held_confirmations" in problems else 0,
            held_messages=messages.get(InboundState.HELD, 0),
            failed_messages=messages.get(InboundState.FAILED, 0),
            waiting_messages=messages.get(InboundState.STORED, 0),
            unscanned=waiting_files() if "unscanned" in problems else None,
            undelivered=UndeliveredMail.read() if "undelivered" in problems else None,
            bounced=list(bounced) if "bounced" in problems else [],
        )

    @property
    def tag(self) -> str:
        """Return what an ETag needs, to change whenever the alerts do."""
        since = self.model_failure.since if self.model_failure else None
        parts = [
            f"{since:%Y%m%d%H%M%S}" if since else "",
            *(f"{each.mailbox.pk}.{each.since:%H%M%S}" for each in self.mailboxes),
            f"{self.unscanned.count}.{self.unscanned.since:%H%M%S}" if self.unscanned else "",
            *map(str, (self.held_confirmations, self.held_messages, self.failed_messages)),
            str(self.waiting_messages),
            f"u{self.undelivered.count}.{self.undelivered.since:%H%M%S}"
            if self.undelivered
            else "",
            *(f"b{each.pk}" for each in self.bounced),
        ]
        return "-".join(parts)
