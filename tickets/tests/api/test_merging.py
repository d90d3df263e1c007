"""POST /api/tickets/<id>/merge/ and .../unmerge/, and what a merged number answers."""

import pytest

from tickets.tests.factories import AgentFactory, CommentFactory, TicketFactory

from .client import Api, assert_problem, one


@pytest.fixture
def pair(db):
    """Two tickets of one requester: the source and the target."""
    return [TicketFactory(requester_email="ada@example.org") for _ in range(2)]


def merge(api, source, target, **more):
    return api.send("POST", one(source.pk, "merge/"), {"into": target.pk} | more)


def test_it_answers_the_target(agent, pair):
    source, target = pair
    response = merge(agent, source, target)
    assert response.status_code == 200
    assert (response.json()["id"], response.json()["merged_into"]) == (target.pk, None)
    assert response["ETag"] == '"2"' == f'"{response.json()["version"]}"'
    again = merge(agent, source, target)
    assert (again.status_code, again.json()) == (200, response.json())


def test_the_merged_number_answers_with_where_it_is(agent, pair):
    source, target = pair
    CommentFactory(ticket=source, body="From the source")
    merge(agent, source, target)
    answer = agent.get(one(source.pk)).json()
    assert (answer["id"], answer["merged_into"]) == (source.pk, target.pk)
    assert answer["title"] == source.title
    bodies = [row["body"] for row in agent.get(one(source.pk, "comments/")).json()]
    assert bodies == [source.description, "From the source"]
    assert [row["id"] for row in agent.get("/api/tickets/").json()] == [target.pk]
    assert agent.get("/api/tickets/stats/").json()["total_tickets"] == 1
    matches = agent.get(f"/api/tickets/?search=%23{source.pk}").json()
    assert [row["id"] for row in matches] == [target.pk]


def test_a_comment_on_the_merged_number_goes_to_the_target(agent, pair):
    source, target = pair
    merge(agent, source, target)
    sent = agent.send("POST", one(source.pk, "comments/"), {"body": "Late", "public": True})
    assert sent.status_code == 201
    assert agent.get(one(target.pk, "comments/")).json()[-1] == sent.json()


@pytest.mark.parametrize("method", ["PATCH", "PUT", "DELETE"])
def test_the_merged_number_is_not_changed(admin, pair, method):
    source, target = pair
    merge(admin, source, target)
    body = {"title": "Fire", "description": "It burns."}
    problem = assert_problem(admin.send(method, one(source.pk), body), 409, "conflict")
    assert problem["detail"] == f"#{source.pk} was merged into #{target.pk}."


def test_other_requesters_are_refused_with_the_way_out(agent, pair):
    source, _ = pair
    other = TicketFactory(requester_email="bob@example.org")
    for more in ({}, {"same_requester": True}):
        problem = assert_problem(merge(agent, source, other, **more), 409, "conflict")
        assert "Link the tickets instead" in problem["detail"]


def test_without_an_address_the_caller_has_to_confirm(agent, pair):
    source, _ = pair
    unknown = TicketFactory()
    problem = assert_problem(merge(agent, source, unknown), 409, "conflict")
    assert "Confirm" in problem["detail"]
    assert merge(agent, source, unknown, same_requester=True).status_code == 200


@pytest.mark.parametrize("into", ["12", True, None, 1.5, [1], 0, -1, 2**63, 10**18])
def test_a_bad_number_is_named(agent, pair, into):
    response = agent.send("POST", one(pair[0].pk, "merge/"), {"into": into})
    assert_problem(response, 400, "validation_error", "into")


def test_other_bad_bodies(agent, pair):
    source, target = pair
    assert_problem(merge(agent, source, source), 400, "validation_error", "into")
    assert_problem(merge(agent, source, target, x=1), 400, "validation_error", "x")
    response = agent.send("POST", one(source.pk, "merge/"), {})
    assert_problem(response, 400, "validation_error", "into")
    response = agent.send("POST", one(10**9, "merge/"), {"into": source.pk})
    assert_problem(response, 404, "not_found")


def test_a_merge_is_undone_once(agent, pair):
    source, target = pair
    assert_problem(agent.send("POST", one(source.pk, "unmerge/")), 409, "conflict")
    merge(agent, source, target)
    answers = [agent.send("POST", one(source.pk, "unmerge/")) for _ in range(2)]
    assert [each.status_code for each in answers] == [200, 200]
    assert [each.json()["merged_into"] for each in answers] == [None, None]
    assert answers[0].json()["id"] == source.pk
    assert len(agent.get("/api/tickets/").json()) == 2
    assert_problem(agent.send("POST", one(10**9, "unmerge/")), 404, "not_found")


def test_the_history_names_the_ticket_of_each_entry(agent, pair):
    source, target = pair
    merge(agent, source, target)
    entries = agent.get(one(target.pk, "history/")).json()
    assert [(entry["ticket"], entry["event"]) for entry in entries] == [
        (source.pk, "created"),
        (target.pk, "created"),
        (source.pk, "merged"),
        (target.pk, "merged"),
    ]
    assert entries[2]["changes"] == {"merged_into": [None, target.pk]}
    assert entries[3]["changes"] == {"merged": [None, source.pk]}


def test_put_takes_merged_into_back_unchanged(agent, pair):
    answer = agent.get(one(pair[0].pk)).json()
    assert agent.send("PATCH", one(pair[0].pk), {"merged_into": None}).status_code == 200
    response = agent.send("PATCH", one(pair[0].pk), {"merged_into": pair[1].pk})
    assert_problem(response, 400, "validation_error", "merged_into")
    assert answer["merged_into"] is None


def test_a_session_of_an_agent_works_with_its_csrf_token(pair):
    api = Api()
    api.force_login(AgentFactory())
    assert_problem(merge(api, *pair), 403, "permission_denied")
