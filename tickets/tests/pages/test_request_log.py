"""The lines that requests write, as the desk's handler writes them."""

import io
import json
import logging

import pytest
from django.conf import settings
from django.test import Client

from config.logs import Formatter
from tickets.models.ticket import Ticket
from tickets.tests.factories import TokenFactory
from tickets.tests.locks import held_elsewhere
from tickets.vocabulary import Scope
from tickets.web.request_log import AddRequest

pytestmark = pytest.mark.django_db


@pytest.fixture
def lines():
    """Return a function that returns what was logged since, as JSON objects."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Formatter(is_json=True))
    handler.addFilter(AddRequest())
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(level)


def test_each_request_has_a_line(client, lines):
    token = TokenFactory(scopes=[Scope.READ])
    response = client.get(
        "/api/tickets/?search=lamp", headers={"Authorization": f"Bearer {token.secret}"}
    )
    [line] = [line for line in lines() if line["message"] == "answered"]
    assert line["request_id"] == response["X-Request-ID"]
    assert (line["method"], line["route"]) == ("GET", "api-tickets")
    assert line["status"] == 200
    assert line["ms"] > 0
    assert line["actor"] != "anonymous"
    assert "lamp" not in str(line)
    assert token.secret not in str(lines())


def test_an_agents_page_names_the_agent(agent, agent_user, lines):
    agent.get("/tickets/?sort=newest")
    assert [line["actor"] for line in lines() if "route" in line] == [agent_user.username]


def test_a_private_link_stands_in_no_line(client, lines):
    client.get("/t/Qx7-_k2ZQx7-_k2Z/")
    client.get("/confirm/Qx7-_k2ZQx7-_k2Z/")
    assert len(lines()) >= 2
    assert "Qx7" not in str(lines())


def test_the_id_on_an_error_page_is_in_the_log(monkeypatch, lines):
    def fail(*_):
        raise RuntimeError("broken")

    monkeypatch.setattr(Ticket.objects.__class__, "statistics", fail, raising=False)
    client = Client(raise_request_exception=False)
    token = TokenFactory(scopes=[Scope.READ])
    response = client.get(
        "/api/tickets/stats/", headers={"Authorization": f"Bearer {token.secret}"}
    )
    assert response.status_code == 500
    errors = [line for line in lines() if line["level"] == "ERROR"]
    assert [line["request_id"] for line in errors] == [response["X-Request-ID"]]
    assert "broken" in errors[0]["traceback"]


def test_a_stranger_writes_no_traceback_and_no_error(client, lines):
    form = {f"field{number}": "x" for number in range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1)}
    assert client.post("/", form).status_code == 400
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 400
    assert lines()
    for line in lines():
        assert line["level"] in ("INFO", "WARNING")
        assert "traceback" not in line


@pytest.mark.django_db(transaction=True)
def test_a_slow_statement_is_named_with_its_request(client, lines):
    """As by the setting's default: a request that waits for a lock for longer than a second."""
    token = TokenFactory(scopes=[Scope.READ])
    with held_elsewhere("LOCK TABLE tickets_ticket", patience="2s"):
        response = client.get(
            "/api/tickets/?search=lamp", headers={"Authorization": f"Bearer {token.secret}"}
        )
    assert response.status_code == 503
    [line] = [line for line in lines() if line["message"].startswith("slow statement: ")]
    assert line["request_id"] == response["X-Request-ID"]
    assert line["route"] == "api-tickets"
    assert line["ms"] >= 1000
    assert "AccessShareLock on tickets_ticket, blocked by session " in line["message"]
    assert "lamp" not in str(lines())
