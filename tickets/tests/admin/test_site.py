"""Who may open the back office, and what is true of all its pages."""

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

from tickets.admin.base import MAX_CONFIRMED
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
from tickets.tests.worker import beat

from .conftest import signed_in

LISTS = {
    "tickets": "/admin/tickets/ticket/",
    "tokens": "/admin/tickets/apitoken/",
    "users": "/admin/auth/user/",
    "groups": "/admin/auth/group/",
    "predictions": "/admin/tickets/prediction/",
    "models": "/admin/tickets/triagemodel/",
    "feedback": "/admin/tickets/feedback/",
    "jobs": "/admin/procrastinate/procrastinatejob/",
}


def test_strangers_are_redirected_to_the_desks_sign_in_page(db):
    response = Client().get(LISTS["tickets"], follow=True)
    assert response.redirect_chain[-1] == (f"/sign-in/?next={LISTS['tickets']}", 302)


def test_its_own_login_address_signs_nobody_in(admin_user):
    client = Client()
    response = client.post("/admin/login/", {"username": admin_user.username, "password": PASSWORD})
    assert response.url == "/sign-in/?next=/admin/"
    assert "_auth_user_id" not in client.session


def test_a_signed_in_user_skips_the_sign_in_page(agent):
    assert agent.get("/admin/login/?next=/elsewhere/").url == "/admin/"


def test_an_agent_without_staff_status_cannot_open_it(db):
    client = signed_in(AgentFactory(is_staff=False))
    response = client.get(LISTS["tickets"], follow=True)
    assert response.status_code == 403
    assert client.get("/admin/").status_code == 302


def test_staff_status_alone_shows_nothing(db):
    client = signed_in(UserFactory(is_staff=True))
    assert client.get("/admin/").status_code == 200
    assert {client.get(path).status_code for path in LISTS.values()} == {403}


def test_an_empty_start_page_says_whom_to_ask(db):
    user = UserFactory(is_staff=True, username="newcomer")
    html = signed_in(user).get("/admin/").content.decode()
    assert "newcomer" in html
    assert "Ask an admin of this desk" in html


def test_a_refusal_names_the_account_and_whom_to_ask(db):
    client = signed_in(UserFactory(username="newcomer"))
    for path in ("/admin/login/", "/tickets/"):
        response = client.get(path)
        assert response.status_code == 403
        html = response.content.decode()
        assert "newcomer" in html
        assert "ask an administrator" in html
        assert 'action="/sign-out/"' in html


def test_the_start_page_groups_the_lists_by_purpose(admin, agent):
    sections = {
        section["name"]: [model["name"] for model in section["models"]]
        for section in admin.get("/admin/").context["app_list"]
    }
    assert "Tickets" in sections["Tickets"]
    assert sections["Triage"] == ["Learned models", "Predictions", "Feedback"]
    assert sections["People and programs"] == [
        *("Users", "Groups", "Sign-in locks", "API tokens", "Personal data"),
    ]
    assert sections["Background work"] == ["Jobs"]
    assert "More" not in sections
    assert [each["name"] for each in agent.get("/admin/").context["app_list"]] == ["Tickets"]


def test_breadcrumbs_lead_to_the_start_page(admin):
    for name in ("tickets", "feedback", "tokens", "users", "jobs"):
        html = admin.get(LISTS[name]).content.decode().partition('class="breadcrumbs"')[2]
        [home, app_index] = re.findall(r'<a href="(/admin/[^"]*)">', html)[:2]
        assert home == "/admin/"
        assert admin.get(app_index).url == "/admin/"


def test_times_have_one_format(admin, admin_user):
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


def test_the_start_page_shows_only_the_users_own_actions(admin, admin_user):
    entry = {"action_flag": 2, "change_message": ""}
    LogEntry.objects.create(user=admin_user, object_repr="My own change", **entry)
    LogEntry.objects.create(user=AdminFactory(), object_repr="Somebody's change", **entry)
    html = admin.get("/admin/").content.decode()
    assert "My own change" in html
    assert "Somebody" not in html


def run_action(admin, path, action, *rows):
    """Return the notice of an action and the log's entries."""
    data = {"action": action, "index": "0", "_selected_action": [row.pk for row in rows]}
    response = admin.post(path, data, follow=True)
    [notice] = response.context["notices"]
    entries = LogEntry.objects.order_by("pk").values_list("object_id", "change_message")
    return notice, list(entries)


def test_actions_log_each_account(admin):
    users = AgentFactory.create_batch(2)
    _, entries = run_action(admin, LISTS["users"], "deactivate", *users)
    assert entries == [(str(user.pk), "Deactivated.") for user in users]
    _, entries = run_action(admin, LISTS["users"], "activate", users[0])
    assert entries[2:] == [(str(users[0].pk), "Activated.")]
    assert "Activated." in admin.get(f"{LISTS['users']}{users[0].pk}/history/").content.decode()


def test_deleted_feedback_is_in_the_log_without_a_link(admin):
    feedback = TicketFactory().feedback.create(field="category", value="billing", corrected=True)
    name = str(feedback)
    _, entries = run_action(admin, LISTS["feedback"], "delete_feedback", feedback)
    assert entries == [(str(feedback.pk), "Deleted.")]
    html = admin.get("/admin/").content.decode()
    assert name in html
    assert f"/feedback/{feedback.pk}/" not in html


@pytest.mark.parametrize(
    ("name", "action", "text"),
    [
        ("tokens", "revoke", "Revoked: 0 API tokens. 1 API token no longer exists."),
        (
            "feedback",
            "delete_feedback",
            "Deleted: 0 feedback entries. 1 feedback entry no longer exists.",
        ),
        ("jobs", "cancel", "Cancelled: 0 jobs. 1 job no longer exists."),
        ("users", "activate", "Activated: 0 accounts. 1 user no longer exists."),
    ],
)
def test_an_action_on_a_deleted_row_is_a_warning(admin, admin_user, name, action, text):
    class Deleted:
        pk = 99_999

    notice, entries = run_action(admin, LISTS[name], action, Deleted)
    assert (notice.text, notice.level, entries) == (text, "warning", [])


@pytest.mark.parametrize("name", ["tokens", "users"])
def test_deleting_is_limited_to_what_the_confirmation_can_name(admin, admin_user, name):
    users = User.objects.bulk_create(User(username=f"u{n}") for n in range(MAX_CONFIRMED))
    ApiToken.objects.bulk_create(
        ApiToken(name="x", scopes=["read"], digest=f"{user.pk:064}") for user in users
    )
    TokenFactory()
    data = {"action": "delete_selected", "index": "0", "select_across": "1"}
    response = admin.post(LISTS[name], data | {"_selected_action": [1]}, follow=True)
    [notice] = response.context["notices"]
    assert f"up to {MAX_CONFIRMED} " in notice.text


def add_feedback():
    for ticket in TicketFactory.create_batch(8):
        ticket.feedback.create(field="category", value="billing", corrected=True)


def add_groups():
    Group.objects.bulk_create(Group(name=f"{uuid.uuid4()}") for _ in range(8))


def queue_jobs():
    for number in range(8):
        app.configure_task("tickets.tasks.triage_ticket").defer(ticket_id=number)


# Rows of each list, with the rows that it shows beside them.
FILL = {
    "tickets": lambda: TicketFactory.create_batch(8, assignee=AgentFactory()),
    "tokens": lambda: TokenFactory.create_batch(8, user=AgentFactory()),
    "users": lambda: AgentFactory.create_batch(8),
    "groups": add_groups,
    "predictions": lambda: PredictionFactory.create_batch(8),
    "feedback": add_feedback,
    "jobs": queue_jobs,
}


@pytest.mark.parametrize("name", FILL)
def test_the_number_of_queries_does_not_depend_on_the_rows(name, admin):
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
    assert agent.post("/admin/logout/")["Clear-Site-Data"] == '"cache"'
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
        *LISTS.values(),
        f"{LISTS['tickets']}add/",
        *(f"{LISTS['tickets']}{ticket.pk}/{page}/" for page in ("change", "history", "delete")),
        f"{LISTS['tokens']}add/",
        f"{LISTS['tokens']}{token.pk}/change/",
        f"{LISTS['users']}add/",
        *(f"{LISTS['users']}{user.pk}/{page}/" for page in ("change", "password", "delete")),
        f"{LISTS['groups']}{user.groups.get().pk}/change/",
    ]


def test_no_page_breaks_the_content_security_policy(admin, agent_user, ticket):
    CommentFactory(ticket=ticket)
    for path in pages(ticket, TokenFactory(), agent_user):
        response = admin.get(path)
        assert response.status_code == 200, path
        assert "default-src 'self'" in response["Content-Security-Policy"]
        html = response.content.decode()
        assert not re.search(r"\sstyle=|<style|\son\w+=|javascript:", html), path
        inline = re.findall(r"<script(?![^>]*\ssrc=)[^>]*>", html)
        assert all("application/json" in tag for tag in inline), path


def test_it_uses_the_theme_of_the_desk(agent):
    agent.cookies["theme"] = "dark"
    assert "theme-dark" in agent.get("/admin/").content.decode()


def test_every_page_says_that_the_demo_is_open(admin, settings):
    assert "Open demo" not in admin.get("/admin/").content.decode()
    settings.ACCESS_MODE = "open"
    assert "Open demo" in admin.get("/admin/").content.decode()


def test_the_open_demo_does_not_open_the_back_office(db, settings):
    settings.ACCESS_MODE = "open"
    assert Client().get(LISTS["tickets"]).status_code == 302


def test_the_links_of_each_list_work(admin):
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


SECRETS = [
    ("tickets", f"link_digest__startswith={quote('a')}"),
    ("tickets", "link_nonce__gt=5"),
    ("tickets", "description__regex=("),
    ("tickets", "assignee__password__startswith=a"),
    ("tokens", "digest__startswith=a"),
    ("tokens", "user__password__startswith=a"),
]


@pytest.mark.parametrize(("name", "query"), SECRETS)
def test_the_address_cannot_query_columns_that_no_filter_shows(admin, name, query):
    assert admin.get(f"{LISTS[name]}?{query}").status_code == 400


# --- searching for an account ---


def search(client, field, model="ticket", **query):
    wanted = {"app_label": "tickets", "model_name": model, "field_name": field}
    return client.get("/admin/autocomplete/", wanted | query)


def names(response):
    return [row["text"] for row in response.json()["results"]]


def test_agents_find_each_other_but_nobody_else(agent, agent_user):
    both = AgentFactory(username="zoe")
    both.groups.add(*AdminFactory().groups.all())
    UserFactory(username="requester")
    AgentFactory(username="gone", is_active=False)
    matches = names(search(agent, "assignee"))
    assert set(matches) >= {agent_user.username, "zoe"}
    assert not {"requester", "gone"} & set(matches)
    assert matches.count("zoe") == 1


def test_the_search_narrows(agent):
    AgentFactory(username="zoe")
    assert names(search(agent, "assignee", term="zo")) == ["zoe"]


def test_agents_may_not_search_all_accounts(agent):
    assert search(agent, "user", model="apitoken").status_code == 403


# --- the audit trail ---


def test_changes_that_bypass_the_services_have_an_actor(admin, admin_user):
    token = TokenFactory()
    admin.post(f"{LISTS['tokens']}{token.pk}/delete/", {"post": "yes"})
    event = ApiToken.pgh_event_model.objects.get(pgh_label="delete", pgh_obj_id=token.pk)
    assert event.pgh_context == {"actor": admin_user.username, "user": admin_user.pk}


def test_the_start_page_says_what_is_wrong_to_admins(admin, agent):
    """There is no worker here."""
    html = admin.get("/admin/").content.decode()
    [section] = re.findall(r'<section class="module conditions".*?</section>', html, re.DOTALL)
    assert "No worker is running" in section
    assert "docker compose restart worker" in section
    assert "No worker is running" not in agent.get("/admin/").content.decode()


def test_the_start_page_of_a_healthy_desk_has_no_such_section(admin):
    beat()
    assert "conditions-heading" not in admin.get("/admin/").content.decode()
