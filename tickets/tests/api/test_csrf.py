"""A browser's session in the API: requests that another site triggers change nothing."""

import pytest
from django.middleware.csrf import get_token
from django.test import RequestFactory

from tickets.models.ticket import Ticket
from tickets.tests.factories import AdminFactory, UserFactory

from .client import CLASSIFY, NEW, SUGGEST_TITLE, TICKETS, Api, assert_problem, nothing_stored, one

UNSAFE = [
    ("POST", TICKETS),
    ("POST", CLASSIFY),
    ("POST", SUGGEST_TITLE),
    ("PATCH", "{one}"),
    ("PUT", "{one}"),
    ("DELETE", "{one}"),
    ("POST", "{one}comments/"),
]


@pytest.fixture
def browser(db):
    api = Api()
    api.force_login(AdminFactory())
    return api


def with_csrf(api):
    request = RequestFactory().get("/")
    token = get_token(request)
    api.cookies["csrftoken"] = request.META["CSRF_COOKIE"]
    return token


@pytest.mark.parametrize(("method", "path"), UNSAFE)
def test_a_session_writes_nothing_without_the_csrf_token(browser, ticket, method, path):
    with nothing_stored():
        response = browser.send(method, path.format(one=one(ticket.pk)), NEW)
    problem = assert_problem(response, 403, "permission_denied")
    assert "CSRF" in problem["detail"]


def test_a_session_reads_without_it(browser, ticket):
    assert browser.get(one(ticket.pk)).status_code == 200


def test_a_session_writes_with_it(browser):
    token = with_csrf(browser)
    assert browser.send("POST", TICKETS, NEW, x_csrftoken=token).status_code == 201


@pytest.mark.parametrize("token", ["", "x", "y" * 32, "z" * 64])
def test_a_wrong_csrf_token_is_refused(browser, token):
    with_csrf(browser)
    with nothing_stored():
        response = browser.send("POST", TICKETS, NEW, x_csrftoken=token)
    assert_problem(response, 403, "permission_denied")


def test_another_sites_origin_is_refused_with_the_token(browser):
    token = with_csrf(browser)
    with nothing_stored():
        response = browser.send(
            "POST", TICKETS, NEW, x_csrftoken=token, origin="https://evil.example"
        )
    assert_problem(response, 403, "permission_denied")


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_json_in_a_form_of_another_site_writes_nothing(settings, browser, ticket, kind):
    for mode in ("token", "open"):
        settings.ACCESS_MODE = mode
        with nothing_stored():
            response = browser.send("POST", TICKETS, NEW, content_type=kind)
        assert response.status_code in (403, 415)
        assert response["Content-Type"] == "application/problem+json"


def test_in_the_open_demo_a_form_from_another_site_is_refused(settings, anonymous):
    settings.ACCESS_MODE = "open"
    with nothing_stored():
        response = anonymous.send("POST", TICKETS, NEW, content_type="text/plain")
    assert_problem(response, 415, "unsupported_media_type")


def test_no_response_allows_another_site_to_read_it(agent, ticket):
    for method in ("GET", "OPTIONS"):
        response = agent.send(method, TICKETS, None, origin="https://evil.example")
        assert not [name for name in response.headers if name.startswith("Access-Control")]


def test_a_signed_in_user_without_a_role_creates_with_the_csrf_token(db):
    api = Api()
    api.force_login(UserFactory())
    assert api.send("POST", TICKETS, NEW).status_code == 403
    assert api.send("POST", TICKETS, NEW, x_csrftoken=with_csrf(api)).status_code == 201
    assert Ticket.objects.count() == 1
