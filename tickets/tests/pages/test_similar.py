"""Similar tickets on a ticket's page."""

import re

import pytest

from tickets.models.ticket import Ticket
from tickets.querysets.similar import distinctive_words
from tickets.tests.factories import AgentFactory, CommentFactory, TicketFactory

TITLE = "Invoice charged twice"


def similar(client, ticket):
    """Return the ids of the listed tickets, in order."""
    page = client.get(f"/tickets/{ticket.pk}/").content.decode()
    _, _, section = page.partition('id="similar-tickets"')
    return [int(pk) for pk in re.findall(r'href="/tickets/(\d+)/"', section)]


@pytest.fixture
def ticket(db):
    return TicketFactory(title=TITLE, description="My card was charged twice in March.")


def test_finished_tickets_come_first_and_the_ticket_itself_is_left_out(agent, ticket):
    active = TicketFactory(title=TITLE)
    resolved = TicketFactory(title="Charged twice", status="resolved")
    TicketFactory(title="Broken door", description="It does not shut.", status="closed")
    assert similar(agent, ticket) == [resolved.pk, active.pk]


def test_the_most_similar_comes_first_whatever_its_age(agent, ticket):
    near = TicketFactory(title=TITLE, description=ticket.description, status="closed")
    far = TicketFactory(title="Charged for an old invoice", status="closed")
    assert similar(agent, ticket)[:2] == [near.pk, far.pk]


def test_three_finished_and_three_active_tickets_are_listed(agent, ticket):
    for status in ("open", "in_progress", "resolved", "closed"):
        TicketFactory.create_batch(3, title=TITLE, status=status)
    listed = Ticket.objects.in_bulk(similar(agent, ticket))
    assert sorted(each.is_finished for each in listed.values()) == [False] * 3 + [True] * 3


def test_without_similar_tickets_there_is_no_section(agent, ticket):
    TicketFactory(title="Broken door", description="It does not shut.", status="closed")
    assert b"Similar tickets" not in agent.get(f"/tickets/{ticket.pk}/").content


def test_a_finished_ticket_shows_the_agents_last_public_reply(agent, ticket):
    resolved = TicketFactory(title=TITLE, status="resolved")
    for body, public, role in (
        ("First answer", True, "agent"),
        ("Last answer <b>&</b>", True, "agent"),
        ("Among us", False, "agent"),
        ("Thank you", True, "requester"),
    ):
        CommentFactory(ticket=resolved, body=body, public=public, author_role=role)
    page = agent.get(f"/tickets/{ticket.pk}/").content.decode()
    assert "Last answer &lt;b&gt;&amp;&lt;/b&gt;" in page
    for body in ("First answer", "Among us", "Thank you"):
        assert body not in page


def test_an_active_ticket_shows_no_reply(agent, ticket):
    CommentFactory(ticket=TicketFactory(title=TITLE), body="Not the end", public=True)
    assert b"Not the end" not in agent.get(f"/tickets/{ticket.pk}/").content


def test_queries_do_not_grow_with_similar_tickets(agent, ticket, django_assert_max_num_queries):
    for other in TicketFactory.create_batch(5, title=TITLE, status="closed"):
        CommentFactory(ticket=other, public=True, author=AgentFactory())
    with django_assert_max_num_queries(30):
        assert len(similar(agent, ticket)) == 3


@pytest.mark.parametrize(
    "text", ["' OR 1=1 --", "%s {} \\", "a:* & !b", "\ud83d" * 5, "x" * 20_000]
)
def test_any_text_is_accepted(ticket, text):
    Ticket.objects.similar_to(text.encode("utf-8", "ignore").decode(), 3)


def test_one_common_word_is_not_enough(agent, ticket):
    TicketFactory.create_batch(20, title="Door", description="Broken since March.", status="closed")
    assert similar(agent, ticket) == []


def test_two_words_of_a_long_text_are_not_enough(agent, ticket):
    """Long texts share a few words with every other text."""
    long_text = " ".join(f"Matter{n} of another kind." for n in range(60))
    TicketFactory(title="Long", description=f"{long_text} Invoice. March.", status="closed")
    TicketFactory.create_batch(10, title="Door", description="It does not shut.")
    near = TicketFactory(title="Invoice of March", description="Where is it?", status="closed")
    assert similar(agent, ticket) == [near.pk]


def test_common_words_are_not_distinctive():
    assert distinctive_words("I do not see it on my VPN, the VPN is down!") == ["vpn", "down"]


def test_the_number_of_distinctive_words_is_limited():
    distinctive = distinctive_words(" ".join(f"word{n:05}" for n in range(5000)) + " refund refund")
    assert len(distinctive) == 24
    assert distinctive[0] == "refund"
