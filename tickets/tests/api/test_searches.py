"""Lists with a search: pages that reached their bound, and the order by relevance."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from tickets.tests.factories import TicketFactory
from tickets.tests.searches import fill

MORE_THAN_ONE_SEARCH_READS = 21_000


def link(response, relation):
    """Return the address of a neighbouring page; None without one."""
    matches = re.search(rf'<([^>]+)>; rel="{relation}"', response.headers.get("Link", ""))
    return matches and matches[1]


def test_a_search_that_reached_its_bound_leads_on_to_the_end(agent):
    fill(MORE_THAN_ONE_SEARCH_READS)
    old = TicketFactory(created_at=timezone.now() - timedelta(days=2000))
    response = agent.get("/api/tickets/?search=-filler")
    assert (response.status_code, response.json()) == (200, [])
    pages = [response]
    while address := link(pages[-1], "next"):
        pages.append(agent.get(address))
    assert [ticket["id"] for page in pages for ticket in page.json()] == [old.pk]


@pytest.mark.django_db
def test_relevance_ranks_what_a_search_finds(agent):
    aside = TicketFactory(description="The telex is fine.")
    main = TicketFactory(title="Telex", created_at=aside.created_at - timedelta(days=1))
    response = agent.get("/api/tickets/?search=telex&sort=relevance&limit=1")
    assert [ticket["id"] for ticket in response.json()] == [main.pk]
    following = agent.get(link(response, "next"))
    assert [ticket["id"] for ticket in following.json()] == [aside.pk]
    assert agent.get(link(following, "prev")).json() == response.json()


@pytest.mark.parametrize("query", ["", "&search=", "&search=-telex", "&search=status:open"])
def test_relevance_needs_words(agent, query):
    response = agent.get(f"/api/tickets/?sort=relevance{query}")
    assert response.status_code == 400
    assert response.json()["errors"] == {"sort": ["Relevance needs a search for words."]}
