"""The health checks, the API reference page, and addresses that do not exist."""

import pytest
from django.db import connection
from procrastinate.contrib.django import app

from tickets.tests.factories import unapply_newest_migration
from tickets.tests.worker import beat, work

from .client import Api, assert_problem


@pytest.mark.parametrize("path", ["/healthz", "/healthz/"])
def test_the_process_is_alive_without_asking_the_database(path):
    # No database mark: a query would fail this test.
    response = Api().get(path)
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize("path", ["/readyz", "/readyz/"])
def test_the_desk_is_ready(db, path):
    beat()
    response = Api().get(path)
    assert (response.status_code, response.json()) == (200, {"status": "ready"})


def assert_lacks(name):
    response = Api().get("/readyz")
    problem = assert_problem(response, 503, "unavailable", name)
    assert name in problem["detail"]
    assert int(response["Retry-After"]) > 0


def test_it_is_not_ready_while_a_migration_is_missing(db):
    beat()
    unapply_newest_migration()
    assert_lacks("migrations")


def test_it_is_not_ready_without_a_worker(db):
    assert_lacks("worker")


@pytest.mark.parametrize("heartbeat", ["now() - interval '31 s'", "now() + interval '1 hour'"])
def test_it_is_not_ready_while_the_only_worker_is_frozen(db, heartbeat):
    queued_by_the_clock(ago=40)
    beat(heartbeat)
    assert_lacks("worker")
    beat()  # another one
    assert Api().get("/readyz").status_code == 200


def test_it_stays_ready_while_its_worker_is_restarted(db):
    queued_by_the_clock(ago=80)
    assert Api().get("/readyz").status_code == 200


def test_it_is_not_ready_once_its_worker_has_ended_for_good(db):
    queued_by_the_clock(ago=100)
    assert_lacks("worker")


def queued_by_the_clock(ago):
    """Leave what a worker leaves that queued a periodic job, and then ended as it should."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_periodic_defers (task_name, defer_timestamp)"
            " VALUES ('fold', extract(epoch FROM now()) - %s)",
            [ago],
        )


@pytest.mark.django_db(transaction=True)
def test_a_real_worker_makes_it_ready():
    statuses = []

    @app.task(name="look_at_readiness")
    def look_at_readiness():
        statuses.append(Api().get("/readyz").status_code)

    try:
        look_at_readiness.defer()
        work()
    finally:
        del app.tasks["look_at_readiness"]
    assert statuses == [200]


@pytest.mark.django_db(transaction=True)
def test_it_names_the_database_that_does_not_answer_in_time():
    beat()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE procrastinate_workers RENAME TO elsewhere")
        cursor.execute(
            "CREATE VIEW procrastinate_workers AS SELECT now() AS last_heartbeat FROM pg_sleep(10)"
        )
        cursor.execute("SET statement_timeout = '100ms'")
        try:
            assert_lacks("database")
        finally:
            cursor.execute("RESET statement_timeout")
            cursor.execute("DROP VIEW procrastinate_workers")
            cursor.execute("ALTER TABLE elsewhere RENAME TO procrastinate_workers")


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
