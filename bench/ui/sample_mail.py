"""Mail for the sample desk: a conversation with files, held mail, a bounce, a failing mailbox."""

from __future__ import annotations

from email.message import EmailMessage
from email.utils import make_msgid
from io import BytesIO
from typing import Any

from PIL import Image

from tickets.models.incoming import Mailbox
from tickets.models.mail import Email
from tickets.models.ticket import Ticket
from tickets.services.mail.incoming.handling import handle
from tickets.services.mail.incoming.receive import receive
from tickets.services.mail.signed_addresses import ticket_address
from tickets.vocabulary import MailKind, MailState

ADDRESS = "support@desk.example"
SENDER = "Ida Blom <ida.blom@example.com>"
HTML = """<p>Good morning,</p><p>since the update the label printer prints only <b>half</b> of each
label. Photo below, and the log is attached.</p><p><img src="cid:photo" alt="A label"></p>
<p>-- <br>Ida Blom<br>Polar Logistics, Malmö</p>"""
ANSWER = """The same with the new cable, I am afraid.

On Monday the support desk wrote:
> Please try another cable.
"""
BOUNCE = """Content-Type: multipart/report; report-type=delivery-status; boundary=limit
From: MAILER-DAEMON@mx.example.com
To: {to}
Subject: Undelivered mail

--limit
Content-Type: text/plain

The mailbox does not exist.
--limit
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com

Final-Recipient: rfc822; {address}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 No such user
--limit
Content-Type: text/rfc822-headers

Message-ID: {message_id}
--limit--
"""


def add_mail() -> dict[str, Any]:
    """Receive some mail. Return the number and the private link of the ticket that it is about."""
    mailbox = Mailbox.objects.create(name="Support", address=ADDRESS)
    Mailbox.objects.create(
        name="Sales", address="sales@desk.example", host="127.0.0.1", port=9, username="sales"
    )  # where nobody listens
    first = message("Only half of each label", "See the HTML version.", cc="ops@polar.example")
    first.add_alternative(HTML, subtype="html")
    html = list(first.iter_parts())[1]
    assert isinstance(html, EmailMessage)
    html.add_related(photo(), "image", "png", cid="<photo>", filename="label.png")
    first.add_attachment(b"12:01 out of paper\n" * 400, "text", "plain", filename="printer.log")
    deliver(first, mailbox)
    ticket = Ticket.objects.get(requester_email="ida.blom@example.com")
    to = ticket_address(ADDRESS, ticket)
    deliver(message("Re: Only half of each label", ANSWER, to=to), mailbox)
    away = message("Out of office", "I am away until Thursday.", to=to)
    away["Auto-Submitted"] = "auto-replied"
    deliver(away, mailbox)
    # Held: a stranger on the ticket, and a message that belongs to no ticket.
    deliver(message("Re: labels", "We see this too.", "Lou <lou@example.net>", to), mailbox)
    deliver(message("Delayed", "Your mail is delayed."), mailbox, envelope_from="")
    sent = Email.objects.create(
        ticket=ticket,
        kind=MailKind.REPLY,
        state=MailState.SENT,
        event="sample reply",
        address=ticket.requester_email,
        message_id=make_msgid(domain="desk.example"),
    )
    report = BOUNCE.format(to=ADDRESS, address=sent.address, message_id=sent.message_id)
    receipt = receive(report.encode(), mailbox, "")
    handle(receipt.message.pk)
    return {"mailed": ticket.pk, "requester_mailed": ticket.private_link_path()}


def message(
    subject: str, text: str, sender: str = SENDER, to: str = ADDRESS, cc: str = ""
) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, to, subject
    if cc:
        made["Cc"] = cc
    made["Message-ID"] = make_msgid(domain="example.com")
    made.set_content(text)
    return made


def photo() -> bytes:
    file = BytesIO()
    Image.linear_gradient("L").resize((640, 400)).convert("RGB").save(file, "PNG")
    return file.getvalue()


def deliver(mail: EmailMessage, mailbox: Mailbox, envelope_from: str | None = None) -> None:
    receipt = receive(mail.as_bytes(), mailbox, envelope_from)
    handle(receipt.message.pk)
