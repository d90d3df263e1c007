"""`Idempotency-Key`: a create that is sent again creates no second ticket."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPConnection
from threading import Barrier

import pytest

from tickets import vocabulary
from tickets.access.actors import SYSTEM
from tickets.models.housekeeping import IdempotencyKey
from tickets.models.ticket import Ticket
from tickets.services import housekeeping
from tickets.services.private_links import revoke_private_link
from tickets.tests.factories import AgentFactory, TokenFactory

from .client import NEW, TICKETS, Api, assert_problem, nothing_stored, one

KEY = "2f0c9c2e-5a0b-4b0e-9d0f-6a3a1a7a4a11"


def create(api, key=KEY, body=NEW, **headers):
    return api.send("POST", TICKETS, body, idempotency_key=key, **headers)


def test_the_same_key_and_body_return_the_first_response(agent):
    first = create(agent)
    assert first.status_code == 201
    assert "Idempotency-Replayed" not in first
    agent.send("PATCH", one(first.json()["id"]), {"status": "closed"})
    again = create(agent)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert (again["Location"], again["ETag"]) == (first["Location"], first["ETag"])
    assert again["Idempotency-Replayed"] == "true"
    assert Ticket.objects.count() == 1


def test_the_order_of_keys_and_white_space_do_not_make_another_body(agent):
    first = create(agent)
    body = json.dumps(dict(reversed(NEW.items())), indent=3).encode()
    assert create(agent, body=body).json() == first.json()


@pytest.mark.parametrize(
    "other", [{"title": "Another"}, {"priority": "low"}, {"requester_email": None}]
)
def test_the_same_key_with_another_body_is_a_conflict(agent, other):
    create(agent)
    with nothing_stored():
        response = create(agent, body=NEW | other)
    assert_problem(response, 409, "conflict")


def test_another_key_makes_another_ticket(agent):
    assert create(agent, "a").json()["id"] != create(agent, "b").json()["id"]


def test_without_a_key_each_create_makes_a_ticket(agent):
    assert agent.create()["id"] != agent.create()["id"]


def test_keys_of_different_callers_are_different_keys(agent, anonymous, db):
    signed_in = Api()
    signed_in.force_login(AgentFactory())
    signed_in.cookies["csrftoken"] = "x" * 32
    numbers = {
        create(agent).json()["id"],
        create(Api(TokenFactory().secret)).json()["id"],
        create(anonymous).json()["id"],
        create(signed_in, x_csrftoken="x" * 32).json()["id"],
    }
    assert len(numbers) == 4


def test_a_refused_create_does_not_use_up_its_key(agent):
    assert create(agent, body={"title": ""}).status_code == 400
    assert not IdempotencyKey.objects.exists()
    assert create(agent).status_code == 201


def test_the_private_link_is_in_the_answer_and_not_in_the_table(anonymous):
    first = create(anonymous).json()
    secret = first["track_url"].rstrip("/").rpartition("/")[2]
    assert secret not in str(IdempotencyKey.objects.values().get())
    assert KEY not in str(IdempotencyKey.objects.values().get())
    assert create(anonymous).json() == first


def test_the_first_answer_outlives_the_ticket_without_its_link(agent):
    first = create(agent).json()
    Ticket.objects.all().delete()
    again = create(agent)
    assert again.status_code == 201
    del first["track_url"]
    assert again.json() == first
    assert not Ticket.objects.exists()


@pytest.mark.parametrize("key", ["", " ", "x" * 201, "a b", "é", "\x7f", "a\tb", "\u200b", "a\x00"])
def test_an_invalid_key_is_refused(agent, key):
    with nothing_stored():
        response = create(agent, key)
    assert_problem(response, 400, "validation_error", "Idempotency-Key")


@pytest.mark.parametrize("key", ["x", "x" * 200, "!~", "'; DROP TABLE x; --".replace(" ", "_")])
def test_any_visible_ascii_is_a_key(agent, key):
    assert create(agent, key).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_fifty_concurrent_requests_with_one_key_create_one_ticket(live_server):
    secret = TokenFactory().secret
    start = Barrier(50)

    def send(_):
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {secret}",
            "Idempotency-Key": KEY,
        }
        start.wait()
        # The test server refuses some of so many connections. Retry like a client.
        while True:
            with suppress(ConnectionError):
                connection = HTTPConnection(live_server.thread.host, live_server.thread.port)
                connection.request("POST", TICKETS, json.dumps(NEW), headers)
                response = connection.getresponse()
                body = response.read()
                if response.status != 503:
                    return response.status, body, response.headers["Location"]

    with ThreadPoolExecutor(50) as pool:
        answers = set(pool.map(send, range(50)))
    assert len(answers) == 1
    assert next(iter(answers))[0] == 201
    assert Ticket.objects.count() == 1


def test_keys_are_forgotten_after_a_day(agent):
    create(agent)
    housekeeping.purge_expired()
    assert IdempotencyKey.objects.exists()
    IdempotencyKey.objects.update(
        created_at=IdempotencyKey.objects.get().created_at - vocabulary.IDEMPOTENCY_KEY_LIFETIME
    )
    housekeeping.purge_expired()
    assert not IdempotencyKey.objects.exists()


def test_a_replay_does_not_reveal_a_new_link(anonymous):
    first = create(anonymous).json()
    ticket = revoke_private_link(Ticket.objects.get(), SYSTEM)
    revoked = create(anonymous).json()
    assert (revoked["id"], revoked["track_url"]) == (first["id"], None)
    ticket.issue_link()
    ticket.save()
    assert create(anonymous).json()["track_url"] is None


def test_anonymous_keys_count_per_client_address(anonymous, settings):
    settings.TRUSTED_PROXIES = 1
    ids = {
        create(anonymous, x_forwarded_for=address).json()["id"]
        for address in ("192.0.2.1", "192.0.2.2", "192.0.2.1")
    }
    assert len(ids) == 2
