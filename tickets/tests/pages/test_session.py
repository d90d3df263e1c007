"""Sign-in, sign-out and the theme."""

import re

import pytest
from django.test import Client

from tickets.tests.factories import PASSWORD, AgentFactory, UserFactory

OTHER_SITES = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example/",
    "http:///evil.example",
    "javascript:alert(1)",
    "\thttps://evil.example",
    "tickets/",
    "http://testserver/tickets/",
]


def sign_in(client, user, password=PASSWORD, **values):
    return client.post("/sign-in/", {"username": str(user), "password": password} | values)


def is_signed_in(client):
    return "_auth_user_id" in client.session


def test_an_agent_is_redirected_to_the_tickets(visitor, agent_user):
    assert sign_in(visitor, agent_user).url == "/tickets/"
    assert visitor.get("/tickets/", follow=True).status_code == 200


def test_it_redirects_to_the_next_path(visitor, agent_user):
    page = visitor.get("/sign-in/?next=/tickets/%3Fstatus%3Dopen").content
    assert b'name="next" value="/tickets/?status=open"' in page
    assert sign_in(visitor, agent_user, next="/tickets/?status=open").url == "/tickets/?status=open"


@pytest.mark.parametrize("next_url", OTHER_SITES)
def test_it_never_redirects_to_another_site(visitor, agent_user, next_url):
    form = visitor.get("/sign-in/", {"next": next_url}).content.split(b'action="/sign-in/"')[1]
    assert b'name="next" value=""' in form
    assert sign_in(visitor, agent_user, next=next_url).url == "/tickets/"


def test_a_signed_in_user_is_redirected(agent):
    assert agent.get("/sign-in/?next=/dashboard/").url == "/dashboard/"


def test_every_failure_gets_the_same_answer(visitor, agent_user):
    deactivated = AgentFactory(is_active=False)
    answers = [
        sign_in(visitor, agent_user, "wrong"),
        sign_in(visitor, "nobody-of-this-name"),
        sign_in(visitor, deactivated),
        sign_in(visitor, agent_user, ""),
        sign_in(visitor, "nul \x00"),
        sign_in(visitor, "x" * 200),
    ]
    assert {answer.status_code for answer in answers} == {400}
    assert len({without_request_details(answer.content.decode()) for answer in answers}) == 1
    assert not is_signed_in(visitor)


def without_request_details(page):
    page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page)
    return re.sub(r'name="username" value="[^"]*"', "", page)


def test_after_a_wrong_password_the_form_keeps_only_the_username(visitor, agent_user):
    page = sign_in(visitor, agent_user, "wrong password").content.decode()
    assert f'value="{agent_user.username}"' in page
    assert "wrong password" not in page


def test_password_managers_find_the_fields(visitor):
    page = visitor.get("/sign-in/").content
    assert b'autocomplete="username"' in page
    assert b'autocomplete="current-password"' in page


def test_guessing_the_password_of_one_account_is_stopped(visitor, agent_user, settings):
    settings.AXES_FAILURE_LIMIT = 3
    answers = [sign_in(visitor, agent_user, f"guess {n}") for n in range(4)]
    assert [answer.status_code for answer in answers] == [400, 400, 429, 429]
    assert int(answers[-1]["Retry-After"]) > 0
    # Now even the right password is refused.
    assert sign_in(visitor, agent_user).status_code == 429
    assert not is_signed_in(visitor)


def test_guessing_passwords_of_many_accounts_is_stopped(visitor, settings):
    settings.SIGN_IN_LIMIT = 2
    answers = [sign_in(visitor, f"name{n}") for n in range(3)]
    assert [answer.status_code for answer in answers] == [400, 400, 429]


def test_a_forged_address_does_not_escape_the_limit(visitor, settings):
    settings.SIGN_IN_LIMIT = 2
    for n in range(4):
        headers = {"X-Forwarded-For": f"10.0.0.{n}"}
        response = visitor.post("/sign-in/", {"username": "a", "password": "b"}, headers=headers)
    assert response.status_code == 429


def test_it_needs_the_csrf_token(agent_user):
    client = Client(enforce_csrf_checks=True)
    assert sign_in(client, agent_user).status_code == 403
    assert not is_signed_in(client)


def test_sign_in_starts_a_new_session(visitor, agent_user):
    session = visitor.session
    session["left"] = "by somebody"
    session.save()
    visitor.cookies["sessionid"] = session.session_key
    sign_in(visitor, agent_user)
    assert visitor.session.session_key != session.session_key


def test_sign_out(agent):
    response = agent.post("/sign-out/")
    assert response.url == "/"
    assert response["Clear-Site-Data"] == '"cache"'
    assert agent.get("/tickets/").status_code == 302


def test_a_link_cannot_sign_out(agent):
    assert agent.get("/sign-out/").status_code == 405
    assert is_signed_in(agent)


def test_a_user_who_is_not_an_agent_is_refused(visitor):
    sign_in(visitor, UserFactory())
    response = visitor.get("/tickets/")
    assert response.status_code == 403
    assert b"not an agent" in response.content


# --- the theme ---


@pytest.mark.parametrize("theme", ["light", "dark", "system"])
def test_the_theme_is_remembered(visitor, theme):
    response = visitor.post("/theme/", {"theme": theme, "next": "/sign-in/"})
    assert response.url == "/sign-in/"
    page = visitor.get("/").content.decode()
    assert f'<html lang="en" data-theme="{theme}">' in page
    assert re.search(rf'value="{theme}" aria-pressed="true"', page)


def test_an_unknown_theme_is_ignored(visitor):
    visitor.post("/theme/", {"theme": '"><script>'})
    visitor.cookies["theme"] = "neon"
    assert b'data-theme="system"' in visitor.get("/").content


def test_error_pages_keep_the_theme(visitor):
    visitor.post("/theme/", {"theme": "dark"})
    assert b'data-theme="dark"' in visitor.get("/nothing").content


@pytest.mark.parametrize("next_url", OTHER_SITES)
def test_the_theme_never_redirects_to_another_site(visitor, next_url):
    assert visitor.post("/theme/", {"theme": "dark", "next": next_url}).url == "/"


def test_the_theme_works_from_a_page_that_hides_its_origin(db):
    client = Client(enforce_csrf_checks=True)
    response = client.post("/theme/", {"theme": "dark"}, headers={"Origin": "null"})
    assert response.cookies["theme"].value == "dark"
