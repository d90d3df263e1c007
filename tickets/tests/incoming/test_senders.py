"""Forged senders, agents who answer by mail, and those who take part."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from tickets.access.actors import SYSTEM, user_actor
from tickets.models.incoming import InboundMessage
from tickets.models.mail import Email
from tickets.models.participants import Participant
from tickets.models.spam import BlockedAddress
from tickets.models.ticket import Ticket
from tickets.models.workplace import TicketRead
from tickets.services import participants
from tickets.services.mail.incoming import handling, held
from tickets.services.mail.incoming.receive import receive
from tickets.services.mail.signed_addresses import notice_address
from tickets.services.merging import merge_tickets
from tickets.services.private_links import send_private_link
from tickets.services.tickets import update_ticket
from tickets.services.undo import undo
from tickets.tests.factories import AgentFactory
from tickets.tests.incoming.messages import (
    DESK,
    answer_to,
    checked,
    deliver,
    letter,
    sent_email,
    ticket_of_kim,
)
from tickets.tests.mailing import reply
from tickets.tests.worker import work_now
from tickets.vocabulary import AuthorRole, InboundKind, InboundState, Sender, Status, Verified

pytestmark = pytest.mark.django_db
MARIA = "Maria <maria@desk.example>"


@pytest.fixture
def maria():
    return AgentFactory(username="maria", email="maria@desk.example")


@pytest.fixture
def notice(maria):
    """An email that tells Maria about a ticket."""
    ticket = ticket_of_kim()
    return sent_email(ticket, "<notice@desk.example>", kind="notice", recipient=maria)


def by_maria(body="On my way.", *, result="pass", **headers):
    return letter(body, sender=MARIA, authentication_results=checked(result), **headers)


# --- forged senders --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("result", "verified"),
    [("pass", "verified"), ("none", "not_verified"), ("fail", "failed")],
)
def test_the_servers_word_on_the_sender_is_stored(mailbox, result, verified):
    row = deliver(letter(authentication_results=checked(result)), mailbox)
    assert row.verified == verified


def test_only_the_configured_server_and_only_its_topmost_header_count(mailbox):
    other = "mx.evil.example; dmarc=pass"
    assert deliver(letter(authentication_results=other), mailbox).verified == "not_verified"
    below = f"{other}\r\nAuthentication-Results: {checked('pass')}"
    assert deliver(letter(authentication_results=below), mailbox).verified == "not_verified"
    assert deliver(letter(authentication_results=checked("pass"))).verified == "not_verified"


def test_a_visitor_whom_a_form_names_in_our_own_name_is_not_verified(mailbox):
    """The checks say that the form's server may write as the desk, and nothing about Reply-To."""
    for result, verified in [("pass", "not_verified"), ("fail", "failed")]:
        raw = letter(sender=DESK, reply_to=MARIA, authentication_results=checked(result))
        row = deliver(raw, mailbox)
        assert (row.sender_address, row.verified) == ("maria@desk.example", verified)


@pytest.mark.django_db(transaction=True)
def test_a_sender_who_may_be_forged_gets_no_automatic_email(mailbox, mail_server):
    row = deliver(letter(authentication_results=checked("fail")), mailbox)
    assert row.verified == Verified.FAILED
    assert "forged" in " ".join(row.explanation)
    update_ticket(row.ticket_id, {"status": Status.RESOLVED}, SYSTEM)
    work_now()
    assert mail_server.messages == []


@pytest.mark.django_db(transaction=True)
def test_a_reply_to_a_sender_who_may_be_forged_has_no_link_unless_an_agent_sends_it(
    mailbox, mail_server
):
    ticket = deliver(letter(authentication_results=checked("fail")), mailbox).ticket
    reply(ticket, user_actor(AgentFactory()))
    work_now()
    [message] = mail_server.messages
    assert ticket.link_secret not in message.as_string()
    send_private_link(ticket, SYSTEM)
    work_now()
    message = mail_server.messages[-1]
    assert ticket.link_secret in message.get_body(("plain",)).get_content()


def test_a_verified_sender_gets_a_confirmation(mailbox, mail_server):
    deliver(letter(authentication_results=checked("pass")), mailbox)
    assert Email.objects.get().kind == "received"


def test_a_forged_requester_with_a_guessable_reference_is_held(mailbox):
    first = deliver(letter(message_id="<first@example.org>"))
    forged = letter(in_reply_to="<first@example.org>", authentication_results=checked("fail"))
    row = deliver(forged, mailbox)
    assert (row.state, row.ticket) == (InboundState.HELD, first.ticket)


def test_a_forged_requester_with_a_number_opens_a_ticket(mailbox):
    ticket = ticket_of_kim()
    forged = letter(subject=f"[#{ticket.pk}]", authentication_results=checked("fail"))
    assert deliver(forged, mailbox).ticket != ticket


def test_a_signed_address_joins_in_spite_of_a_failed_check(mailbox):
    """Forwarding breaks the check, and nobody can guess the address. The page shows the doubt."""
    ticket = ticket_of_kim()
    row = deliver(letter(to=answer_to(ticket), authentication_results=checked("fail")), mailbox)
    assert row.comment is not None
    assert row.verified == Verified.FAILED


# --- agents who answer by mail ---------------------------------------------------------------


def test_an_agents_answer_to_a_notice_is_a_public_reply(mailbox, mail_server, maria, notice):
    row = deliver(by_maria(to=notice_address(DESK, notice)), mailbox)
    comment = row.comment
    assert (row.sender, row.state) == (Sender.AGENT, InboundState.HANDLED)
    assert (comment.author, comment.author_role, comment.public) == (maria, AuthorRole.AGENT, True)
    ticket = Ticket.objects.get()
    assert ticket.waiting_since is None
    assert ticket.first_response_at == comment.created_at
    assert Email.objects.filter(kind="reply", comment=comment).exists()


def test_an_agents_answer_to_the_tickets_address_is_a_public_reply(mailbox, maria):
    ticket = ticket_of_kim()
    row = deliver(by_maria(to=answer_to(ticket)), mailbox)
    assert (row.comment.author, row.comment.public) == (maria, True)


def test_what_the_agents_mail_program_quotes_is_not_sent_to_the_requester(mailbox, maria, notice):
    body = (
        "On my way.\r\n\r\nOn 1 Jan 2026 at 10:00, Desk <d@desk.example> wrote:\r\n> Internal.\r\n"
    )
    row = deliver(by_maria(body, to=notice_address(DESK, notice)), mailbox)
    assert row.comment.body == "On my way."
    assert "Internal." in row.text


def test_a_reply_by_mail_takes_the_ticket_as_one_by_page(mailbox, maria, notice, settings):
    settings.REPLY_TAKES_TICKET = True
    deliver(by_maria(to=notice_address(DESK, notice)), mailbox)
    ticket = Ticket.objects.get()
    assert (ticket.assignee, ticket.status) == (maria, Status.IN_PROGRESS)


def test_a_ticket_waits_since_the_message_came(maria):
    ticket = ticket_of_kim()
    reply(ticket, user_actor(maria))
    row = receive(letter("It burns!", to=answer_to(ticket))).message
    InboundMessage.objects.update(received_at=row.received_at - timedelta(hours=2))
    handling.handle(row.pk)
    row.refresh_from_db()
    ticket.refresh_from_db()
    assert ticket.waiting_since == row.received_at < row.comment.created_at
    version = update_ticket(ticket.pk, {"status": Status.RESOLVED}, SYSTEM).ticket.version
    undo([(ticket.pk, version)], SYSTEM)
    ticket.refresh_from_db()
    assert ticket.waiting_since == row.received_at


def test_an_agents_delayed_answer_leaves_what_came_since_unanswered(mailbox, maria, notice):
    """While no worker ran, the requester wrote twice, and in between the agent once."""
    ticket = notice.ticket
    first = receive(letter("It smokes.", to=answer_to(ticket))).message
    answer = receive(by_maria(to=notice_address(DESK, notice)), mailbox).message
    second = receive(letter("It burns!", to=answer_to(ticket))).message
    handling.handle(answer.pk)
    ticket.refresh_from_db()
    # Maria had not seen the first one either: it was on no page, and nobody was told of it.
    assert ticket.waiting_since == first.received_at
    handling.handle(second.pk)
    ticket.refresh_from_db()
    assert ticket.waiting_since == first.received_at
    assert not TicketRead.objects.filter(account=maria, read_at__gte=ticket.last_activity_at)


def test_a_confirmed_answer_leaves_what_came_since_unanswered(maria, notice):
    ticket = notice.ticket
    row = deliver(by_maria(to=notice_address(DESK, notice)))
    later = deliver(letter("It burns!", to=answer_to(ticket)))
    held.accept(row.pk, user_actor(maria))
    ticket.refresh_from_db()
    assert ticket.comments.filter(author=maria).exists()
    assert ticket.waiting_since == later.received_at


LIST_BELOW_A_DASH = """\
Please do these two things:
—
1. Unplug the printer.
2. Send us the number below it."""


@pytest.mark.parametrize(
    "body",
    [LIST_BELOW_A_DASH, "On my way, at ten.\n\n-- \nMaria\n+49 30 1234", "One two.\n\n-Maria"],
)
def test_nothing_of_an_agents_answer_is_left_out_that_may_be_their_own(
    mailbox, maria, notice, body
):
    quote = "\n\nOn 1 Jan 2026 at 10:00, Desk <d@desk.example> wrote:\n> Internal.\n"
    row = deliver(by_maria(body + quote, to=notice_address(DESK, notice)), mailbox)
    assert row.comment.body == body
    row = deliver(by_maria(body, to=notice_address(DESK, notice)), mailbox)
    assert row.comment.body == body


def test_agents_can_read_what_was_left_out_of_an_answer(mailbox, maria, notice):
    """A customer's words may look like a quote."""
    body = "On my way.\n\nOn 1 Jan 2026 at 10:00, Desk <d@desk.example> wrote:\nYou came here."
    ticket = notice.ticket
    row = deliver(by_maria(body, to=notice_address(DESK, notice)), mailbox)
    assert row.comment.body == "On my way."
    agent = Client()
    agent.force_login(maria)
    page = agent.get(ticket.get_absolute_url()).content.decode()
    [folded] = re.findall(r"<details class=\"by-mail\">.*?You came here.*?</details>", page, re.S)
    assert "only agents see" in folded
    assert "You came here" not in Client().get(ticket.private_link_path()).content.decode()


@pytest.mark.parametrize("result", ["none", "fail"])
def test_an_agent_who_is_not_verified_is_held(mailbox, maria, notice, result):
    row = deliver(by_maria(to=notice_address(DESK, notice), result=result), mailbox)
    assert (row.state, row.sender, row.comment) == (InboundState.HELD, Sender.AGENT, None)
    assert not row.ticket.comments.exists()


def test_an_agent_is_held_where_no_server_checks_senders(maria, notice):
    assert deliver(by_maria(to=notice_address(DESK, notice))).state == InboundState.HELD


@pytest.mark.parametrize(
    "headers",
    [
        {"in_reply_to": "<notice@desk.example>"},
        {"to": "support+n1.aaaaaaaaaaaaaaaa@desk.example", "in_reply_to": "<notice@desk.example>"},
        {"subject": "[#{}]"},
    ],
    ids=["reference", "wrong signature", "subject"],
)
def test_an_agents_answer_without_a_valid_signature_is_held(mailbox, maria, notice, headers):
    ticket = notice.ticket
    headers = {name: value.format(ticket.pk) for name, value in headers.items()}
    row = deliver(by_maria(**headers), mailbox)
    assert (row.state, row.sender, row.ticket) == (InboundState.HELD, Sender.AGENT, ticket)
    assert not ticket.comments.exists()


def test_a_wrong_signature_alone_opens_a_ticket(mailbox, maria, notice):
    wrong = notice_address(DESK, notice)[:-20] + "aaaa@desk.example"
    row = deliver(by_maria(to=wrong), mailbox)
    assert row.ticket != notice.ticket
    assert not notice.ticket.comments.exists()


def test_a_forged_agent_is_held_though_the_address_is_signed(mailbox, maria):
    """A requester knows the ticket's address, and can write in an agent's name."""
    ticket = ticket_of_kim()
    row = deliver(by_maria("Refund granted.", to=answer_to(ticket), result="fail"), mailbox)
    assert row.state == InboundState.HELD
    assert not ticket.comments.exists()


def test_a_notice_answered_by_somebody_else_is_held(mailbox, maria, notice):
    paul = AgentFactory(email="paul@desk.example")
    for sender in (paul.email, "eve@example.net", "kim@example.org"):
        forwarded = letter(
            to=notice_address(DESK, notice), sender=sender, authentication_results=checked("pass")
        )
        row = deliver(forwarded, mailbox)
        assert (row.state, row.sender) == (InboundState.HELD, Sender.OTHER), sender


def test_an_agent_who_left_answers_nothing(mailbox, maria, notice):
    maria.is_active = False
    maria.save()
    row = deliver(by_maria(to=notice_address(DESK, notice)), mailbox)
    assert (row.state, row.sender) == (InboundState.HELD, Sender.OTHER)


def test_an_agents_address_that_two_accounts_share_is_held(mailbox, maria):
    AgentFactory(email="Maria@Desk.example")
    assert deliver(by_maria(to=answer_to(ticket_of_kim())), mailbox).state == InboundState.HELD


# --- those who take part ---------------------------------------------------------------------


def people(ticket):
    rows = Participant.objects.filter(ticket=ticket).order_by("pk")
    return [(row.name, row.address, row.is_active) for row in rows]


def test_those_in_to_and_cc_take_part(maria):
    row = deliver(
        letter(
            to=f"{DESK}, Lou <lou@example.net>, kim@example.org, support+x@desk.example",
            cc="Ann <ann@example.net>, LOU@example.net, maria@desk.example, broken@",
            delivered_to="intake@desk.example",
        ),
        envelope_to=["intake@desk.example"],
    )
    assert people(row.ticket) == [
        ("Lou", "lou@example.net", True),
        ("Ann", "ann@example.net", True),
    ]


def test_the_desks_addresses_never_take_part():
    ticket = ticket_of_kim()
    row = deliver(
        letter(
            to=f"{answer_to(ticket)}, {DESK}, support+t1.aaaaaaaaaaaaaaaa@other.example",
            cc="intake@desk.example",
        ),
        envelope_to=["intake@desk.example"],
    )
    assert row.ticket == ticket
    assert people(ticket) == []


def test_at_most_twenty_take_part_however_many_are_named():
    many = ", ".join(f"p{n}@example.net" for n in range(1000))
    row = deliver(letter(cc=many))
    assert len(people(row.ticket)) == 20
    deliver(letter(cc="late@example.net", to=answer_to(row.ticket)))
    assert len(people(row.ticket)) == 20


def test_whoever_an_agent_has_removed_or_unticked_does_not_come_back(maria):
    row = deliver(letter(cc="lou@example.net, ann@example.net"))
    ticket, actor = row.ticket, user_actor(maria)
    lou, ann = Participant.objects.order_by("pk")
    participants.remove_participant(lou.pk, ticket, actor)
    participants.set_active(ann.pk, ticket, actor, is_active=False)
    deliver(letter(cc="lou@example.net, ann@example.net", to=answer_to(ticket)))
    assert people(ticket) == [("", "ann@example.net", False)]
    assert deliver(letter(sender="ann@example.net", to=answer_to(ticket))).comment is not None
    assert deliver(letter(sender="lou@example.net", to=answer_to(ticket))).state == "held"


def test_the_audit_trail_names_who_added_and_removed_them(maria):
    row = deliver(letter(cc="lou@example.net"))
    lou = Participant.objects.get()
    participants.remove_participant(lou.pk, row.ticket, user_actor(maria))
    events = Participant.pgh_event_model.objects.order_by("pgh_id")
    actors = [(event.pgh_label, event.pgh_context["actor"]) for event in events]
    assert actors == [("insert", "system"), ("delete", "maria")]


def test_a_message_that_is_held_adds_nobody():
    ticket = ticket_of_kim()
    deliver(letter(to=answer_to(ticket), cc="ann@example.net", sender="lou@example.net"))
    assert people(ticket) == []


@pytest.mark.parametrize(
    "headers",
    [
        {"subject": "[#{}]"},
        {"in_reply_to": "<first@example.org>"},
        {"in_reply_to": "<first@example.org>", "references": "<elsewhere@desk.example>"},
    ],
    ids=["number", "guessable id", "an id of ours about another ticket"],
)
def test_a_forged_requester_brings_nobody_into_a_ticket(mailbox, headers):
    ticket = deliver(letter(message_id="<first@example.org>")).ticket
    sent_email(ticket_of_kim(), "<elsewhere@desk.example>")
    headers = {name: value.format(ticket.pk) for name, value in headers.items()}
    row = deliver(letter(cc="eve@example.net", **headers))
    assert row.comment is not None  # it joins, and the page shows that nobody was verified
    assert people(ticket) == []
    verified = checked("pass")
    deliver(letter(cc="ann@example.net", authentication_results=verified, **headers), mailbox)
    assert people(ticket) == [("", "ann@example.net", True)]


@pytest.mark.parametrize("proof", ["address", "id", "id of a merged ticket"])
def test_who_got_our_mail_may_bring_others_into_the_ticket(proof):
    ticket, source = ticket_of_kim(), ticket_of_kim()
    sent_email(source if "merged" in proof else ticket, "<ours@desk.example>")
    merge_tickets(source.pk, ticket.pk, SYSTEM)
    headers = {"to": answer_to(ticket)} if proof == "address" else {}
    headers |= {"in_reply_to": "<ours@desk.example>"} if "id" in proof else {}
    deliver(letter(cc="ann@example.net", **headers))
    assert people(ticket) == [("", "ann@example.net", True)]


@pytest.mark.parametrize("other", ["removed", "former address", "held"])
def test_nobody_joins_by_a_name_that_others_with_our_mail_could_use(mailbox, maria, other):
    ticket = deliver(letter(cc="lou@example.net")).ticket
    Participant.objects.update(is_vouched=True)
    actor = user_actor(maria)
    if other == "removed":
        participants.remove_participant(Participant.objects.get().pk, ticket, actor)
    elif other == "former address":
        sent_email(ticket, "<wrong@desk.example>", address="wrong@example.org")
    else:
        row = deliver(letter(sender="eve@example.net", to=answer_to(ticket)))
        assert row.state == InboundState.HELD
    before = people(ticket)
    row = deliver(letter(cc="ann@example.net", to=answer_to(ticket)))
    assert row.comment is not None
    assert people(ticket) == before
    proven = letter(
        cc="ann@example.net", to=answer_to(ticket), authentication_results=checked("pass")
    )
    deliver(proven, mailbox)
    assert people(ticket) == [*before, ("", "ann@example.net", True)]


# --- blocked senders -------------------------------------------------------------------------


def block(address):
    BlockedAddress.objects.create(address=address)


def test_a_blocked_sender_opens_spam_and_hears_nothing(mail_server):
    block("kim@example.org")
    ticket = deliver(letter(cc="lou@example.net")).ticket
    assert ticket.spam
    assert not Email.objects.exists()
    assert people(ticket) == []


def test_a_blocked_requesters_answer_makes_the_ticket_spam():
    ticket = ticket_of_kim()
    block("kim@example.org")
    deliver(letter(to=answer_to(ticket)))
    ticket.refresh_from_db()
    assert ticket.spam


def test_a_blocked_participant_is_held():
    ticket = ticket_of_kim()
    Participant.objects.create(ticket=ticket, address="lou@example.net", folded="lou@example.net")
    block("lou@example.net")
    row = deliver(letter(to=answer_to(ticket), sender="lou@example.net"))
    ticket.refresh_from_db()
    assert row.state == InboundState.HELD
    assert not ticket.spam
    assert row.kind == InboundKind.WRITTEN
    assert InboundMessage.objects.count() == 1
