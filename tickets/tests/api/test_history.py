"""GET /api/tickets/<id>/history/"""

from django.db import connection

from tickets.access.actors import TRIAGE
from tickets.services import editing
from tickets.tests.factories import AgentFactory, TokenFactory
from tickets.vocabulary import Source

from .client import Api, assert_problem, one


def history(api, ticket_id):
    response = api.get(one(ticket_id, "history/"))
    assert response.status_code == 200, response.content
    return response.json()


def test_it_lists_who_changed_what_oldest_first(anonymous):
    token = TokenFactory(name="console")
    agent = Api(token.secret)
    created = anonymous.create(requester_email="ada@example.org")
    agent.send("PATCH", one(created["id"]), {"status": "closed", "title": "Fire"})
    first, second = history(agent, created["id"])
    assert (first["event"], first["actor"]) == ("created", "anonymous")
    assert first["changes"]["title"] == [None, created["title"]]
    assert first["changes"]["requester_email"] == [None, "ada@example.org"]
    assert "assignee" not in first["changes"]
    assert (second["event"], second["actor"]) == ("changed", "token console")
    assert second["changes"]["status"] == ["open", "closed"]
    assert second["changes"]["title"] == [created["title"], "Fire"]
    assert "requester_email" not in second["changes"]
    assert first["at"] < second["at"]
    assert second["at"].endswith("Z")


def test_assignees_are_named(agent, ticket):
    colleague = AgentFactory(username="grace")
    agent.send("PATCH", one(ticket.pk), {"assignee": "grace"})
    agent.send("PATCH", one(ticket.pk), {"assignee": None})
    changes = [entry["changes"] for entry in history(agent, ticket.pk)]
    assert changes[1:] == [{"assignee": [None, "grace"]}, {"assignee": ["grace", None]}]
    number = colleague.pk
    colleague.delete()
    changes = [entry["changes"] for entry in history(agent, ticket.pk)]
    assert changes[1] == {"assignee": [None, f"user {number}"]}


def test_a_change_outside_this_program_has_no_actor(agent, ticket):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tickets_ticket SET priority = 'low' WHERE id = %s", [ticket.pk])
    last = history(agent, ticket.pk)[-1]
    assert last["actor"] is None
    assert last["changes"] == {"priority": ["medium", "low"]}


def test_triage_is_an_actor_too(agent, ticket):
    with editing.editing(ticket.pk, TRIAGE) as edit:
        edit.ticket.category = "billing"
        edit.ticket.decide("category", Source.LLM, 0.9)
    last = history(agent, ticket.pk)[-1]
    assert last["actor"] == "triage"
    assert last["changes"] == {
        "category": ["general", "billing"],
        "category_source": ["default", "llm"],
        "category_confidence": [None, 0.9],
    }


def test_comments_are_part_of_it(agent, ticket):
    agent.send("POST", one(ticket.pk, "comments/"), {"body": "Try water.", "public": True})
    last = history(agent, ticket.pk)[-1]
    assert last["event"] == "comment created"
    assert last["changes"] == {"body": [None, "Try water."], "public": [None, True]}


def test_it_takes_seven_queries_however_long_it_is(agent, ticket, django_assert_num_queries):
    for status in ("closed", "open") * 10:
        agent.send("PATCH", one(ticket.pk), {"status": status, "assignee": AgentFactory().username})
        agent.send("POST", one(ticket.pk, "comments/"), {"body": "Again."})
    # The token, the ticket, its events, those of its comments, participants and files.
    with django_assert_num_queries(7):
        assert len(history(agent, ticket.pk)) == 41


def test_it_does_not_mix_tickets(agent, ticket):
    created = agent.create()
    assert len(history(agent, created["id"])) == 1


def test_a_missing_ticket_is_not_found(agent):
    assert_problem(agent.get(one(1, "history/")), 404, "not_found")


def test_anonymous_callers_read_nothing(anonymous, ticket):
    assert_problem(anonymous.get(one(ticket.pk, "history/")), 401, "authentication_required")
