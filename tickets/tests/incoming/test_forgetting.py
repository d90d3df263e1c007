"""Nothing of a message is left once its ticket is deleted, wherever it went meanwhile."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from tickets.access.actors import SYSTEM
from tickets.exceptions import InvalidInput
from tickets.mail.addresses import folded_address
from tickets.models.attachments import Attachment, StoredFile
from tickets.models.housekeeping import DemoTicket
from tickets.models.incoming import InboundMessage, Mailbox
from tickets.models.mail import Email
from tickets.models.participants import Participant
from tickets.models.spam import BlockedAddress
from tickets.models.ticket import Comment, Ticket
from tickets.services.housekeeping import purge_expired
from tickets.services.mail.incoming import held
from tickets.services.merging import merge_tickets
from tickets.services.splitting import split_comment
from tickets.services.tickets import delete_ticket
from tickets.tests.factories import AdminFactory, TicketFactory
from tickets.tests.incoming.messages import DESK, answer_to, deliver, letter, sent_email
from tickets.vocabulary import InboundKind, InboundState

pytestmark = pytest.mark.django_db

SECRET = "The safe opens with 4711."


def is_empty(row):
    row.refresh_from_db()
    texts = [row.text, row.subject, row.sender_address, row.sender_name, row.error]
    texts += [row.envelope_from, *row.envelope_to, *row.explanation]
    return not bytes(row.raw) and not any(texts) and row.ticket is None


def two_mailboxes():
    return [Mailbox.objects.create(name=name, address=f"{name}@desk.example") for name in "ab"]


def with_file(**headers):
    """Return a message with a file and somebody in Cc."""
    raw = letter(SECRET, cc="lee@example.org", **headers)
    head, _, body = raw.partition(b"\r\n\r\n")
    head = head.replace(b"Content-Type: text/plain; charset=utf-8", b"")
    return (
        head.rstrip()
        + b"\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\n"
        + body
        + b"\r\n--x\r\nContent-Disposition: attachment; filename=safe.txt\r\n\r\n4711\r\n--x--\r\n"
    )


def test_a_deleted_ticket_takes_all_that_came_by_mail_with_it():
    row = deliver(with_file(), None, "kim@example.org", [DESK])
    answer = deliver(letter(SECRET, to=answer_to(row.ticket)))
    assert Attachment.objects.count() == Participant.objects.count() == 1
    assert Email.objects.filter(ticket=row.ticket).exists()
    delete_ticket(row.ticket_id, SYSTEM)
    assert is_empty(row)
    assert is_empty(answer)
    for model in (Attachment, Participant, Email, Comment):
        assert not model.objects.exists(), model


def test_a_copy_in_another_mailbox_is_emptied():
    boxes = two_mailboxes()
    raw = letter(SECRET)
    first, second = (deliver(b"Received: %d\r\n" % box.pk + raw, box) for box in boxes)
    assert second.kind == InboundKind.COPY
    delete_ticket(first.ticket_id, SYSTEM)
    assert is_empty(first)
    assert is_empty(second)


def test_a_copy_that_came_while_its_original_was_held_is_emptied():
    boxes = two_mailboxes()
    raw = letter(SECRET, auto_submitted="auto-replied")
    first, second = (
        deliver(b"Received: %d\r\n" % box.pk + raw, box, envelope_from="") for box in boxes
    )
    assert (first.state, second.kind, second.ticket) == (
        InboundState.HELD,
        InboundKind.COPY,
        None,
    )
    ticket = held.open_held(first.pk, SYSTEM)
    delete_ticket(ticket.pk, SYSTEM)
    assert is_empty(first)
    assert is_empty(second)


def test_our_own_mail_that_came_back_is_emptied():
    ticket = TicketFactory()
    sent_email(ticket, "<own@desk.example>")
    row = deliver(letter(SECRET, sender=f"Desk <{DESK}>", message_id="<own@desk.example>"))
    assert row.kind == InboundKind.OWN
    delete_ticket(ticket.pk, SYSTEM)
    assert is_empty(row)


def test_the_messages_of_merged_tickets_are_emptied():
    source, target = (deliver(letter(SECRET)) for _ in range(2))
    merge_tickets(source.ticket_id, target.ticket_id, SYSTEM)
    later = deliver(letter(SECRET, to=answer_to(source.ticket)))
    assert later.ticket == target.ticket
    delete_ticket(target.ticket_id, SYSTEM)
    assert all(is_empty(row) for row in (source, target, later))


def test_the_message_that_a_ticket_was_made_of_is_emptied():
    """Its comment is on the other ticket still, and deleted with the new one."""
    first = deliver(letter("Hello."))
    row = deliver(letter(SECRET, to=answer_to(first.ticket)))
    new = split_comment(row.ticket_id, row.comment_id, SYSTEM).ticket
    delete_ticket(new.pk, SYSTEM)
    row.refresh_from_db()
    assert bytes(row.raw) == b""
    assert row.text == ""
    first.refresh_from_db()
    assert first.text == "Hello."


def test_a_held_message_of_a_deleted_ticket_waits_for_nobody():
    ticket = deliver(letter()).ticket
    row = deliver(letter(SECRET, sender="Eve <eve@example.net>", to=answer_to(ticket)))
    assert row.state == InboundState.HELD
    delete_ticket(ticket.pk, SYSTEM)
    assert is_empty(row)
    assert not InboundMessage.objects.to_act_on(timezone.now()).exists()
    assert not row.is_undecided
    with pytest.raises(InvalidInput):
        held.open_held(row.pk, SYSTEM)
    assert not Ticket.objects.exists()


def test_spam_that_is_deleted_in_bulk_leaves_nothing():
    sender = "kim@example.org"
    BlockedAddress.objects.create(address=folded_address(sender))
    rows = [deliver(with_file()) for _ in range(2)]
    assert all(row.ticket.spam for row in rows)
    client = Client()
    client.force_login(AdminFactory(is_staff=True))
    values = {"action": "delete_selected", "post": "yes"}
    values["_selected_action"] = [row.ticket_id for row in rows]
    client.post("/admin/tickets/ticket/?spam=true", values)
    assert not Ticket.with_merged.exists()
    assert all(is_empty(row) for row in rows)
    StoredFile.objects.update(created_at=timezone.now() - timedelta(days=2))
    purge_expired()
    assert not StoredFile.objects.exists()


def test_removing_the_demo_tickets_removes_mail_to_them():
    ticket = TicketFactory()
    DemoTicket.objects.create(ticket=ticket)
    row = deliver(letter(SECRET, to=answer_to(ticket)))
    call_command("seed", "--clear", verbosity=0)
    assert is_empty(row)


# --- what belongs to no ticket ------------------------------------------------------------


def a_month_ago(row):
    InboundMessage.objects.filter(pk=row.pk).update(received_at=timezone.now() - timedelta(days=31))
    purge_expired()


def without_ticket():
    return deliver(letter(SECRET, auto_submitted="auto-replied"), envelope_from="")


def test_what_waits_for_a_decision_is_kept():
    row = without_ticket()
    assert row.state == InboundState.HELD
    a_month_ago(row)
    row.refresh_from_db()
    assert SECRET in row.text
    assert row.raw


def test_what_was_discarded_is_emptied_after_a_month():
    row = without_ticket()
    held.discard(row.pk, SYSTEM)
    purge_expired()
    row.refresh_from_db()
    assert row.is_undecided  # it can be taken back
    a_month_ago(row)
    assert is_empty(row)
    assert not row.is_undecided


def test_what_has_a_ticket_is_kept():
    row = deliver(letter(SECRET))
    a_month_ago(row)
    row.refresh_from_db()
    assert row.raw
