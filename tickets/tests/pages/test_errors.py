"""Error pages: plain texts, a way back, the request's id and the text that was typed."""

import re
from html import unescape

import pytest
from django.test import Client, RequestFactory

from tickets.access.actors import user_actor
from tickets.services.private_links import revoke_private_link
from tickets.tests.factories import UserFactory
from tickets.web import errors


def error_page(status):
    request = RequestFactory().get("/tickets/")
    request.id = "abc123"
    return errors.answer(request, status, "code", "What happened, in a sentence.")


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 413, 429, 500, 503])
def test_error_pages_need_neither_database_nor_session(status):
    # No `db` fixture here: a query would fail this test.
    page = error_page(status).content.decode()
    assert "What happened, in a sentence." in page
    assert "<code>abc123</code>" in page
    assert 'href="/"' in page
    assert len(re.findall("<h1>", page)) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_temporary_errors_offer_to_try_again(status):
    assert b"Try again" in error_page(status).content


def test_a_user_without_permission_can_sign_out(db):
    client = Client(enforce_csrf_checks=True)
    client.force_login(UserFactory())
    page = client.get("/tickets/")
    assert page.status_code == 403
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.content.decode())[1]
    assert client.post("/sign-out/", {"csrfmiddlewaretoken": token}).url == "/"
    assert client.get("/tickets/").url.startswith("/sign-in/")


def test_an_unknown_address_is_not_found(visitor):
    response = visitor.get("/nothing/here")
    assert response.status_code == 404
    assert b"Page not found" in response.content
    assert response["X-Request-ID"].encode() in response.content


@pytest.mark.parametrize("path", ["/t/a-secret-that-opens-nothing/x/", "/nowhere/", "/api/none/"])
def test_no_cache_stores_an_error(visitor, path):
    response = visitor.get(path)
    assert response.status_code == 404
    assert "no-store" in response["Cache-Control"]


def test_the_address_is_not_repeated(visitor):
    page = visitor.get("/<script>alert(1)</script>").content
    assert b"<script>alert" not in page


def test_a_form_without_its_csrf_token_is_refused(db):
    response = Client(enforce_csrf_checks=True).post("/", {"title": "x"})
    assert response.status_code == 403
    assert b"Reload the page and try again" in response.content


# --- the typed text comes back: without scripts the answer replaces the form ---

DRAFT = "It still fails. </textarea><b>Please</b> look again."
ESCAPED_DRAFT = "It still fails. &lt;/textarea&gt;&lt;b&gt;Please&lt;/b&gt; look again.</textarea>"


def test_a_reply_to_a_revoked_link_comes_back(visitor, ticket, agent_user):
    path = ticket.private_link_path()
    revoke_private_link(ticket, user_actor(agent_user))
    response = visitor.post(path, {"body": DRAFT})
    assert response.status_code == 404
    assert ESCAPED_DRAFT in response.content.decode()
    assert not ticket.comments.exists()


def test_an_agents_text_survives_sign_out_and_a_wrong_password(visitor, ticket):
    path = f"/tickets/{ticket.pk}/comments/"
    response = visitor.post(path, {"body": DRAFT, "public": "true"})
    assert response.status_code == 403
    assert ESCAPED_DRAFT in response.content.decode()
    assert not ticket.comments.exists()
    again = visitor.post("/sign-in/", {"username": "x", "password": "y", "body": DRAFT})
    assert again.status_code == 400
    assert ESCAPED_DRAFT in again.content.decode()


def test_all_texts_of_a_form_come_back(db):
    response = Client(enforce_csrf_checks=True).post("/", {"title": "One", "description": "Two"})
    assert response.status_code == 403
    assert "One\n\nTwo</textarea>" in response.content.decode()


@pytest.mark.parametrize(
    "path", ["/", "/sign-in/", "/tickets/1/comments/", "/t/x/", "/admin/login/"]
)
def test_a_form_that_is_too_large_is_refused(db, settings, path):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    # As in a browser, the CSRF check reads the form first.
    response = Client(enforce_csrf_checks=True).post(path, {"description": "x" * 2000})
    assert response.status_code == 413
    page = unescape(response.content.decode())
    assert "That's too large" in page
    assert "larger than the limit of 1 MiB" in page


def test_pages_forbid_framing_and_content_sniffing(visitor):
    response = visitor.get("/nothing")
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"


def test_static_files_forbid_content_sniffing(visitor, settings):
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True
    response = Client().get("/static/css/desk.css")
    assert response.status_code == 200
    assert response["X-Content-Type-Options"] == "nosniff"
