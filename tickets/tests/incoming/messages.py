"""Messages that come in, and what the tests do with them."""

from itertools import count

from tickets.models.incoming import InboundMessage
from tickets.models.mail import Email
from tickets.services.mail.incoming.handling import handle
from tickets.services.mail.incoming.receive import receive
from tickets.services.mail.signed_addresses import ticket_address
from tickets.tests.factories import TicketFactory

DESK = "support@desk.example"
AUTHSERV = "mx.desk.example"
numbers = count(1)


def letter(body="The printer is on fire.", *, sender="Kim <kim@example.org>", **headers):
    """Return a plain message. A header given as None is left out; `in_reply_to` names one."""
    values = {
        "from": sender,
        "to": DESK,
        "subject": "Printer",
        "message_id": f"<letter-{next(numbers)}@example.org>",
    } | headers
    lines = [
        f"{name.replace('_', '-').title()}: {value}"
        for name, value in values.items()
        if value is not None
    ]
    lines.append("Content-Type: text/plain; charset=utf-8")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body.encode()


def checked(result):
    """Return the header by which our own server says what it thinks of the sender."""
    return f"{AUTHSERV}; dmarc={result}"


def deliver(raw, mailbox=None, envelope_from=None, envelope_to=()):
    """Receive a message and handle it. Return its row."""
    receipt = receive(raw, mailbox, envelope_from, envelope_to)
    handle(receipt.message.pk)
    return InboundMessage.objects.get(pk=receipt.message.pk)


def ticket_of_kim(**values):
    return TicketFactory(requester_email="kim@example.org", **values)


def answer_to(ticket):
    return ticket_address(DESK, ticket)


def sent_email(ticket, message_id="<sent-1@desk.example>", **values):
    """Store an email as one that was handed to a server."""
    values = {"kind": "reply", "state": "sent", "address": ticket.requester_email} | values
    return Email.objects.create(
        ticket=ticket, message_id=message_id, event=f"sent {message_id}", **values
    )
