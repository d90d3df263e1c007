"""What agents decide about mail that came in, and who takes part in a ticket."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render

from ...access.actors import Actor, actor_of
from ...exceptions import InvalidInput, NotFound
from ...forms.fields import clean_data
from ...forms.mail import (
    BouncedAddressForm,
    Decision,
    DecisionForm,
    NewParticipantForm,
    ParticipantAction,
    ParticipantForm,
)
from ...mail.bounds import MAX_CHARS
from ...models.incoming import InboundMessage
from ...models.ticket import Comment, Ticket
from ...services.mail.bounced import clear_address
from ...services.mail.incoming import held
from ...services.mail.incoming.handling import envelope_of, raw_of
from ...services.mail.incoming.verdict import read_message
from ...services.mail.outbox import resend_email
from ...services.participants import add_participant, remove_participant, set_active
from ...web.notices import notify
from ..decorators import Request, page
from ..mail_html import sanitized

# The page shows a stranger's HTML: no script, no style but ours, no image but those written into
# it, and no access to the desk.
ORIGINAL_POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'; sandbox allow-popups"
)


@page("POST", agents=True)
def decide(request: Request, ticket_id: int, message_id: int) -> HttpResponse:
    """Accept, split off or discard a message that is no part of the conversation."""
    ticket = Ticket.including_spam.find(ticket_id)
    comment = carry_out(request, _message(ticket, message_id), actor_of(request))
    if comment is not None:
        return redirect(f"{comment.ticket.get_absolute_url()}#comment-{comment.pk}")
    return redirect(ticket)


def carry_out(request: Request, message: InboundMessage, actor: Actor) -> Comment | None:
    """Do what the agent has decided about a message. Return what it became on its own ticket.

    Raise InvalidInput if somebody else has decided already.
    """
    match clean_data(DecisionForm(request.POST))["decision"]:
        case Decision.ACCEPT:
            comment = held.accept(message.pk, actor)
            notify(request, f"The message is part of #{comment.ticket_id} now.")
            return comment
        case Decision.OPEN:
            new = held.open_held(message.pk, actor)
            notify(request, f"The message is #{new.pk} now.")
        case _:
            held.discard(message.pk, actor)
            notify(request, "The message is discarded. It can be taken back under Held mail.")
    return None


@page("GET", agents=True)
def original(request: Request, ticket_id: int, message_id: int) -> HttpResponse:
    """Show a message as it was sent, without what could harm or tell its sender anything."""
    ticket = Ticket.including_spam.find(ticket_id)
    return show_original(request, _message(ticket, message_id), ticket)


def show_original(
    request: Request, row: InboundMessage, ticket: Ticket | None = None
) -> HttpResponse:
    """Answer with the message, which leads back to its ticket, or to the held mail without one."""
    raw = raw_of(row)
    message = read_message(raw, envelope_of(row))
    context = {
        "is_gone": not raw,
        "ticket": ticket,
        "row": row,
        "message": message,
        "text": (message.plain or message.text)[:MAX_CHARS],
        "html": sanitized(message.html, row),
    }
    response = render(request, "tickets/original.html", context)
    response["Content-Security-Policy"] = ORIGINAL_POLICY
    response["Referrer-Policy"] = "no-referrer"
    return response


@page("POST", agents=True)
def participants(request: Request, ticket_id: int) -> HttpResponse:
    """Add somebody who takes part, or change or remove one."""
    ticket = Ticket.including_spam.find(ticket_id)
    actor = actor_of(request)
    if "address" in request.POST:
        address = clean_data(NewParticipantForm(request.POST))["address"]
        add_participant(ticket, address, actor)
        notify(request, f"{address} takes part now.")
        return redirect(ticket)
    data = clean_data(ParticipantForm(request.POST))
    if data["action"] == ParticipantAction.REMOVE:
        removed = remove_participant(data["participant"], ticket, actor)
        notify(request, f"{removed.address} takes part no more.")
    else:
        is_active = data["action"] == ParticipantAction.TICK
        set_active(data["participant"], ticket, actor, is_active=is_active)
    return redirect(ticket)


@page("POST", agents=True)
def clear_bounced(request: Request, ticket_id: int) -> HttpResponse:
    """Let mail go to an address again that could not be reached."""
    ticket = Ticket.including_spam.find(ticket_id)
    address = clean_data(BouncedAddressForm(request.POST))["address"]
    clear_address(address)
    notify(request, f"Mail goes to {address} again. What came back can be sent again, one by one.")
    return redirect(ticket)


@page("POST", agents=True)
def resend(request: Request, ticket_id: int, email_id: int) -> HttpResponse:
    """Send an email to the requester or a participant again that did not arrive."""
    ticket = Ticket.including_spam.find(ticket_id)
    related = ("ticket", "participant")
    email = ticket.emails.filter(pk=email_id, recipient=None).select_related(*related).first()
    if email is None:
        raise NotFound
    if not resend_email(email):
        raise InvalidInput("This email has been sent, or is being sent.")
    notify(request, f"The email to {email.current_address} is sent again.")
    return redirect(ticket)


def _message(ticket: Ticket, message_id: int) -> InboundMessage:
    rows = InboundMessage.objects.of(ticket).readable().select_related("mailbox")
    row: InboundMessage | None = rows.filter(pk=message_id).first()
    if row is None:
        raise NotFound
    return row
