"""Which ticket a message joins, by which rule, and who may."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tickets.access.actors import SYSTEM
from tickets.models.incoming import InboundMessage
from tickets.models.participants import Participant
from tickets.models.relations import TicketLink
from tickets.models.ticket import Ticket
from tickets.services.mail.signed_addresses import bounce_address, notice_address
from tickets.services.merging import merge_tickets
from tickets.services.splitting import split_comment
from tickets.tests.factories import AgentFactory, TicketFactory
from tickets.tests.incoming.messages import (
    AUTHSERV,
    DESK,
    answer_to,
    checked,
    deliver,
    letter,
    sent_email,
    ticket_of_kim,
)
from tickets.vocabulary import AuthorRole, InboundState, Sender, Status, ThreadRule

pytestmark = pytest.mark.django_db


def test_a_message_that_nothing_joins_opens_a_ticket():
    row = deliver(letter("It smokes.\r\nA lot.", subject="Printer on fire"))
    ticket = row.ticket
    assert (row.rule, row.sender, row.state) == (
        ThreadRule.NEW,
        Sender.REQUESTER,
        InboundState.HANDLED,
    )
    assert ticket.title == "Printer on fire"
    assert ticket.description == "It smokes.\nA lot."
    assert ticket.requester_email == "kim@example.org"
    assert ticket.waiting_since == ticket.created_at
    assert row.comment is None


def test_triage_reads_a_mailed_ticket_like_any_other():
    text = "You charged my credit card twice. I want a refund of the invoice now!"
    ticket = deliver(letter(text, subject="Refund")).ticket
    assert ticket.category == "billing"
    assert ticket.predictions.exists()


@pytest.mark.parametrize(
    "headers",
    [
        {"to": "{}"},
        {"cc": "Support <{}>"},
        {"delivered_to": "{}"},
        {"x_original_to": "{}"},
    ],
)
def test_the_signed_address_joins_wherever_it_stands(headers):
    ticket = ticket_of_kim()
    named = {name: value.format(answer_to(ticket).upper()) for name, value in headers.items()}
    row = deliver(letter("Still burning.", **named))
    assert (row.ticket, row.rule) == (ticket, ThreadRule.ADDRESS)
    comment = row.comment
    assert (comment.body, comment.author_role, comment.public) == (
        "Still burning.",
        AuthorRole.REQUESTER,
        True,
    )
    assert "signed address" in row.explanation[0]


def test_the_signed_address_joins_by_the_envelope():
    ticket = ticket_of_kim()
    assert deliver(letter(), envelope_to=[answer_to(ticket)]).ticket == ticket


def test_the_signed_address_goes_before_references():
    ticket, other = ticket_of_kim(), ticket_of_kim()
    sent_email(other)
    row = deliver(letter(to=answer_to(ticket), in_reply_to="<sent-1@desk.example>"))
    assert row.ticket == ticket


def test_an_answer_to_our_message_joins_its_ticket():
    ticket = ticket_of_kim()
    sent_email(ticket)
    row = deliver(letter(in_reply_to="<sent-1@desk.example>"))
    assert (row.ticket, row.rule) == (ticket, ThreadRule.IN_REPLY_TO)


def test_references_count_from_the_end():
    older, newer = ticket_of_kim(), ticket_of_kim()
    sent_email(older, "<old@desk.example>")
    sent_email(newer, "<new@desk.example>")
    references = "<old@desk.example> <new@desk.example> <unknown@example.org>"
    row = deliver(letter(references=references, in_reply_to="<nothing@example.org>"))
    assert (row.ticket, row.rule) == (newer, ThreadRule.REFERENCES)


def test_an_answer_to_a_message_that_came_in_joins_its_ticket():
    first = deliver(letter(message_id="<first@example.org>"))
    row = deliver(letter("More.", in_reply_to="<first@example.org>"))
    assert (row.ticket, row.rule) == (first.ticket, ThreadRule.IN_REPLY_TO)


def test_two_different_answers_with_the_same_words_are_two_messages():
    ticket = ticket_of_kim()
    for _ in range(2):
        deliver(letter("Thanks!", to=answer_to(ticket)))
    assert ticket.comments.count() == 2


# --- the number in the subject ---------------------------------------------------------------


def test_the_requesters_number_in_the_subject_joins():
    ticket = ticket_of_kim()
    row = deliver(letter(subject=f"=?utf-8?q?Re:_[#{ticket.pk}]_Dr=C3=BCcker?="))
    assert (row.ticket, row.rule) == (ticket, ThreadRule.SUBJECT)


def test_a_strangers_number_in_the_subject_opens_a_ticket():
    ticket = ticket_of_kim()
    row = deliver(letter(subject=f"Re: [#{ticket.pk}]", sender="eve@example.net"))
    assert row.rule == ThreadRule.NEW
    assert row.ticket != ticket
    assert not ticket.comments.exists()


EVE = f"{AUTHSERV}; dmarc=pass header.from=evil.example; dkim=pass header.d=evil.example"


@pytest.mark.parametrize("results", [EVE, checked("permerror"), checked("none"), None])
@pytest.mark.parametrize(
    "sender",
    [
        "kim@example.org, eve@evil.example",
        "kim@example.org\r\nFrom: eve@evil.example",
        "Us: kim@example.org, eve@evil.example;",
        "kim@example.org eve@evil.example",
    ],
)
def test_a_number_does_not_join_if_nobody_can_say_who_was_checked(mailbox, sender, results):
    """Eve's domain vouches for the message, and Kim's would have refused it."""
    ticket = ticket_of_kim(status="resolved")
    subject = f"Re: [#{ticket.pk}] Printer"
    headers = {"subject": subject, "authentication_results": results}
    row = deliver(letter(sender=sender, **headers), mailbox)
    assert row.ticket != ticket
    ticket.refresh_from_db()
    assert ticket.status == "resolved"


def test_a_number_in_the_body_never_joins():
    ticket = ticket_of_kim()
    assert deliver(letter(f"About [#{ticket.pk}]")).ticket != ticket


@pytest.mark.parametrize("subject", ["[#999999999999999999]", "[#0]", "[# 1]", "[#1e3]"])
def test_a_number_of_no_ticket_opens_one(subject):
    assert deliver(letter(subject=subject)).rule == ThreadRule.NEW


# --- guessing --------------------------------------------------------------------------------


def test_guessed_addresses_and_ids_are_ignored():
    ticket = ticket_of_kim()
    email = sent_email(ticket)
    signed = answer_to(ticket)
    wrong = [
        signed[:-16] + ("y" if signed[-16] == "x" else "x") + signed[-15:],
        f"support+t{ticket.pk}.{'a' * 16}@desk.example",
        f"support+t{ticket.pk}@desk.example",
        bounce_address(DESK, email).replace("+b", "+t"),
        notice_address(DESK, email).replace("+n", "+t"),
    ]
    for address in wrong:
        row = deliver(
            letter(
                sender="eve@example.net",
                to=address,
                in_reply_to=f"<{ticket.pk}@desk.example>",
                references=f"<reply-{ticket.pk}@desk.example>",
            )
        )
        assert row.rule == ThreadRule.NEW, address
        assert row.ticket != ticket
    assert not ticket.comments.exists()


def test_another_tickets_signature_opens_neither():
    ticket, other = ticket_of_kim(), ticket_of_kim()
    swapped = answer_to(other).replace(f"+t{other.pk}.", f"+t{ticket.pk}.")
    assert deliver(letter(to=swapped, sender="eve@example.net")).ticket not in (ticket, other)


def test_a_stranger_who_knows_the_id_of_a_message_is_held():
    """Ids of other people's messages can be guessed, and seen by everybody who was copied."""
    first = deliver(letter(message_id="<first@example.org>"))
    row = deliver(letter("Pay me.", sender="eve@example.net", in_reply_to="<first@example.org>"))
    assert (row.state, row.sender, row.ticket) == (InboundState.HELD, Sender.OTHER, first.ticket)
    assert row.comment is None
    assert not first.ticket.comments.exists()
    assert not Participant.objects.exists()


def test_a_message_under_a_known_id_does_not_catch_the_answers_to_it():
    """Eve sends another message under the id of Kim's. Kim's answers go on joining her ticket."""
    first = deliver(letter(message_id="<first@example.org>"))
    deliver(letter("Mine.", message_id="<first@example.org>", sender="eve@example.net"))
    row = deliver(letter("More.", in_reply_to="<first@example.org>"))
    assert row.ticket == first.ticket
    catching = deliver(letter("Mine.", message_id="<x@e.net>", sender="eve@example.net"))
    deliver(letter("Later.", message_id="<x@e.net>"))
    assert deliver(letter("Again.", in_reply_to="<x@e.net>")).ticket != catching.ticket


def test_headers_cannot_be_injected_into_what_is_stored():
    subject = "=?utf-8?q?Hello=0D=0ABcc:_eve=40example.net?="
    sender = "=?utf-8?q?Kim=0D=0ATo:_eve?= <kim@example.org>"
    row = deliver(letter(subject=subject, sender=sender))
    for text in (row.subject, row.sender_name, row.ticket.title):
        assert "\n" not in text
        assert "\r" not in text


# --- merged, split and finished tickets ------------------------------------------------------


def test_a_merged_ticket_leads_to_its_target():
    source, target = ticket_of_kim(), ticket_of_kim()
    address = answer_to(source)
    sent_email(source)
    merge_tickets(source.pk, target.pk, SYSTEM)
    for headers in (
        {"to": address},
        {"in_reply_to": "<sent-1@desk.example>"},
        {"subject": f"[#{source.pk}]"},
    ):
        assert deliver(letter(**headers)).ticket == target
    assert target.comments.count() == 3 + 1  # the opening


def test_an_answer_to_a_message_that_became_a_ticket_joins_that_ticket():
    ticket = ticket_of_kim()
    row = deliver(letter("Something else.", to=answer_to(ticket), message_id="<other@e.org>"))
    new = split_comment(ticket.pk, row.comment.pk, SYSTEM).ticket
    assert deliver(letter(in_reply_to="<other@e.org>")).ticket == new


def finish(ticket, days):
    finished_at = timezone.now() - timedelta(days=days)
    Ticket.objects.filter(pk=ticket.pk).update(
        status=Status.CLOSED, resolved_at=finished_at, waiting_since=None
    )


def test_an_answer_reopens_a_finished_ticket():
    ticket = ticket_of_kim()
    finish(ticket, 29)
    row = deliver(letter(to=answer_to(ticket)))
    ticket.refresh_from_db()
    assert row.ticket == ticket
    assert ticket.status == Status.OPEN
    assert ticket.waiting_since == row.received_at


def test_an_answer_to_a_ticket_finished_long_ago_opens_a_linked_one():
    ticket = ticket_of_kim()
    finish(ticket, 31)
    row = deliver(letter(to=answer_to(ticket)))
    ticket.refresh_from_db()
    assert ticket.status == Status.CLOSED
    assert not ticket.comments.exists()
    assert row.rule == ThreadRule.NEW
    link = TicketLink.objects.get()
    assert {link.low, link.high} == {ticket, row.ticket}
    assert f"#{ticket.pk}" in " ".join(row.explanation)


def test_the_time_after_which_a_ticket_stays_finished_is_a_setting(settings):
    settings.MAIL_REOPEN_DAYS = 60
    ticket = ticket_of_kim()
    finish(ticket, 31)
    assert deliver(letter(to=answer_to(ticket))).ticket == ticket


# --- who wrote it ----------------------------------------------------------------------------


def test_a_participant_joins_and_the_requester_is_known_in_any_case():
    ticket = ticket_of_kim()
    Participant.objects.create(ticket=ticket, address="lou@example.org", folded="lou@example.org")
    row = deliver(letter(to=answer_to(ticket), sender="Lou <LOU@Example.org>"))
    assert (row.sender, row.comment.author_role) == (Sender.PARTICIPANT, AuthorRole.REQUESTER)
    assert deliver(letter(to=answer_to(ticket), sender="KIM@EXAMPLE.ORG")).sender == "requester"


def test_somebody_else_with_a_valid_address_is_held():
    ticket = ticket_of_kim(status=Status.RESOLVED)
    row = deliver(letter("Me too.", to=answer_to(ticket), sender="lou@example.org"))
    ticket.refresh_from_db()
    assert (row.state, row.sender, row.comment) == (InboundState.HELD, Sender.OTHER, None)
    assert ticket.status == Status.RESOLVED
    assert ticket.waiting_since is None
    assert not ticket.comments.exists()


def test_an_agent_who_left_is_somebody_else():
    ticket = ticket_of_kim()
    agent = AgentFactory(email="maria@desk.example")
    agent.is_active = False
    agent.save()
    row = deliver(letter(to=answer_to(ticket), sender="maria@desk.example"))
    assert (row.state, row.sender) == (InboundState.HELD, Sender.OTHER)


def test_a_form_that_writes_in_our_name_asks_for_the_visitor():
    row = deliver(letter(sender=DESK, reply_to="Lou <lou@example.net>", subject="Contact"))
    assert row.sender_address == "lou@example.net"
    assert row.ticket.requester_email == "lou@example.net"


def test_a_sender_whom_we_cannot_answer_still_gets_a_ticket():
    for sender in ("kim@local_host..", "nobody", None):
        row = deliver(letter(f"From {sender}", sender=sender))
        assert row.state == InboundState.HANDLED
        assert row.ticket.requester_email == ""


# --- texts -----------------------------------------------------------------------------------


def test_an_empty_text_reads_no_text_and_an_empty_subject_gets_a_title():
    row = deliver(letter(" \r\n\u200b", subject=""))
    assert row.ticket.description == "(no text)"
    assert row.ticket.title
    row = deliver(letter("Cannot print on the second floor.", subject=None))
    assert "print" in row.ticket.title


def test_a_long_subject_is_cut():
    row = deliver(letter(subject="x" * 500))
    assert len(row.ticket.title) == 200
    assert len(row.subject) == 500


def test_quotes_and_signatures_are_folded_and_nothing_is_lost():
    text = (
        "\r\n\r\nIt still does not print.\r\n\r\n"
        "On Mon, 5 Jan 2026 at 10:00, Desk <desk@example.org> wrote:\r\n"
        "> Have you tried again?\r\n\r\n-- \r\nKim\r\n"
    )
    ticket = ticket_of_kim()
    row = deliver(letter(text, to=answer_to(ticket)))
    body = row.comment.body
    assert body == row.text
    assert body.startswith("It still does not print.")
    unfolded, position = "", 0
    for start, end in row.folds:
        unfolded += body[position:start]
        position = end
    assert (unfolded + body[position:]).strip() == "It still does not print."
    assert "Have you tried again?" in body
    assert body.endswith("Kim")


@pytest.mark.parametrize("control", ["\x07", "\x1b[31m", "\x0b", "\x85", "\x9f"])
def test_control_characters_are_left_out(control):
    row = deliver(letter(f"One{control}Two", subject=f"One{control}Two"))
    assert control not in row.ticket.description
    assert "One" in row.ticket.description
    assert InboundMessage.objects.get().state == InboundState.HANDLED
    assert TicketFactory._meta.model.objects.count() == 1
