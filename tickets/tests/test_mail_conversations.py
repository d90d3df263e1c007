"""What joins an email to its conversation: sender, answers, threads, subject and quotes."""

import re
from email.utils import getaddresses

import pytest

from tickets.access.actors import user_actor
from tickets.models.incoming import Mailbox
from tickets.models.mail import Email
from tickets.models.ticket import Ticket
from tickets.models.workplace import AgentProfile
from tickets.services import private_links, tickets
from tickets.services.mail import conversations, rendering, signed_addresses
from tickets.tests.correspondence import (
    answer_by_mail,
    create_mailbox,
    store,
    ticket_by_mail,
    written,
)
from tickets.tests.factories import AgentFactory, TicketFactory
from tickets.tests.jwz import chain, threads
from tickets.tests.mailing import create_ticket, reply
from tickets.tests.worker import work, work_now
from tickets.vocabulary import InboundKind, InboundState

pytestmark = pytest.mark.django_db(transaction=True)
LONG_ID = f"<{'A' * 60}.{'b' * 60}@AM0PR04MB1234.eurprd04.prod.outlook.com>"


@pytest.fixture
def agent():
    user = AgentFactory(username="zoe.agent")
    AgentProfile.objects.create(user=user, display_name="Zoe")
    return user_actor(user)


@pytest.fixture
def mailbox(mail_server, settings):
    settings.DEFAULT_FROM_EMAIL = '"Müller, Support" <desk@example.net>'
    return create_mailbox()


def plain(message):
    return message.get_body(["plain"]).get_content().replace("\r\n", "\n")


def html(message):
    return message.get_body(["html"]).get_content()


def send_reply(mail_server, ticket, agent, body="We are on our way."):
    reply(ticket, agent, body)
    work()
    return mail_server.messages[-1]


# --- who it is from, and where answers go -----------------------------------------------


def test_it_is_from_the_mailbox_under_the_desks_name(mail_server, mailbox, agent):
    message = send_reply(mail_server, TicketFactory(requester_email="kim@example.org"), agent)
    assert getaddresses([message["From"]]) == [("Müller, Support", "support@example.org")]
    [sender] = message["From"].addresses
    assert sender.display_name == "Müller, Support"


def test_an_answer_goes_to_the_tickets_own_address(mail_server, mailbox, agent):
    ticket = TicketFactory(requester_email="kim@example.org")
    message = send_reply(mail_server, ticket, agent)
    assert message["Reply-To"] == signed_addresses.ticket_address("support@example.org", ticket)
    assert signed_addresses.ticket_of([message["Reply-To"]]) == ticket
    assert "You can simply reply to this email." in plain(message)
    assert "You can simply reply to this email." in html(message)
    assert "We do not receive replies" not in plain(message) + html(message)


def test_a_bounce_comes_back_to_an_address_of_its_own(mail_server, mailbox, agent):
    send_reply(mail_server, TicketFactory(requester_email="kim@example.org"), agent)
    [(envelope_from, _)] = mail_server.envelopes
    assert signed_addresses.returned_email([envelope_from]) == Email.objects.get()


def test_without_plus_addresses_everything_goes_to_the_mailbox(mail_server, mailbox, agent):
    Mailbox.objects.update(plus_addresses=False)
    message = send_reply(mail_server, TicketFactory(requester_email="kim@example.org"), agent)
    assert message["Reply-To"] == "support@example.org"
    assert mail_server.envelopes[0][0] == "support@example.org"


def test_without_a_mailbox_replies_do_not_reach_the_desk(mail_server, agent, settings):
    settings.DEFAULT_FROM_EMAIL = "Support <desk@example.org>"
    create_mailbox(is_active=False)
    message = send_reply(mail_server, TicketFactory(requester_email="kim@example.org"), agent)
    assert message["From"] == "Support <desk@example.org>"
    assert message["Reply-To"] is None
    assert mail_server.envelopes[0][0] == "desk@example.org"
    for text in (plain(message), html(message)):
        assert "We do not receive replies to this email; please use the link." in text
        assert "simply reply" not in text


def test_the_mailbox_of_the_latest_message_answers(mail_server, mailbox, agent):
    sales, old = create_mailbox("sales@example.org"), create_mailbox("old@example.org")
    ticket = ticket_by_mail(written("Offer"), mailbox)
    answer_by_mail(written("Re: Offer"), ticket, "And now?", sales)
    message = send_reply(mail_server, ticket, agent)
    assert message["From"].addresses[0].addr_spec == "sales@example.org"
    answer_by_mail(written("Re: Offer"), ticket, "Still there?", old)
    old.is_active = False
    old.save()
    message = send_reply(mail_server, ticket, agent)
    assert message["From"].addresses[0].addr_spec == "sales@example.org"


# --- threads ----------------------------------------------------------------------------


def test_a_conversation_of_20_messages_is_one_thread(mail_server, mailbox, agent):
    """The requester only knows mail, the agent only knows the pages."""
    last = written("Drucker kaputt: 🖨️", message_id=LONG_ID)
    ticket = ticket_by_mail(last, mailbox)
    work()  # the confirmation
    exchanged = [last, mail_server.messages[-1]]
    for number in range(9):
        answer = send_reply(mail_server, ticket, agent, f"Answer {number}")
        question = written(answer["Subject"], answer)
        answer_by_mail(question, ticket, f"Question {number}", mailbox)
        exchanged += [answer, question]
    assert len(exchanged) == 20
    [root] = threads(reversed(exchanged))
    assert chain(root) == exchanged
    assert {message["Subject"] for message in exchanged[2:]} == {"Re: Drucker kaputt: 🖨️"}


def test_a_ticket_made_on_the_page_is_one_thread(mail_server, mailbox, agent):
    ticket = create_ticket()
    work()
    send_reply(mail_server, ticket, agent)
    tickets.update_ticket(ticket.pk, {"status": "resolved"}, agent)
    work_now()
    private_links.send_private_link(ticket, agent)
    work()
    [root] = threads(mail_server.messages)
    assert chain(root) == mail_server.messages
    subject = f"[#{ticket.pk}] We have your request"
    assert [message["Subject"] for message in mail_server.messages] == [
        subject,
        *[f"Re: {subject}"] * 3,
    ]


def test_only_the_last_20_ids_are_listed(mail_server, mailbox, agent):
    ticket = ticket_by_mail(written("Printer"), mailbox)
    work()
    for number in range(25):
        answer_by_mail(written("Re: Printer"), ticket, f"Question {number}", mailbox)
    message = send_reply(mail_server, ticket, agent)
    listed = message["References"].split()
    assert len(listed) == len(set(listed)) == 20
    assert listed[-1] == message["In-Reply-To"]


def test_long_ids_are_written_as_they_are(mail_server, mailbox, agent):
    ticket = ticket_by_mail(written("Printer", message_id=LONG_ID), mailbox)
    work()
    message = send_reply(mail_server, ticket, agent)
    assert f"References: {LONG_ID}\r\n".encode() in mail_server.raw[-1]
    assert message["References"].split()[0] == LONG_ID


@pytest.mark.parametrize(
    "forged", ["<a@b>\r\nBcc: victim@example.org", "<a b@c>", "a@b", "<ä@example.org>", "<" * 600]
)
def test_an_odd_id_adds_no_header(mail_server, mailbox, agent, forged):
    ticket = ticket_by_mail(written("Printer"), mailbox, message_id=forged[:500])
    message = send_reply(mail_server, ticket, agent)
    assert message["Bcc"] is None
    assert forged not in str(message["References"])


def test_what_is_not_part_of_the_conversation_is_not_referred_to(mail_server, mailbox, agent):
    ticket = ticket_by_mail(written("Printer"), mailbox)
    out_of_office, held = written("Away"), written("Re: Printer")
    store(out_of_office, ticket, mailbox, kind=InboundKind.AUTOMATIC, rule="in_reply_to")
    store(held, ticket, mailbox, state=InboundState.HELD, rule="in_reply_to")
    message = send_reply(mail_server, ticket, agent)
    assert out_of_office["Message-ID"] not in message["References"]
    assert held["Message-ID"] not in message["References"]


def test_an_email_that_was_never_sent_is_not_referred_to(mail_server, mailbox, agent):
    mail_server.answers = ["550 no"]
    ticket = create_ticket()
    work()
    message = send_reply(mail_server, ticket, agent)
    assert message["References"] is None
    assert message["Subject"] == f"Re: [#{ticket.pk}] Broken door"


def test_a_message_that_is_sent_again_keeps_its_id(mail_server, mailbox, agent):
    mail_server.answers = ["451 later"]
    reply(TicketFactory(requester_email="kim@example.org"), agent)
    work()
    stored = Email.objects.get().message_id
    assert re.fullmatch(r"<[0-9a-f]{32}@example\.org>", stored)
    Mailbox.objects.update(address="new@example.com")
    work_now()
    assert mail_server.messages[0]["Message-ID"] == stored


def test_a_conversation_of_an_earlier_release_goes_on(mail_server, mailbox, agent):
    ticket = create_ticket()
    work()
    first = mail_server.messages[0]["Message-ID"]
    Email.objects.update(message_id="")
    message = send_reply(mail_server, ticket, agent)
    assert message["References"] == first
    assert message["Subject"] == f"Re: [#{ticket.pk}] Broken door"


# --- subjects ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("subject", "answer"),
    [
        ("Printer", "Re: Printer"),
        ("Re: Printer", "Re: Printer"),
        ("RE: AW: Re[2]: Printer", "Re: Printer"),
        ("Fwd: Printer", "Re: Fwd: Printer"),
        ("Regarding: Printer", "Re: Regarding: Printer"),
        ("Printer\r\nBcc: victim@example.org", "Re: Printer Bcc: victim@example.org"),
    ],
)
def test_a_ticket_by_mail_answers_its_own_subject(mailbox, subject, answer):
    ticket = ticket_by_mail(written("x"), mailbox, subject=subject)
    email = Email.objects.create(ticket=ticket, kind="reply", event="x")
    assert conversations.subject_of(email, ticket) == answer


@pytest.mark.parametrize("subject", ["", "Re:", " "])
def test_an_empty_subject_is_answered_with_the_title(mailbox, subject):
    ticket = ticket_by_mail(written("Printer"), mailbox, subject=subject)
    email = Email.objects.create(ticket=ticket, kind="reply", event="x")
    assert conversations.subject_of(email, ticket) == f"Re: [#{ticket.pk}] Printer"


# --- automatic or written ---------------------------------------------------------------


def test_only_what_a_program_wrote_says_so(mail_server, mailbox, agent):
    ticket = create_ticket()
    reply(ticket, agent)
    tickets.update_ticket(ticket.pk, {"status": "resolved"}, agent)
    work_now()
    confirmation, answer, resolution = mail_server.messages
    for message in (confirmation, resolution):
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    assert answer["Auto-Submitted"] is None
    assert answer["X-Auto-Response-Suppress"] is None


# --- quotes -----------------------------------------------------------------------------


def test_a_reply_quotes_the_message_before(mail_server, mailbox, agent):
    ticket = ticket_by_mail(written("Printer"), mailbox)
    message = send_reply(mail_server, ticket, agent)
    assert re.search(r"\nOn [^\n]+, Kim Müller wrote:\n> It does not close\.\n", plain(message))
    assert 'type="cite"' in html(message)
    assert "It does not close." in html(message)
    folded = "Thank you.\n\n> We are on our way.\n\n-- \nKim"
    folds = [[folded.index(">"), len(folded)]]
    answer_by_mail(written("Re: Printer"), ticket, folded, mailbox, folds=folds)
    reply(ticket, agent, "INTERNAL", public=False)
    message = send_reply(mail_server, ticket, agent, "You are welcome.")
    assert "> Thank you.\n\n-- \n" in plain(message)
    assert "> We are on our way" not in plain(message)
    assert "INTERNAL" not in plain(message) + html(message)
    message = send_reply(mail_server, ticket, agent, "One more thing.")
    assert "Zoe wrote:\n> You are welcome.\n" in plain(message)


def test_a_long_message_is_quoted_in_part(mail_server, mailbox, agent):
    ticket = create_ticket(description="long " * 3000)
    message = send_reply(mail_server, ticket, agent)
    assert "long […]" in plain(message)
    assert plain(message).count("long") < 1100


# --- participants -----------------------------------------------------------------------


def add_participant(ticket, address, **values):
    return ticket.participants.create(address=address, folded=address, **values)


def test_a_public_reply_goes_to_all_who_take_part(mail_server, mailbox, agent):
    ticket = ticket_by_mail(written("Printer"), mailbox)
    add_participant(ticket, "lou@example.org", name="Lou")
    add_participant(ticket, "gone@example.org", is_active=False)
    add_participant(ticket, "Kim@example.org")  # the requester
    work()
    mail_server.messages.clear(), mail_server.envelopes.clear()
    reply(ticket, agent, "INTERNAL", public=False)
    reply(ticket, agent)
    work()
    own, copy = sorted(mail_server.messages, key=lambda message: message["To"])
    assert (own["To"], copy["To"]) == ("kim@example.org", "lou@example.org")
    for header in ("Message-ID", "References", "Subject", "Reply-To", "From"):
        assert own[header] == copy[header]
    assert len({envelope[0] for envelope in mail_server.envelopes}) == 2
    link = Ticket.objects.get().private_link_path()
    assert link in plain(own)
    for text in (plain(copy), html(copy)):
        assert "We are on our way." in text
        assert "/t/" not in text
        assert "private link" not in text
    assert "reply to this email" in plain(copy)


def test_who_takes_part_without_a_requester_has_one_thread(mail_server, mailbox, agent):
    ticket = TicketFactory(requester_email="")
    add_participant(ticket, "lou@example.org")
    for number in range(3):
        send_reply(mail_server, ticket, agent, f"Answer {number}")
    [root] = threads(mail_server.messages)
    assert chain(root) == mail_server.messages


def test_who_was_removed_meanwhile_gets_nothing(mail_server, mailbox, agent):
    ticket = TicketFactory(requester_email="")
    participant = add_participant(ticket, "lou@example.org")
    reply(ticket, agent)
    participant.is_active = False
    participant.save()
    work()
    assert mail_server.messages == []
    assert Email.objects.get().error == "An agent has removed this participant."


def test_while_the_link_is_revoked_a_reply_goes_to_the_others_only(mail_server, mailbox, agent):
    """A ticket without a link may have been made of an internal note, so nothing is quoted."""
    ticket = TicketFactory(requester_email="kim@example.org", description="Secret note.")
    add_participant(ticket, "lou@example.org", is_active=False)
    add_participant(ticket, "ash@example.org")
    private_links.revoke_private_link(ticket, agent)
    reply(ticket, agent)
    work()
    [message] = mail_server.messages
    assert message["To"] == "ash@example.org"
    for text in (plain(message), message.as_string()):
        assert "Secret note." not in text
        assert ticket.private_link_path() not in text


# --- agents -----------------------------------------------------------------------------


def test_an_answer_to_a_notice_is_signed_for_its_agent(mail_server, mailbox, agent):
    colleague = AgentFactory(email="lee@example.org")
    ticket = TicketFactory()
    tickets.update_ticket(ticket.pk, {"assignee": colleague}, agent)
    work_now()
    work_now()
    [message] = mail_server.messages
    email = Email.objects.get(kind="notice")
    assert signed_addresses.answered_notice([message["Reply-To"]]) == email
    assert "Your reply to this email goes to the requester." in plain(message)
    assert message["Auto-Submitted"] == "auto-generated"


def test_an_answer_to_a_notice_reaches_nobody_without_a_mailbox(mail_server, agent):
    tickets.update_ticket(
        TicketFactory().pk, {"assignee": AgentFactory(email="lee@example.org")}, agent
    )
    work_now()
    work_now()
    [message] = mail_server.messages
    assert message["Reply-To"] is None
    assert "We do not receive replies to this email." in plain(message)


def test_it_takes_few_queries(mailbox, agent, django_assert_max_num_queries):
    ticket = ticket_by_mail(written("Printer"), mailbox)
    for number in range(5):
        answer_by_mail(written("Re: Printer"), ticket, f"Question {number}", mailbox)
    comment = reply(ticket, agent)
    email = rendering.load(Email.objects.get(comment=comment).pk)
    with django_assert_max_num_queries(8):
        rendering.render(email)
