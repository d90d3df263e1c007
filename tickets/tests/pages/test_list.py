"""The agents' list."""

import html
import json
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from tickets.access.actors import user_actor
from tickets.models.ticket import Comment, Ticket
from tickets.models.workplace import TicketRead
from tickets.pages.views import ticket_list
from tickets.pages.views.ticket_list import PAGE_SIZE
from tickets.querysets.cursors import ORDERS
from tickets.services.comments import add_comment, add_reply
from tickets.services.tickets import update_ticket
from tickets.tests.factories import AgentFactory, CommentFactory, TicketFactory
from tickets.vocabulary import MAX_SEARCH_CHARS, Sort

HTMX = {"HX-Request": "true"}


def listed_ids(response):
    return re.findall(r'<tr id="row-(\d+)"', response.content.decode())


def ids(*tickets):
    return [str(ticket.pk) for ticket in tickets]


def text(response):
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())))


def test_the_bare_address_shows_what_waits_for_us_the_longest_wait_first(agent):
    now = timezone.now()
    short, long = (TicketFactory(created_at=now - timedelta(hours=hours)) for hours in (1, 2))
    TicketFactory(waiting_since=None)
    TicketFactory(status="closed")
    TicketFactory(snoozed_until=now + timedelta(hours=1))
    woken = TicketFactory(snoozed_until=now - timedelta(hours=1))
    response = agent.get("/tickets/")
    assert response.url == "/tickets/?waiting_for=us&snoozed=false&sort=longest_waiting"
    assert listed_ids(agent.get(response.url)) == ids(long, short, woken)


def test_other_states_of_the_list_need_no_redirect(agent):
    for query in ("sort=newest", "status=closed", "cursor="):
        assert agent.get(f"/tickets/?{query}").status_code == 200


SORTED = ["newest", "oldest", "longest_waiting", "last_activity", "priority", "urgency"]


@pytest.fixture
def sortable(db):
    """Tickets by the order in which each comes first."""
    now = timezone.now()

    def ticket(hours, **values):
        created_at = now - timedelta(hours=hours)
        return TicketFactory(created_at=created_at, **{"waiting_since": None, **values})

    return {
        "last_activity": ticket(5, last_activity_at=now),
        "longest_waiting": ticket(4, waiting_since=now - timedelta(hours=4)),
        "priority": ticket(3, priority="critical"),
        "urgency": ticket(2, urgency_score=99),
        "oldest": ticket(6),
        "newest": ticket(1),
    }


@pytest.mark.parametrize("sort", SORTED)
def test_it_sorts_by_the_address(agent, sortable, sort):
    response = agent.get(f"/tickets/?sort={sort}")
    assert listed_ids(response)[0] == str(sortable[sort].pk)
    assert f'<option value="{sort}" selected>' in response.content.decode()


@pytest.mark.parametrize("sort", SORTED)
def test_each_order_has_its_pages(agent, sort, sortable, monkeypatch):
    monkeypatch.setattr(ticket_list, "PAGE_SIZE", 4)
    first = agent.get(f"/tickets/?sort={sort}")
    second = agent.get(link(first, "older"))
    both = [*listed_ids(first), *listed_ids(second)]
    assert both == [str(row.pk) for row in Ticket.objects.in_order(ORDERS[Sort(sort)])]
    assert link(second, "older") is None
    assert listed_ids(agent.get(link(second, "newer"))) == listed_ids(first)


def test_links_and_tabs_keep_the_order(agent, ticket):
    page = agent.get("/tickets/?sort=urgency&search=fire&category=general").content.decode()
    assert 'id="tab-open" href="/tickets/?status=open&amp;search=fire' in page
    assert page.count("sort=urgency") > 5
    assert "sort=newest" not in page.replace('href="/tickets/?sort=newest"', "")


def test_the_order_cannot_be_another_word(agent):
    response = agent.get("/tickets/?sort=random")
    assert response.status_code == 400
    assert "sort" in text(response)


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ("waiting_for=us", "Waiting for us"),
        ("waiting_for=us,requester", "Waiting for us or them"),
        ("snoozed=true&status=open", "Snoozed"),
        ("snoozed=false", "Not snoozed"),
        ("unread=true", "Unread by me"),
    ],
)
def test_filters_without_a_control_are_named_and_stay(agent, ticket, query, hint):
    response = agent.get(f"/tickets/?{query}&category=general")
    assert hint in text(response)
    name, value = query.split("&")[0].split("=")
    field = f'<input type="hidden" name="{name}" value="{value}" form="filters">'
    assert field in response.content.decode()


def test_an_answered_desk_says_so(agent, ticket):
    Ticket.objects.update(waiting_since=None)
    page = text(agent.get("/tickets/", follow=True))
    assert "Nothing waits for us" in page
    assert "No tickets yet" not in page


def test_an_empty_desk_says_so_in_every_view(agent):
    for query in ("", "assignee=me", "snoozed=true", "sort=newest"):
        assert "No tickets yet" in text(agent.get(f"/tickets/?{query}", follow=True))


# --- rows ---


def row_text(response, ticket):
    row = re.search(rf'<tr id="row-{ticket.pk}".*?</tr>', response.content.decode(), re.S)[0]
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)))


def test_a_row_tells_whether_something_is_new_to_the_reader(agent, agent_user, ticket):
    page = agent.get("/tickets/?sort=newest")
    assert f"{ticket.title} (unread)" in row_text(page, ticket)
    assert 'class="new"' in page.content.decode()
    TicketRead.objects.mark_read(ticket, agent_user)
    page = agent.get("/tickets/?sort=newest")
    assert "unread" not in row_text(page, ticket)
    assert 'class="new"' not in page.content.decode()
    add_reply(ticket, {"body": "It still smokes."})
    assert "unread" in row_text(agent.get("/tickets/?sort=newest"), ticket)


def test_a_row_tells_who_wrote_last_and_when(agent, agent_user, ticket):
    def last():
        return row_text(agent.get("/tickets/?sort=newest"), ticket)

    maria = user_actor(AgentFactory(username="maria"))
    assert "· Requester wrote just now" in last()
    add_comment(ticket, {"body": "Which tray?", "public": True}, maria)
    assert "· maria replied just now" in last()
    add_comment(ticket, {"body": "The upper one.", "public": False}, user_actor(agent_user))
    assert "· You noted just now" in last()
    Comment.objects.update(created_at=timezone.now() - timedelta(hours=3))
    add_reply(ticket, {"body": "The lower one."})
    assert "· Requester wrote just now" in last()
    CommentFactory(ticket=ticket, author=None, public=True)
    assert "· An agent replied just now" in last()


def test_a_row_tells_how_long_it_has_waited_or_how_old_it_is(agent):
    now = timezone.now()
    waiting = TicketFactory(
        created_at=now - timedelta(days=3), waiting_since=now - timedelta(hours=2)
    )
    answered = TicketFactory(created_at=now - timedelta(days=3), waiting_since=None)
    page = agent.get("/tickets/?sort=newest")
    assert row_text(page, waiting).endswith("waiting 2 h ")
    assert row_text(page, answered).endswith(" 3 d ago ")
    assert 'title="since ' in page.content.decode()


def test_a_snoozed_row_is_marked(agent):
    until = datetime.now(UTC) + timedelta(days=1)
    ticket = TicketFactory(snoozed_until=until)
    page = agent.get("/tickets/?snoozed=true")
    assert row_text(page, ticket).endswith("Snoozed ")
    assert f"Snoozed until {until:%-d %B %Y, %H:%M} UTC" in page.content.decode()


def test_a_title_that_may_be_cut_has_a_tooltip(agent):
    TicketFactory(title='The "long" title of a ticket about the printer')
    TicketFactory(title="Short")
    page = agent.get("/tickets/?sort=newest").content.decode()
    assert 'title="The &quot;long&quot; title of a ticket about the printer">' in page
    assert 'title="Short"' not in page


def test_the_newest_ticket_comes_first(agent):
    old, new = TicketFactory(), TicketFactory()
    assert listed_ids(agent.get("/tickets/?sort=newest")) == ids(new, old)


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
def test_it_filters_by_the_address(agent, query, values):
    TicketFactory()
    matching = TicketFactory(**values)
    assert listed_ids(agent.get(f"/tickets/?{query}")) == ids(matching)


def test_it_filters_by_assignee(agent):
    unassigned, assigned = TicketFactory(), TicketFactory(assignee=AgentFactory(username="hanna"))
    assert listed_ids(agent.get("/tickets/?assignee=hanna")) == ids(assigned)
    assert listed_ids(agent.get("/tickets/?assignee=none")) == ids(unassigned)


def test_tabs_count_tickets_within_the_other_filters(agent):
    TicketFactory.create_batch(2, category="billing")
    TicketFactory(category="billing", status="closed")
    TicketFactory(category="account")
    page = agent.get("/tickets/?category=billing&status=closed").content.decode()
    tabs = dict(re.findall(r'id="count-(\w+)"[^>]*>(\d+)<', page, re.S))
    assert tabs == {"all": "3", "open": "2", "in_progress": "0", "resolved": "0", "closed": "1"}


def test_tabs_keep_the_filters_and_start_at_the_first_page(agent):
    page = agent.get("/tickets/?category=billing&search=a+b").content.decode()
    link = html.unescape(re.search(r'id="tab-open" href="([^"]+)"', page)[1])
    assert parse_qs(urlsplit(link).query) == {
        "status": ["open"],
        "search": ["a b"],
        "category": ["billing"],
    }


def test_the_form_shows_the_filters(agent):
    AgentFactory(username="hanna")
    page = agent.get("/tickets/?search=%22a%26b%22&priority=high&assignee=hanna").content.decode()
    assert 'value="&quot;a&amp;b&quot;"' in page
    assert '<option value="high" selected>' in page
    assert '<option value="hanna" selected>' in page


def test_the_form_keeps_several_values_of_a_filter(agent):
    page = agent.get("/tickets/?priority=high,critical").content.decode()
    assert '<option value="high,critical" selected>' in page


def link(response, name):
    match = re.search(rf'id="{name}"[^>]* href="([^"]+)"', response.content.decode())
    return match and html.unescape(match[1])


def test_paging_forward_and_back(agent):
    now = timezone.now()
    tickets = [TicketFactory(created_at=now - timedelta(hours=n)) for n in range(PAGE_SIZE + 1)]
    first = agent.get("/tickets/?status=open")
    assert listed_ids(first) == ids(*tickets[:PAGE_SIZE])
    assert link(first, "newer") is None
    TicketFactory()
    second = agent.get(link(first, "older"))
    assert listed_ids(second) == ids(tickets[PAGE_SIZE])
    assert link(second, "older") is None
    assert listed_ids(agent.get(link(second, "newer")))[-1:] == ids(tickets[PAGE_SIZE - 1])


def data(response, name):
    return html.unescape(re.search(rf'data-{name}="([^"]*)"', response.content.decode())[1])


def test_a_list_as_it_was_read_leaves_out_newer_tickets(agent, ticket):
    seen = data(agent.get("/tickets/?sort=newest"), "newest")
    late = TicketFactory()
    again = agent.get("/tickets/", {"seen": seen}, headers=HTMX)
    assert listed_ids(again) == ids(ticket)
    assert data(again, "newest") == seen
    assert "seen" not in again["HX-Push-Url"]
    assert listed_ids(agent.get("/tickets/?sort=newest")) == ids(late, ticket)


def test_an_empty_list_as_it_was_read_stays_empty(agent):
    seen = data(agent.get("/tickets/?sort=newest"), "newest")
    TicketFactory()
    assert listed_ids(agent.get("/tickets/", {"seen": seen}, headers=HTMX)) == []


def test_htmx_can_fetch_the_counts_without_rows(agent):
    TicketFactory(category="billing")
    TicketFactory(category="billing", status="closed")
    TicketFactory()
    headers = HTMX | {"HX-Target": "tabs"}
    response = agent.get("/tickets/?category=billing&status=closed", headers=headers)
    assert listed_ids(response) == []
    tabs = dict(re.findall(r'id="count-(\w+)"[^>]*>(\d+)<', response.content.decode(), re.S))
    assert (tabs["all"], tabs["open"], tabs["closed"]) == ("2", "1", "1")
    assert 'hx-swap-oob="innerHTML:#result-count">1 ticket' in response.content.decode()


def test_a_row_has_no_controls_but_its_box(agent):
    AgentFactory(username="zoe")
    ticket = TicketFactory(assignee=AgentFactory(username="hanna"))
    page = agent.get("/tickets/?sort=newest").content.decode()
    row = re.search(rf'<tr id="row-{ticket.pk}".*?</tr>', page, re.S)[0]
    [control] = re.findall(r"<(?:input|select|button|form)[^>]*", row)
    assert f'id="pick-{ticket.pk}"' in control
    assert '<span class="name">hanna</span>' in row
    assert "zoe" not in row


def test_the_export_link_has_the_filters(agent, ticket):
    page = agent.get("/tickets/?status=open&search=fire").content.decode()
    assert 'action="/tickets/export.csv"' in page
    menu = page.partition('action="/tickets/export.csv"')[2]
    assert '<input type="hidden" name="status" value="open">' in menu
    assert '<input type="hidden" name="search" value="fire">' in menu


def test_the_mine_filter_needs_an_account(agent, open_mode, visitor):
    assert b'<option value="me">Assigned to me' in agent.get("/tickets/?sort=newest").content
    assert b'<option value="me">Assigned to me' not in visitor.get("/tickets/?sort=newest").content


@pytest.mark.parametrize("query", ["status=lost", "search=%00", "assignee=gone"])
def test_htmx_gets_a_toast_for_an_invalid_filter(agent, query):
    response = agent.get(f"/tickets/?{query}", headers=HTMX)
    assert response.status_code == 204
    assert json.loads(response["HX-Trigger"])["toast"]["message"]
    assert agent.get(f"/tickets/?{query}").status_code == 400


def test_a_search_with_many_results_is_counted_up_to_a_limit(agent, monkeypatch):
    monkeypatch.setattr(ticket_list, "MAX_COUNTED", 3)
    TicketFactory(title="Scanner", description="No paper.")
    TicketFactory.create_batch(4, title="Printer")
    page = agent.get("/tickets/?search=printer").content.decode()
    assert "3+ tickets" in page
    assert 'All <span class="count" id="count-all">3+</span>' in page
    page = agent.get("/tickets/?search=scanner").content.decode()
    assert "1 ticket" in page
    assert "+</span>" not in page
    assert "3+ tickets" in agent.get("/tickets/?created_after=2020-01-01").content.decode()
    # The database keeps these counts.
    assert "5 tickets" in agent.get("/tickets/?sort=newest").content.decode()
    assert "5 tickets" in agent.get("/tickets/?priority=medium").content.decode()


def test_htmx_gets_only_the_results(agent, ticket):
    response = agent.get("/tickets/?search=&status=open&category=", headers=HTMX)
    assert listed_ids(response) == ids(ticket)
    assert b"<html" not in response.content
    assert response["HX-Push-Url"] == "/tickets/?status=open"
    assert "HX-Request" in response["Vary"]


def test_the_same_list_again_replaces_the_address(agent, ticket):
    headers = HTMX | {"HX-Current-URL": "http://testserver/tickets/?status=open"}
    response = agent.get("/tickets/?search=&status=open", headers=headers)
    assert response["HX-Replace-Url"] == "/tickets/?status=open"
    assert "HX-Push-Url" not in response
    assert "HX-Push-Url" in agent.get("/tickets/?status=closed", headers=headers)


def test_no_match_differs_from_no_tickets_yet(agent):
    assert "No tickets yet" in text(agent.get("/tickets/?sort=newest"))
    for query in ("search=zebra", "status=open"):
        page = text(agent.get(f"/tickets/?{query}"))
        assert "No matching tickets" in page
        assert "Clear filters" in page


def test_what_the_search_understands_is_said_where_nothing_matches(agent, ticket):
    nothing = text(agent.get("/tickets/?search=zebra"))
    assert nothing.count("You can use: Words or their beginnings") == 1
    # The box itself says no more than its examples: a screen reader reads a title at each visit.
    assert "Words or their beginnings" not in text(agent.get("/tickets/?sort=newest"))


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("status=lost", "status"),
        ("category=billing,nonsense", "category"),
        ("assignee=nobody-of-this-name", "assignee"),
        ("cursor=forged", "cursor"),
        ("seen=forged", "seen"),
        ("created_after=2026-02-30", "created_after"),
        (f"search={'x' * (MAX_SEARCH_CHARS + 1)}", "search"),
        ("search=%00", "search"),
    ],
)
def test_an_invalid_address_names_the_field_and_links_back(agent, query, field):
    response = agent.get(f"/tickets/?{query}")
    assert response.status_code == 400
    assert field in text(response)
    assert b'href="/tickets/"' in response.content


@pytest.mark.parametrize("search", ["%", "_", "'; DROP TABLE", '"open', "-", "\\", "a:*b", "<->"])
def test_any_search_is_accepted(agent, ticket, search):
    assert agent.get("/tickets/", {"search": search}).status_code == 200


def test_queries_do_not_grow_with_the_rows(agent, django_assert_num_queries):
    TicketFactory.create_batch(20, assignee=AgentFactory())
    # Session, user, groups, profile; page, last comments, counts, agents, views.
    with django_assert_num_queries(9):
        agent.get("/tickets/?sort=newest")


def test_markup_is_escaped(agent):
    TicketFactory(title="<script>x</script>", requester_email="a@example.org")
    assert b"<script>x" not in agent.get("/tickets/?sort=newest").content


# --- changing a row in place ---


def change(client, ticket, headers=None, **values):
    data = {"version": ticket.version} | values
    return client.post(f"/tickets/{ticket.pk}/", data, headers=headers)


def row_of(ticket):
    return HTMX | {"HX-Target": f"row-{ticket.pk}"}


def test_a_status_changes_without_scripts(agent, ticket):
    response = change(agent, ticket, status="resolved")
    ticket.refresh_from_db()
    assert ticket.status == "resolved"
    assert response.url == f"/tickets/{ticket.pk}/"
    assert "status is now resolved" in text(agent.get(response.url))


def test_htmx_gets_the_row_and_a_toast(agent, ticket):
    response = change(agent, ticket, row_of(ticket), status="in_progress")
    assert listed_ids(response) == ids(ticket)
    assert b"<html" not in response.content
    assert b"status-in_progress" in response.content
    assert "status is now in progress" in response["HX-Trigger"]


def test_a_row_that_somebody_else_changed_is_not_overwritten(agent, ticket):
    update_ticket(ticket.pk, {"status": "closed"}, user_actor(AgentFactory()))
    response = change(agent, ticket, row_of(ticket), status="in_progress")
    ticket.refresh_from_db()
    assert ticket.status == "closed"
    assert "changed in the meantime" in response["HX-Trigger"]
    assert b"status-closed" in response.content


def test_the_needs_review_filter_stays_while_other_filters_change(agent):
    TicketFactory(category_source="offline", category_confidence=0.2)
    TicketFactory(category_source="human", priority_source="human")
    page = agent.get("/tickets/?needs_review=true").content.decode()
    assert page.count('<tr id="row-') == 1
    assert "Tickets that triage is unsure about" in page
    assert "/tickets/?status=open&amp;needs_review=true" in page
    assert '<input type="hidden" name="needs_review" value="true" form="filters">' in page
    assert agent.get("/tickets/?needs_review=maybe").status_code == 400


def test_a_repeated_filter_value_counts_once(agent):
    TicketFactory()
    page = agent.get("/tickets/?status=open,open").content.decode()
    assert "1 ticket<" in page or re.search(r">\s*1 ticket\s*<", page)
