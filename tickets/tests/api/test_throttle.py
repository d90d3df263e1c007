"""How often an unknown client may create tickets and ask for suggestions in a minute."""

import time

import pytest

from tickets.models.housekeeping import Counter
from tickets.models.ticket import Ticket
from tickets.tests.factories import UserFactory

from .client import CLASSIFY, NEW, SUGGEST_TITLE, TICKETS, assert_problem

LIMIT = 3
TEXT = {"description": "x"}
LIMITED = [(TICKETS, NEW), (CLASSIFY, TEXT), (SUGGEST_TITLE, TEXT)]


@pytest.fixture(autouse=True)
def limits(settings):
    settings.CREATE_LIMIT = settings.SUGGEST_LIMIT = LIMIT


def in_one_minute(ask, count=LIMIT + 2):
    """Return the responses. Send the requests again if a new minute began in between."""
    while True:
        minute = time.time() // 60
        responses = [ask(n) for n in range(count)]
        if time.time() // 60 == minute:
            return responses
        Counter.objects.all().delete()
        Ticket.objects.all().delete()


def refused(responses):
    return [response.status_code == 429 for response in responses]


@pytest.mark.parametrize(("path", "body"), LIMITED)
def test_an_unknown_client_learns_when_to_retry(anonymous, path, body):
    responses = in_one_minute(lambda _: anonymous.send("POST", path, body))
    assert refused(responses) == [False] * LIMIT + [True] * 2
    assert_problem(responses[-1], 429, "rate_limited")
    assert 1 <= int(responses[-1]["Retry-After"]) <= 61
    assert Ticket.objects.count() == (LIMIT if path == TICKETS else 0)


def test_both_suggestions_share_one_limit_and_creating_has_its_own(anonymous):
    paths = [CLASSIFY, SUGGEST_TITLE, CLASSIFY, SUGGEST_TITLE]
    responses = in_one_minute(lambda n: anonymous.send("POST", paths[n], TEXT), len(paths))
    assert refused(responses) == [False, False, False, True]
    assert anonymous.send("POST", TICKETS, NEW).status_code == 201


def test_a_forged_header_does_not_make_another_client(anonymous):
    responses = in_one_minute(
        lambda n: anonymous.send("POST", TICKETS, NEW, x_forwarded_for=f"203.0.113.{n}")
    )
    assert refused(responses)[-1]


def test_behind_a_proxy_the_address_that_it_saw_counts(settings, anonymous):
    settings.TRUSTED_PROXIES = 1
    forged = in_one_minute(
        lambda n: anonymous.send("POST", TICKETS, NEW, x_forwarded_for=f"203.0.113.{n}, 192.0.2.1")
    )
    assert refused(forged)[-1]
    other_clients = in_one_minute(
        lambda n: anonymous.send("POST", TICKETS, NEW, x_forwarded_for=f"203.0.113.{n}")
    )
    assert not any(refused(other_clients))


def test_an_ipv6_client_is_its_whole_network(anonymous):
    def ask(address):
        return anonymous.generic(
            "POST", SUGGEST_TITLE, b'{"description": "x"}', "application/json", REMOTE_ADDR=address
        )

    same = in_one_minute(lambda n: ask(f"2001:db8:0:1::{n}"))
    assert refused(same)[-1]
    assert not any(refused(in_one_minute(lambda n: ask(f"2001:db8:0:{n + 2}::1"))))


def test_an_invalid_request_counts_as_well(anonymous):
    """Checking it costs work too, so it must be limited."""
    bodies = [{"title": ""}] * (LIMIT + 1) + [NEW]
    responses = in_one_minute(lambda n: anonymous.send("POST", TICKETS, bodies[n]))
    assert [response.status_code for response in responses] == [400] * LIMIT + [429] * 2


def test_agents_programs_and_signed_in_users_are_not_counted(agent, anonymous):
    assert not any(refused([agent.send("POST", TICKETS, NEW) for _ in range(LIMIT + 2)]))
    anonymous.force_login(UserFactory())
    anonymous.cookies["csrftoken"] = "x" * 32
    responses = [
        anonymous.send("POST", CLASSIFY, TEXT, x_csrftoken="x" * 32) for _ in range(LIMIT + 2)
    ]
    assert {response.status_code for response in responses} == {200}
    assert not Counter.objects.exists()


def test_the_open_demo_has_no_limit_on_creating(settings, anonymous):
    settings.ACCESS_MODE = "open"
    assert not any(refused([anonymous.send("POST", TICKETS, NEW) for _ in range(LIMIT + 2)]))
