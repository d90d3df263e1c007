"""Our desk and the usual design answer the same tickets, and a wrong answer is noticed."""

import dataclasses
from pathlib import Path

import psycopg
import pytest

from bench import counts
from bench.desks import data, servers
from bench.desks.checks import WrongAnswer, next_path
from bench.desks.client import Answer, Request, get, send
from bench.desks.facts import learn_facts
from bench.desks.routes import make_routes
from bench.desks.run import capture

TICKETS = 600
INSTALLED = (servers.PEERS / "rest" / "requirements.stamp").exists()


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """Yield the data directory and the database of a desk with generated tickets."""
    parent = Path(tmp_path_factory.mktemp("desk"))
    for directory in (parent, parent.parent):
        directory.chmod(0o711)  # if we are root, the database's account must pass through
    data_dir = parent / "data"
    data.make_desk(data_dir, TICKETS)
    yield data_dir, data.database_of(data_dir)
    data.stop_database(data_dir)


@pytest.fixture(scope="module")
def facts(desk):
    data_dir, database = desk
    with psycopg.connect(database.conninfo(), autocommit=True) as connection:
        facts = learn_facts(connection, {})
        deep = capture(data_dir, deep=facts.deep)["deep"]
        yield dataclasses.replace(facts, deep_paths=deep)


def check(facts, server, name):
    checked = set()
    for route in make_routes(facts):
        for request in (route.requests(name) or ())[:1]:
            answer = send(server.port, request)
            assert answer.status < 300, request.path
            route.check(facts, server.port, route, request, answer)
            checked.add(route.name)
    return checked


def test_our_desk_answers_what_plain_sql_says(desk, facts):
    with servers.our_desk(desk[0]) as server:
        parts = servers.parts_of_make_run(server, data.database_of(desk[0]))
        assert {name for name, megabytes in parts.items() if megabytes > 5} == {
            *("the command itself", "web server", "worker", "PostgreSQL")
        }
        assert check(facts, server, "ours") == {route.name for route in make_routes(facts)}
        assert server.worker_megabytes() > 1
        assert len(server.workers()) == servers.PROCESSES
    data.database_of(desk[0])  # it ended with the program


def test_the_triggers_of_the_counts_are_switched_off_and_on(desk):
    query = "SELECT tgenabled FROM pg_trigger WHERE starts_with(tgname, 'tickets_counts_')"
    with psycopg.connect(desk[1].conninfo(), autocommit=True) as connection:
        for is_kept, state in ((False, "D"), (True, "O")):
            counts.keep_counts(connection, is_kept=is_kept)
            assert connection.execute(query).fetchall() == [(state,)] * 4


def test_counting_statements_leaves_the_tickets_as_they_are(desk, facts):
    (create,) = (route for route in make_routes(facts) if route.name == "create")
    request = create.ours[0]
    question = [request.method, request.path, {}, request.body]
    with psycopg.connect(desk[1].conninfo(), autocommit=True) as connection:
        count = "SELECT count(*), max(id) FROM tickets_ticket"
        before = connection.execute(count).fetchall()
        (answer,) = capture(desk[0], requests=[question])["requests"]
        assert connection.execute(count).fetchall() == before
    assert answer["status"] == 201
    assert answer["count"] == len(answer["statements"]) > 0


@pytest.mark.skipif(not INSTALLED, reason="the peers are installed by make bench")
def test_the_usual_design_answers_the_same(desk, facts):
    with psycopg.connect(desk[1].conninfo(), autocommit=True) as connection:
        facts = dataclasses.replace(facts, database=connection, answers={})
        data.make_peers(desk[0], desk[1], ["rest"])
        with servers.peer("rest", desk[1], "/api/tickets/?page=1") as server:
            reading = {route.name for route in make_routes(facts) if route.usual}
            assert check(facts, server, "usual") == reading
            with psycopg.connect(desk[1].conninfo("peer_rest")) as theirs:
                theirs.execute("DELETE FROM ticket WHERE id = %s", facts.ids("true")[:1])
            with pytest.raises(WrongAnswer, match="page=1"):
                check(facts, server, "usual")


def test_the_limit_runs_the_statements_of_a_path(desk, tmp_path):
    statements = tmp_path / "statements.json"
    statements.write_text('{"/api/tickets/?limit=20": ["SELECT 1", "SELECT 2 AS two"]}')
    with servers.limit(data.database_of(desk[0]), statements) as server:
        assert send(server.port, get("/api/tickets/?limit=20")).json() == [[[1]], [[2]]]
        new = Request(
            *("POST", "/api/tickets/", {}),
            '{"title": "a", "description": "b", "category": "billing", "priority": "low"}',
        )
        ((number,),) = send(server.port, new).json()
        change = Request("PATCH", f"/api/tickets/{number}/", {}, '{"status": "closed"}')
        assert send(server.port, change).status == 200
    with psycopg.connect(data.database_of(desk[0]).conninfo(), autocommit=True) as connection:
        deleted = "DELETE FROM tickets_ticket WHERE id = %s RETURNING status, version"
        assert connection.execute(deleted, [number]).fetchall() == [("closed", 2)]


def test_the_next_page_of_a_search():
    link = (
        '<http://127.0.0.1:80/api/?cursor=b>; rel="prev", <http://127.0.0.1:80/a?x=1>; rel="next"'
    )
    assert next_path(Answer(200, {"Link": link}, b""), 80) == "/a?x=1"
    assert next_path(Answer(200, {}, b""), 80) is None


def test_cpu_time_of_processes_that_come_and_go():
    assert servers.spent({1: 5.0, 2: 3.0}, {1: 6.5, 3: 0.5}) == 2.0
