"""What is wrong with the desk itself: the dashboard says so until it is mended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from django.utils import timezone

from ..models.incoming import InboundMessage
from ..models.mail import BouncedAddress
from ..services.attachments.processing import WaitingFiles, waiting_files
from ..services.mail.limits import held_this_hour
from ..services.mail.mailboxes import MailboxTrouble, troubles
from ..services.triage.shared_state import ModelFailure, model_failure
from ..vocabulary import InboundState

# A message is read within seconds, unless the worker or the storage is gone.
OVERDUE = timedelta(minutes=5)
MAX_BOUNCED = 5  # addresses that are named


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
    bounced: list[BouncedAddress]  # of unfinished tickets, the newest first

    @classmethod
    def read(cls) -> Self:
        """Return what is wrong now. Five queries; the model's state is in this process."""
        messages = InboundMessage.objects.counts_to_act_on(timezone.now() - OVERDUE)
        return cls(
            model_failure=model_failure(),
            mailboxes=troubles(),
            held_confirmations=held_this_hour(),
            held_messages=messages.get(InboundState.HELD, 0),
            failed_messages=messages.get(InboundState.FAILED, 0),
            waiting_messages=messages.get(InboundState.STORED, 0),
            unscanned=waiting_files(),
            bounced=list(BouncedAddress.objects.of_active_tickets()[:MAX_BOUNCED]),
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
            *(f"b{each.pk}" for each in self.bounced),
        ]
        return "-".join(parts)
