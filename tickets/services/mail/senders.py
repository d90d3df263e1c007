"""Which address of the desk an email comes from, and where answers and bounces go."""

from __future__ import annotations

from dataclasses import dataclass
from email.headerregistry import Address

from django.db.models import Q

from ...mail.addresses import deliverable_address
from ...models.incoming import InboundMessage, Mailbox
from ...models.mail import Email
from ...models.ticket import Ticket
from ...vocabulary import MailKind
from .composition import configured_sender, mail_address
from .signed_addresses import bounce_address, notice_address, ticket_address

# A conversation that the requester may answer. The others may go to somebody else's address.
ANSWERED_ON_TICKET = frozenset(
    {MailKind.RECEIVED, MailKind.REPLY, MailKind.RESOLVED, MailKind.LINK}
)


@dataclass(frozen=True, slots=True)
class DeskSender:
    """Who an email is from. Without a `mailbox`, answers do not reach the desk."""

    address: Address
    mailbox: Mailbox | None

    def reply_to(self, email: Email) -> str:
        """Return the address that joins an answer to its ticket; "" where none can."""
        if self.mailbox is None or email.ticket is None:
            return ""
        address = str(self.address.addr_spec)
        has_signed = self.mailbox.plus_addresses
        if email.kind in ANSWERED_ON_TICKET:
            return ticket_address(address, email.ticket) if has_signed else address
        if email.kind == MailKind.NOTICE:
            return notice_address(address, email) if has_signed else address
        return ""

    def bounces_to(self, email: Email) -> str:
        """Return where the email comes back to: an address of its own, if the mailbox has such."""
        address = str(self.address.addr_spec)
        has_own = self.mailbox is not None and self.mailbox.plus_addresses
        return bounce_address(address, email) if has_own else address


def desk_sender(email: Email) -> DeskSender:
    """Return the sender: the mailbox that got the ticket's latest message, or the first one.

    Without an active mailbox it is EMAIL_FROM, whose name all mail has. Up to two queries.
    """
    configured = configured_sender()
    mailbox = (
        _mailbox_of(email.ticket) or Mailbox.objects.filter(is_active=True).order_by("pk").first()
    )
    if mailbox is None:
        return DeskSender(configured, None)
    address = deliverable_address(mailbox.address)
    return DeskSender(mail_address(address, configured.display_name), mailbox)


def _mailbox_of(ticket: Ticket | None) -> Mailbox | None:
    """Return the active mailbox by which the ticket last got a message."""
    if ticket is None:
        return None
    of_ticket = Q(ticket=ticket) | Q(ticket__merged_into=ticket)
    messages = InboundMessage.objects.filter(of_ticket, mailbox__is_active=True)
    latest = messages.select_related("mailbox").defer("raw", "text").order_by("-pk").first()
    return latest.mailbox if latest else None
