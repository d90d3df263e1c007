"""Who may enter the back office, and what holds on each of its pages."""

import re
import uuid
from datetime import UTC, datetime
from html import unescape
from urllib.parse import quote

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django import app

from tickets.admin.base import MOST_NAMED
from tickets.models.ticket import Ticket
from tickets.models.tokens import ApiToken
from tickets.models.workplace import SavedView
from tickets.tests.factories import (
    PASSWORD,
    AdminFactory,
    AgentFactory,
    CommentFactory,
    PredictionFactory,
    TicketFactory,
    TokenFactory,
    UserFactory,
)

from .conftest import signed_in

LISTS = {
    "tickets": "/admin/tickets/ticket/",
    "tokens": "/admin/tickets/apitoken/",
    "users": "/admin/auth/user/",
    "groups": "/admin/auth/group/",
    "predictions": "/admin/tickets/prediction/",
    "learned": "/admin/tickets/triagemodel/",
    "lessons": "/admin/tickets/lesson/",
    "jobs": "/admin/procrastinate/procrastinatejob/",
}


def test_it_sends_strangers_to_the_desks_own_sign_in_page(db):
    response = Client().get(LISTS["tickets"], follow=True)
    assert response.redirect_chain[-1] == (f"/sign-in/?next={LISTS['tickets']}", 302)


def test_its_own_login_address_signs_nobody_in(admin_user):
    client = Client()
    response = client.post("/admin/login/", {"username": admin_user.username, "password": PASSWORD})
    assert response.url == "/sign-in/?next=/admin/"
    assert "_auth_user_id" not in client.session


def test_whoever_is_inside_already_is_not_asked_again(agent):
    assert agent.get("/admin/login/?next=/elsewhere/").url == "/admin/"


def test_an_agent_without_staff_status_stays_outside(db):
    client = signed_in(AgentFactory(is_staff=False))
    response = client.get(LISTS["tickets"], follow=True)
    assert response.status_code == 403
    assert client.get("/admin/").status_code == 302


def test_staff_status_alone_shows_nothing(db):
    client = signed_in(UserFactory(is_staff=True))
    assert client.get("/admin/").status_code == 200
    assert {client.get(path).status_code for path in LISTS.values()} == {403}


def test_the_start_says_what_to_do_where_there_is_nothing(db):
    user = UserFactory(is_staff=True, username="newcomer")
    html = signed_in(user).get("/admin/").content.decode()
    assert "newcomer" in html
    assert "Ask an admin of this desk" in html


def test_whoever_is_refused_learns_as_whom_and_whom_to_ask(db):
    client = signed_in(UserFactory(username="newcomer"))
    for path in ("/admin/login/", "/tickets/"):
        response = client.get(path)
        assert response.status_code == 403
        html = response.content.decode()
        assert "newcomer" in html
        assert "ask an admin of this desk" in html
        assert 'action="/sign-out/"' in html


def test_the_start_groups_the_lists_by_what_they_are_for(admin, agent):
    sections = {
        section["name"]: [model["name"] for model in section["models"]]
        for section in admin.get("/admin/").context["app_list"]
    }
    assert "Tickets" in sections["Tickets"]
    assert sections["Triage"] == ["Learned models", "Suggestions", "Lessons"]
    assert sections["People and programs"] == ["Users", "Groups", "API tokens"]
    assert sections["Background work"] == ["Jobs"]
    assert "More" not in sections
    assert [each["name"] for each in agent.get("/admin/").context["app_list"]] == ["Tickets"]


def test_a_list_leads_back_to_its_section(admin):
    for name, section in (
        *(("tickets", "Tickets"), ("lessons", "Triage"), ("tokens", "People and programs")),
        *(("users", "People and programs"), ("jobs", "Background work")),
    ):
        html = admin.get(LISTS[name]).content.decode().partition('class="breadcrumbs"')[2]
        address, words = re.findall(r'<a href="(/admin/\w+/)">([^<]+)</a>', html)[0]
        assert words == section
        assert admin.get(address).url == "/admin/"


def test_a_time_is_written_the_same_everywhere(admin, admin_user):
    token = TokenFactory()
    at = datetime(2026, 2, 3, 4, 5, tzinfo=UTC)
    ApiToken.objects.update(created_at=at)
    entry = {"action_flag": 2, "object_id": token.pk, "object_repr": "x", "action_time": at}
    about = ContentType.objects.get_for_model(ApiToken)
    LogEntry.objects.create(user=admin_user, content_type=about, **entry)
    view = SavedView.objects.create(name="Hot", owner=admin_user, created_at=at)
    for path in (
        *("/admin/", LISTS["tokens"], f"{LISTS['tokens']}{token.pk}/history/"),
        *("/admin/tickets/savedview/", f"/admin/tickets/savedview/{view.pk}/change/"),
    ):
        assert "3 Feb 2026, 04:05" in admin.get(path).content.decode(), path


def test_every_list_says_what_it_is_for(admin):
    for section in admin.get("/admin/").context["app_list"]:
        assert all(model["purpose"] for model in section["models"])


def test_the_start_shows_what_one_did_oneself(admin, admin_user):
    entry = {"action_flag": 2, "change_message": ""}
    LogEntry.objects.create(user=admin_user, object_repr="My own change", **entry)
    LogEntry.objects.create(user=AdminFactory(), object_repr="Somebody's change", **entry)
    html = admin.get("/admin/").content.decode()
    assert "My own change" in html
    assert "Somebody" not in html


def actions(admin, path, action, *rows):
    """What an action says, and what the log then has of it."""
    data = {"action": action, "index": "0", "_selected_action": [row.pk for row in rows]}
    response = admin.post(path, data, follow=True)
    [message] = response.context["messages"]
    entries = LogEntry.objects.order_by("pk").values_list("object_id", "change_message")
    return message, list(entries)


def test_what_actions_do_to_each_account_is_kept(admin):
    users = AgentFactory.create_batch(2)
    _, entries = actions(admin, LISTS["users"], "deactivate", *users)
    assert entries == [(str(user.pk), "Deactivated.") for user in users]
    _, entries = actions(admin, LISTS["users"], "activate", users[0])
    assert entries[2:] == [(str(users[0].pk), "Activated.")]
    assert "Activated." in admin.get(f"{LISTS['users']}{users[0].pk}/history/").content.decode()


def test_what_is_forgotten_is_kept_in_the_log_without_a_link(admin):
    lesson = TicketFactory().lessons.create(field="category", value="billing", corrected=True)
    name = str(lesson)
    _, entries = actions(admin, LISTS["lessons"], "forget_lessons", lesson)
    assert entries == [(str(lesson.pk), "Forgotten.")]
    html = admin.get("/admin/").content.decode()
    assert name in html
    assert f"/lesson/{lesson.pk}/" not in html


@pytest.mark.parametrize(
    ("name", "action", "words"),
    [
        ("tokens", "revoke", "Revoked: 0 API tokens. Not there any more: 1 API token."),
        ("lessons", "forget_lessons", "Forgotten: 0 lessons. Not there any more: 1 lesson."),
        ("jobs", "cancel", "Cancelled: 0 jobs. Not there any more: 1 job."),
        ("users", "activate", "Activated: 0 accounts. Not there any more: 1 user."),
    ],
)
def test_an_action_on_what_is_gone_is_no_success(admin, admin_user, name, action, words):
    class Gone:
        pk = 99_999

    message, entries = actions(admin, LISTS[name], action, Gone)
    assert (str(message), message.level_tag, entries) == (words, "warning", [])


@pytest.mark.parametrize("name", ["tokens", "users"])
def test_no_list_deletes_more_than_the_page_that_asks_can_name(admin, admin_user, name):
    users = User.objects.bulk_create(User(username=f"u{n}") for n in range(MOST_NAMED))
    ApiToken.objects.bulk_create(
        ApiToken(name="x", scopes=["read"], digest=f"{user.pk:064}") for user in users
    )
    TokenFactory()
    data = {"action": "delete_selected", "index": "0", "select_across": "1"}
    response = admin.post(LISTS[name], data | {"_selected_action": [1]}, follow=True)
    [message] = response.context["messages"]
    assert str(message).startswith(f"Up to {MOST_NAMED} ")


def teach():
    for ticket in TicketFactory.create_batch(8):
        ticket.lessons.create(field="category", value="billing", corrected=True)


def found_groups():
    Group.objects.bulk_create(Group(name=f"{uuid.uuid4()}") for _ in range(8))


def queue_jobs():
    for number in range(8):
        app.configure_task("tickets.tasks.triage_ticket").defer(ticket_id=number)


# Rows of each list, with what it shows beside them.
FILL = {
    "tickets": lambda: TicketFactory.create_batch(8, assignee=AgentFactory()),
    "tokens": lambda: TokenFactory.create_batch(8, user=AgentFactory()),
    "users": lambda: AgentFactory.create_batch(8),
    "groups": found_groups,
    "predictions": lambda: PredictionFactory.create_batch(8),
    "lessons": teach,
    "jobs": queue_jobs,
}


@pytest.mark.parametrize("name", FILL)
def test_a_list_takes_the_same_few_queries_however_many_rows(name, admin):
    FILL[name]()
    admin.get(LISTS[name])
    with CaptureQueriesContext(connection) as few:
        admin.get(LISTS[name])
    FILL[name]()
    with CaptureQueriesContext(connection) as many:
        response = admin.get(LISTS[name])
    assert len(response.context["cl"].result_list) >= 16
    assert len(many) == len(few) <= 10


@pytest.mark.parametrize("name", LISTS)
def test_no_list_counts_a_whole_table(name, admin):
    with CaptureQueriesContext(connection) as queries:
        admin.get(LISTS[name])
    counts = [query["sql"] for query in queries if "COUNT(*) FROM" in query["sql"]]
    assert counts
    assert all("LIMIT" in count for count in counts)


def test_it_signs_out(agent):
    agent.post("/admin/logout/")
    assert agent.get("/admin/").status_code == 302


def test_agents_see_tickets_only(agent):
    allowed = {name for name, path in LISTS.items() if agent.get(path).status_code == 200}
    assert allowed == {"tickets"}
    assert {agent.get(path).status_code for path in LISTS.values()} == {200, 403}


def test_admins_see_everything(admin):
    assert {admin.get(path).status_code for path in LISTS.values()} == {200}


def test_agents_may_not_delete(agent, ticket):
    path = f"{LISTS['tickets']}{ticket.pk}/delete/"
    assert agent.post(path, {"post": "yes"}).status_code == 403
    agent.post(LISTS["tickets"], _selecting("delete_selected", ticket) | {"post": "yes"})
    assert Ticket.objects.filter(pk=ticket.pk).exists()


def _selecting(action, *rows):
    return {"action": action, "index": "0", "_selected_action": [row.pk for row in rows]}


def pages(ticket, token, user):
    return [
        "/admin/",
        "/admin/password_change/",
        *LISTS.values(),
        f"{LISTS['tickets']}add/",
        *(f"{LISTS['tickets']}{ticket.pk}/{page}/" for page in ("change", "history", "delete")),
        f"{LISTS['tokens']}add/",
        f"{LISTS['tokens']}{token.pk}/change/",
        f"{LISTS['users']}add/",
        *(f"{LISTS['users']}{user.pk}/{page}/" for page in ("change", "password", "delete")),
        f"{LISTS['groups']}{user.groups.get().pk}/change/",
    ]


def test_no_page_has_what_the_policy_forbids(admin, agent_user, ticket):
    CommentFactory(ticket=ticket)
    for path in pages(ticket, TokenFactory(), agent_user):
        response = admin.get(path)
        assert response.status_code == 200, path
        assert "default-src 'self'" in response["Content-Security-Policy"]
        html = response.content.decode()
        assert not re.search(r"\sstyle=|<style|\son\w+=|javascript:", html), path
        inline = re.findall(r"<script(?![^>]*\ssrc=)[^>]*>", html)
        assert all("application/json" in tag for tag in inline), path


def test_its_theme_is_the_one_that_the_desk_remembers(agent):
    agent.cookies["theme"] = "dark"
    assert "theme-dark" in agent.get("/admin/").content.decode()


def test_every_page_says_that_the_demo_is_open(admin, settings):
    assert "Open demo" not in admin.get("/admin/").content.decode()
    settings.ACCESS_MODE = "open"
    assert "Open demo" in admin.get("/admin/").content.decode()


def test_the_open_demo_does_not_open_the_back_office(db, settings):
    settings.ACCESS_MODE = "open"
    assert Client().get(LISTS["tickets"]).status_code == 302


ODD_QUERIES = [
    *("q=%00", "q=%25_'", "q=" + "x" * 5000, 'q="', "q=-", "q=%F0%9F%98%80", "q=%23" + "9" * 30),
    *("p=0", "p=-1", "p=99999999999999999999", "p=x", "o=99.-x", "o=-7.7", "all="),
    *(
        "needs_review=maybe",
        "status__exact=nothing",
        "status__exact=%00",
        "%00=1",
        "assignee=you",
        "e=1",
    ),
    *("created_at__gte=yesterday", "created_at__gte=9999999-01-01", "created_at__lt="),
    *("unknown=1", "_popup=1", "_to_field=id", "_to_field=link_nonce", "_facets=True"),
]


@pytest.mark.parametrize("query", ODD_QUERIES)
def test_odd_queries_are_no_server_errors(agent, ticket, query):
    assert agent.get(f"{LISTS['tickets']}?{query}").status_code < 500


REFUSED = [
    *(("tickets", "p", value) for value in ("0", "-1", "x", "2", "9" * 20, "")),
    *(("tickets", "o", value) for value in ("abc", "99", "1", "7.x", "--7")),
    *(
        ("tickets", "created_at__gte", value)
        for value in ("yesterday", "2026-13-45", "9999999-01-01", "")
    ),
    ("tickets", "created_at__lt", ""),
    *(("tickets", "status__exact", value) for value in ("foo", "")),
    *(("tickets", name, "open") for name in ("status", "status__gte", "nope", "state")),
    *(("tickets", "assignee", value) for value in ("nobody.known", "")),
    ("tickets", "needs_review", "maybe"),
    ("tickets", "_to_field", "link_nonce"),
    ("tokens", "state", "foo"),
    ("users", "group", "nobody's"),
    ("users", "is_active__exact", "maybe"),
    ("predictions", "accepted__isnull", "perhaps"),
    ("lessons", "field__exact", "title"),
    ("lessons", "o", "3"),
    ("jobs", "status", "foo"),
    ("jobs", "queue_name", "foo"),
]


@pytest.mark.parametrize(("name", "parameter", "value"), REFUSED)
def test_what_a_list_cannot_be_asked_is_refused_by_name(admin, name, parameter, value):
    FILL[name]()
    for more in ({}, {"e": "1"}):
        response = admin.get(LISTS[name], {parameter: value, **more})
        assert response.status_code == 400
        assert f"<strong>{parameter}</strong>: " in response.content.decode()


def test_a_list_takes_what_its_own_links_ask(admin):
    FILL["tickets"]()
    group = Group.objects.bulk_create(Group(name=f"a{number}") for number in range(30))[-1]
    for name in FILL:
        if name != "tickets":
            FILL[name]()
        html = admin.get(LISTS[name]).content.decode()
        for link in re.findall(r'href="(\?[^"]*)"', html):
            assert admin.get(f"{LISTS[name]}{unescape(link)}").status_code == 200, link
    assert admin.get(LISTS["users"], {"group": group.name}).status_code == 200
    assert admin.get(LISTS["users"], {"o": "-1.3"}).status_code == 200
    assert admin.get(LISTS["users"], {"o": ""}).status_code == 200


def test_an_account_in_the_address_that_is_no_number_is_left_out(admin):
    assert admin.get(f"{LISTS['tokens']}add/?user=abc").status_code == 200
    response = admin.post(f"{LISTS['tokens']}add/", {"name": "x", "scopes": "read", "user": "a\0"})
    assert "user" in response.context["adminform"].form.errors


SECRETS = [
    ("tickets", f"link_digest__startswith={quote('a')}"),
    ("tickets", "link_nonce__gt=5"),
    ("tickets", "description__regex=("),
    ("tickets", "assignee__password__startswith=a"),
    ("tokens", "digest__startswith=a"),
    ("tokens", "user__password__startswith=a"),
]


@pytest.mark.parametrize(("name", "query"), SECRETS)
def test_the_address_cannot_ask_about_columns_that_no_filter_shows(admin, name, query):
    assert admin.get(f"{LISTS[name]}?{query}").status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        *(f"tickets/ticket/{key}/change/" for key in ("0", "abc", "9" * 30, "%00")),
        "tickets/ticket/abc/history/",
        "tickets/apitoken/9/change/",
        "r/abc/def/",
        f"r/{'9' * 30}/1/",
        "autocomplete/",
        "autocomplete/?app_label=tickets&model_name=ticket&field_name=title",
        "autocomplete/?app_label=tickets&model_name=ticket&field_name=assignee&term=%00",
        "autocomplete/?app_label=tickets&model_name=ticket&field_name=assignee&page=x",
    ],
)
def test_odd_addresses_are_no_server_errors(admin, path):
    assert admin.get(f"/admin/{path}").status_code in (302, 400, 403, 404)


@pytest.mark.parametrize("selected", ["abc", "\0", "9" * 30, ""])
def test_odd_selections_are_no_server_errors(agent, ticket, selected):
    data = {"action": "status:closed", "index": "0", "_selected_action": selected}
    assert agent.post(LISTS["tickets"], data).status_code < 500
    assert Ticket.objects.get().status == "open"


# --- searching for an account ---


def search(client, field, model="ticket", **query):
    wanted = {"app_label": "tickets", "model_name": model, "field_name": field}
    return client.get("/admin/autocomplete/", wanted | query)


def found(response):
    return [row["text"] for row in response.json()["results"]]


def test_agents_find_each_other_but_nobody_else(agent, agent_user):
    both = AgentFactory(username="zoe")
    both.groups.add(*AdminFactory().groups.all())
    UserFactory(username="requester")
    AgentFactory(username="gone", is_active=False)
    names = found(search(agent, "assignee"))
    assert set(names) >= {agent_user.username, "zoe"}
    assert not {"requester", "gone"} & set(names)
    assert names.count("zoe") == 1


def test_the_search_narrows(agent):
    AgentFactory(username="zoe")
    assert found(search(agent, "assignee", term="zo")) == ["zoe"]


def test_agents_may_not_search_all_accounts(agent):
    assert search(agent, "user", model="apitoken").status_code == 403


# --- the audit trail ---


def test_what_is_changed_past_the_services_has_its_actor_too(admin, admin_user):
    token = TokenFactory()
    admin.post(f"{LISTS['tokens']}{token.pk}/delete/", {"post": "yes"})
    event = ApiToken.pgh_event_model.objects.get(pgh_label="delete", pgh_obj_id=token.pk)
    assert event.pgh_context == {"actor": admin_user.username, "user": admin_user.pk}
