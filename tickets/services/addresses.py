"""A requester adds or corrects their email address. It is used once a link mailed to it confirms.

Until then the ticket keeps its address. See docs/decisions/0026-requesters-own-address.md.
"""

from __future__ import annotations

from enum import Enum, auto

from django.core import signing
from django.utils import timezone

from ..access.actors import REQUESTER
from ..exceptions import NotFound
from ..mail.addresses import reached_mailbox
from ..models.housekeeping import Counter
from ..models.mail import Email
from ..models.private_link import digest
from ..models.ticket import Ticket
from ..vocabulary import ADDRESS_CHECK_LIFETIME, MAX_ADDRESS_CHECKS_PER_DAY
from .editing import audited, lock_current
from .link_holders import opens_page_of
from .mail import outbox, rendering
from .tickets import update_ticket

DAY = 24 * 3600  # seconds


class AddressRequest(Enum):
    """What became of a request to use an address."""

    MAILED = auto()
    SAME = auto()  # the ticket has this address already
    LIMITED = auto()  # too many emails of this kind to the address or about the ticket


def request_address(linked: Ticket, address: str) -> AddressRequest:
    """Mail a confirmation link to the address that a requester has entered.

    `linked` is the ticket whose private link they have, merged or not: the confirmation belongs to
    it. Raise NotFound, also if it was merged and its link no longer opens the page.
    """
    with audited(REQUESTER):
        ticket = lock_current(linked.pk)
        if not opens_page_of(linked, ticket):
            raise NotFound
        if address == ticket.requester_email:
            return AddressRequest.SAME
        if outbox.is_check_under_way(linked, address):  # the second of two clicks
            return AddressRequest.MAILED
        names = [f"confirm:{ticket.pk}", f"confirm:{digest(reached_mailbox(address))}"]
        waits = [
            Counter.objects.hit(name, limit=MAX_ADDRESS_CHECKS_PER_DAY, seconds=DAY)
            for name in names
        ]
        if any(waits):
            return AddressRequest.LIMITED
        outbox.address_requested(linked, address)
    return AddressRequest.MAILED


def pending_address(ticket: Ticket) -> str:
    """Return the address that waits for its confirmation; "" if none does. One query."""
    email = rendering.latest_check(ticket)
    if email is None or email.confirmed_at or email.address == ticket.requester_email:
        return ""
    is_expired = email.created_at + ADDRESS_CHECK_LIFETIME < timezone.now()
    return "" if is_expired else email.address


def find_check(token: str) -> tuple[Email, Ticket]:
    """Return the email whose link this is, and its ticket, if the link can still confirm.

    Raise NotFound if it has expired, was used, if a newer one or a new private link replaced it,
    if the private link has expired, or if it opens nothing since the ticket was merged.
    """
    try:
        email_id, link = signing.loads(
            token, salt=rendering.CHECK_SALT, max_age=ADDRESS_CHECK_LIFETIME
        )
    except (signing.BadSignature, ValueError, TypeError):
        raise NotFound from None
    email = Email.objects.select_related("ticket").filter(pk=email_id).first()
    if email is None or email.ticket is None or email.confirmed_at:
        raise NotFound
    if not email.address:  # whose it was has been erased
        raise NotFound
    if email.ticket.link_digest != link or email != rendering.latest_check(email.ticket):
        raise NotFound
    current = email.ticket.merged_into or email.ticket
    if current.is_link_expired or not opens_page_of(email.ticket, current):
        raise NotFound
    return email, email.ticket


def confirm_address(token: str) -> Ticket:
    """Let the ticket use the address that the link confirms, or the one that it is merged into.

    Return the ticket that the link was for; its private link opens the page of either. The former
    address is told, in case somebody else has the private link. Raise as `find_check`.
    """
    with audited(REQUESTER):
        ticket = lock_current(find_check(token)[1].pk)
        email, own = find_check(token)  # another click may have been faster, or a merge
        if ticket.pk not in (own.pk, own.merged_into_id):
            raise NotFound
        email.confirmed_at = timezone.now()
        email.save(update_fields=["confirmed_at"])
        before = ticket.requester_email
        edit = update_ticket(ticket.pk, {"requester_email": email.address}, REQUESTER)
        if before and before != email.address:
            outbox.address_changed(edit.ticket, before)
        rendering.private_link(own)  # replaces one that can no longer be shown
    return own
