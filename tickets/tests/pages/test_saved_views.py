"""Views of the list: built-in and saved ones."""

import html
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from tickets.models.workplace import SavedView, TicketRead
from tickets.tests.factories import AdminFactory, AgentFactory, TicketFactory
from tickets.vocabulary import MAX_SAVED_VIEWS, MAX_VIEW_NAME_CHARS

from .conftest import signed_in

SAVE = "/tickets/views/"
# A lock or the colleague who shares the view, after its name.
SUFFIX = r'<svg [^>]*><use href="#i-lock"/></svg><span class="unseen">[^<]*</span>| · \w+'


def views(response):
    """Return the views as (name, address, is current), without their owners."""
    page = re.sub(SUFFIX, "", response.content.decode())
    links = re.findall(r'<a href="([^"]*)" aria-current="(page|false)"[^>]*>([^<]*)</a></li>', page)
    return [
        (html.unescape(name), html.unescape(url), current == "page") for url, current, name in links
    ]


def save(client, **values):
    return client.post(SAVE, {"name": "Mine of today", "query": "status=open", **values})


def test_every_desk_has_built_in_views(agent):
    built_in = views(agent.get("/tickets/?sort=newest"))
    names = [
        *("Waiting for us", "Waiting for them", "Unread by me", "Mine", "Unassigned"),
        *("Urgent", "Needs review", "Snoozed", "Spam", "All"),
    ]
    assert [name for name, _, _ in built_in] == names
    assert [name for name, _, current in built_in if current] == ["All"]
    for name, url, _ in built_in:
        page = agent.get(url)
        assert page.status_code == 200
        assert [name for name, _, current in views(page) if current] == [name]


def test_built_in_views_list_the_right_tickets(agent, agent_user):
    decided = {"category_source": "human", "priority_source": "human"}
    urgent_values = {"priority": "critical", "status": "in_progress"}
    mine = TicketFactory(assignee=agent_user, **decided)
    urgent = TicketFactory(assignee=AgentFactory(), **urgent_values, **decided)
    TicketFactory(priority="critical", status="resolved", assignee=AgentFactory())
    undecided = TicketFactory(category_source="offline", category_confidence=0.1)
    expected = {"Mine": mine, "Unassigned": undecided, "Urgent": urgent, "Needs review": undecided}
    for name, url, _ in views(agent.get("/tickets/?sort=newest")):
        if name in expected:
            rows = re.findall(r'<tr id="row-(\d+)"', agent.get(url).content.decode())
            assert rows == [str(expected[name].pk)], name


def listed(client, view):
    [url] = [url for name, url, _ in views(client.get("/tickets/?sort=newest")) if name == view]
    return re.findall(r'<tr id="row-(\d+)"', client.get(url).content.decode())


def test_views_by_whose_turn_it_is(agent, agent_user):
    now = timezone.now()
    waiting = TicketFactory()
    answered = TicketFactory(waiting_since=None)
    snoozed = TicketFactory(snoozed_until=now + timedelta(days=1))
    finished = TicketFactory(status="resolved")
    for ticket in (waiting, answered, finished):
        TicketRead.objects.mark_read(ticket, agent_user)
    assert listed(agent, "Waiting for us") == [str(waiting.pk)]
    assert listed(agent, "Waiting for them") == [str(answered.pk)]
    assert listed(agent, "Snoozed") == listed(agent, "Unread by me") == [str(snoozed.pk)]
    assert len(listed(agent, "All")) == 4


def test_urgent_shows_critical_first(agent):
    critical = TicketFactory(priority="critical")
    high = TicketFactory(priority="high")
    assert listed(agent, "Urgent") == [str(critical.pk), str(high.pk)]


def test_a_view_keeps_its_order(agent):
    response = save(agent, query="sort=longest_waiting&status=open")
    assert SavedView.objects.get().query == "status=open&sort=longest_waiting"
    assert ("Mine of today", response.url, True) in views(agent.get(response.url))
    save(agent, name="Newest", query="status=open&sort=newest&unread=false")
    assert SavedView.objects.get(name="Newest").query == "status=open"


def test_a_view_of_an_earlier_release_without_filters_shows_all_tickets(agent, agent_user):
    SavedView.objects.create(owner=agent_user, name="Everything", query="")
    answered = TicketFactory(waiting_since=None)
    assert listed(agent, "Everything") == [str(answered.pk)]
    [url] = [url for name, url, _ in views(agent.get("/tickets/?sort=newest")) if "thing" in name]
    assert url == "/tickets/?sort=newest"


def test_without_an_account_there_is_no_view_of_ones_own(open_mode, visitor):
    names = [name for name, _, _ in views(visitor.get("/tickets/?sort=newest"))]
    assert not {"Mine", "Unread by me"} & set(names)
    response = visitor.get("/tickets/?assignee=me")
    assert response.status_code == 400
    assert "account" in response.content.decode()
    assert visitor.get("/tickets/", {"search": "assignee:me"}).status_code == 400


def test_a_saved_view_becomes_the_current_one(agent, agent_user):
    response = save(agent, query="?search=a+%22b+c%22&status=open&cursor=x&page=7&category=")
    view = SavedView.objects.get()
    assert (view.owner, view.shared) == (agent_user, False)
    assert view.query == "status=open&search=a+%22b+c%22"
    assert response.url == f"/tickets/?{view.query}"
    page = agent.get(response.url)
    assert ("Mine of today", response.url, True) in views(page)
    assert "View “Mine of today” saved." in page.content.decode()
    assert f"/tickets/views/{view.pk}/delete/" in page.content.decode()


@pytest.mark.parametrize("name", ["All", "mine", "URGENT", "Needs review", "mine of TODAY"])
def test_view_names_are_unique(agent, name):
    save(agent)
    response = save(agent, name=name)
    assert response.status_code == 400
    assert "choose another" in response.content.decode().lower()
    assert SavedView.objects.count() == 1


def test_a_views_owner_is_shown_beside_its_name(agent, agent_user):
    maria = signed_in(AgentFactory(username="maria"))
    save(maria, name="Today", shared="true")
    save(agent, name="Today")
    save(agent, name="Later", shared="true")
    page = agent.get("/tickets/?sort=newest").content.decode()
    labels = re.findall(r'<li><a href="[^"]*status=open" [^>]*>(.*?)</a>', page)
    plain = [re.sub(r"<svg.*?</svg>|</?span[^>]*>", "", label) for label in labels]
    assert sorted(plain) == ["Later", "Today \u00b7 maria", "Today, private"]


def test_the_delete_button_names_the_view(agent):
    page = agent.get(save(agent).url).content.decode()
    assert "Delete \u201c<bdi>Mine of today</bdi>\u201d</span></button>" in page


def test_the_form_holds_the_lists_state(agent):
    page = agent.get("/tickets/?priority=high&search=%22a%26b%22&cursor=").content.decode()
    query = html.unescape(re.search(r'id="view-query" name="query" value="([^"]*)"', page)[1])
    save(agent, query=query)
    assert SavedView.objects.get().query == "search=%22a%26b%22&priority=high"


def test_htmx_updates_the_views(agent):
    save(agent)
    part = agent.get("/tickets/?status=open", headers={"HX-Request": "true"})
    assert [name for name, _, current in views(part) if current] == ["Mine of today"]
    assert 'id="views" aria-label="Views" hx-swap-oob="true"' in part.content.decode()
    assert 'value="status=open" hx-swap-oob="true"' in part.content.decode()


def test_only_the_owner_sees_a_private_view(agent):
    other = signed_in(AgentFactory())
    save(agent, name="Private")
    save(agent, name="For all", shared="true")
    assert {name for name, _, _ in views(other.get("/tickets/?sort=newest"))} & {
        "Private",
        "For all",
    } == {"For all"}
    private, shared = SavedView.objects.order_by("shared")
    assert other.post(f"{SAVE}{private.pk}/delete/").status_code == 404
    assert other.post(f"{SAVE}{shared.pk}/delete/").status_code == 403
    assert "/delete/" not in other.get("/tickets/?status=open").content.decode()
    assert SavedView.objects.count() == 2


@pytest.mark.parametrize(("name", "remaining"), [("Private", 2), ("For all", 1)])
def test_an_admin_can_delete_only_shared_views(agent, name, remaining):
    save(agent, name="Private")
    save(agent, name="For all", shared="true")
    view = SavedView.objects.get(name=name)
    signed_in(AdminFactory()).post(f"{SAVE}{view.pk}/delete/")
    assert SavedView.objects.count() == remaining


def test_an_owner_deletes_a_view_and_its_list_stays(agent):
    save(agent)
    response = agent.post(f"{SAVE}{SavedView.objects.get().pk}/delete/")
    assert response.url == "/tickets/?status=open"
    assert not SavedView.objects.exists()
    assert agent.post(f"{SAVE}1/delete/").status_code == 404


def test_a_name_that_is_used_brings_the_form_back(agent):
    save(agent)
    response = save(agent, query="category=billing", shared="true")
    page = response.content.decode()
    assert response.status_code == 400
    assert "A view with this name already exists" in page
    assert 'value="Mine of today"' in page
    assert 'value="category=billing"' in page
    assert 'name="shared" value="true" checked' in page
    assert SavedView.objects.get().query == "status=open"
    assert save(signed_in(AgentFactory())).status_code == 302


@pytest.mark.parametrize(
    "values",
    [
        *(
            {"name": ""},
            {"name": " "},
            {"name": "x" * (MAX_VIEW_NAME_CHARS + 1)},
            {"name": "\x00"},
            {"name": "\u200b"},
        ),
        {"query": "search=" + "%F0%9F%94%A5" * 180},
    ],
)
def test_an_invalid_view_shows_errors_beside_the_form(agent, values):
    response = save(agent, **values)
    assert response.status_code == 400
    assert 'id="view-error"' in response.content.decode()
    assert not SavedView.objects.exists()


@pytest.mark.parametrize(
    "query",
    ["status=lost", "search=%00", "&".join(f"x{n}=1" for n in range(60)), "x" * 6000, "search=%ff"],
)
def test_an_invalid_filter_is_refused_and_the_name_comes_back(agent, query):
    response = save(agent, query=query)
    assert response.status_code == 400
    page = response.content.decode()
    assert 'value="Mine of today"' in page
    assert 'id="view-error"' in page
    assert not SavedView.objects.exists()


def test_a_view_of_a_deleted_assignee_opens_without_the_filter(agent):
    assignee = AgentFactory(username="gone")
    save(agent, query="assignee=gone")
    assignee.delete()
    page = agent.get("/tickets/?sort=newest")
    assert page.status_code == 200
    [url] = [url for name, url, _ in views(page) if name == "Mine of today"]
    opened = agent.get(url, follow=True)
    assert opened.status_code == 200
    assert "“gone”" in opened.content.decode()
    assert opened.redirect_chain == [("/tickets/?sort=newest", 302)]


def test_a_view_of_own_tickets_opens_without_an_account(agent, open_mode, visitor):
    save(agent, query="assignee=me", shared="true")
    opened = visitor.get("/tickets/?assignee=me", follow=True)
    assert opened.redirect_chain == [("/tickets/?sort=newest", 302)]
    assert "“me” needs an account, and you are not signed in" in opened.content.decode()


def test_the_number_of_views_is_limited(agent, agent_user):
    SavedView.objects.bulk_create(
        SavedView(name=f"View {n}", owner=agent_user) for n in range(MAX_SAVED_VIEWS)
    )
    assert save(agent).status_code == 400
    assert SavedView.objects.count() == MAX_SAVED_VIEWS


def test_in_open_mode_views_belong_to_everybody(open_mode, visitor):
    save(visitor)
    view = SavedView.objects.get()
    assert (view.owner, view.shared) == (None, True)
    assert save(visitor).status_code == 400
    visitor.post(f"{SAVE}{view.pk}/delete/")
    assert not SavedView.objects.exists()


def test_markup_in_names_is_escaped(agent):
    save(agent, name="<script>x</script>")
    assert b"<script>x" not in agent.get("/tickets/?sort=newest").content
