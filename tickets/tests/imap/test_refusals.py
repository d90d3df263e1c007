"""A server that does not hand out messages: for a while, or one of them never."""

from contextlib import suppress

import pytest

from tickets.models.incoming import InboundMessage, MailboxFetch
from tickets.models.ticket import Ticket
from tickets.requester_texts import MAIL_NOT_HANDED_OUT
from tickets.services.mail.imap.connection import connected
from tickets.services.mail.imap.fetching import MAX_REFUSALS, Folder, Refused
from tickets.services.mail.imap.lease import Lease
from tickets.services.mail.imap.problems import MailboxProblem
from tickets.services.mail.mailboxes import forget_position
from tickets.tests.imap.conftest import create_mailbox
from tickets.tests.imap.refusing_server import RefusingServer
from tickets.tests.imap.test_fetching import flags, message
from tickets.tests.worker import work
from tickets.vocabulary import AfterFetch, MailSecurity

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server(dovecot):
    with RefusingServer(("127.0.0.1", dovecot.plain_port)) as running:
        yield running
        running.shutdown()


@pytest.fixture
def mailbox(server, user):
    return create_mailbox(server, user, security=MailSecurity.NONE)


@pytest.fixture
def fetch(mailbox):
    """Return a function that connects and fetches once, as a process does that goes on."""
    refusals = {}

    def fetch_once():
        lease = Lease(mailbox.pk, "here:1:a")
        assert lease.acquire()
        with connected(mailbox) as connection:
            return Folder(connection, mailbox, lease, refusals).fetch_new()

    return fetch_once


def subjects():
    raws = InboundMessage.objects.order_by("pk").values_list("raw", flat=True)
    return [bytes(raw).partition(b"Subject: ")[2].partition(b"\r")[0].decode() for raw in raws]


@pytest.mark.parametrize("refused_part", ["BODY.PEEK[", "BODY.PEEK[]"])
def test_what_a_busy_server_refuses_is_fetched_later(
    server, dovecot, user, mailbox, fetch, refused_part
):
    """Some refuse everything for a while, some only what is large."""
    dovecot.deliver(user, *(message(number) for number in range(3)))
    server.refuses = lambda _uid, part: part.startswith(refused_part)
    for _ in range(2 * MAX_REFUSALS):
        with pytest.raises(MailboxProblem, match="does not hand out message 1 of INBOX") as raised:
            fetch()
        assert "[UNAVAILABLE] Try again later" in str(raised.value)
    assert not InboundMessage.objects.exists()
    assert MailboxFetch.objects.get().last_uid == 0
    server.refuses = lambda _uid, _part: False
    assert fetch() == 3
    assert set(InboundMessage.objects.values_list("is_complete", flat=True)) == {True}


def test_a_busy_server_is_not_asked_for_each_message(server, dovecot, user, fetch):
    dovecot.deliver(user, *(message(number) for number in range(30)))
    server.refuses = lambda _uid, _part: True
    with pytest.raises(MailboxProblem):
        fetch()
    assert len(server.requests) < 10


def test_a_message_that_is_always_refused_comes_with_its_headers(
    server, dovecot, user, mailbox, fetch
):
    dovecot.deliver(user, *(message(number) for number in range(5)))
    server.refuses = lambda uid, part: uid == 3 and part == "BODY.PEEK[]"
    for _ in range(MAX_REFUSALS - 1):
        with pytest.raises(Refused, match="does not hand out message 3 of INBOX"):
            fetch()
        assert subjects() == ["0", "1", "3", "4"]  # the others need not wait
    assert MailboxFetch.objects.get().last_uid == 0
    assert fetch() == 1
    assert subjects()[-1] == "2"
    assert MailboxFetch.objects.get().last_uid == 5
    assert InboundMessage.objects.order_by("pk").last().is_complete is False
    assert [bool(values) for values in flags(dovecot, user)] == [True, True, False, True, True]
    assert fetch() == 0
    forget_position(mailbox)
    for _ in range(MAX_REFUSALS):
        with suppress(Refused):
            assert fetch() == 0
    assert MailboxFetch.objects.get().last_uid == 5
    assert InboundMessage.objects.count() == 5


def test_its_ticket_says_so(server, dovecot, user, fetch):
    from_kim = b"From: kim@example.com\r\n" + message(7)
    dovecot.deliver(user, message(1), from_kim)
    server.refuses = lambda uid, part: uid == 2 and part == "BODY.PEEK[]"
    for _ in range(MAX_REFUSALS - 1):
        with pytest.raises(Refused):
            fetch()
    fetch()
    work()
    ticket = Ticket.objects.get(title="7")
    assert ticket.description == MAIL_NOT_HANDED_OUT
    assert ticket.requester_email == "kim@example.com"
    explanation = InboundMessage.objects.get(ticket=ticket).explanation
    assert "The message is still in the mailbox, unread." in explanation[-1]


def test_a_message_of_which_nothing_can_be_had_is_named(server, dovecot, user, mailbox, fetch):
    dovecot.deliver(user, message(1), message(2))
    server.refuses = lambda uid, _part: uid == 2
    for _ in range(MAX_REFUSALS - 1):
        with pytest.raises(Refused):
            fetch()
    assert fetch() == 1
    validity = MailboxFetch.objects.get().uid_validity
    title = f"The mail server does not hand out message 2 of INBOX (UIDVALIDITY {validity})"
    assert subjects() == ["1", title]
    work()
    assert Ticket.objects.get(title=title).description == MAIL_NOT_HANDED_OUT


def test_the_only_message_is_not_refused_for_ever(server, dovecot, user, mailbox, fetch):
    """Nothing else tells whether the server is busy. Its headers tell, and nothing is lost."""
    mailbox.after_fetch, mailbox.move_to = AfterFetch.MOVE, "Old"
    with dovecot.client(user) as client:
        client.create_folder("Old")
    dovecot.deliver(user, message(1))
    server.refuses = lambda _uid, part: part == "BODY.PEEK[]"
    for _ in range(MAX_REFUSALS - 1):
        with pytest.raises(Refused):
            fetch()
    assert fetch() == 1
    assert len(flags(dovecot, user)) == 1  # it stays where it is


def test_a_message_that_is_handed_out_in_the_end_was_never_refused(server, dovecot, user, fetch):
    dovecot.deliver(user, message(1), message(2))
    server.refuses = lambda uid, _part: uid == 2
    for _ in range(MAX_REFUSALS - 1):
        with pytest.raises(Refused):
            fetch()
    server.refuses = lambda _uid, _part: False
    assert fetch() == 1
    assert set(InboundMessage.objects.values_list("is_complete", flat=True)) == {True}
    assert len([values for values in flags(dovecot, user) if values]) == 2


def test_a_refused_message_that_is_deleted_is_no_problem(server, dovecot, user, fetch):
    dovecot.deliver(user, message(1), message(2))
    server.refuses = lambda uid, _part: uid == 2
    with pytest.raises(Refused):
        fetch()
    with dovecot.client(user) as client:
        client.delete_messages([2])
        client.expunge()
    assert fetch() == 0
