"""Similar tickets on a ticket's page."""

import re

import pytest

from tickets.models.ticket import Ticket
from tickets.models.triage import TicketMatch
from tickets.querysets.similar import distinctive_words
from tickets.services.triage.assessment import encode_ticket
from tickets.tests.factories import AgentFactory, CommentFactory, TicketFactory

TITLE = "Invoice charged twice"


def part(client, ticket):
    """Return what the ticket's page loads after it was shown."""
    path = f"/tickets/{ticket.pk}/similar/"
    assert f'hx-get="{path}"' in client.get(f"/tickets/{ticket.pk}/").content.decode()
    return client.get(path, headers={"HX-Request": "true"}).content.decode()


def similar(client, ticket):
    """Return the ids of the listed tickets, in order."""
    section = part(client, ticket)
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


def test_both_kinds_are_found_by_one_statement(ticket, django_assert_num_queries):
    finished = TicketFactory(title=TITLE, status="closed")
    active = TicketFactory(title=TITLE)
    with django_assert_num_queries(1):
        near = Ticket.objects.sharing_words(TITLE, 3, finished=True, exclude=ticket.pk)
    assert list(near) == [finished.pk, active.pk]


def test_without_similar_tickets_there_is_no_section(agent, ticket):
    TicketFactory(title="Broken door", description="It does not shut.", status="closed")
    assert "Similar tickets" not in part(agent, ticket)


def test_without_scripts_a_link_leads_to_a_page(agent, ticket):
    other = TicketFactory(title=TITLE)
    path = f"/tickets/{ticket.pk}/similar/"
    page = agent.get(f"/tickets/{ticket.pk}/").content.decode()
    assert f'<noscript><a href="{path}">Similar tickets</a></noscript>' in page
    page = agent.get(path).content.decode()
    assert "<h1>Similar to" in page
    assert f'href="/tickets/{other.pk}/"' in page
    other.delete()
    assert "No ticket is similar" in agent.get(path).content.decode()


def test_a_finished_ticket_shows_the_agents_last_public_reply(agent, ticket):
    resolved = TicketFactory(title=TITLE, status="resolved")
    for body, public, role in (
        ("First answer", True, "agent"),
        ("Last answer <b>&</b>", True, "agent"),
        ("Among us", False, "agent"),
        ("Thank you", True, "requester"),
    ):
        CommentFactory(ticket=resolved, body=body, public=public, author_role=role)
    page = part(agent, ticket)
    assert "Last answer &lt;b&gt;&amp;&lt;/b&gt;" in page
    for body in ("First answer", "Among us", "Thank you"):
        assert body not in page


def test_an_active_ticket_shows_no_reply(agent, ticket):
    CommentFactory(ticket=TicketFactory(title=TITLE), body="Not the end", public=True)
    assert "Not the end" not in part(agent, ticket)


def test_queries_do_not_grow_with_similar_tickets(agent, ticket, django_assert_max_num_queries):
    for other in TicketFactory.create_batch(5, title=TITLE, status="closed"):
        CommentFactory(ticket=other, public=True, author=AgentFactory())
    with django_assert_max_num_queries(9):  # session, user, groups, ticket, and five
        agent.get(f"/tickets/{ticket.pk}/similar/")
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


# --- by meaning -------------------------------------------------------------------------


def matched(**values):
    """Create a ticket that the job has read."""
    ticket = TicketFactory(**values)
    encode_ticket(ticket.pk, ticket.text_digest())
    return ticket


@pytest.fixture
def german(db):
    return matched(
        title="Rechnung doppelt", description="Meine Karte wurde im März zweimal belastet."
    )


@pytest.fixture
def english(german):
    return matched(title=TITLE, description="My card was charged twice in March.")


def test_a_ticket_in_another_language_is_listed(agent, german, english):
    assert similar(agent, english) == [german.pk]
    assert similar(agent, german) == [english.pk]


def test_its_answer_can_be_used(agent, german):
    Ticket.objects.filter(pk=german.pk).update(status="resolved")
    CommentFactory(ticket=german, body="Der Betrag ist erstattet.", public=True)
    ticket = matched(title=TITLE, description="My card was charged twice in March.")
    assert "Der Betrag ist erstattet." in part(agent, ticket)


def test_matched_tickets_take_fewer_queries(agent, english, django_assert_max_num_queries):
    with django_assert_max_num_queries(7):
        agent.get(f"/tickets/{english.pk}/similar/")
    assert len(similar(agent, english)) == 1


def notice(client, ticket):
    """Return the ticket that the page names as possibly the same, or None."""
    page = client.get(f"/tickets/{ticket.pk}/").content.decode()
    named = re.search(
        r'id="possibly-same"[^>]*>\s*<p>Possibly the same as <a href="[^"]+">#(\d+)', page
    )
    return int(named[1]) if named else None


def row(client, ticket):
    """Return the ticket's row in the list."""
    page = client.get("/tickets/?sort=newest").content.decode()
    return page.partition(f'id="row-{ticket.pk}"')[2].partition("</tr>")[0]


def test_what_is_possibly_the_same_is_named_on_both_tickets_and_in_the_list(agent, ticket):
    first = matched(title=TITLE, description=ticket.description)
    second = matched(title=TITLE, description=ticket.description)
    assert notice(agent, second) == first.pk
    assert notice(agent, first) == second.pk
    assert f"possibly the same as #{first.pk}" in row(agent, second)
    assert f"possibly the same as #{second.pk}" in row(agent, first)
    assert f"/tickets/{second.pk}/merge/?into={first.pk}" in (
        agent.get(f"/tickets/{second.pk}/").content.decode()
    )


def test_tickets_of_different_requesters_are_linked_and_not_merged(agent, ticket):
    texts = {"title": TITLE, "description": ticket.description}
    first = matched(**texts, requester_email="ada@example.org")
    second = matched(**texts, requester_email="kim@example.org")
    page = agent.get(f"/tickets/{second.pk}/").content.decode()
    assert f"/merge/?into={first.pk}" not in page
    assert f"Link to #{first.pk}" in page
    agent.post(f"/tickets/{second.pk}/link-to/", {"into": first.pk})
    assert notice(agent, second) == first.pk
    assert f"Link to #{first.pk}" not in agent.get(f"/tickets/{second.pk}/").content.decode()


def test_similar_is_not_the_same(agent, german, english):
    TicketMatch.objects.update(possibly_same=False)
    assert notice(agent, english) is None
    assert "possibly the same" not in row(agent, english)


def test_a_finished_ticket_does_not_ask_for_it(agent, ticket):
    matched(title=TITLE, description=ticket.description)
    second = matched(title=TITLE, description=ticket.description)
    Ticket.objects.filter(pk=second.pk).update(status="closed")
    assert notice(agent, second) is None
    assert "possibly the same" not in row(agent, second)


def test_requesters_see_nothing_of_it(visitor, ticket):
    matched(title=TITLE, description=ticket.description, requester_email="kim@example.org")
    second = matched(title=TITLE, description=ticket.description, requester_email="kim@example.org")
    page = visitor.get(second.private_link_path(), follow=True).content.decode()
    assert TITLE in page
    assert "ossibly the same" not in page
