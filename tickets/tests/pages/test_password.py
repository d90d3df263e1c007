"""Change the own password, and confirm it."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tickets.models.sign_ins import SignIn
from tickets.tests.factories import PASSWORD, AgentFactory, UserFactory

from .conftest import signed_in

NEW = "another correct horse"
FORM = {"password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
PATH = "/account/password/"


def forget_confirmation(minutes):
    SignIn.objects.update(confirmed_at=timezone.now() - timedelta(minutes=minutes))


@pytest.mark.parametrize("factory", [AgentFactory, UserFactory])
def test_every_account_changes_its_password(db, factory):
    account = factory()
    client, other = signed_in(account), signed_in(account)
    assert client.post(PATH, FORM).url == PATH
    account.refresh_from_db()
    assert account.check_password(NEW)
    assert b"Your password is changed" in client.get(PATH).content  # still signed in
    assert other.get(PATH).url.startswith("/sign-in/")
    assert SignIn.objects.filter(account=account).count() == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"password": "wrong"},
        {"password": ""},
        {"new_password2": "something else 1"},
        {"new_password1": "password", "new_password2": "password"},
    ],
)
def test_nothing_changes_without_the_old_password_or_with_a_bad_new_one(agent, agent_user, changed):
    assert agent.post(PATH, FORM | changed).status_code == 400
    agent_user.refresh_from_db()
    assert agent_user.check_password(PASSWORD)


def test_wrong_passwords_lock_as_at_sign_in(agent, settings):
    for _ in range(settings.AXES_FAILURE_LIMIT):
        response = agent.post(PATH, FORM | {"password": "wrong"})
    assert response.status_code == 429
    assert agent.post("/account/confirm/", {"password": PASSWORD}).status_code == 429


def test_password_managers_are_led_to_the_page(visitor):
    assert visitor.get("/.well-known/change-password").url == PATH


# --- confirming ---


def test_a_password_typed_too_long_ago_is_asked_for_again(agent, settings):
    forget_confirmation(settings.CONFIRM_MINUTES + 1)
    response = agent.get("/account/tokens/")
    assert response.url == "/account/confirm/?next=/account/tokens/"
    page = agent.get(response.url).content.decode()
    assert re.search(r'name="next" value="/account/tokens/"', page)
    sent = {"password": PASSWORD, "next": "/account/tokens/"}
    assert agent.post("/account/confirm/", sent | {"password": "wrong"}).status_code == 400
    assert agent.get("/account/tokens/").status_code == 302
    assert agent.post("/account/confirm/", sent).url == "/account/tokens/"
    assert agent.get("/account/tokens/").status_code == 200


def test_a_form_that_was_opened_in_time_can_be_sent(agent, settings):
    forget_confirmation(settings.CONFIRM_MINUTES + 1)
    new = {"name": "export", "scopes": ["read"]}
    assert agent.post("/account/tokens/", new).status_code == 200
    forget_confirmation(settings.CONFIRM_MINUTES + 20)
    assert agent.post("/account/tokens/", new).url.startswith("/account/confirm/")


def test_it_never_leads_to_another_site(agent):
    sent = {"password": PASSWORD, "next": "https://evil.example/"}
    assert agent.post("/account/confirm/", sent).url == "/tickets/"


def test_another_address_needs_the_password(agent, agent_user, settings):
    """Whoever has the mailbox can reset the password."""
    values = dict.fromkeys(
        ("notify_assigned", "notify_answer", "notify_mention", "notify_unassigned"), "off"
    )
    forget_confirmation(settings.CONFIRM_MINUTES + 20)
    response = agent.post("/account/", values | {"email": "mallory@example.net"})
    assert response.url.startswith("/account/confirm/")
    agent_user.refresh_from_db()
    assert agent_user.email != "mallory@example.net"
    assert agent.post("/account/", values | {"email": agent_user.email}).url == "/account/"


def test_signing_in_counts_as_typing_it(agent_user):
    client = Client()
    client.post("/sign-in/", {"username": agent_user.username, "password": PASSWORD})
    assert client.get("/account/tokens/").status_code == 200
