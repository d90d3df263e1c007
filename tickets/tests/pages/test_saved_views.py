"""Views of the list: those that every desk has, and the saved ones."""

import html
import re

import pytest

from tickets.models.workplace import SavedView
from tickets.tests.factories import AdminFactory, AgentFactory, TicketFactory
from tickets.vocabulary import MAX_SAVED_VIEWS

from .conftest import signed_in

SAVE = "/tickets/views/"
# What a saved view's name is followed by: a lock, or the colleague who shares it.
MARKS = r'<svg [^>]*><use href="#i-lock"/></svg><span class="unseen">[^<]*</span>| · \w+'


def chips(response):
    """The views as (name, address, whether it is the present one), without whose they are."""
    page = re.sub(MARKS, "", response.content.decode())
    found = re.findall(r'<a href="([^"]*)" aria-current="(page|false)"[^>]*>([^<]*)</a></li>', page)
    return [
        (html.unescape(name), html.unescape(url), current == "page") for url, current, name in found
    ]


def save(client, **values):
    return client.post(SAVE, {"name": "Mine of today", "query": "status=open", **values})


def test_every_desk_has_views(agent):
    shown = chips(agent.get("/tickets/"))
    assert [name for name, _, _ in shown] == [
        *("All", "Mine", "Unassigned", "Urgent", "Needs review")
    ]
    assert [name for name, _, current in shown if current] == ["All"]
    for name, url, _ in shown:
        page = agent.get(url)
        assert page.status_code == 200
        assert [name for name, _, current in chips(page) if current] == [name]


def test_a_view_holds_what_its_name_says(agent, agent_user):
    sure = {"category_source": "human", "priority_source": "human"}
    urgently = {"priority": "critical", "status": "in_progress"}
    mine = TicketFactory(assignee=agent_user, **sure)
    urgent = TicketFactory(assignee=AgentFactory(), **urgently, **sure)
    TicketFactory(priority="critical", status="resolved", assignee=AgentFactory())
    unsure = TicketFactory(category_source="offline", category_confidence=0.1)
    expected = {"Mine": mine, "Unassigned": unsure, "Urgent": urgent, "Needs review": unsure}
    for name, url, _ in chips(agent.get("/tickets/")):
        if name in expected:
            rows = re.findall(r'<tr id="row-(\d+)"', agent.get(url).content.decode())
            assert rows == [str(expected[name].pk)], name


def test_without_an_account_there_is_no_mine(open_mode, visitor):
    assert "Mine" not in [name for name, _, _ in chips(visitor.get("/tickets/"))]
    response = visitor.get("/tickets/?assignee=me")
    assert response.status_code == 400
    assert "account" in response.content.decode()
    assert visitor.get("/tickets/", {"search": "assignee:me"}).status_code == 400


def test_a_view_is_saved_and_is_then_the_present_one(agent, agent_user):
    response = save(agent, query="?search=a+%22b+c%22&status=open&cursor=x&page=7&category=")
    view = SavedView.objects.get()
    assert (view.owner, view.shared) == (agent_user, False)
    assert view.query == "status=open&search=a+%22b+c%22"
    assert response.url == f"/tickets/?{view.query}"
    shown = agent.get(response.url)
    assert ("Mine of today", response.url, True) in chips(shown)
    assert "is saved" in shown.content.decode()
    assert f"/tickets/views/{view.pk}/delete/" in shown.content.decode()


@pytest.mark.parametrize("name", ["All", "mine", "URGENT", "Needs review", "mine of TODAY"])
def test_no_two_views_have_one_name(agent, name):
    save(agent)
    response = save(agent, name=name)
    assert response.status_code == 400
    assert "choose another" in response.content.decode()
    assert SavedView.objects.count() == 1


def test_whose_a_view_is_stands_beside_its_name(agent, agent_user):
    maria = signed_in(AgentFactory(username="maria"))
    save(maria, name="Today", shared="true")
    save(agent, name="Today")
    save(agent, name="Later", shared="true")
    page = agent.get("/tickets/").content.decode()
    shown = re.findall(r'<li><a href="[^"]*status=open" [^>]*>(.*?)</a>', page)
    plain = [re.sub(r"<svg.*?</svg>|</?span[^>]*>", "", name) for name in shown]
    assert sorted(plain) == ["Later", "Today \u00b7 maria", "Today, private"]


def test_a_view_is_deleted_by_name(agent):
    page = agent.get(save(agent).url).content.decode()
    assert "Delete \u201c<bdi>Mine of today</bdi>\u201d</span></button>" in page


def test_the_form_holds_the_present_state(agent):
    page = agent.get("/tickets/?priority=high&search=%22a%26b%22&cursor=").content.decode()
    query = html.unescape(re.search(r'id="view-query" name="query" value="([^"]*)"', page)[1])
    save(agent, query=query)
    assert SavedView.objects.get().query == "search=%22a%26b%22&priority=high"


def test_htmx_brings_the_views_up_to_date(agent):
    save(agent)
    part = agent.get("/tickets/?status=open", headers={"HX-Request": "true"})
    assert [name for name, _, current in chips(part) if current] == ["Mine of today"]
    assert 'id="views" aria-label="Views" hx-swap-oob="true"' in part.content.decode()
    assert 'value="status=open" hx-swap-oob="true"' in part.content.decode()


def test_private_views_are_their_owners_alone(agent):
    other = signed_in(AgentFactory())
    save(agent, name="Private")
    save(agent, name="For all", shared="true")
    assert {name for name, _, _ in chips(other.get("/tickets/"))} & {"Private", "For all"} == {
        "For all"
    }
    private, shared = SavedView.objects.order_by("shared")
    assert other.post(f"{SAVE}{private.pk}/delete/").status_code == 404
    assert other.post(f"{SAVE}{shared.pk}/delete/").status_code == 403
    assert "/delete/" not in other.get("/tickets/?status=open").content.decode()
    assert SavedView.objects.count() == 2


@pytest.mark.parametrize(("name", "left"), [("Private", 2), ("For all", 1)])
def test_an_admin_deletes_what_is_shared(agent, name, left):
    save(agent, name="Private")
    save(agent, name="For all", shared="true")
    view = SavedView.objects.get(name=name)
    signed_in(AdminFactory()).post(f"{SAVE}{view.pk}/delete/")
    assert SavedView.objects.count() == left


def test_one_deletes_ones_own_and_the_list_stays(agent):
    save(agent)
    response = agent.post(f"{SAVE}{SavedView.objects.get().pk}/delete/")
    assert response.url == "/tickets/?status=open"
    assert not SavedView.objects.exists()
    assert agent.post(f"{SAVE}1/delete/").status_code == 404


def test_the_same_name_twice_is_told_and_nothing_is_lost(agent):
    save(agent)
    response = save(agent, query="category=billing", shared="true")
    page = response.content.decode()
    assert response.status_code == 400
    assert "a view of this name already" in page
    assert 'value="Mine of today"' in page
    assert 'value="category=billing"' in page
    assert 'name="shared" value="true" checked' in page
    assert SavedView.objects.get().query == "status=open"
    assert save(signed_in(AgentFactory())).status_code == 302


@pytest.mark.parametrize(
    "values",
    [
        *({"name": ""}, {"name": " "}, {"name": "x" * 61}, {"name": "a\x00b"}, {"name": "\u200b"}),
        {"query": "search=" + "%F0%9F%94%A5" * 180},
    ],
)
def test_a_bad_view_is_told_beside_the_form(agent, values):
    response = save(agent, **values)
    assert response.status_code == 400
    assert 'id="view-error"' in response.content.decode()
    assert not SavedView.objects.exists()


@pytest.mark.parametrize(
    "query",
    ["status=lost", "search=%00", "&".join(f"x{n}=1" for n in range(60)), "x" * 6000, "search=%ff"],
)
def test_what_is_no_state_of_the_list_is_refused_and_the_name_comes_back(agent, query):
    response = save(agent, query=query)
    assert response.status_code == 400
    page = response.content.decode()
    assert 'value="Mine of today"' in page
    assert 'id="view-error"' in page
    assert not SavedView.objects.exists()


def test_a_view_of_somebody_who_has_gone_leads_back(agent):
    gone = AgentFactory(username="gone")
    save(agent, query="assignee=gone")
    gone.delete()
    page = agent.get("/tickets/")
    assert page.status_code == 200
    [url] = [url for name, url, _ in chips(page) if name == "Mine of today"]
    opened = agent.get(url, follow=True)
    assert opened.status_code == 200
    assert "“gone”" in opened.content.decode()
    assert opened.redirect_chain == [("/tickets/", 302)]


def test_a_view_of_ones_own_tickets_opens_without_an_account_and_says_why(
    agent, open_mode, visitor
):
    save(agent, query="assignee=me", shared="true")
    opened = visitor.get("/tickets/?assignee=me", follow=True)
    assert opened.redirect_chain == [("/tickets/", 302)]
    assert "“me” stands for an account, and you are here without one" in opened.content.decode()


def test_there_is_an_end_to_views(agent, agent_user):
    SavedView.objects.bulk_create(
        SavedView(name=f"View {n}", owner=agent_user) for n in range(MAX_SAVED_VIEWS)
    )
    assert save(agent).status_code == 400
    assert SavedView.objects.count() == MAX_SAVED_VIEWS


def test_in_the_open_demo_views_are_everybodys(open_mode, visitor):
    save(visitor)
    view = SavedView.objects.get()
    assert (view.owner, view.shared) == (None, True)
    assert save(visitor).status_code == 400
    visitor.post(f"{SAVE}{view.pk}/delete/")
    assert not SavedView.objects.exists()


def test_names_are_shown_as_text(agent):
    save(agent, name="<script>x</script>")
    assert b"<script>x" not in agent.get("/tickets/").content
