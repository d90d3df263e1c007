"""Who came with mail that anybody could have forged: what a merge sends them, whom they bring."""

import pytest

from tickets.access.actors import user_actor
from tickets.models.mail import Email
from tickets.models.participants import Participant
from tickets.models.ticket import Ticket
from tickets.services.merging import merge_tickets, unmerge_ticket
from tickets.services.participants import add_participant, set_active
from tickets.tests.factories import AgentFactory
from tickets.tests.incoming.messages import (
    answer_to,
    checked,
    deliver,
    letter,
    sent_email,
    ticket_of_kim,
)
from tickets.tests.mailing import reply
from tickets.tests.pages.conftest import signed_in

pytestmark = pytest.mark.django_db
MALLORY, SPAM, KIM = "mallory@example.com", "spam@example.net", "kim@example.org"


@pytest.fixture
def agent():
    return user_actor(AgentFactory())


@pytest.fixture
def kims():
    return ticket_of_kim(description="My card ends in 4242.")


def opened(mailbox, cc=MALLORY, verified=None):
    """Return a ticket that a message in Kim's name opened."""
    checks = {"authentication_results": checked("pass")} if verified else {}
    deliver(letter(cc=cc, **checks), mailbox)
    return Ticket.objects.latest("pk")


def recipients(ticket, agent):
    comment = reply(ticket, agent)
    return sorted(email.current_address for email in Email.objects.filter(comment=comment))


def people_of(ticket):
    return sorted(Participant.objects.of(ticket).values_list("address", flat=True))


def test_who_came_with_unverified_mail_gets_nothing_of_the_target(mailbox, kims, agent):
    forged = opened(mailbox)
    assert people_of(forged) == [MALLORY]
    merge_tickets(forged.pk, kims.pk, agent)
    assert people_of(kims) == []
    assert recipients(kims, agent) == [KIM]
    unmerge_ticket(forged.pk, agent)
    assert people_of(forged) == [MALLORY]


def test_nor_of_what_is_merged_into_their_own_ticket(mailbox, kims, agent):
    forged = opened(mailbox)
    merge_tickets(kims.pk, forged.pk, agent)
    assert recipients(forged, agent) == [KIM]
    [mallory] = Participant.objects.of(forged)
    set_active(mallory.pk, forged, agent, is_active=True)
    assert recipients(forged, agent) == [KIM, MALLORY]


def test_whom_a_verified_sender_names_goes_along(mailbox, kims, agent):
    ticket = opened(mailbox, "lou@example.net", verified=True)
    merge_tickets(ticket.pk, kims.pk, agent)
    assert recipients(kims, agent) == [KIM, "lou@example.net"]


def test_whom_an_agent_has_chosen_goes_along(mailbox, kims, agent):
    ticket = opened(mailbox)
    add_participant(ticket, MALLORY, agent)
    merge_tickets(ticket.pk, kims.pk, agent)
    assert recipients(kims, agent) == [KIM, MALLORY]


def test_an_agent_can_add_them_to_the_target(mailbox, kims, agent):
    merge_tickets(opened(mailbox).pk, kims.pk, agent)
    add_participant(kims, MALLORY, agent)
    assert recipients(kims, agent) == [KIM, MALLORY]


@pytest.mark.parametrize("sender", [MALLORY, KIM])
@pytest.mark.parametrize("by", ["address", "message"])
def test_they_bring_in_nobody_by_having_had_our_mail(mailbox, sender, by):
    ticket = opened(mailbox)
    headers = {"to": answer_to(ticket)} if by == "address" else {"in_reply_to": sent_email(ticket)}
    if by == "message":
        headers["in_reply_to"] = headers["in_reply_to"].message_id
    deliver(letter("And me", sender=sender, cc=SPAM, **headers), mailbox)
    assert ticket.comments.filter(body="And me").exists()
    assert people_of(ticket) == [MALLORY]


def test_whom_they_name_with_proof_is_not_carried_over(mailbox, kims, agent):
    ticket = opened(mailbox)
    checks = {"authentication_results": checked("pass")}
    deliver(letter(sender=MALLORY, to=answer_to(ticket), cc=SPAM, **checks), mailbox)
    assert people_of(ticket) == [MALLORY, SPAM]
    merge_tickets(ticket.pk, kims.pk, agent)
    assert people_of(kims) == []


def test_agents_read_who_gets_no_replies(mailbox, kims):
    forged = opened(mailbox)
    client = signed_in(AgentFactory())
    path = f"/tickets/{forged.pk}/merge/"
    assert MALLORY in client.get(path, {"into": kims.pk}).content.decode()
    page = client.post(path, {"into": kims.pk}, follow=True).content.decode()
    assert f"It sends no replies to {MALLORY}." in page
