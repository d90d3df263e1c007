"""Automatic mail, mail of our own, limits, and mail that came back."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tickets.access.actors import SYSTEM, user_actor
from tickets.models.incoming import InboundMessage
from tickets.models.mail import BouncedAddress, Email
from tickets.models.ticket import Ticket
from tickets.services.mail.bounced import bounce_of, clear_address
from tickets.services.mail.check_ids import new_check_id
from tickets.services.mail.signed_addresses import bounce_address
from tickets.services.merging import merge_tickets
from tickets.services.tickets import delete_ticket, update_ticket
from tickets.tests.factories import AgentFactory
from tickets.tests.incoming.messages import (
    DESK,
    answer_to,
    deliver,
    letter,
    sent_email,
    ticket_of_kim,
)
from tickets.tests.mailing import reply
from tickets.tests.worker import work_now
from tickets.vocabulary import InboundKind, InboundState, MailState, Status, ThreadRule

pytestmark = pytest.mark.django_db

AUTOMATIC = {"auto_submitted": "auto-replied"}


def bounce(
    message_id="<sent-1@desk.example>",
    recipient="kim@example.org",
    status="5.1.1",
    action="failed",
    to=DESK,
    final=None,
):
    """Return a report about one recipient, who may have forwarded to a `final` one."""
    return f"""\
Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mx.example.net>
To: {to}
Message-ID: <bounce-{message_id[1:-1]}-{status}@mx.example.net>
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="r"

--r
Content-Type: text/plain

Your message could not be delivered.
--r
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Original-Recipient: rfc822; {recipient}
Final-Recipient: rfc822; {final or recipient}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} <{recipient}>: User unknown

--r
Content-Type: text/rfc822-headers

Message-ID: {message_id}
To: {recipient}
Subject: Your request

--r--
""".encode()


COMPLAINT = b"""\
From: <feedback@isp.example>
To: support@desk.example
Message-ID: <complaint@isp.example>
Subject: Email Feedback Report
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="r"

--r
Content-Type: text/plain

This is an email abuse report.
--r
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: SomeGenerator/1.0
Version: 1
Original-Rcpt-To: <kim@example.org>

--r
Content-Type: message/rfc822

From: <support@desk.example>
To: <kim@example.org>
Message-ID: <sent-1@desk.example>
Subject: Re: Printer

Hello

--r--
"""


# --- automatic mail --------------------------------------------------------------------------


def test_an_automatic_answer_is_shown_and_changes_nothing(mail_server):
    ticket = ticket_of_kim(status=Status.RESOLVED)
    row = deliver(letter("I am on vacation.", to=answer_to(ticket), **AUTOMATIC))
    before, ticket = ticket, Ticket.objects.get()
    assert (row.kind, row.state, row.ticket) == (
        InboundKind.AUTOMATIC,
        InboundState.HANDLED,
        ticket,
    )
    assert row.comment is None
    assert (ticket.status, ticket.waiting_since) == (Status.RESOLVED, None)
    assert ticket.last_activity_at == before.last_activity_at
    assert ticket.version > before.version  # an open page shows it
    assert not Email.objects.exists()
    assert "does not reopen" in row.explanation[-1]


def test_an_automatic_answer_does_not_change_whose_turn_it_is():
    ticket = ticket_of_kim()
    reply(ticket, user_actor(AgentFactory()))
    deliver(letter("Away.", to=answer_to(ticket), **AUTOMATIC))
    assert Ticket.objects.get().waiting_since is None


def test_an_out_of_office_answer_that_comes_to_the_bounce_address_joins_the_ticket():
    ticket = ticket_of_kim()
    email = sent_email(ticket)
    row = deliver(letter("Away.", **AUTOMATIC), None, "", [bounce_address(DESK, email)])
    assert (row.ticket, row.kind) == (ticket, InboundKind.AUTOMATIC)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "headers",
    [
        {"auto_submitted": "auto-generated"},
        {"precedence": "bulk"},
        {"list_id": "<news.example.org>"},
        {"x_auto_response_suppress": "All"},
        {"sender": "No Reply <no-reply@example.org>"},
    ],
)
def test_a_program_that_opens_a_ticket_gets_no_automatic_answer(mail_server, headers):
    ticket = deliver(letter("Disk full.", **headers)).ticket
    update_ticket(ticket.pk, {"status": Status.RESOLVED}, SYSTEM)
    work_now()
    assert mail_server.messages == []
    assert set(Email.objects.values_list("state", flat=True)) <= {MailState.DROPPED}


def test_a_person_who_opens_a_ticket_is_told_that_it_is_resolved(mail_server):
    ticket = deliver(letter()).ticket
    update_ticket(ticket.pk, {"status": Status.RESOLVED}, SYSTEM)
    assert Email.objects.filter(kind="resolved").exists()


def test_an_automatic_message_that_nobody_sent_and_that_joins_nothing_is_held():
    row = deliver(letter("Away."), envelope_from="")
    assert (row.state, row.ticket) == (InboundState.HELD, None)


# --- our own mail ----------------------------------------------------------------------------


def test_our_own_mail_is_ignored_and_counted():
    ticket = ticket_of_kim()
    sent_email(ticket, "<own@desk.example>")
    row = deliver(letter(sender=f"Desk <{DESK}>", message_id="<own@desk.example>"))
    assert (row.kind, row.state, row.ticket) == (InboundKind.OWN, InboundState.IGNORED, ticket)
    assert not ticket.comments.exists()


def test_our_own_mail_is_known_though_a_server_gave_it_another_id():
    ticket = ticket_of_kim()
    row = deliver(letter(sender=DESK, reply_to=answer_to(ticket), message_id="<x@relay.example>"))
    assert row.kind == InboundKind.OWN


def test_the_message_that_tests_a_mailbox_opens_no_ticket():
    row = deliver(letter(sender=DESK, message_id=new_check_id("desk.example")))
    assert (row.kind, row.state, row.ticket) == (InboundKind.OWN, InboundState.IGNORED, None)


# --- limits ----------------------------------------------------------------------------------


def test_mail_reopens_a_ticket_three_times_an_hour_and_is_then_held():
    ticket = ticket_of_kim()
    states = []
    for _ in range(4):
        update_ticket(ticket.pk, {"status": Status.CLOSED}, SYSTEM)
        states.append(deliver(letter(to=answer_to(ticket))).state)
    assert states == ["handled", "handled", "handled", "held"]
    assert Ticket.objects.get().status == Status.CLOSED


def test_an_address_opens_twenty_tickets_an_hour_and_is_then_held():
    senders = ["kim.doe@gmail.com", "kimdoe+1@gmail.com"] * 11
    rows = [deliver(letter(sender=sender)) for sender in senders]
    assert [row.state for row in rows[18:]] == ["handled", "handled", "held", "held"]
    assert Ticket.objects.count() == 20
    assert rows[-1].ticket is None
    assert deliver(letter(sender="lou@example.org")).state == InboundState.HANDLED


@pytest.mark.parametrize("sender", [None, DESK, "<>"])
def test_mail_without_a_senders_address_opens_twenty_tickets_an_hour_and_is_then_held(sender):
    rows = [deliver(letter(f"Number {number}", sender=sender)) for number in range(22)]
    assert [row.state for row in rows[18:]] == ["handled", "handled", "held", "held"]
    assert "without a sender's address" in rows[-1].explanation[-1]
    assert deliver(letter(sender="lou@example.org")).state == InboundState.HANDLED


# --- two desks -------------------------------------------------------------------------------


class OtherDesk:
    """A help desk that answers each message, and does not say that a program wrote it."""

    def __init__(self, address, *, threads):
        self.address, self.threads, self.sent = address, threads, 0

    def answer(self, message):
        self.sent += 1
        headers = {"message_id": f"<auto-{self.sent}@other.example>", "sender": self.address}
        if self.threads:
            headers["in_reply_to"] = message["message-id"]
        to = str(message["reply-to"] or DESK) if self.threads else DESK
        return letter(f"We got it, number {self.sent}.", to=to, subject="We got it", **headers)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("threads", [True, False], ids=["threads", "opens a ticket each time"])
def test_two_desks_that_answer_each_other_end_within_five_messages_each(mail_server, threads):
    other = OtherDesk("help@other.example", threads=threads)
    deliver(letter("Hello", sender=other.address))
    answered = 0
    for _ in range(30):
        work_now()
        messages = mail_server.messages[answered:]
        answered += len(messages)
        if not messages:
            break
        for message in messages:
            deliver(other.answer(message))
    assert not messages
    assert answered <= 5
    assert other.sent <= 5


# --- mail that came back ---------------------------------------------------------------------


def test_a_bounce_is_found_by_the_message_that_came_back():
    ticket = ticket_of_kim()
    email = sent_email(ticket)
    row = deliver(bounce())
    email.refresh_from_db()
    assert (row.kind, row.rule, row.ticket) == (InboundKind.BOUNCE, ThreadRule.BOUNCE, ticket)
    assert (email.state, email.bounce_kind) == (MailState.BOUNCED, "hard")
    assert email.bounced_at is not None
    assert "User unknown" in email.error
    assert "kim@example.org" in " ".join(row.explanation)
    blocked = BouncedAddress.objects.get()
    assert (blocked.address, blocked.email, blocked.ticket) == ("kim@example.org", email, ticket)
    assert not ticket.comments.exists()


def test_a_bounce_is_found_by_its_address():
    ticket = ticket_of_kim()
    email = sent_email(ticket)
    row = deliver(bounce("<lost@mx.example.net>"), None, "", [bounce_address(DESK, email)])
    email.refresh_from_db()
    assert (row.ticket, email.state) == (ticket, MailState.BOUNCED)


def test_a_bounce_is_news_and_does_not_change_whose_turn_it_is():
    ticket = ticket_of_kim(status=Status.RESOLVED)
    sent_email(ticket)
    deliver(bounce())
    now = Ticket.objects.get()
    assert now.last_activity_at > ticket.last_activity_at
    assert (now.status, now.waiting_since) == (Status.RESOLVED, None)


def test_a_message_that_is_late_stops_no_mail():
    email = sent_email(ticket_of_kim())
    deliver(bounce(status="4.4.1", action="delayed"))
    email.refresh_from_db()
    assert email.bounce_kind == "soft"
    assert not BouncedAddress.objects.exists()
    deliver(bounce())
    email.refresh_from_db()
    assert email.bounce_kind == "hard"
    assert BouncedAddress.objects.exists()


def test_a_late_report_does_not_soften_a_hard_bounce():
    email = sent_email(ticket_of_kim())
    deliver(bounce())
    deliver(bounce(status="4.4.1", action="delayed"))
    email.refresh_from_db()
    assert email.bounce_kind == "hard"


def test_the_address_that_stops_is_the_one_that_we_wrote_to():
    """The report could name anybody."""
    sent_email(ticket_of_kim())
    deliver(bounce(recipient="victim@example.net"))
    assert BouncedAddress.objects.get().address == "kim@example.org"


@pytest.fixture
def copies():
    """One reply, as it was sent to the requester and to two others."""
    ticket = ticket_of_kim()
    people = ["kim@example.org", "lou@example.org", "Ann.Lee@gmail.com"]
    emails = [
        Email.objects.create(
            ticket=ticket,
            kind="reply",
            state="sent",
            address=address,
            message_id="<sent-1@desk.example>",
            event=f"reply 1 to {address}",
        )
        for address in people
    ]
    return dict(zip(("kim", "lou", "ann"), emails, strict=True))


def stopped():
    return list(BouncedAddress.objects.values_list("address", flat=True))


@pytest.mark.parametrize(
    ("report", "name"),
    [
        ({"recipient": "lou@example.org"}, "lou"),
        ({"recipient": "annlee@gmail.com"}, "ann"),
        ({"recipient": "LOU@example.org", "final": "lou@elsewhere.example"}, "lou"),
        ({"recipient": "kim@example.org"}, "kim"),
    ],
)
def test_of_several_copies_the_one_came_back_that_the_report_names(copies, report, name):
    row = deliver(bounce(**report))
    assert stopped() == [copies[name].address]
    assert copies[name].address in row.explanation[0]
    states = {key: Email.objects.get(pk=email.pk).state for key, email in copies.items()}
    assert states.pop(name) == MailState.BOUNCED
    assert set(states.values()) == {MailState.SENT}


def test_a_report_that_names_none_of_the_copies_is_shown_and_stops_nothing(copies):
    row = deliver(bounce(recipient="somebody@example.org"))
    assert (row.kind, row.ticket) == (InboundKind.BOUNCE, copies["kim"].ticket)
    assert "does not say whose" in row.explanation[0]
    assert stopped() == []
    assert set(Email.objects.values_list("state", flat=True)) == {MailState.SENT}


def test_a_complaint_about_one_of_several_copies_stops_the_one_who_complained(copies):
    complaint = COMPLAINT.replace(b"kim@example.org", b"lou@example.org")
    deliver(complaint)
    assert stopped() == ["lou@example.org"]


def test_a_complaint_whose_author_is_hidden_stops_nobody_of_several(copies):
    deliver(COMPLAINT.replace(b"kim@example.org", b"redacted@isp.example"))
    assert stopped() == []


def test_of_several_copies_the_bounce_address_tells_which_one_came_back(copies):
    address = bounce_address(DESK, copies["ann"])
    deliver(bounce(recipient="other@example.org"), None, "", [address])
    assert stopped() == ["Ann.Lee@gmail.com"]


def test_a_complaint_stops_further_mail():
    email = sent_email(ticket_of_kim())
    row = deliver(COMPLAINT)
    email.refresh_from_db()
    assert row.kind == InboundKind.BOUNCE
    assert (email.state, email.bounce_kind) == (MailState.BOUNCED, "complaint")
    assert BouncedAddress.objects.get().kind == "complaint"


def test_a_bounce_of_no_message_of_ours_is_stored_quietly():
    row = deliver(bounce("<never@desk.example>"))
    assert (row.state, row.ticket) == (InboundState.HANDLED, None)
    assert not Ticket.objects.exists()
    assert not BouncedAddress.objects.exists()


def test_a_bounce_for_a_deleted_ticket_is_stored_quietly():
    ticket = ticket_of_kim()
    email = sent_email(ticket)
    address = bounce_address(DESK, email)
    delete_ticket(ticket.pk, SYSTEM)
    row = deliver(bounce(), None, "", [address])
    assert (row.state, row.ticket) == (InboundState.HANDLED, None)


def test_a_bounce_of_a_merged_tickets_mail_is_shown_on_its_target():
    source, target = ticket_of_kim(), ticket_of_kim()
    sent_email(source)
    merge_tickets(source.pk, target.pk, SYSTEM)
    assert deliver(bounce()).ticket == target


def test_an_agent_clears_an_address_in_whatever_way_it_is_written():
    sent_email(ticket_of_kim())
    deliver(bounce())
    assert bounce_of("KIM@example.org")
    assert clear_address("Kim@Example.org")
    assert bounce_of("kim@example.org") is None
    assert not clear_address("kim@example.org")


def test_a_person_who_pastes_a_report_is_a_person():
    pasted = "I got this:\r\n550 5.1.1 <kim@example.org>: User unknown"
    assert deliver(letter(pasted)).kind == InboundKind.WRITTEN
    assert InboundMessage.objects.count() == 1
    assert timezone.now() - Ticket.objects.get().created_at < timedelta(minutes=1)
