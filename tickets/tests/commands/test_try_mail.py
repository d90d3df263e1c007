"""`manage.py try_mail`: what it says about a message."""

import pytest
from django.core.management import CommandError, call_command

from tickets.models.incoming import InboundMessage, Mailbox
from tickets.models.ticket import Ticket
from tickets.tests.incoming.messages import answer_to, checked, deliver, letter, ticket_of_kim
from tickets.tests.mail.messages import BOUNCE, REPLY
from tickets.vocabulary import MAX_MAIL_BYTES

pytestmark = pytest.mark.django_db


@pytest.fixture
def try_mail(tmp_path, capsys):
    def run(raw, *options):
        path = tmp_path / "message.eml"
        path.write_bytes(raw)
        call_command("try_mail", str(path), *options)
        return capsys.readouterr().out

    return run


def test_it_says_who_wrote_and_what_is_shown(try_mail):
    output = try_mail(REPLY)
    assert "sender         Kim Möller <kim@example.org>\n" in output
    assert "automatic      no\n" in output
    assert "text shown\n  | It still does not print.\n" in output
    assert "text folded\n  | On Mon, 5 Jan 2026 at 10:00, Desk <desk@example.org> wrote:" in output
    assert "attachment     screen.png, image/png, 4\xa0bytes\n" in output


def test_it_says_why_a_message_is_automatic_and_what_bounced(try_mail):
    output = try_mail(BOUNCE)
    assert "automatic      yes: null return path; a report (multipart/report);" in output
    assert "bounce         hard 5.1.1 nobody@example.net of <sent-1@example.org>: 550" in output


def test_long_texts_are_cut_unless_asked(try_mail):
    raw = b"From: kim@example.org\n\n" + b"line\n" * 50
    assert "  … 10 more lines (--full prints them)" in try_mail(raw)
    assert "more lines" not in try_mail(raw, "--full")


def test_sequences_for_the_terminal_are_not_printed(try_mail):
    assert "\x1b" not in try_mail(b"From: k@example.org\nSubject: a\x1b[2Jb\n\ntwo \x1b[31mwords")


def test_a_message_without_text_says_so(try_mail):
    assert "text shown     (no text)\ntext folded    none\n" in try_mail(
        b"From: kim@example.org\n\n"
    )


def test_of_a_message_that_is_too_large_only_the_headers_count(try_mail):
    raw = b"From: kim@example.org\nSubject: Large\n\n" + b"line\n" * (MAX_MAIL_BYTES // 5)
    output = try_mail(raw)
    assert "subject        Large\n" in output
    assert "text shown     (too large: only the headers are stored)\n" in output
    assert "| line" not in output


def test_checks_count_from_the_named_server_only(try_mail):
    raw = b"Authentication-Results: mx.example.org; dmarc=pass\nFrom: kim@example.org\n\nHi there"
    assert "verified       verified" in try_mail(raw, "--authserv-id", "mx.example.org")
    assert "verified       not verified" in try_mail(raw, "--authserv-id", "other.example.org")
    assert "verified" not in try_mail(raw)


def test_a_file_that_cannot_be_read_is_an_error(tmp_path):
    with pytest.raises(CommandError, match="No such file"):
        call_command("try_mail", str(tmp_path / "missing.eml"))


def test_it_says_which_ticket_a_message_belongs_to_and_stores_nothing(try_mail):
    ticket = ticket_of_kim()
    output = try_mail(letter(to=answer_to(ticket)))
    assert f"ticket         #{ticket.pk}, by the signed address, written by Requester\n" in output
    assert "outcome        becomes a message on its ticket\n" in output
    assert f"because        Joined #{ticket.pk} by the signed address" in output
    output = try_mail(letter(to=answer_to(ticket), sender="eve@example.net"))
    assert "outcome        waits for an agent's decision\n" in output
    assert "ticket         a new one\noutcome        opens a ticket\n" in try_mail(letter())
    assert not InboundMessage.objects.exists()
    assert Ticket.objects.count() == 1
    assert not ticket.comments.exists()


def test_it_says_that_a_message_came_before(try_mail):
    raw = letter()
    deliver(raw)
    assert "because        The same message came before" in try_mail(b"Received: x\r\n" + raw)


def test_it_believes_the_server_of_the_mailbox(try_mail):
    Mailbox.objects.create(name="Support", address="s@x.org", authserv_id="mx.desk.example")
    raw = letter(authentication_results=checked("fail"))
    output = try_mail(raw, "--mailbox", "Support")
    assert "verified       failed" in output
    assert "no private link" in output
    with pytest.raises(CommandError, match="no mailbox"):
        try_mail(raw, "--mailbox", "Sales")
