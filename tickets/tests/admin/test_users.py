"""Accounts and groups in the back office."""

from django.contrib.auth.models import Group, User

from tickets.models import is_admin, is_agent

from .conftest import signed_in

LIST = "/admin/auth/user/"
PASSWORD = "a rather long pass phrase"


def add(admin, **values):
    passwords = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    return admin.post(f"{LIST}add/", {"username": "ada"} | passwords | values)


def group(name):
    return Group.objects.get(name=name).pk


def test_an_account_becomes_an_agents_by_its_group(admin):
    add(admin)
    user = User.objects.get(username="ada")
    assert not is_agent(user)
    values = {"username": "ada", "is_active": "on", "is_staff": "on", "groups": [group("agents")]}
    admin.post(f"{LIST}{user.pk}/change/", values)
    user = User.objects.get(username="ada")
    assert is_agent(user)
    assert not is_admin(user)
    assert signed_in(user).get("/admin/tickets/ticket/").status_code == 200


def test_a_weak_password_makes_no_account(admin):
    add(admin, password1="12345", password2="12345")
    assert not User.objects.filter(username="ada").exists()


def test_the_page_says_what_the_groups_mean(admin, agent_user):
    html = admin.get(f"{LIST}{agent_user.pk}/change/").content.decode()
    assert "lets somebody work tickets" in html


def test_no_page_shows_a_password(admin, agent_user):
    html = admin.get(f"{LIST}{agent_user.pk}/change/").content.decode()
    assert agent_user.password not in html
    assert agent_user.password.rsplit("$", 1)[1] not in html


def test_accounts_are_found_by_group(admin, agent_user, admin_user):
    response = admin.get(f"{LIST}?groups__id__exact={group('agents')}")
    assert list(response.context["cl"].result_list) == [agent_user]


def test_a_group_keeps_its_permissions_when_saved(admin):
    path = f"/admin/auth/group/{group('agents')}/change/"
    form = admin.get(path).context["adminform"].form
    before = sorted(form["permissions"].value())
    admin.post(path, {"name": "agents", "permissions": before})
    kept = Group.objects.get(name="agents").permissions.values_list("pk", flat=True)
    assert sorted(kept) == before
    assert before
