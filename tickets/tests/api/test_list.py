"""GET /api/tickets/: filters, search and pages."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from tickets.tests.factories import AgentFactory, TicketFactory, TokenFactory

from .client import TICKETS, Api, assert_problem, one

LINK = re.compile(r'<(http://testserver/[^>]*)>; rel="(\w+)"')


def ids(response):
    assert response.status_code == 200, response.content
    return [ticket["id"] for ticket in response.json()]


def listed(api, **query):
    return ids(api.get(TICKETS, query_params=query))


def links(response):
    """Return the addresses of the neighbouring pages, by relation."""
    return {relation: url for url, relation in LINK.findall(response.headers.get("Link", ""))}


def next_page(api, response):
    return api.get(links(response)["next"])


def test_it_is_an_array_newest_first(agent):
    now = datetime.now(UTC)
    old, new, newest = (
        TicketFactory(created_at=now - timedelta(hours=hours)).pk for hours in (3, 2, 1)
    )
    response = agent.get(TICKETS)
    assert ids(response) == [newest, new, old]
    assert response.json()[0] == agent.get(one(newest)).json()
    assert "Link" not in response


def test_it_is_empty_without_tickets(agent):
    assert agent.get(TICKETS).json() == []


def test_it_works_without_the_trailing_slash_and_by_head(agent, ticket):
    assert listed(agent) == ids(agent.get("/api/tickets")) == [ticket.pk]
    response = agent.head(TICKETS)
    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize(
    ("scopes", "status"), [(["read"], 200), (["write"], 403), (["admin"], 200)]
)
def test_a_token_needs_read(db, scopes, status):
    assert Api(TokenFactory(scopes=scopes).secret).get(TICKETS).status_code == status


@pytest.mark.parametrize(
    ("field", "value", "other"),
    [
        ("category", "billing", "technical"),
        ("priority", "low", "critical"),
        ("status", "in_progress", "closed"),
    ],
)
def test_each_enumeration_filters_by_one_or_several(agent, field, value, other):
    first, second = TicketFactory(**{field: value}), TicketFactory(**{field: other})
    TicketFactory()
    assert listed(agent, **{field: value}) == [first.pk]
    assert listed(agent, **{field: f"{value}, {other}"}) == [second.pk, first.pk]
    assert listed(agent, **{field: [value, other]}) == [second.pk, first.pk]
    assert len(listed(agent, **{field: ""})) == 3


def test_assignees_filter_by_name_and_by_none(agent):
    ada, grace = AgentFactory(), AgentFactory()
    of_ada, of_grace = TicketFactory(assignee=ada), TicketFactory(assignee=grace)
    of_nobody = TicketFactory()
    assert listed(agent, assignee=ada.username) == [of_ada.pk]
    assert listed(agent, assignee="none") == [of_nobody.pk]
    assert listed(agent, assignee=f"{grace.username},none") == [of_nobody.pk, of_grace.pk]


def test_times_filter_from_the_first_to_before_the_last(agent):
    noon = datetime(2026, 3, 29, 12, tzinfo=UTC)
    early, late = TicketFactory(created_at=noon), TicketFactory(created_at=noon + timedelta(1))
    assert listed(agent, created_after="2026-03-29T12:00:00Z") == [late.pk, early.pk]
    assert listed(agent, created_after="2026-03-29T12:00:00.000001Z") == [late.pk]
    assert listed(agent, created_before="2026-03-29T12:00:00Z") == []
    assert listed(agent, created_before="2026-03-30") == [early.pk]
    assert listed(agent, created_after="2026-03-29T14:00:00+02:00") == [late.pk, early.pk]
    # An unescaped + arrives as a space.
    path = f"{TICKETS}?created_after=2026-03-29T14:00:00+02:00&created_before=2026-03-30T00:00:00Z"
    assert ids(agent.get(path)) == [early.pk]


def test_filters_are_combined_with_and(agent):
    both = TicketFactory(category="billing", priority="high", title="Invoice")
    TicketFactory(category="billing", title="Invoice")
    TicketFactory(priority="high", title="Invoice")
    query = {"category": "billing", "priority": "high", "search": "invoice", "status": ""}
    assert listed(agent, **query) == [both.pk]


def test_search_looks_at_title_and_description(agent):
    titled = TicketFactory(title="Where is my invoice?")
    described = TicketFactory(description="The invoice is wrong.")
    TicketFactory()
    assert listed(agent, search="INVOICE") == [described.pk, titled.pk]


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_pages_hold_each_ticket_once_while_tickets_arrive(agent, limit):
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    # Several have the same time, so that the cursor must distinguish them by number.
    made = [TicketFactory(created_at=moment + timedelta(hours=n // 3)).pk for n in range(9)]
    seen, response = [], agent.get(TICKETS, query_params={"limit": limit})
    while True:
        seen += ids(response)
        TicketFactory()
        if "next" not in links(response):
            break
        response = next_page(agent, response)
    assert seen == made[::-1]


def test_the_next_page_keeps_every_filter(agent):
    wanted = [TicketFactory(category="billing", title="Größe & Co = 5%").pk for _ in range(3)]
    TicketFactory(title="Größe & Co = 5%")
    TicketFactory(category="billing")
    query = {"category": "billing", "search": '"Größe & Co" 5%', "limit": 1}
    first = agent.get(TICKETS, query_params=query)
    second = next_page(agent, first)
    third = next_page(agent, second)
    assert ids(first) + ids(second) + ids(third) == wanted[::-1]
    assert "next" not in links(third)
    assert ids(agent.get(links(third)["prev"])) == ids(second)


def test_the_links_lead_there_and_back(agent):
    made = [TicketFactory().pk for _ in range(5)][::-1]
    first = agent.get(TICKETS, query_params={"limit": 2})
    assert list(links(first)) == ["next"]
    second = next_page(agent, first)
    assert list(links(second)) == ["next", "prev"]
    third = next_page(agent, second)
    assert (ids(third), list(links(third))) == (made[4:], ["prev"])
    TicketFactory()
    assert ids(agent.get(links(third)["prev"])) == made[2:4]


def test_a_deleted_row_does_not_disturb_the_pages(agent):
    tickets = [TicketFactory() for _ in range(4)]
    first = agent.get(TICKETS, query_params={"limit": 2})
    tickets[2].delete()  # the row that the cursor names
    assert ids(next_page(agent, first)) == [tickets[1].pk, tickets[0].pk]


def test_a_page_holds_a_hundred_by_default(agent):
    for _ in range(101):
        TicketFactory()
    response = agent.get(TICKETS)
    assert len(response.json()) == 100
    assert len(next_page(agent, response).json()) == 1
    assert len(listed(agent, limit=500)) == 101


@pytest.mark.parametrize("count", [1, 20])
def test_it_takes_two_queries_however_many_tickets(agent, django_assert_num_queries, count):
    for _ in range(count):
        TicketFactory(assignee=AgentFactory())
    agent.get(TICKETS)  # records the use of the token, once a minute
    with django_assert_num_queries(2):  # the token, the tickets
        assert len(listed(agent)) == count


def test_the_token_of_an_account_takes_no_more(ticket, django_assert_num_queries):
    api = Api(TokenFactory(user=AgentFactory(), scopes=["read"]).secret)
    api.get(TICKETS)
    with django_assert_num_queries(2):  # the token with its account's groups, the tickets
        assert listed(api) == [ticket.pk]


def test_open_mode_takes_one(anonymous, ticket, settings, django_assert_num_queries):
    settings.ACCESS_MODE = "open"
    with django_assert_num_queries(1):
        assert listed(anonymous) == [ticket.pk]


def test_anonymous_callers_read_nothing(anonymous, ticket):
    assert_problem(anonymous.get(TICKETS), 401, "authentication_required")


def test_in_the_open_demo_anybody_reads(settings, anonymous, ticket):
    settings.ACCESS_MODE = "open"
    assert listed(anonymous) == [ticket.pk]


def test_me_is_the_tokens_account(db):
    ada = AgentFactory()
    hers = TicketFactory(assignee=ada)
    TicketFactory()
    api = Api(TokenFactory(user=ada, scopes=["read"]).secret)
    assert listed(api, assignee="me") == listed(api, search="assignee:me") == [hers.pk]
    assert len(listed(api, assignee="me,none")) == 2


@pytest.mark.parametrize(
    ("name", "value"), [("assignee", "me"), ("search", "x -assignee:me"), ("assignee", "me,none")]
)
def test_me_without_an_account_is_refused(agent, ticket, name, value):
    problem = agent.get(TICKETS, query_params={name: value})
    assert_problem(problem, 400, "validation_error", name)
    assert "account" in problem.json()["errors"][name][0]
