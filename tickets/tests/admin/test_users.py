"""Accounts and groups in the back office."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.forms import UserCreationForm
from django.contrib.auth.models import Group, Permission, User

from tickets.access.actors import is_admin, is_agent
from tickets.admin import forms
from tickets.audit.trail import audit_trail
from tickets.exceptions import InvalidInput
from tickets.models.workplace import AgentProfile
from tickets.services.accounts import create_account
from tickets.tests.factories import (
    AgentFactory,
    CommentFactory,
    TicketFactory,
    TokenFactory,
    UserFactory,
)
from tickets.vocabulary import PROFILE_FIELDS

from .conftest import signed_in

LIST = "/admin/auth/user/"
PASSWORD = "a rather long pass phrase"


def add(admin, **values):
    passwords = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    return admin.post(f"{LIST}add/", {"username": "ada"} | passwords | values)


def group(name):
    return Group.objects.get(name=name).pk


def test_a_username_taken_at_the_same_moment_is_refused(admin, monkeypatch):
    UserFactory(username="ada")
    # As if the other account had been created right after this form checked the name.
    monkeypatch.setattr(UserCreationForm, "clean_username", lambda self: "ada")
    monkeypatch.setattr(UserCreationForm, "validate_unique", lambda self: None)
    monkeypatch.setattr(forms, "is_name_taken", lambda name, account: False)
    response = add(admin)
    assert response.status_code == 409
    assert "Somebody else saved first" in response.content.decode()
    assert User.objects.filter(username="ada").count() == 1


def test_joining_the_group_makes_an_account_an_agent(admin):
    add(admin)
    user = User.objects.get(username="ada")
    assert not is_agent(user)
    values = {"username": "ada", "is_active": "on", "is_staff": "on", "groups": [group("agents")]}
    admin.post(f"{LIST}{user.pk}/change/", values)
    user = User.objects.get(username="ada")
    assert is_agent(user)
    assert not is_admin(user)
    assert signed_in(user).get("/admin/tickets/ticket/").status_code == 200


def test_a_weak_password_is_refused(admin):
    add(admin, password1="12345", password2="12345")
    assert not User.objects.filter(username="ada").exists()


def test_the_page_says_what_the_groups_mean(admin, agent_user):
    html = admin.get(f"{LIST}{agent_user.pk}/change/").content.decode()
    assert "Agents work on tickets" in html
    assert "its active tickets become unassigned or go to the agent below" in html


def test_no_page_shows_a_password(admin, agent_user):
    html = admin.get(f"{LIST}{agent_user.pk}/change/").content.decode()
    assert agent_user.password not in html
    assert agent_user.password.rsplit("$", 1)[1] not in html


def test_accounts_are_filtered_by_group(admin, agent_user, admin_user):
    response = admin.get(f"{LIST}?group=agents")
    assert list(response.context["cl"].result_list) == [agent_user]
    nobody = UserFactory()
    response = admin.get(f"{LIST}?group=none")
    assert list(response.context["cl"].result_list) == [nobody]


def test_a_group_keeps_its_permissions_when_saved(admin):
    path = f"/admin/auth/group/{group('agents')}/change/"
    form = admin.get(path).context["adminform"].form
    before = sorted(form["permissions"].value())
    admin.post(path, {"name": "agents", "permissions": before})
    after = Group.objects.get(name="agents").permissions.values_list("pk", flat=True)
    assert sorted(after) == before
    assert before


def test_an_agents_account_is_created_on_one_page(admin):
    add(admin, email="ada@example.org", groups=[group("agents")])
    user = User.objects.get(username="ada")
    assert is_agent(user)
    assert not user.is_staff
    assert user.email == "ada@example.org"


def test_another_password_can_be_set(admin, agent_user):
    html = admin.get(f"{LIST}{agent_user.pk}/change/").content.decode()
    assert 'href="../password/"' in html
    values = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    admin.post(f"{LIST}{agent_user.pk}/password/", values)
    agent_user.refresh_from_db()
    assert agent_user.check_password(PASSWORD)


def act(client, action, *users, **values):
    selected = [user.pk for user in users]
    data = {"action": action, "index": "0", "_selected_action": selected, **values}
    response = client.post(LIST, data, follow=True)
    return [notice.text for notice in response.context["notices"]]


def test_a_deactivated_agent_is_signed_out_and_keeps_finished_tickets(
    admin, admin_user, agent, agent_user
):
    active = TicketFactory(assignee=agent_user)
    finished = TicketFactory(assignee=agent_user, status="closed")
    [text] = act(admin, "deactivate", agent_user, admin_user, assign="yes")
    assert text == (
        f"Deactivated: 1 account. 1 active ticket of {agent_user} is now unassigned."
        " Your own account was not changed."
    )
    assert agent.get("/tickets/").status_code == 302
    active.refresh_from_db()
    assert active.assignee is None
    html = admin.get(f"{LIST}{agent_user.pk}/change/").content.decode()
    link = re.search(r'href="(/admin/tickets/ticket/\?assignee=[^"]+)"', html)[1]
    assert list(admin.get(link).context["cl"].result_list) == [finished]
    assert act(admin, "activate", agent_user) == ["Activated: 1 account."]


def test_deactivating_many_asks_who_gets_their_tickets(admin, agent_user):
    heir, other = AgentFactory(username="zoe"), AgentFactory()
    tickets = [TicketFactory(assignee=user) for user in (agent_user, agent_user, other)]
    selected = [agent_user.pk, other.pk]
    data = {"action": "deactivate", "index": "0", "_selected_action": selected}
    question = admin.post(LIST, data)
    html = question.content.decode()
    assert "Who gets 3 active tickets?" in html
    offered = question.context["form"].fields["hand_over_to"].queryset
    assert heir in offered
    assert not {agent_user, other} & set(offered)
    assert User.objects.filter(pk__in=selected, is_active=True).count() == 2
    [text] = act(admin, "deactivate", agent_user, other, assign="yes", hand_over_to=heir.pk)
    assert text.startswith("Deactivated: 2 accounts.")
    assert f"2 active tickets of {agent_user} are now assigned to zoe." in text
    assert set(heir.tickets.all()) == set(tickets)
    assert not User.objects.filter(pk__in=selected, is_active=True).exists()


def test_nobody_who_is_deactivated_inherits(admin, agent_user):
    other = AgentFactory()
    TicketFactory(assignee=agent_user)
    data = {"action": "deactivate", "index": "0", "_selected_action": [agent_user.pk, other.pk]}
    answer = admin.post(LIST, {**data, "assign": "yes", "hand_over_to": other.pk})
    assert "hand_over_to" in answer.context["form"].errors
    agent_user.refresh_from_db()
    assert agent_user.is_active


def test_accounts_without_active_tickets_are_deactivated_at_once(admin, agent_user):
    TicketFactory(assignee=agent_user, status="resolved")
    assert act(admin, "deactivate", agent_user) == ["Deactivated: 1 account."]


def save(admin, user, **values):
    """Save an account's page as it is, but for these values."""
    path = f"{LIST}{user.pk}/change/"
    fields = admin.get(path).context["adminform"].form
    sent = {"username": user.username, "email": user.email, "is_active": "on"}
    sent |= {name: fields[name].value() for name in PROFILE_FIELDS}
    sent["groups"] = [group.pk for group in user.groups.all()]
    response = admin.post(path, sent | values, follow=True)
    return [notice.text for notice in response.context["notices"]]


def test_an_admin_changes_an_agents_profile(admin, agent_user):
    values = {"display_name": "Maria", "signature": "Support", "notify_answer": "hourly"}
    save(admin, agent_user, **values, email="m@example.org")
    profile = AgentProfile.objects.get(user=agent_user)
    assert {name: getattr(profile, name) for name in values} == values
    assert (profile.notify_mention, profile.unread_from) == ("at_once", agent_user.date_joined)
    agent_user.refresh_from_db()
    assert agent_user.email == "m@example.org"
    assert is_agent(agent_user)


@pytest.mark.parametrize(
    "leave", [{"is_active": ""}, {"groups": []}], ids=["deactivated", "out of the group"]
)
def test_a_closed_accounts_tickets_are_unassigned(admin, admin_user, agent_user, leave):
    ticket = TicketFactory(assignee=agent_user)
    assert f"1 active ticket of {agent_user} is now unassigned." in save(admin, agent_user, **leave)
    ticket.refresh_from_db()
    assert (ticket.assignee, ticket.version) == (None, 2)
    [entry] = [entry for entry in audit_trail(ticket) if entry.event == "changed"]
    assert entry.actor == admin_user.username
    assert entry.changes["assignee"] == (agent_user.username, None)


def test_a_closed_accounts_tickets_are_handed_over_in_one_step(admin, agent_user):
    heir = AgentFactory(username="zoe")
    tickets = [TicketFactory(assignee=agent_user) for _ in range(3)]
    texts = save(admin, agent_user, is_active="", hand_over_to=heir.pk)
    assert f"3 active tickets of {agent_user} are now assigned to zoe." in texts
    assert set(heir.tickets.all()) == set(tickets)


def test_an_open_account_keeps_its_tickets(admin, agent_user):
    ticket = TicketFactory(assignee=agent_user)
    save(admin, agent_user, hand_over_to=AgentFactory().pk)
    ticket.refresh_from_db()
    assert (ticket.assignee, ticket.version) == (agent_user, 1)


def test_only_agents_can_inherit(admin, agent_user):
    ticket = TicketFactory(assignee=agent_user)
    path = f"{LIST}{agent_user.pk}/change/"
    for heir in (UserFactory(), agent_user):
        values = {"username": agent_user.username, "hand_over_to": heir.pk}
        errors = admin.post(path, values).context["adminform"].form.errors
        assert list(errors) == ["hand_over_to"]
    ticket.refresh_from_db()
    assert ticket.assignee == agent_user


@pytest.mark.parametrize("many", [False, True])
def test_a_deleted_accounts_tickets_are_unassigned(admin, admin_user, agent_user, many):
    ticket = TicketFactory(assignee=agent_user)
    if many:
        selected = {"_selected_action": agent_user.pk, "index": "0", "post": "yes"}
        response = admin.post(LIST, selected | {"action": "delete_selected"}, follow=True)
    else:
        response = admin.post(f"{LIST}{agent_user.pk}/delete/", {"post": "yes"}, follow=True)
    texts = [notice.text for notice in response.context["notices"]]
    assert f"1 active ticket of {agent_user} is now unassigned." in texts
    assert not User.objects.filter(pk=agent_user.pk).exists()
    ticket.refresh_from_db()
    assert (ticket.assignee, ticket.version) == (None, 2)
    [entry] = [entry for entry in audit_trail(ticket) if entry.event == "changed"]
    assert entry.actor == admin_user.username


def test_deleting_an_account_counts_the_related_rows(admin, admin_user):
    clerk = AgentFactory()
    TokenFactory(user=clerk)
    LogEntry.objects.bulk_create(
        LogEntry(user=clerk, object_repr="An entry of the log", action_flag=2) for _ in range(30)
    )
    response = admin.get(f"{LIST}{clerk.pk}/delete/")
    assert dict(response.context["model_count"]) == {
        "users": "1",
        "API tokens": "1",
        "log entries": "30",
    }
    html = response.content.decode()
    assert "An entry of the log" not in html
    assert "Consider deactivating" in html


def test_agents_see_no_accounts(agent, agent_user):
    assert agent.get(f"{LIST}{agent_user.pk}/change/").status_code == 403
    assert agent.get(f"{LIST}{agent_user.pk}/password/").status_code == 403
    assert agent.post(LIST, {"action": "deactivate", "index": "0"}).status_code == 403


UNSEEN = ["\u200b", "\u202e"]


@pytest.mark.parametrize("name", UNSEEN)
@pytest.mark.parametrize("field", ["first_name", "last_name"])
def test_invisible_names_are_refused(admin, agent_user, field, name):
    values = {"username": agent_user.username, "is_active": "on", field: name}
    for response in (
        add(admin, **{field: name}),
        admin.post(f"{LIST}{agent_user.pk}/change/", values),
    ):
        assert field in response.context["adminform"].form.errors
    agent_user.refresh_from_db()
    assert getattr(agent_user, field) != name


@pytest.mark.parametrize("name", ["me", "none", "Nobody"])
def test_no_account_can_have_a_reserved_name(admin, agent_user, name):
    for response in (
        add(admin, username=name),
        admin.post(f"{LIST}{agent_user.pk}/change/", {"username": name, "is_active": "on"}),
    ):
        assert "Choose another" in str(response.context["adminform"].form.errors["username"])
    with pytest.raises(InvalidInput, match="No account can be named"):
        create_account(name, PASSWORD)
    assert not User.objects.filter(username__iexact=name).exists()


def test_a_reader_gets_no_link_to_the_password(agent_user):
    reader = UserFactory(is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_user"))
    html = signed_in(reader).get(f"{LIST}{agent_user.pk}/change/").content.decode()
    assert agent_user.username in html
    assert "../password/" not in html
    assert "Clear this instead of deleting" in html
    assert "Designates" not in html


# --- groups ---

GROUPS = "/admin/auth/group/"


def test_the_two_roles_are_explained(admin):
    assert "Agents work on tickets" in admin.get(GROUPS).content.decode()
    html = admin.get(f"{GROUPS}{group('admins')}/change/").content.decode()
    assert "Admins can do everything agents can" in html


def test_the_two_roles_keep_their_names_and_cannot_be_deleted(admin):
    path = f"{GROUPS}{group('agents')}/"
    admin.post(f"{path}change/", {"name": "editors"})
    assert admin.post(f"{path}delete/", {"post": "yes"}).status_code == 403
    selected = {"_selected_action": group("agents"), "index": "0", "post": "yes"}
    assert admin.post(GROUPS, selected | {"action": "delete_selected"}).status_code == 403
    assert Group.objects.filter(name="agents").exists()


@pytest.mark.parametrize("name", [*UNSEEN, "AGENTS", "Admins", "none"])
def test_a_groups_name_is_visible_and_unique(admin, name):
    response = admin.post(f"{GROUPS}add/", {"name": name})
    assert "name" in response.context["adminform"].form.errors
    assert Group.objects.count() == 2


def test_a_groups_name_has_one_line(admin):
    admin.post(f"{GROUPS}add/", {"name": "night\nshift"})
    assert Group.objects.filter(name="night shift").exists()


def test_a_custom_group_can_be_created_and_deleted(admin):
    view = Permission.objects.get(codename="view_apitoken")
    admin.post(f"{GROUPS}add/", {"name": "auditors", "permissions": [view.pk]})
    own = Group.objects.get(name="auditors")
    assert list(own.permissions.all()) == [view]
    admin.post(f"{GROUPS}{own.pk}/delete/", {"post": "yes"})
    assert not Group.objects.filter(name="auditors").exists()


def test_a_group_is_offered_only_permissions_that_have_an_effect(admin):
    form = admin.get(f"{GROUPS}add/").context["adminform"].form
    offered = {
        str(list_name): {str(label) for _, label in boxes}
        for list_name, boxes in form["permissions"].field.choices
    }
    assert offered["Tickets"] == {"View", "Add", "Change", "Delete"}
    assert offered["Ticket conversations"] == {"View", "Add"}
    assert offered["Jobs"] == offered["Feedback"] == offered["Emails"] == {"View", "Change"}
    assert offered["Predictions"] == {"View"}
    assert offered["Saved views"] == {"View", "Change", "Delete"}


def test_a_custom_group_can_read_and_write_conversations(admin):
    names = ("view_ticket", "change_ticket", "view_comment", "add_comment")
    chosen = [Permission.objects.get(codename=name).pk for name in names]
    admin.post(f"{GROUPS}add/", {"name": "editors", "permissions": chosen})
    clerk = UserFactory(is_staff=True)
    clerk.groups.add(Group.objects.get(name="editors"))
    comment = CommentFactory(body="It still smokes")
    path = f"/admin/tickets/ticket/{comment.ticket.pk}/change/"
    html = signed_in(clerk).get(path).content.decode()
    assert "It still smokes" in html
    assert 'name="comments-0-body"' in html
    # The desk's own page is for agents.
    assert "View on site" not in html
    assert "View on site" in admin.get(path).content.decode()


def test_saving_a_role_keeps_its_hidden_permissions(admin):
    role = Group.objects.get(name="admins")
    hidden = Permission.objects.get(codename="add_email")
    assert hidden in role.permissions.all()
    html = admin.get(f"{GROUPS}{role.pk}/change/").content.decode()
    assert f'value="{hidden.pk}"' not in html
    admin.post(f"{GROUPS}{role.pk}/change/", {"permissions": []})
    assert hidden in role.permissions.all()
    assert not role.permissions.filter(codename="change_ticket").exists()
