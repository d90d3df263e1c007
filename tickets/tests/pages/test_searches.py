"""The list while somebody searches: how far it came, going on, and the order by relevance."""

import html
import json
import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from tickets.tests.factories import TicketFactory
from tickets.tests.searches import fill

HTMX = {"HX-Request": "true", "HX-Target": "results"}


def link(page, name):
    """Return the address that the link with this id leads to; None without the link."""
    matches = re.search(rf'<a [^>]*id="{name}"[^>]*href="([^"]+)"', page)
    return matches and html.unescape(matches[1])


@pytest.fixture
def old(db):
    """A ticket that is older than one search reads back."""
    ticket = TicketFactory(title="Quiet", created_at=timezone.now() - timedelta(days=2000))
    fill(21_000)
    return ticket


def test_an_empty_page_says_how_far_the_search_came_and_goes_on(agent, old):
    page = agent.get("/tickets/?search=-filler").content.decode()
    assert "No match yet" in page
    assert re.search(r"Searched back to \d+ [A-Z][a-z]+ 20\d\d\.", page)
    assert "Search older tickets" in page
    assert "No matching tickets" not in page
    assert old.title in agent.get(link(page, "further"), headers=HTMX).content.decode()


def test_the_browser_goes_on_by_itself_for_a_few_pages_only(agent, old):
    def page(step):
        headers = HTMX | ({"Search-Step": str(step)} if step else {})
        return agent.get("/tickets/?search=-filler", headers=headers).content.decode()

    assert '{"Search-Step": "1"}' in page(None)
    assert '{"Search-Step": "5"}' in page(4)
    assert "Search-Step" not in page(5)
    assert link(page(5), "further")


def test_a_short_page_says_how_far_the_search_came(agent, old):
    TicketFactory(title="Recent")
    page = agent.get("/tickets/?search=-filler").content.decode()
    assert "Recent" in page
    assert "Searched back to" in page
    assert link(page, "older")
    oldest_first = agent.get("/tickets/?search=-filler&sort=oldest").content.decode()
    assert old.title in oldest_first
    assert "Searched up to" in oldest_first
    assert "Search newer tickets" in oldest_first


def test_pages_that_the_browser_reads_by_itself_are_no_steps_back(agent, old):
    address = "/tickets/?search=-filler"
    first = agent.get(address, headers=HTMX)
    by_itself = agent.get(address, headers=HTMX | {"Search-Step": "1"})
    assert "HX-Push-Url" in first
    assert "HX-Replace-Url" in by_itself


def test_a_whole_search_says_nothing_of_the_kind(agent):
    TicketFactory(title="Telex")
    page = agent.get("/tickets/?search=telex").content.decode()
    assert "Searched" not in page
    assert "No matching tickets" in agent.get("/tickets/?search=missing").content.decode()


def test_only_a_search_for_words_offers_relevance(agent):
    offer = '<option value="relevance"'
    assert offer in agent.get("/tickets/?search=telex").content.decode()
    for query in ("sort=newest", "search=-telex", "search=status:open"):
        assert offer not in agent.get(f"/tickets/?{query}").content.decode()


def test_relevance_without_a_search_is_the_usual_order(agent):
    TicketFactory(title="Telex")
    page = agent.get("/tickets/?sort=relevance&search=").content.decode()
    assert '<option value="newest" selected>' in page


def test_the_neighbours_of_a_ticket_follow_the_relevance(agent):
    now = timezone.now()
    aside = TicketFactory(title="Aside", description="A telex.", created_at=now)
    best = TicketFactory(title="Telex", created_at=now - timedelta(days=9))
    query = urlencode({"list": "search=telex&sort=relevance"})
    page = agent.get(f"/tickets/{best.pk}/?{query}").content.decode()
    assert f"/tickets/{aside.pk}/?list=" in page
    assert agent.get(f"/tickets/{TicketFactory().pk}/?{query}").status_code == 200


def test_a_bulk_change_goes_on_where_the_search_stopped(agent, old):
    data = {"matching": "search=-filler", "status": "closed"}
    steps = []
    while True:
        response = agent.post("/tickets/bulk/", data, headers=HTMX)
        events = json.loads(response.headers["HX-Trigger"])
        steps.append("toast" in events)
        if "bulk-continues" not in events:
            break
        data["below"] = events["bulk-continues"]["below"]
    assert len(steps) > 1
    assert steps == [False] * (len(steps) - 1) + [True]  # only what has changed is news
    old.refresh_from_db()
    assert old.status == "closed"
