"""API tokens in the back office: create, show the secret once, revoke."""

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.utils import timezone

from tickets.models.private_link import digest
from tickets.models.tokens import ApiToken
from tickets.tests.factories import AgentFactory, TokenFactory, UserFactory
from tickets.vocabulary import MAX_TOKEN_NAME_CHARS

from .conftest import signed_in

LIST = "/admin/tickets/apitoken/"
NEW = {"name": "nightly export", "scopes": ["read"]}


def add(client, **values):
    return client.post(f"{LIST}add/", NEW | values)


def secret_in(response):
    match = re.search(r'id="token-secret">(desk_[\w-]+)<', response.content.decode())
    return match[1] if match else None


def revoke(client, *tokens):
    selected = [token.pk for token in tokens]
    data = {"action": "revoke", "index": "0", "_selected_action": selected}
    return client.post(LIST, data, follow=True)


def test_a_new_tokens_secret_works(admin, client):
    secret = secret_in(add(admin))
    headers = {"Authorization": f"Bearer {secret}"}
    assert client.get("/api/tickets/", headers=headers).status_code == 200


def test_the_secret_appears_once_and_is_stored_nowhere(admin):
    response = add(admin)
    secret, token = secret_in(response), ApiToken.objects.get()
    assert "no-store" in response["Cache-Control"]
    assert "messages" not in response.cookies
    for path in (LIST, f"{LIST}{token.pk}/change/", f"{LIST}{token.pk}/history/", "/admin/"):
        html = admin.get(path).content.decode()
        assert secret not in html
        assert token.digest not in html
    assert token.digest == digest(secret)
    assert secret not in str(LogEntry.objects.values_list("change_message", "object_repr"))


def test_a_token_is_created_as_requested(admin, admin_user):
    agent = AgentFactory()
    add(admin, scopes=["write", "admin"], user=agent.pk, days="30")
    token = ApiToken.objects.get()
    assert (token.scopes, token.user) == (["admin", "write"], agent)
    assert timedelta(days=29) < token.expires_at - timezone.now() <= timedelta(days=30)
    event = ApiToken.pgh_event_model.objects.get(pgh_obj_id=token.pk)
    assert event.pgh_context["actor"] == admin_user.username


def test_a_token_without_days_never_expires(admin):
    add(admin)
    assert ApiToken.objects.get().expires_at is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * (MAX_TOKEN_NAME_CHARS + 1)),
        ("name", "\u200b"),
        ("scopes", []),
        ("scopes", ["read", "root"]),
        ("days", "0"),
        ("days", "99999999999"),
        ("days", "soon"),
        ("user", "0"),
    ],
)
def test_a_bad_value_is_reported_and_creates_no_token(admin, field, value):
    response = add(admin, **{field: value})
    assert field in response.context["adminform"].form.errors
    assert not ApiToken.objects.exists()


def test_scopes_are_checkboxes(admin):
    html = admin.get(f"{LIST}add/").content.decode()
    boxes = re.findall(r'<input type="checkbox" name="scopes" value="(\w+)"', html)
    assert boxes == ["read", "write", "admin"]


@pytest.fixture
def clerk(db):
    """Return somebody who may create tokens, but is not an agent yet."""
    user = UserFactory(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="add_apitoken"))
    return user


def test_a_token_cannot_have_more_scopes_than_its_creator(clerk, admin_user):
    for scopes in (["read"], ["admin"]):
        response = add(signed_in(clerk), user=clerk.pk, scopes=scopes)
        assert "scopes" in response.context["adminform"].form.errors
    clerk.groups.add(Group.objects.get(name="agents"))
    client = signed_in(clerk)
    response = add(client, user=clerk.pk, scopes=["read", "admin"])
    assert "cannot give the scope “admin”" in str(response.context["adminform"].form.errors)
    assert not ApiToken.objects.exists()
    assert secret_in(add(client, user=clerk.pk, scopes=["read", "write"]))


def test_only_admins_create_tokens_for_other_users(clerk, admin_user):
    clerk.groups.add(Group.objects.get(name="agents"))
    client = signed_in(clerk)
    html = client.get(f"{LIST}add/").content.decode()
    assert f'<option value="{clerk.pk}" selected>' in html
    for user in (admin_user.pk, ""):
        response = add(client, user=user)
        assert "user" in response.context["adminform"].form.errors
    assert not ApiToken.objects.exists()


def test_a_token_cannot_be_changed(admin):
    token = TokenFactory(scopes=["read"])
    response = admin.post(f"{LIST}{token.pk}/change/", NEW | {"scopes": ["admin"]})
    assert response.status_code == 403
    token.refresh_from_db()
    assert token.scopes == ["read"]


def test_a_revoked_token_stops_working(admin, admin_user, client):
    token, other = TokenFactory.create_batch(2)
    revoke(admin, token)
    answers = [
        client.get("/api/tickets/", headers={"Authorization": f"Bearer {each.secret}"}).status_code
        for each in (token, other)
    ]
    assert answers == [401, 200]
    event = ApiToken.pgh_event_model.objects.filter(pgh_obj_id=token.pk).latest("pgh_id")
    assert event.pgh_context["actor"] == admin_user.username


def test_revoking_again_keeps_the_first_time(admin):
    token = TokenFactory(revoked_at=timezone.now() - timedelta(days=1))
    response = revoke(admin, token)
    assert ApiToken.objects.get().revoked_at == token.revoked_at
    assert [notice.text for notice in response.context["notices"]] == [
        "Revoked: 0 API tokens. Already revoked: 1."
    ]
    assert {notice.level for notice in response.context["notices"]} == {"warning"}


def test_a_tokens_page_revokes_it(admin):
    token = TokenFactory()
    html = admin.get(f"{LIST}{token.pk}/change/").content.decode()
    form = re.search(r'<form method="post" action="(/admin/tickets/\S+)">(.*?)</form>', html, re.S)
    fields = dict(re.findall(r'name="(\w+)" value="(\w+)"', form[2]))
    admin.post(form[1], fields)
    assert ApiToken.objects.get().revoked_at
    assert ">Revoke<" not in admin.get(f"{LIST}{token.pk}/change/").content.decode()


def test_the_list_filters_tokens_by_state(admin):
    now = timezone.now()
    tokens = {
        "usable": TokenFactory(last_used_at=now),
        "expired": TokenFactory(expires_at=now - timedelta(days=1)),
        "revoked": TokenFactory(revoked_at=now),
    }
    for state, token in tokens.items():
        response = admin.get(f"{LIST}?state={state}")
        assert list(response.context["cl"].result_list) == [token]
        assert f"{state.capitalize()}</span>" in response.content.decode()


def test_agents_cannot_create_or_revoke_tokens(agent):
    token = TokenFactory()
    assert add(agent).status_code == 403
    assert revoke(agent, token).status_code == 403
    assert ApiToken.objects.get().revoked_at is None
