"""Mail of ours that came back."""

from __future__ import annotations

from django.utils import timezone

from ....mail.bounces.reader import Bounce
from ....models.mail import Email
from ....models.ticket import Ticket
from ....vocabulary import BounceKind, MailState
from ..bounced import stop_address

# A report may come before the desk has noted that the email was sent.
RETURNABLE = (MailState.SENDING, MailState.SENT, MailState.UNCERTAIN, MailState.BOUNCED)


def note_bounce(email: Email, bounce: Bounce, ticket: Ticket | None) -> str:
    """Note that an email came back. Return a sentence about it.

    Unless it may still arrive, its address gets no more mail until an agent clears it. That is the
    address that we wrote to: what the report says could be forged.
    """
    diagnostic = bounce.diagnostic or bounce.status or bounce.kind.label
    is_final = bounce.kind != BounceKind.SOFT
    if is_final or email.bounce_kind in ("", BounceKind.SOFT):
        email.move_state(
            RETURNABLE,
            MailState.BOUNCED,
            diagnostic,
            bounced_at=timezone.now(),
            bounce_kind=bounce.kind,
        )
    if is_final:
        stop_address(email, bounce.kind, diagnostic, ticket)
    return f"{email.address}: {bounce.kind.label}. {diagnostic}"
