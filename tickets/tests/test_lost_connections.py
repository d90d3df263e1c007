"""The database ends connections between requests and during them. Real HTTP, real backends."""

import http.client
import json
import threading

import psycopg
import pytest
from django.db import connection, transaction

from tickets.models.ticket import Ticket
from tickets.tests.api.client import NEW, TICKETS, one
from tickets.tests.factories import AgentFactory, TicketFactory, TokenFactory
from tickets.tests.locks import wait_for_lock
from tickets.vocabulary import Scope
from tickets.web.lost_connections import replace_connections

pytestmark = pytest.mark.django_db(transaction=True)
IS_ANOTHER = "datname = current_database() AND pid <> pg_backend_pid()"


def end_connections(condition="TRUE"):
    """End all connections to this database but ours, as a restart of the server does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
            f" WHERE {IS_ANOTHER} AND {condition}"
        )


@pytest.fixture
def send(live_server):
    """Send a request over a connection of its own, so in a thread of its own."""
    secret = TokenFactory(scopes=[Scope.READ, Scope.WRITE]).secret

    def send(method, path, body=None, **headers):
        client = http.client.HTTPConnection("127.0.0.1", live_server.thread.port, timeout=60)
        headers = headers or {"Authorization": f"Bearer {secret}"}
        if body is not None:
            headers |= {"Content-Type": "application/json"}
        client.request(method, path, None if body is None else json.dumps(body), headers)
        response = client.getresponse()
        payload = response.read()
        client.close()
        return response, payload

    return send


@pytest.fixture
def agents_cookie(client):
    client.force_login(AgentFactory())
    return f"sessionid={client.cookies['sessionid'].value}"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_read_after_the_end_of_all_connections_is_answered(send, method):
    ticket = TicketFactory()
    for _ in range(3):
        assert send(method, TICKETS)[0].status == 200
        end_connections()
        response, payload = send(method, one(ticket.pk))
        assert response.status == 200
        assert method == "HEAD" or json.loads(payload)["id"] == ticket.pk


def test_a_page_is_answered_too(send, agents_cookie):
    """Its session is read first, by middleware."""
    ticket = TicketFactory(title="Lamp")
    assert send("GET", "/tickets/?sort=newest", Cookie=agents_cookie)[0].status == 200
    end_connections()
    response, page = send("GET", f"/tickets/{ticket.pk}/", Cookie=agents_cookie)
    assert response.status == 200
    assert b"Lamp" in page


def test_a_read_whose_connection_ends_meanwhile_is_answered(send):
    ticket = TicketFactory()
    answers = []
    reader = threading.Thread(target=lambda: answers.append(send("GET", one(ticket.pk))))
    with transaction.atomic():
        lock_tickets("ACCESS EXCLUSIVE")
        reader.start()
        wait_for_lock()
        end_connections("wait_event_type = 'Lock'")
    reader.join()
    [(response, payload)] = answers
    assert response.status == 200
    assert json.loads(payload)["id"] == ticket.pk


def test_a_write_whose_connection_ends_stores_nothing_and_says_so(send):
    answers = []
    writer = threading.Thread(target=lambda: answers.append(send("POST", TICKETS, NEW)))
    with transaction.atomic():
        lock_tickets("EXCLUSIVE")
        writer.start()
        wait_for_lock()
        end_connections("wait_event_type = 'Lock'")
    writer.join()
    [(response, payload)] = answers
    assert response.status == 503
    assert response.headers["Retry-After"]
    assert json.loads(payload)["code"] == "unavailable"
    assert not Ticket.objects.exists()
    assert send("POST", TICKETS, NEW)[0].status == 201
    assert Ticket.objects.count() == 1


def test_a_write_after_the_end_of_all_connections_is_stored_once(send):
    for stored in (1, 2, 3):
        assert send("GET", TICKETS)[0].status == 200
        end_connections()
        assert send("POST", TICKETS, NEW)[0].status == 201
        assert Ticket.objects.count() == stored


def test_an_idle_connection_that_has_only_received_something_is_used_again():
    """Its socket can be read too, but it works."""
    with connection.cursor() as cursor:
        cursor.execute("LISTEN idle")
    listening = connection.connection.info.backend_pid
    connection.close()
    with psycopg.connect(**connection.pool.kwargs) as other:
        other.execute("NOTIFY idle")
    used = set()
    for _ in range(2 * connection.pool.max_size):
        with connection.cursor() as cursor:
            cursor.execute("UNLISTEN idle")
        used.add(connection.connection.info.backend_pid)
        connection.close()
    assert listening in used


def test_a_pool_that_nobody_has_opened_yet_has_nothing_to_replace():
    """As a thread finds it while another one is about to open it, after a crash of the server."""
    connection.close()
    connection.close_pool()
    assert connection.pool.closed
    replace_connections()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def test_a_statement_that_was_cancelled_is_not_repeated(send):
    """Its connection still works, and it would take as long again."""
    ticket = TicketFactory()
    answers = []
    reader = threading.Thread(target=lambda: answers.append(send("GET", one(ticket.pk))))
    with transaction.atomic():
        lock_tickets("ACCESS EXCLUSIVE")
        reader.start()
        wait_for_lock()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_cancel_backend(pid) FROM pg_stat_activity"
                f" WHERE {IS_ANOTHER} AND wait_event_type = 'Lock'"
            )
        reader.join(30)
        assert not reader.is_alive()
    assert answers[0][0].status == 503


def lock_tickets(mode):
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE tickets_ticket IN {mode} MODE")
