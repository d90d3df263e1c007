"""The sessions of an account: what their owner sees, and what ends them."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.utils import timezone

from tickets.models.sign_ins import SignIn
from tickets.tests.factories import PASSWORD, AgentFactory, TicketFactory
from tickets.web.browsers import browser_in_words

from .conftest import signed_in

PATH = "/account/sessions/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)


def sign_in(user, browser=FIREFOX, address="203.0.113.7"):
    client = Client(headers={"User-Agent": browser}, REMOTE_ADDR=address)
    client.post("/sign-in/", {"username": user.username, "password": PASSWORD})
    return client


def is_signed_in(client):
    return client.get(PATH).status_code == 200


def test_each_session_says_where_it_is(agent_user):
    sign_in(agent_user, SAFARI, "198.51.100.4")
    own = sign_in(agent_user)
    signed_in(AgentFactory())
    page = own.get(PATH).content.decode()
    assert page.count('class="meta"') == 2
    for text in ("Safari on iPhone", "198.51.100.4", "Firefox on Linux", "203.0.113.7"):
        assert text in page
    assert page.count("This session") == 1
    assert own.session.session_key not in page


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (FIREFOX, "Firefox on Linux"),
        (SAFARI, "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140 Safari/537.36 Edg/140", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8", "A browser"),
        ("", "A browser"),
    ],
)
def test_browsers_have_names(name, expected):
    assert browser_in_words(name) == expected


def test_one_session_is_ended(agent_user):
    other, own = sign_in(agent_user), sign_in(agent_user)
    row = SignIn.objects.get(session_id=other.session.session_key)
    assert own.post(f"{PATH}{row.pk}/end/").url == PATH
    assert not is_signed_in(other)
    assert is_signed_in(own)
    assert own.post(f"{PATH}{row.pk}/end/").status_code == 404


def test_all_others_are_ended(agent_user):
    older, own = [sign_in(agent_user) for _ in range(3)], sign_in(agent_user)
    assert b"End all other sessions" in own.get(PATH).content
    own.post(f"{PATH}end/")
    assert not any(map(is_signed_in, older))
    assert is_signed_in(own)


def test_nobody_ends_a_session_of_somebody_else(agent_user, agent):
    stranger = sign_in(AgentFactory())
    row = SignIn.objects.get(session_id=stranger.session.session_key)
    assert agent.post(f"{PATH}{row.pk}/end/").status_code == 404
    agent.post(f"{PATH}end/")
    assert is_signed_in(stranger)


def test_signing_out_leaves_no_row(agent_user):
    client = sign_in(agent_user)
    client.post("/sign-out/")
    assert not SignIn.objects.exists()
    assert not Session.objects.exists()


# --- what ends them ---


@pytest.mark.parametrize("by", ["the back office", "a command", "SQL"])
def test_a_deactivated_accounts_sessions_never_come_back(agent_user, by):
    client = sign_in(agent_user)
    if by == "SQL":
        with connection.cursor() as cursor:
            cursor.execute("UPDATE auth_user SET is_active = false WHERE id = %s", [agent_user.pk])
    elif by == "a command":
        agent_user.is_active = False
        agent_user.save()
    else:
        User.objects.filter(pk=agent_user.pk).update(is_active=False)
    User.objects.filter(pk=agent_user.pk).update(is_active=True)
    assert not is_signed_in(client)
    assert not Session.objects.exists()


def test_another_password_ends_them(agent_user):
    client = sign_in(agent_user)
    agent_user.set_password("another correct horse")
    agent_user.save()
    assert not is_signed_in(client)
    assert not SignIn.objects.exists()


def test_what_else_changes_of_an_account_ends_none(agent_user):
    client = sign_in(agent_user)
    agent_user.first_name = "Lena"
    agent_user.save()
    assert is_signed_in(client)


def last_seen(minutes):
    SignIn.objects.update(seen_at=timezone.now() - timedelta(minutes=minutes))


def test_a_session_without_use_ends(agent_user, settings):
    settings.SESSION_IDLE_MINUTES = 30
    client = sign_in(agent_user)
    last_seen(29)
    assert is_signed_in(client)
    last_seen(31)
    assert not is_signed_in(client)
    settings.SESSION_IDLE_MINUTES = 0
    assert not is_signed_in(client)
    assert not SignIn.objects.exists()


def test_without_a_limit_none_does(agent_user):
    client = sign_in(agent_user)
    last_seen(60 * 24 * 10)
    assert is_signed_in(client)


def test_an_open_page_does_not_keep_a_session_alive(agent_user):
    ticket, client = TicketFactory(), sign_in(agent_user)
    last_seen(20)
    before = SignIn.objects.get().seen_at
    client.get("/tickets/news/")
    report = {"window": "0" * 16, "version": 1, "comment": 0}
    client.post(f"/tickets/{ticket.pk}/presence/", report)
    client.get("/dashboard/", headers={"Sec-Fetch-Dest": "empty"})
    assert SignIn.objects.get().seen_at == before
    client.post(f"/tickets/{ticket.pk}/presence/", report | {"writing": "true"})
    noted = SignIn.objects.get().seen_at
    assert noted > before
    client.get("/tickets/")
    assert SignIn.objects.get().seen_at == noted  # at most once a minute


def test_a_session_of_an_earlier_release_is_noted(agent_user, agent):
    SignIn.objects.all().delete()
    assert agent.get(PATH).status_code == 200
    assert SignIn.objects.get().account == agent_user
    assert agent.get("/account/tokens/").url.startswith("/account/confirm/")
