"""CORS_ALLOWED_ORIGINS: which pages of other sites may read the API's answers."""

import pytest
from django.conf import settings as django_settings
from django.test import Client

from tickets.tests.factories import TicketFactory, TokenFactory

from .client import NEW, TICKETS

pytestmark = pytest.mark.django_db
SITE, OTHER = "https://shop.example.org", "https://shop.example.org.evil.example"
MIDDLEWARE = "tickets.web.cors.cross_origin"
AFTER = "tickets.web.middleware.request_id"


@pytest.fixture
def browser(settings):
    """A client of a desk that allows one other site, as settings.py would have it."""
    settings.CORS_ALLOWED_ORIGINS = [SITE]
    position = settings.MIDDLEWARE.index(AFTER) + 1
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE[:position],
        MIDDLEWARE,
        *settings.MIDDLEWARE[position:],
    ]
    return Client()


def cors(response):
    return {name for name in response.headers if name.startswith("Access-Control-")}


def preflight(browser, origin, path=TICKETS):
    headers = {"origin": origin, "access-control-request-method": "POST"}
    return browser.options(path, headers=headers)


def test_by_default_no_site_may(client):
    assert MIDDLEWARE not in django_settings.MIDDLEWARE
    response = preflight(client, SITE)
    assert response.status_code in (401, 405)
    assert cors(response) == set()


def test_a_site_that_is_named_may_ask_and_read(browser):
    response = preflight(browser, SITE)
    assert (response.status_code, response.content) == (204, b"")
    assert response["Access-Control-Allow-Origin"] == SITE
    assert "PATCH" in response["Access-Control-Allow-Methods"]
    assert "Idempotency-Key" in response["Access-Control-Allow-Headers"]
    response = browser.post(TICKETS, NEW, "application/json", headers={"origin": SITE})
    assert response.status_code == 201
    assert response["Access-Control-Allow-Origin"] == SITE
    assert "Location" in response["Access-Control-Expose-Headers"]
    assert "Origin" in response["Vary"]


@pytest.mark.parametrize(
    "origin",
    [OTHER, "http://shop.example.org", f"{SITE}:8443", f"{SITE}/", "https://example.org", "null"],
)
def test_any_other_site_may_not(browser, origin):
    assert cors(preflight(browser, origin)) == set()
    response = browser.get(f"{TICKETS}stats/", headers={"origin": origin})
    assert cors(response) == set()
    assert "Origin" in response["Vary"]


def test_errors_can_be_read_too(browser):
    response = browser.get(TICKETS, headers={"origin": SITE})
    assert response.status_code == 401
    assert response["Access-Control-Allow-Origin"] == SITE
    response = browser.post(TICKETS, "{", "application/json", headers={"origin": SITE})
    assert response.status_code == 400
    assert response["Access-Control-Allow-Origin"] == SITE


def test_a_site_acts_with_its_token_and_never_with_cookies(browser):
    ticket = TicketFactory()
    token = TokenFactory(scopes=["read"])
    headers = {"origin": SITE, "authorization": f"Bearer {token.secret}"}
    response = browser.get(f"{TICKETS}{ticket.pk}/", headers=headers)
    assert response.status_code == 200
    assert "Access-Control-Allow-Credentials" not in response


@pytest.mark.parametrize("path", ["/", "/tickets/", "/admin/", "/apis/"])
def test_pages_are_never_shared(browser, path):
    assert cors(browser.get(path, headers={"origin": SITE})) == set()
    assert cors(preflight(browser, SITE, path)) == set()
