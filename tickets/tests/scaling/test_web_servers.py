"""Several web servers behind nginx and PgBouncer."""

import psycopg
import pytest

from .servers import OWNER, PASSWORD, USER
from .site import Load

API_LIST = "/api/tickets/"


@pytest.fixture
def pooled(site):
    """Return a connection as a web server has."""
    address = {"host": "127.0.0.1", "port": site.pgbouncer.port, "dbname": "desk"}
    with psycopg.connect(**address, user=USER, password=PASSWORD, autocommit=True) as connection:
        yield connection


def test_pgbouncer_sets_the_timeouts(pooled):
    for name, value in [("statement_timeout", "4s"), ("lock_timeout", "4s")]:
        assert pooled.execute(f"SHOW {name}").fetchone() == (value,)


def test_web_servers_own_nothing_and_events_are_only_added(site, pooled):
    [[owners]] = site.primary.query(
        "SELECT array_agg(DISTINCT tableowner::text) FROM pg_tables WHERE schemaname = 'public'"
    )
    assert owners == [OWNER]
    assert pooled.execute("SELECT current_user").fetchone() == (USER,)
    number = site.program(site.writer).create("Recorded")
    events = f"SELECT count(*) FROM tickets_ticketevent WHERE pgh_obj_id = {number}"
    assert pooled.execute(events).fetchone() == (1,)
    for statement in (
        "UPDATE tickets_ticketevent SET pgh_label = 'x'",
        "DELETE FROM tickets_ticketevent",
        "TRUNCATE tickets_ticketevent",
        "DELETE FROM tickets_erasure",
        "DROP TABLE tickets_erasure",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            pooled.execute(statement)
    assert pooled.execute(events).fetchone() == (1,)


def test_a_ticket_that_is_deleted_leaves_who_did_it(site, pooled):
    """Only the function of the owner erases events, and it is called through PgBouncer."""
    number = site.program(site.writer).create("To be deleted")
    assert site.agent().send("DELETE", f"/api/tickets/{number}/", None).status == 204
    erasure = f"SELECT actor, events > 0 FROM tickets_erasure WHERE ticket_number = {number}"
    assert pooled.execute(erasure).fetchall() == [("kim", True)]
    events = f"SELECT count(*) FROM tickets_ticketevent WHERE pgh_obj_id = {number}"
    assert pooled.execute(events).fetchone() == (0,)


def test_more_requests_than_sessions_are_answered(site):
    """Sixteen threads and their pools share three sessions of the primary."""
    agent, writer = site.agent(), site.program(site.writer)
    number = writer.create("Busy")

    def change():
        return writer.send("PATCH", f"/api/tickets/{number}/", {"priority": "high"})

    paths = ["/tickets/?sort=oldest", f"/tickets/{number}/", "/admin/auth/user/1/change/"]
    reading = Load(lambda: agent.get(paths[len(reading.statuses) % 3]), clients=8)
    with reading, Load(change) as changing:
        reading.wait_for(60)
        [[sessions]] = site.primary.query(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = 'desk'"
        )
    assert reading.failures + changing.failures == []
    assert sessions <= 3


def test_no_request_fails_while_one_web_server_dies(site):
    reader = site.program(site.reader)
    with Load(lambda: reader.get(API_LIST)) as load:
        for web in site.webs:
            wait_until_used(site, web)
            web.kill()
            load.wait_for(40)
            web.start().wait()
            wait_until_used(site, web)
    # Of an answer whose beginning the client has, nobody can send the rest.
    assert [failure for failure in load.failures if "IncompleteRead" not in str(failure)] == []


def wait_until_used(site, web):
    """Wait until nginx has some more answers from a web server."""
    wanted = site.nginx.answers_from(web) + 5
    site.nginx.wait_until(lambda: site.nginx.answers_from(web) >= wanted, 60)


def test_a_change_that_was_under_way_is_not_sent_twice(site):
    writer = site.program(site.writer)
    created = []

    def create():
        title = f"Number {len(created)}"
        created.append(title)
        body = {"title": title, "description": title, "category": "general", "priority": "low"}
        return writer.send("POST", API_LIST, body)

    with Load(create, clients=1) as load:
        load.wait_for(20)
        site.webs[0].kill()
        load.wait_for(20)
    stored = [title for [title] in site.primary.query("SELECT title FROM tickets_ticket")]
    mine = [title for title in stored if title in set(created)]
    assert len(mine) == len(set(mine))
    assert load.statuses.count(201) >= 39
    assert set(load.statuses) <= {201, 503}


def test_a_worker_has_a_session_of_its_own_for_locks_and_notifications(site):
    with site.worker():
        listening = "SELECT client_port FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
        site.primary.wait_until(lambda: site.primary.query(listening), 30)
        number = site.program(site.writer).create("To be encoded")
        waiting = f"SELECT FROM procrastinate_jobs WHERE args->>'ticket_id' = '{number}'"
        site.primary.wait_until(lambda: not site.primary.query(waiting), 30)
