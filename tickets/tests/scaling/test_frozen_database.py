"""The primary is frozen: it runs, and says nothing. Its processes are stopped by a signal."""

import contextlib
import threading
import time

import psutil
import pytest

from tickets.tests.freezing import frozen

from .servers import PATIENCE
from .site import Web

TICKETS = "/api/tickets/"
LAMP = {"title": "Lamp", "description": "Dark", "category": "general", "priority": "low"}


@pytest.fixture
def started(site):
    """Start a web server of one process that uses the primary alone. Return it."""
    with contextlib.ExitStack() as stack:

        def start(**environment):
            alone = {"DATABASE_POOL_URL": "", "DATABASE_REPLICA_URL": "", **environment}
            name = f"alone{len(site.servers)}"
            web = Web(site.root, name, site.environment | alone)
            stack.callback(web.kill)
            return web.start().wait()

        yield start


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def connections_of(web):
    [process] = psutil.Process(web.popen.pid).children()
    return [
        connection
        for connection in process.net_connections("tcp")
        if connection.status == psutil.CONN_ESTABLISHED and connection.laddr.port == web.port
    ]


def test_what_needs_no_database_is_answered_while_every_thread_waits_for_it(site, started):
    web = started(WEB_THREADS="2", DB_STATEMENT_TIMEOUT_MS="600000")
    program = site.program(site.reader, web)
    assert program.get(TICKETS).status == 200
    answers = []
    readers = [
        threading.Thread(
            target=lambda: answers.append(site.program(site.reader, web).get(TICKETS).status)
        )
        for _ in range(6)
    ]
    with frozen(site.primary.popen.pid):
        for reader in readers:
            reader.start()
        wait_until(lambda: len(connections_of(web)) == 6)
        assert [program.get("/healthz").status for _ in range(20)] == [200] * 20
        assert program.get("/static/css/desk.css").status == 200
        assert answers == []
    for reader in readers:
        reader.join(PATIENCE)
    assert answers == [200] * 6


def test_a_frozen_database_is_503_and_is_used_again_by_itself(site, started):
    web = started(DB_STATEMENT_TIMEOUT_MS="2000")
    program = site.program(site.writer, web)
    number = program.create("Kept")
    with frozen(site.primary.popen.pid):
        for method, path, body in [
            ("GET", TICKETS, None),
            ("POST", TICKETS, LAMP),
            ("GET", "/readyz", None),
            ("GET", f"{TICKETS}{number}/", None),
        ] * 5:
            answer = program.send(method, path, body)
            assert answer.status == 503, path
            assert answer.headers["Retry-After"]
        assert program.get("/healthz").status == 200
    wait_until(lambda: "database" not in program.get("/readyz").json().get("errors", {}))
    wait_until(lambda: program.send("POST", TICKETS, LAMP).status == 201)
    assert program.get(f"{TICKETS}{number}/").status == 200
    # It was marked once, and all others failed at once.
    assert web.log.read_text().count("bounded_postgres.watch the database does not answer") == 1


def test_a_frozen_replica_lets_the_primary_answer(site, started):
    replica = site.environment["DATABASE_REPLICA_URL"]
    web = started(DATABASE_REPLICA_URL=replica, DB_STATEMENT_TIMEOUT_MS="2000")
    program = site.program(site.reader, web)
    site.replica.catch_up()
    assert program.get(TICKETS).status == 200
    with frozen(site.replica.popen.pid):
        assert [program.get(TICKETS).status for _ in range(3)] == [200] * 3
    assert "the replica fails, so the primary answers" in web.log.read_text()
