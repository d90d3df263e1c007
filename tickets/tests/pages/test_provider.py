"""Sign in with accounts of an OpenID Connect provider."""

import re
import threading
import time
from contextlib import suppress
from datetime import timedelta
from html import unescape

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from tickets.access.actors import is_admin, is_agent
from tickets.exceptions import ProviderRefused
from tickets.models.identities import ProviderIdentity
from tickets.models.sign_ins import SignIn
from tickets.services import second_factors
from tickets.services.identities import provider as service
from tickets.services.identities import requests
from tickets.tests.factories import AgentFactory
from tickets.tests.oidc_provider import CLIENT_ID, CLIENT_SECRET, OidcProvider

from .conftest import signed_in


@pytest.fixture
def provider(settings, db):
    provider = OidcProvider()
    settings.OIDC_ISSUER = provider.issuer
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT_ID, CLIENT_SECRET
    settings.OIDC_NAME = "Example ID"
    yield provider
    provider.stop()
    forget()


@pytest.fixture
def mapped(settings):
    settings.OIDC_AGENTS, settings.OIDC_ADMINS = ["support"], ["leads", "bosses"]
    settings.OIDC_CREATE_ACCOUNTS = True


def forget():
    """Let the desk ask the provider for everything again, as after MAX_AGE."""
    requests.connection_to.cache_clear()


def address_of(page):
    assert page.status_code == 200, page
    return unescape(re.search(r'href="([^"]+/authorize[^"]+)"', page.content.decode())[1])


def come_back(client, provider, path="/sign-in/provider/", **sent):
    return client.get(provider.sign_in(address_of(client.post(path, sent))))


def is_in(client):
    return client.get("/account/sessions/").status_code == 200


@pytest.fixture
def connected(provider, agent, agent_user):
    come_back(agent, provider, "/account/provider/connect/")
    return agent_user


def test_a_connected_account_signs_in(connected, provider):
    assert ProviderIdentity.objects.get().account == connected
    visitor = Client()
    assert b"Sign in with Example ID" in visitor.get("/sign-in/").content
    assert come_back(visitor, provider, next="/dashboard/").url == "/dashboard/"
    assert is_in(visitor)
    assert visitor.get("/dashboard/").status_code == 200


def test_who_is_not_connected_does_not_sign_in(provider):
    """Neither an address nor a name leads to an account: people choose these themselves."""
    AgentFactory(username="lena", email="lena@example.org")
    provider.claims |= {"email": "lena@example.org", "email_verified": True}
    provider.claims |= {"preferred_username": "lena"}
    visitor = Client()
    response = come_back(visitor, provider)
    assert response.url == "/sign-in/"
    assert b"No account here is connected" in visitor.get("/sign-in/").content
    assert not is_in(visitor)


def test_a_closed_account_does_not_sign_in(connected, provider):
    User.objects.update(is_active=False)
    visitor = Client()
    assert come_back(visitor, provider).url == "/sign-in/"
    assert not is_in(visitor)


# --- accounts and groups ---


def test_an_account_is_created_for_a_member_of_a_group(provider, mapped):
    AgentFactory(username="LENA")
    provider.claims |= {"preferred_username": "lena", "email": "l@example.org"}
    provider.claims |= {"email_verified": True, "groups": ["support", "others"]}
    visitor = Client()
    assert come_back(visitor, provider).url == "/tickets/"
    user = User.objects.get(username="lena-2")
    assert (user.email, user.has_usable_password()) == ("l@example.org", False)
    assert is_agent(user)
    assert not is_admin(user)
    assert not user.is_staff
    come_back(Client(), provider)
    assert ProviderIdentity.objects.count() == 1


@pytest.mark.parametrize("groups", [[], ["others"], None, "supporters", 7, {"support": 1}])
def test_none_is_created_for_others(provider, mapped, groups):
    provider.claims["groups"] = groups
    assert come_back(Client(), provider).url == "/sign-in/"
    assert not User.objects.exists()


def test_an_address_that_is_not_verified_is_not_taken(provider, mapped):
    provider.claims |= {"email": "l@example.org", "groups": "support"}
    come_back(Client(), provider)
    user = User.objects.get()
    assert (user.username, user.email) == ("user", "")


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("\uff21\uff24\uff2d\uff29\uff2e", "ADMIN-2"),  # full width, as Django stores it
        ("ŉ" * 200, "\u02bcn" * 72 + "\u02bc"),  # which is twice as long then
        ("\u1100\u200b\u1161", "\uac00"),  # two letters that are one without what was between
        ("\u0430dmin", "l"),  # with a Cyrillic a
        ("\u03b1dmin", "l"),  # with a Greek one
        ("Юрий", "Юрий"),
        ("Zoë-Ελένη", "l"),
        ("\ud800", "l"),
        ("a\0b", "l"),
        (["lena"], "l"),
        ("///", "l"),
    ],
)
def test_a_name_becomes_one_that_can_be_stored(provider, mapped, wanted, name):
    AgentFactory(username="admin")
    provider.claims |= {"groups": "support", "preferred_username": wanted}
    provider.claims |= {"email": "l@example.org", "email_verified": True}
    assert come_back(Client(), provider).url == "/tickets/"
    assert User.objects.exclude(username="admin").get().username == name


@pytest.mark.parametrize(
    "email",
    [
        "a@x.example\nBcc: evil@x.example",
        ["a@b.example"],
        {"a": 1},
        "nobody",
        "a\0@x.example",
        "\ud800@x.example",
        "a@" + "x" * 60 + ".example" * 40,
        "\u202ea@x.example",
    ],
)
def test_an_address_that_is_none_is_not_taken(provider, mapped, email):
    provider.claims |= {"email": email, "email_verified": True, "groups": "support"}
    assert come_back(Client(), provider).url == "/tickets/"
    user = User.objects.get()
    assert (user.username, user.email) == ("user", "")


@pytest.mark.parametrize("subject", ["\ud800", "a\0b", "a" * 256])
def test_an_identity_that_cannot_be_stored_signs_nobody_in(provider, mapped, subject):
    provider.claims |= {"sub": subject, "groups": "support"}
    visitor = Client()
    assert come_back(visitor, provider).url == "/sign-in/"
    assert not is_in(visitor)
    assert not User.objects.exists()


def test_each_sign_in_sets_the_groups(connected, provider, mapped):
    for groups, agent, admin in (
        (["leads"], True, True),
        (["support"], True, False),
        ([], False, False),
        (["bosses", "support"], True, True),
    ):
        provider.claims["groups"] = groups
        come_back(Client(), provider)
        user = User.objects.get()
        assert (is_agent(user), is_admin(user), user.is_staff) == (agent, admin, admin)


@pytest.mark.parametrize("has_groups", [True, False])
def test_staff_status_ends_with_the_last_group(connected, provider, mapped, has_groups):
    """Also that of an agent, which was set by hand, and of one whose groups are gone already."""
    User.objects.update(is_staff=True)
    provider.claims["groups"] = ["support"]
    assert come_back(Client(), provider).url == "/tickets/"
    assert User.objects.get().is_staff
    if not has_groups:
        connected.groups.clear()
    provider.claims["groups"] = []
    assert come_back(Client(), provider).url == "/tickets/"
    assert not User.objects.get().is_staff


def test_a_superuser_keeps_the_back_office(connected, provider, mapped):
    User.objects.update(is_staff=True, is_superuser=True)
    assert come_back(Client(), provider).url == "/tickets/"
    assert User.objects.get().is_staff


def test_without_mapped_groups_they_stay(connected, provider):
    provider.claims["groups"] = []
    come_back(Client(), provider)
    assert is_agent(User.objects.get())


def test_groups_can_come_with_the_user_info(connected, provider, mapped):
    provider.userinfo = {"sub": provider.claims["sub"], "groups": ["leads"]}
    forget()
    come_back(Client(), provider)
    assert is_admin(User.objects.get())
    provider.userinfo = {"sub": "somebody else", "groups": ["leads"]}
    visitor = Client()
    come_back(visitor, provider)
    assert not is_in(visitor)


# --- what is not believed ---


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://evil.example"},
        {"aud": "another client"},
        {"exp": 1},
        {"nonce": "another"},
        {"nonce": "\ud800"},
        {"sub": ""},
        {"azp": "another client", "aud": [CLIENT_ID, "another client"]},
    ],
)
def test_a_token_that_is_wrong_signs_nobody_in(connected, provider, changed):
    provider.changes["token"] = changed
    visitor = Client()
    assert come_back(visitor, provider).url == "/sign-in/"
    assert not is_in(visitor)


def test_nor_does_one_that_somebody_else_has_signed(connected, provider):
    provider.signing = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    visitor = Client()
    come_back(visitor, provider)
    assert not is_in(visitor)


@pytest.mark.parametrize("endpoint", [7, ["x"], None, ""])
def test_nor_a_configuration_that_cannot_be_used(provider, visitor, endpoint):
    provider.changes["configuration"] = {"authorization_endpoint": endpoint}
    assert visitor.post("/sign-in/provider/").url == "/sign-in/"
    provider.changes.clear()
    assert visitor.post("/sign-in/provider/").status_code == 200  # it was not kept


@pytest.mark.parametrize("name", ["token_endpoint", "jwks_uri"])
def test_nor_does_an_answer_without_tls(connected, provider, name):
    provider.changes["configuration"] = {name: "http://id.example/x"}
    forget()
    visitor = Client()
    assert come_back(visitor, provider).url == "/sign-in/"
    assert not is_in(visitor)


def test_nor_another_issuer(connected, provider):
    provider.changes["configuration"] = {"issuer": "https://evil.example"}
    forget()
    visitor = Client()
    assert visitor.post("/sign-in/provider/").url == "/sign-in/"


def test_nor_an_answer_to_somebody_else(connected, provider):
    visitor, other = Client(), Client()
    path = provider.sign_in(address_of(visitor.post("/sign-in/provider/")))
    other.post("/sign-in/provider/")
    for stranger in (other, Client()):
        assert stranger.get(path).url == "/sign-in/"
        assert not is_in(stranger)
    assert visitor.get(path).url == "/tickets/"
    assert visitor.get(path).url == "/sign-in/"  # once


def test_nor_one_that_comes_late(connected, provider):
    visitor = Client()
    path = provider.sign_in(address_of(visitor.post("/sign-in/provider/")))
    session = visitor.session
    session["provider"] = session["provider"] | {"at": time.time() - 601}
    session.save()
    visitor.get(path)
    assert not is_in(visitor)


@pytest.mark.parametrize(
    "query", ["", "?error=access_denied", "?state=&code=x", "?code=x", "?state=-"]
)
def test_nor_one_without_a_code(provider, visitor, query):
    assert visitor.get(f"/sign-in/provider/back/{query}").url == "/sign-in/"


def test_a_provider_that_is_down_is_said_so(provider, visitor):
    provider.stop()
    assert visitor.post("/sign-in/provider/").url == "/sign-in/"
    assert b"The provider could not sign you in" in visitor.get("/sign-in/").content


def test_without_a_provider_there_is_none(visitor, agent):
    assert b"provider" not in visitor.get("/sign-in/").content
    assert visitor.post("/sign-in/provider/").status_code == 404
    assert visitor.get("/sign-in/provider/back/?state=-").status_code == 404
    assert agent.post("/account/provider/connect/").status_code == 404


# --- a provider that is slow or gone ---


def test_configuration_and_keys_are_kept(connected, provider):
    for _ in range(2):
        come_back(Client(), provider)
    assert sorted(provider.paths) == ["/.well-known/openid-configuration", "/keys"]


def test_a_new_key_is_fetched_but_not_for_every_token(connected, provider, monkeypatch):
    provider.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    provider.signing, provider.key_id = provider.private, "two"
    visitor = Client()
    come_back(visitor, provider)  # the keys were fetched a moment ago
    assert provider.paths.count("/keys") == 1
    assert not is_in(visitor)
    monkeypatch.setattr(service, "MAX_AGE_OF_MISSING_KEY", 0)
    for _ in range(2):
        come_back(visitor, provider)
        assert is_in(visitor)
    assert provider.paths.count("/keys") == 2


def test_half_of_the_threads_wait_for_a_provider_that_hangs(provider, visitor, settings):
    settings.WEB_THREADS = 5
    provider.answers.clear()

    def ask():
        with suppress(ProviderRefused):
            service.address_for(service.new_attempt())

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    while len(provider.paths) < 2:
        time.sleep(0.01)
    assert visitor.post("/sign-in/provider/").url == "/sign-in/"
    assert b"The provider could not sign you in" in visitor.get("/sign-in/").content
    assert len(provider.paths) == 2
    provider.answers.set()
    for thread in threads:
        thread.join()


def test_an_answer_that_trickles_is_not_waited_for(provider, visitor, monkeypatch):
    monkeypatch.setattr(requests, "SECONDS", 0.3)
    provider.trickle = 20
    assert visitor.post("/sign-in/provider/").url == "/sign-in/"


@pytest.mark.parametrize(("pause", "is_asked"), [(60, False), (0, True)])
def test_a_provider_that_was_gone_is_asked_again_after_a_pause(
    provider, visitor, monkeypatch, pause, is_asked
):
    monkeypatch.setattr(requests, "PAUSE", pause)
    provider.stop()
    assert visitor.post("/sign-in/provider/").url == "/sign-in/"
    provider.start()
    assert (visitor.post("/sign-in/provider/").status_code == 200) == is_asked
    assert bool(provider.paths) == is_asked


def test_a_code_that_it_refuses_is_no_reason_to_pause(connected, provider):
    visitor = Client()
    path = provider.sign_in(address_of(visitor.post("/sign-in/provider/")))
    provider.codes.clear()
    assert visitor.get(path).url == "/sign-in/"
    assert come_back(visitor, provider).url == "/tickets/"


# --- connecting and confirming ---


def test_an_identity_signs_in_to_one_account(connected, provider):
    other = signed_in(AgentFactory())
    come_back(other, provider, "/account/provider/connect/")
    assert ProviderIdentity.objects.get().account == connected
    assert b"signs in to another account" in other.get("/account/provider/").content


def test_it_can_be_disconnected_unless_there_is_no_other_way_in(connected, provider, agent):
    path = f"/account/provider/{ProviderIdentity.objects.get().pk}/disconnect/"
    assert signed_in(AgentFactory()).post(path).status_code == 404
    assert agent.post(path).url == "/account/provider/"
    assert not ProviderIdentity.objects.exists()
    connected.set_unusable_password()
    connected.save()
    client = signed_in(connected)
    come_back(client, provider, "/account/provider/connect/")
    path = f"/account/provider/{ProviderIdentity.objects.get().pk}/disconnect/"
    assert client.post(path).status_code == 404


def test_an_account_without_a_password_confirms_with_the_provider(connected, provider):
    connected.set_unusable_password()
    connected.save()
    client = Client()
    come_back(client, provider)
    SignIn.objects.update(confirmed_at=timezone.now() - timedelta(hours=1))
    path = client.get("/account/tokens/").url
    page = client.get(path).content.decode()
    assert "Confirm with Example ID" in page
    assert 'name="password"' not in page
    sent = {"next": "/account/tokens/"}
    for seconds in (-3600, 10**6):
        provider.changes["token"] = {"auth_time": int(time.time()) + seconds}
        refused = come_back(client, provider, "/account/provider/confirm/", **sent)
        assert refused.url == "/account/confirm/"
    provider.changes.clear()
    page = client.post("/account/provider/confirm/", sent)
    assert "prompt=login" in address_of(page)
    assert client.get(provider.sign_in(address_of(page))).url == "/account/tokens/"
    assert client.get("/account/tokens/").status_code == 200


@pytest.mark.parametrize(
    ("seconds", "confirms"), [(0, True), (-5 * 86400, False), (10**6, False), (None, False)]
)
def test_only_a_password_typed_there_just_now_confirms_a_sign_in(
    connected, provider, seconds, confirms
):
    """The provider may answer from its own session, which whoever has the browser has too."""
    asked_at = None if seconds is None else int(time.time()) + seconds
    provider.changes["token"] = {"auth_time": asked_at}
    client = Client()
    for _ in range(2):  # also in a session that there is already
        assert come_back(client, provider).url == "/tickets/"
        assert (client.get("/account/tokens/").status_code == 200) == confirms


@pytest.mark.parametrize(("seconds", "confirms"), [(0, True), (-5 * 86400, False)])
def test_a_second_factor_does_not_stand_in_for_the_password(connected, provider, seconds, confirms):
    key = second_factors.new_key()
    code = second_factors._totp(key).generate(int(time.time())).decode()
    recovery_code = second_factors.add_app(connected, "Phone", key, code)[0]
    provider.changes["token"] = {"auth_time": int(time.time()) + seconds}
    client = Client()
    assert come_back(client, provider).url == "/sign-in/second/"
    assert client.post("/sign-in/second/", {"code": recovery_code}).url == "/tickets/"
    assert (client.get("/account/tokens/").status_code == 200) == confirms


def test_another_identity_confirms_nothing(connected, provider, agent):
    SignIn.objects.update(confirmed_at=None)
    provider.claims["sub"] = "somebody else"
    assert come_back(agent, provider, "/account/provider/confirm/").url == "/account/confirm/"
    assert agent.get("/account/tokens/").status_code == 302
