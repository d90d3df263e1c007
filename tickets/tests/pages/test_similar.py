"""Similar tickets on a ticket's page."""

import re

import pytest

from tickets.models.ticket import Ticket
from tickets.querysets.similar import words_compared
from tickets.tests.factories import AgentFactory, CommentFactory, TicketFactory

TITLE = "Invoice charged twice"


def similar(client, ticket):
    """The numbers of the tickets that are offered, in order."""
    page = client.get(f"/tickets/{ticket.pk}/").content.decode()
    part = page.split('id="similar-tickets"')[1:]
    return [int(pk) for pk in re.findall(r'href="/tickets/(\d+)/"', part[0])] if part else []


@pytest.fixture
def ticket(db):
    return TicketFactory(title=TITLE, description="My card was charged twice in March.")


def test_solved_ones_come_first_and_the_ticket_itself_never(agent, ticket):
    unfinished = TicketFactory(title=TITLE)
    solved = TicketFactory(title="Charged twice", status="resolved")
    TicketFactory(title="Broken door", description="It does not shut.", status="closed")
    assert similar(agent, ticket) == [solved.pk, unfinished.pk]


def test_the_nearest_comes_first_however_old(agent, ticket):
    near = TicketFactory(title=TITLE, description=ticket.description, status="closed")
    far = TicketFactory(title="Charged for an old invoice", status="closed")
    assert similar(agent, ticket)[:2] == [near.pk, far.pk]


def test_three_of_each_are_shown(agent, ticket):
    for status in ("open", "in_progress", "resolved", "closed"):
        TicketFactory.create_batch(3, title=TITLE, status=status)
    shown = Ticket.objects.in_bulk(similar(agent, ticket))
    assert sorted(other.is_finished for other in shown.values()) == [False] * 3 + [True] * 3


def test_no_place_is_taken_where_nothing_is_similar(agent, ticket):
    TicketFactory(title="Broken door", description="It does not shut.", status="closed")
    assert b"Similar tickets" not in agent.get(f"/tickets/{ticket.pk}/").content


def test_the_last_public_reply_of_an_agent_is_at_hand(agent, ticket):
    solved = TicketFactory(title=TITLE, status="resolved")
    for words, public, role in (
        ("First answer", True, "agent"),
        ("Last answer <b>&</b>", True, "agent"),
        ("Among us", False, "agent"),
        ("Thank you", True, "requester"),
    ):
        CommentFactory(ticket=solved, body=words, public=public, author_role=role)
    page = agent.get(f"/tickets/{ticket.pk}/").content.decode()
    assert "Last answer &lt;b&gt;&amp;&lt;/b&gt;" in page
    for words in ("First answer", "Among us", "Thank you"):
        assert words not in page


def test_an_unfinished_ticket_shows_no_reply(agent, ticket):
    CommentFactory(ticket=TicketFactory(title=TITLE), body="Not the end", public=True)
    assert b"Not the end" not in agent.get(f"/tickets/{ticket.pk}/").content


def test_its_queries_do_not_grow(agent, ticket, django_assert_max_num_queries):
    for other in TicketFactory.create_batch(5, title=TITLE, status="closed"):
        CommentFactory(ticket=other, public=True, author=AgentFactory())
    with django_assert_max_num_queries(20):
        assert len(similar(agent, ticket)) == 3


@pytest.mark.parametrize(
    "text", ["' OR 1=1 --", "%s {} \\", "a:* & !b", "\ud83d" * 5, "x" * 20_000]
)
def test_no_text_breaks_it(ticket, text):
    Ticket.objects.similar_to(text.encode("utf-8", "ignore").decode(), 3)


def test_a_chance_word_in_common_makes_nothing_similar(agent, ticket):
    TicketFactory.create_batch(20, title="Door", description="Broken since March.", status="closed")
    assert similar(agent, ticket) == []


def test_two_words_of_a_long_text_are_chance_as_well(agent, ticket):
    """Whoever writes a lot shares a few words with everybody."""
    much = " ".join(f"Matter{n} of another kind." for n in range(60))
    TicketFactory(title="Long", description=f"{much} Invoice. March.", status="closed")
    TicketFactory.create_batch(10, title="Door", description="It does not shut.")
    near = TicketFactory(title="Invoice of March", description="Where is it?", status="closed")
    assert similar(agent, ticket) == [near.pk]


def test_words_that_say_little_are_left_out():
    assert words_compared("I do not see it on my VPN, the VPN is down!") == ["vpn", "down"]


def test_many_words_cost_no_more():
    words = words_compared(" ".join(f"word{n:05}" for n in range(5000)) + " refund refund")
    assert len(words) == 24
    assert words[0] == "refund"
