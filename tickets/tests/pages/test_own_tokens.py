"""The API tokens of one's own account."""

import re

import pytest

from tickets.models.tokens import ApiToken
from tickets.tests.factories import AdminFactory, AgentFactory, TokenFactory

from .conftest import signed_in

PATH = "/account/tokens/"
NEW = {"name": "nightly export", "scopes": ["read"]}


def test_a_new_token_works_and_its_secret_appears_once(agent, agent_user, client):
    page = agent.post(PATH, NEW | {"days": "30"})
    secret = re.search(r'id="token-secret">(desk_[\w-]+)<', page.content.decode())[1]
    assert "no-store" in page["Cache-Control"]
    assert secret not in agent.get(PATH).content.decode()
    headers = {"Authorization": f"Bearer {secret}"}
    assert client.get("/api/tickets/", headers=headers).status_code == 200
    token = ApiToken.objects.get()
    assert (token.user, token.scopes) == (agent_user, ["read"])
    assert token.expires_at is not None


@pytest.mark.parametrize(
    ("factory", "scope", "status"),
    [(AgentFactory, "admin", 400), (AdminFactory, "admin", 200), (AdminFactory, "mail", 400)],
)
def test_nobody_gives_a_scope_that_the_account_lacks(db, factory, scope, status):
    assert signed_in(factory()).post(PATH, NEW | {"scopes": [scope]}).status_code == status
    assert ApiToken.objects.count() == (status == 200)


def test_an_account_without_rights_makes_none(user):
    assert user.post(PATH, NEW).status_code == 400
    assert b"You cannot create tokens" in user.get(PATH).content
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("wrong", [{"name": " "}, {"scopes": []}, {"days": "0"}, {"days": "x"}])
def test_a_wrong_form_makes_none(agent, wrong):
    assert agent.post(PATH, NEW | wrong).status_code == 400
    assert not ApiToken.objects.exists()


def test_own_tokens_can_be_revoked_and_no_others(agent, agent_user):
    own, other = TokenFactory(user=agent_user), TokenFactory(user=AgentFactory(), name="of Zoe")
    assert b"of Zoe" not in agent.get(PATH).content
    assert agent.post(f"{PATH}{own.pk}/revoke/").url == PATH
    for token in (own, other):
        assert agent.post(f"{PATH}{token.pk}/revoke/").status_code == 404
    assert [token.revoked_at is None for token in ApiToken.objects.order_by("pk")] == [False, True]
