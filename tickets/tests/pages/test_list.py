"""The agents' list."""

import html
import json
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from tickets.access.actors import user_actor
from tickets.pages.views import ticket_list
from tickets.pages.views.ticket_list import ROWS
from tickets.services import tickets
from tickets.tests.factories import AgentFactory, TicketFactory

HTMX = {"HX-Request": "true"}


def shown(response):
    return re.findall(r'<tr id="row-(\d+)"', response.content.decode())


def ids(*tickets):
    return [str(ticket.pk) for ticket in tickets]


def text(response):
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())))


def test_it_shows_the_newest_first(agent):
    old, new = TicketFactory(), TicketFactory()
    assert shown(agent.get("/tickets/")) == ids(new, old)


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("status=resolved", {"status": "resolved"}),
        ("category=billing", {"category": "billing"}),
        ("priority=critical", {"priority": "critical"}),
        ("sentiment=angry", {"sentiment": "angry"}),
        ("search=refund", {"title": "Where is my refund"}),
        ("category=billing,account", {"category": "account"}),
        ("created_before=2020-01-02", {"created_at": datetime(2020, 1, 1, tzinfo=UTC)}),
    ],
)
def test_it_narrows_by_the_address(agent, query, values):
    TicketFactory()
    wanted = TicketFactory(**values)
    assert shown(agent.get(f"/tickets/?{query}")) == ids(wanted)


def test_it_narrows_by_assignee(agent):
    nobodys, hers = TicketFactory(), TicketFactory(assignee=AgentFactory(username="hanna"))
    assert shown(agent.get("/tickets/?assignee=hanna")) == ids(hers)
    assert shown(agent.get("/tickets/?assignee=none")) == ids(nobodys)


def test_tabs_count_what_the_other_filters_leave(agent):
    TicketFactory.create_batch(2, category="billing")
    TicketFactory(category="billing", status="closed")
    TicketFactory(category="account")
    page = agent.get("/tickets/?category=billing&status=closed").content.decode()
    tabs = dict(re.findall(r'id="tab-(\w+)".*?class="count">(\d+)<', page, re.S))
    assert tabs == {"all": "3", "open": "2", "in_progress": "0", "resolved": "0", "closed": "1"}


def test_tabs_keep_the_filters_and_forget_the_place(agent):
    page = agent.get("/tickets/?category=billing&search=a+b").content.decode()
    link = html.unescape(re.search(r'id="tab-open" href="([^"]+)"', page)[1])
    assert parse_qs(urlsplit(link).query) == {
        "status": ["open"],
        "search": ["a b"],
        "category": ["billing"],
    }


def test_the_filters_stand_in_the_form(agent):
    AgentFactory(username="hanna")
    page = agent.get("/tickets/?search=%22a%26b%22&priority=high&assignee=hanna").content.decode()
    assert 'value="&quot;a&amp;b&quot;"' in page
    assert '<option value="high" selected>' in page
    assert '<option value="hanna" selected>' in page


def test_several_values_of_a_filter_survive_the_form(agent):
    page = agent.get("/tickets/?priority=high,critical").content.decode()
    assert '<option value="high,critical" selected>' in page


def link(response, name):
    found = re.search(rf'id="{name}"[^>]* href="([^"]+)"', response.content.decode())
    return found and html.unescape(found[1])


def test_pages_lead_on_and_back(agent):
    now = timezone.now()
    tickets = [TicketFactory(created_at=now - timedelta(hours=n)) for n in range(ROWS + 1)]
    first = agent.get("/tickets/?status=open")
    assert shown(first) == ids(*tickets[:ROWS])
    assert link(first, "newer") is None
    TicketFactory()
    second = agent.get(link(first, "older"))
    assert shown(second) == ids(tickets[ROWS])
    assert link(second, "older") is None
    assert shown(agent.get(link(second, "newer")))[-1:] == ids(tickets[ROWS - 1])


def data(response, name):
    return html.unescape(re.search(rf'data-{name}="([^"]*)"', response.content.decode())[1])


def test_the_list_as_it_was_seen_leaves_out_what_arrived_since(agent, ticket):
    seen = data(agent.get("/tickets/"), "newest")
    late = TicketFactory()
    again = agent.get("/tickets/", {"seen": seen}, headers=HTMX)
    assert shown(again) == ids(ticket)
    assert data(again, "newest") == seen
    assert "seen" not in again["HX-Push-Url"]
    assert shown(agent.get("/tickets/")) == ids(late, ticket)


def test_an_empty_list_as_it_was_seen_stays_empty(agent):
    seen = data(agent.get("/tickets/"), "newest")
    TicketFactory()
    assert shown(agent.get("/tickets/", {"seen": seen}, headers=HTMX)) == []


def test_the_numbers_alone_come_without_rows(agent):
    TicketFactory(category="billing")
    TicketFactory(category="billing", status="closed")
    TicketFactory()
    headers = HTMX | {"HX-Target": "tabs"}
    response = agent.get("/tickets/?category=billing&status=closed", headers=headers)
    assert shown(response) == []
    tabs = dict(
        re.findall(r'id="tab-(\w+)".*?class="count">(\d+)<', response.content.decode(), re.S)
    )
    assert (tabs["all"], tabs["open"], tabs["closed"]) == ("2", "1", "1")
    assert '<p id="found">1 ticket' in response.content.decode()


def test_a_row_offers_nobody_oneself_and_the_present_assignee(agent, agent_user):
    AgentFactory(username="zoe")
    ticket = TicketFactory(assignee=AgentFactory(username="hanna"))
    page = agent.get("/tickets/").content.decode()
    select = re.search(rf'<select id="assignee-{ticket.pk}".*?</select>', page)[0]
    assert re.findall(r'value="([^"]*)"', select) == ["", "hanna", agent_user.username]
    assert '<option value="hanna" selected>' in select


def test_the_export_carries_the_filters(agent, ticket):
    page = agent.get("/tickets/?status=open&search=fire").content.decode()
    assert 'href="/tickets/export.csv?status=open&amp;search=fire"' in page


def test_own_tickets_are_offered_to_whoever_has_an_account(agent, open_mode, visitor):
    assert b'<option value="me">Mine' in agent.get("/tickets/").content
    assert b'<option value="me">Mine' not in visitor.get("/tickets/").content


@pytest.mark.parametrize("query", ["status=lost", "search=%00", "assignee=gone"])
def test_htmx_is_told_why_a_filter_is_refused(agent, query):
    response = agent.get(f"/tickets/?{query}", headers=HTMX)
    assert response.status_code == 204
    assert json.loads(response["HX-Trigger"])["toast"]["words"]
    assert agent.get(f"/tickets/?{query}").status_code == 400


def test_a_search_that_finds_very_many_is_counted_up_to_a_limit(agent, monkeypatch):
    monkeypatch.setattr(ticket_list, "MOST_COUNTED", 3)
    TicketFactory.create_batch(4, title="Printer")
    TicketFactory(title="Scanner", description="No paper.")
    page = agent.get("/tickets/?search=printer").content.decode()
    assert "3+ tickets" in page
    assert 'All <span class="count">3+</span>' in page
    page = agent.get("/tickets/?search=scanner").content.decode()
    assert "1 ticket" in page
    assert "+</span>" not in page
    assert "5 tickets" in agent.get("/tickets/").content.decode()


def test_htmx_gets_the_results_alone(agent, ticket):
    response = agent.get("/tickets/?search=&status=open&category=", headers=HTMX)
    assert shown(response) == ids(ticket)
    assert b"<html" not in response.content
    assert response["HX-Push-Url"] == "/tickets/?status=open"
    assert "HX-Request" in response["Vary"]


def test_the_same_list_once_more_is_no_step_of_the_way_back(agent, ticket):
    here = HTMX | {"HX-Current-URL": "http://testserver/tickets/?status=open"}
    response = agent.get("/tickets/?search=&status=open", headers=here)
    assert response["HX-Replace-Url"] == "/tickets/?status=open"
    assert "HX-Push-Url" not in response
    assert "HX-Push-Url" in agent.get("/tickets/?status=closed", headers=here)


def test_nothing_matches_differs_from_no_tickets_yet(agent):
    assert "No tickets yet" in text(agent.get("/tickets/"))
    page = text(agent.get("/tickets/?search=zebra"))
    assert "No matching tickets" in page
    assert "Clear filters" in page


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("status=lost", "status"),
        ("category=billing,nonsense", "category"),
        ("assignee=nobody-of-this-name", "assignee"),
        ("cursor=forged", "cursor"),
        ("seen=forged", "seen"),
        ("created_after=2026-02-30", "created_after"),
        (f"search={'x' * 201}", "search"),
        ("search=%00", "search"),
    ],
)
def test_a_bad_address_is_named_and_leads_back(agent, query, named):
    response = agent.get(f"/tickets/?{query}")
    assert response.status_code == 400
    assert named in text(response)
    assert b'href="/tickets/"' in response.content


@pytest.mark.parametrize("search", ["%", "_", "'; DROP TABLE", '"open', "-", "\\", "a:*b", "<->"])
def test_no_search_breaks_it(agent, ticket, search):
    assert agent.get("/tickets/", {"search": search}).status_code == 200


def test_its_queries_do_not_grow_with_the_rows(agent, django_assert_num_queries):
    TicketFactory.create_batch(20, assignee=AgentFactory())
    # Session, user, groups; page, counts, agents, views.
    with django_assert_num_queries(7):
        agent.get("/tickets/")


def test_markup_is_shown_as_text(agent):
    TicketFactory(title="<script>x</script>", requester_email="a@example.org")
    assert b"<script>x" not in agent.get("/tickets/").content


# --- changing a status in place ---


def change(client, ticket, headers=None, **values):
    data = {"version": ticket.version, "next": "/tickets/?status=open"} | values
    return client.post(f"/tickets/{ticket.pk}/", data, headers=headers)


def row_of(ticket):
    return HTMX | {"HX-Target": f"row-{ticket.pk}"}


def test_a_status_changes_without_javascript(agent, ticket):
    response = change(agent, ticket, status="resolved")
    ticket.refresh_from_db()
    assert ticket.status == "resolved"
    assert response.url == "/tickets/?status=open"
    assert "status is now Resolved" in text(agent.get(response.url))


def test_htmx_gets_the_row_and_a_toast(agent, ticket):
    response = change(agent, ticket, row_of(ticket), status="in_progress")
    assert shown(response) == ids(ticket)
    assert b"<html" not in response.content
    assert b'<option value="in_progress" selected>' in response.content
    assert "status is now In progress" in response["HX-Trigger"]


def test_a_row_that_changed_meanwhile_is_shown_and_not_overwritten(agent, ticket):
    tickets.update_ticket(ticket.pk, {"status": "closed"}, user_actor(AgentFactory()))
    response = change(agent, ticket, row_of(ticket), status="in_progress")
    ticket.refresh_from_db()
    assert ticket.status == "closed"
    assert "changed meanwhile" in response["HX-Trigger"]
    assert b'<option value="closed" selected>' in response.content


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example"]
)
def test_it_does_not_lead_elsewhere(agent, ticket, elsewhere):
    response = change(agent, ticket, status="closed", next=elsewhere)
    assert response.url == f"/tickets/{ticket.pk}/"


def test_tickets_that_need_review_stay_chosen_while_other_filters_change(agent):
    TicketFactory(category_source="offline", category_confidence=0.2)
    TicketFactory(category_source="human", priority_source="human")
    page = agent.get("/tickets/?needs_review=true").content.decode()
    assert page.count('<tr id="row-') == 1
    assert "Tickets of which triage is not sure" in page
    assert "/tickets/?status=open&amp;needs_review=true" in page
    assert '<input type="hidden" name="needs_review" value="true" form="filters">' in page
    assert agent.get("/tickets/?needs_review=maybe").status_code == 400


def test_a_value_that_is_named_twice_counts_once(agent):
    TicketFactory()
    page = agent.get("/tickets/?status=open,open").content.decode()
    assert "1 ticket<" in page or re.search(r">\s*1 ticket\s*<", page)
