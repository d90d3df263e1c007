"""The health checks, the API reference page, and addresses that do not exist."""

import pytest
from django.db import connection

from tickets.tests.factories import unapply_newest_migration

from .client import Api, assert_problem


@pytest.mark.parametrize("path", ["/healthz", "/healthz/"])
def test_the_process_is_alive_without_asking_the_database(path):
    # No database mark: a query would fail this test.
    response = Api().get(path)
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize("path", ["/readyz", "/readyz/"])
def test_the_database_is_ready(db, path):
    response = Api().get(path)
    assert (response.status_code, response.json()) == (200, {"status": "ready"})


def test_it_is_not_ready_while_a_migration_is_missing(db):
    unapply_newest_migration()
    response = Api().get("/readyz")
    assert_problem(response, 503, "unavailable")
    assert int(response["Retry-After"]) > 0


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_checks_allow_get_only(db, path):
    response = Api().send("POST", path, {})
    assert_problem(response, 405, "method_not_allowed")
    assert response["Allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    "path",
    [
        *("/api/", "/api/x", "/api//tickets/", "/api/tickets/x/", "/api/tickets//", "/api/v1/"),
        *("/api/tickets/1/x/", "/api/tickets/1//", "/api/../admin/", "/api/%2e%2e/admin/"),
        *(
            "/api/tickets/stats/x",
            "/api/tickets/%00/",
            "/api/%ff",
            "/api/tickets/%0a",
            "/api/%0d%0a",
        ),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_unknown_address_is_a_problem_document_for_every_method(agent, path, method):
    assert_problem(agent.send(method, path, {}), 404, "not_found")


@pytest.mark.parametrize("path", ["/api/docs", "/api/docs/"])
def test_the_reference_page_shows_every_operation(anonymous, path):
    response = anonymous.get(path)
    assert response.status_code == 200
    page = response.content.decode()
    for text in ("POST /api/tickets/", "DELETE /api/tickets/{ticket_id}/", "CreatedTicket"):
        assert text in page
    assert "1 to 200 characters" in page


def test_the_reference_page_has_no_inline_script_or_style(anonymous):
    page = anonymous.get("/api/docs/").content.decode()
    for text in ("<script>", "<style", " style=", " onclick=", "http://", "https://"):
        assert text not in page


def test_an_unexpected_error_reveals_no_details(agent):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tickets_ticket RENAME COLUMN urgency_score TO elsewhere")
    agent.raise_request_exception = False
    response = agent.get("/api/tickets/")
    problem = assert_problem(response, 500, "server_error")
    assert "elsewhere" not in str(problem)
    assert "column" not in str(problem)
    assert response["X-Request-ID"]
