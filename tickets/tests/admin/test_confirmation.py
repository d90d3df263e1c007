"""What changes rights or secrets wants a password that was typed lately."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from tickets.models.sign_ins import SignIn
from tickets.models.tokens import ApiToken
from tickets.tests.factories import PASSWORD, AgentFactory


def forget_confirmation():
    SignIn.objects.update(confirmed_at=timezone.now() - timedelta(hours=1))


PAGES = [
    "auth/user/add/",
    "auth/user/{user}/change/",
    "auth/user/{user}/delete/",
    "auth/user/{user}/password/",
    "auth/group/add/",
    "auth/group/{group}/change/",
    "tickets/apitoken/add/",
    "tickets/mailbox/add/",
]


@pytest.mark.parametrize("page", PAGES)
def test_the_pages_that_change_ask_first(admin, page):
    path = f"/admin/{page.format(user=AgentFactory().pk, group=Group.objects.first().pk)}"
    assert admin.get(path).status_code == 200
    forget_confirmation()
    response = admin.get(path)
    assert response.url == f"/account/confirm/?next={path}"
    assert admin.post(path, {"name": "x"}).url.startswith("/account/confirm/")
    back = admin.post("/account/confirm/", {"password": PASSWORD, "next": path})
    assert admin.get(back.url).status_code == 200


@pytest.mark.parametrize(
    "path", ["", "auth/user/", "auth/group/", "tickets/apitoken/", "tickets/ticket/add/"]
)
def test_looking_does_not(admin, path):
    forget_confirmation()
    assert admin.get(f"/admin/{path}").status_code == 200


def test_actions_do(admin):
    user = AgentFactory()
    forget_confirmation()
    data = {"action": "deactivate", "index": "0", "_selected_action": [user.pk]}
    headers = {"Referer": "http://testserver/admin/auth/user/"}
    response = admin.post("/admin/auth/user/", data, headers=headers)
    assert response.url == "/account/confirm/?next=/admin/auth/user/"
    assert "Nothing was changed" in admin.get(response.url).content.decode()
    assert User.objects.get(pk=user.pk).is_active
    token = {"name": "x", "scopes": ["read"]}
    assert admin.post("/admin/tickets/apitoken/add/", token).status_code == 302
    assert not ApiToken.objects.exists()


def test_ones_own_password_is_changed_on_the_desks_page(admin):
    assert admin.get("/admin/password_change/").url == "/account/password/"


def test_setting_a_password_does_not_ask_again(admin, admin_user):
    """Django gives the session another key then."""
    new = "another correct horse"
    values = {"usable_password": "true", "password1": new, "password2": new}
    for user in (AgentFactory(), admin_user):
        path = f"/admin/auth/user/{user.pk}/password/"
        assert admin.post(path, values).status_code == 302
        assert admin.get("/admin/auth/user/add/").status_code == 200
    assert SignIn.objects.count() == 1
