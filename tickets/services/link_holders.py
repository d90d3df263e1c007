"""Who may have a private link: only somebody whom it was mailed to, or a stranger as well.

Whoever sends the public form, or calls the API without a token, gets the ticket's link at once and
may name anybody's address. Such a link must not open what others wrote. See
docs/decisions/0027-merging.md.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..access.actors import REQUESTER
from ..audit.trail import ticket_events
from ..mail.addresses import comparable_address
from ..models.incoming import InboundMessage
from ..models.ticket import Comment, Ticket
from ..vocabulary import ThreadRule

ANONYMOUS = "anonymous"
LINK_REVOKED = "link_revoked"  # the event after which a link is a new one


def opens_page_of(linked: Ticket, current: Ticket) -> bool:
    """Return whether the private link of a ticket opens the one that it is merged into.

    No query unless it is merged.
    """
    if linked.pk == current.pk:
        return True
    # The agent who merged them confirmed that both are from one person.
    has_no_address = not (linked.requester_email or current.requester_email)
    return has_no_address or not is_link_unproven(linked, current)


def is_link_unproven(ticket: Ticket, target: Ticket | None = None) -> bool:
    """Return whether somebody may have the private link who never proved to own the address.

    That is so if a stranger made the ticket, or if the link was mailed to another address before.
    The page of a ticket also shows the links of those that were made of its messages; the one that
    it is merged into, `target`, does not count here. What the audit trail has forgotten is not
    proven. Up to three queries, and as many for each ticket that it was made from.
    """
    address = comparable_address(ticket.requester_email)
    if _is_unproven(ticket.pk, address):
        return True
    seen, ticket_ids = {ticket.pk, target.pk if target else None, None}, [ticket.pk]
    for ticket_id in ticket_ids:  # grows while it is read
        messages = Comment.with_split.filter(split_into=ticket_id, public=True)
        for pair in messages.values_list("ticket", "origin"):
            ticket_ids += [each for each in pair if each not in seen]
            seen.update(pair)
        if ticket_id != ticket.pk and _is_unproven(ticket_id, address, ever=True):
            return True
    return False


def unproven_of(tickets: Iterable[Ticket]) -> list[Ticket]:
    """Return those of which nobody knows whether their address is that of who made them."""
    return [each for each in tickets if each.requester_email and is_link_unproven(each)]


def _is_unproven(ticket_id: int, address: str, *, ever: bool = False) -> bool:
    """Return whether a stranger had the link of this ticket, or with `ever` one before it."""
    events = ticket_events(ticket_id).order_by("pgh_id")
    columns = ("pgh_label", "pgh_context__actor", "pgh_context__user", "requester_email")
    is_proven, addresses = False, {"", address}
    for label, actor, account, email in events.values_list(*columns):
        if label == "insert":
            is_proven = account is not None or _is_proven_by(actor, ticket_id)
        elif label == LINK_REVOKED and not ever:
            is_proven, addresses = True, {"", address}
        addresses.add(comparable_address(email))
    return not is_proven or len(addresses - {"", address}) > 0


def _is_proven_by(actor: str | None, ticket_id: int) -> bool:
    """Return whether one who is no account got the link by mail only, or works here."""
    if actor != REQUESTER.name:
        return actor != ANONYMOUS
    opening = InboundMessage.objects.filter(ticket=ticket_id, rule=ThreadRule.NEW)
    return opening.exists()
