"""Error pages: plain words, a way back, and the request's id, whatever is away."""

import re

import pytest
from django.test import Client, RequestFactory

from config import errors
from tickets.tests.factories import UserFactory


def error_page(status):
    request = RequestFactory().get("/tickets/")
    request.id = "abc123"
    return errors.answer(request, status, "code", "What happened, in a sentence.")


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 413, 429, 500, 503])
def test_it_needs_neither_database_nor_session(status):
    # No `db` fixture here: a query would fail this test.
    page = error_page(status).content.decode()
    assert "What happened, in a sentence." in page
    assert "<code>abc123</code>" in page
    assert 'href="/"' in page
    assert len(re.findall("<h1>", page)) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_passes_can_be_tried_again(status):
    assert b"Try again" in error_page(status).content


def test_an_account_without_the_right_can_leave(db):
    client = Client(enforce_csrf_checks=True)
    client.force_login(UserFactory())
    page = client.get("/tickets/")
    assert page.status_code == 403
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.content.decode())[1]
    assert client.post("/sign-out/", {"csrfmiddlewaretoken": token}).url == "/"
    assert client.get("/tickets/").url.startswith("/sign-in/")


def test_an_unknown_address(visitor):
    response = visitor.get("/nothing/here")
    assert response.status_code == 404
    assert b"Page not found" in response.content
    assert response["X-Request-ID"].encode() in response.content


def test_what_was_asked_is_not_repeated(visitor):
    page = visitor.get("/<script>alert(1)</script>").content
    assert b"<script>alert" not in page


def test_a_form_without_its_token(db):
    response = Client(enforce_csrf_checks=True).post("/", {"title": "x"})
    assert response.status_code == 403
    assert b"Reload the page and try again" in response.content


def test_too_large_a_body(visitor, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    response = visitor.post("/", {"description": "x" * 2000})
    assert response.status_code == 413


def test_no_page_is_framed_or_guessed(visitor):
    response = visitor.get("/nothing")
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"


def test_static_files_are_not_guessed_either(visitor, settings):
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True
    response = Client().get("/static/css/desk.css")
    assert response.status_code == 200
    assert response["X-Content-Type-Options"] == "nosniff"
