"""GET and POST /api/tickets/<id>/comments/"""

import pytest

from tickets.models.ticket import Comment
from tickets.tests.factories import AgentFactory, CommentFactory, TokenFactory
from tickets.vocabulary import MAX_TEXT_CHARS

from .client import Api, assert_problem, one


@pytest.fixture
def comments(ticket):
    return one(ticket.pk, "comments/")


def test_an_agent_answers_and_reads_the_conversation(ticket, comments):
    grace = AgentFactory()
    agent = Api(TokenFactory(user=grace).secret)
    response = agent.send("POST", comments, {"body": " Try water.\r\n", "public": True})
    assert response.status_code == 201
    comment = response.json()
    stored = Comment.objects.get()
    assert comment == {
        "id": stored.pk,
        "author": grace.username,
        "author_role": "agent",
        "body": "Try water.",
        "public": True,
        "created_at": stored.created_at.isoformat().replace("+00:00", "Z"),
    }
    assert agent.get(comments).json() == [comment]


def test_a_comment_is_internal_by_default(agent, comments):
    assert agent.send("POST", comments, {"body": "Hm."}).json()["public"] is False


def test_the_oldest_comes_first_and_other_conversations_are_left_out(agent, ticket, comments):
    first, second = CommentFactory(ticket=ticket), CommentFactory(ticket=ticket)
    CommentFactory()
    assert [comment["id"] for comment in agent.get(comments).json()] == [first.pk, second.pk]


def test_reading_takes_four_queries(agent, ticket, comments, django_assert_num_queries):
    for _ in range(20):
        CommentFactory(ticket=ticket, author=AgentFactory())
    agent.get(comments)
    with django_assert_num_queries(4):  # the token, the ticket, replies that are due, comments
        assert len(agent.get(comments).json()) == 20


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body"),
        ({"body": ""}, "body"),
        ({"body": "\u200b"}, "body"),
        ({"body": "x" * (MAX_TEXT_CHARS + 1)}, "body"),
        ({"body": None}, "body"),
        ({"body": ["x"]}, "body"),
        ({"body": "x", "public": "true"}, "public"),
        ({"body": "x", "public": 1}, "public"),
        ({"body": "x", "public": None}, "public"),
        ({"body": "x", "author": "grace"}, "author"),
        ({"body": "x", "author_role": "requester"}, "author_role"),
        ({"body": "x", "ticket": 5}, "ticket"),
        ({"body": "x", "ticket_id": 5}, "ticket_id"),
    ],
)
def test_a_bad_comment_is_refused(agent, comments, body, field):
    assert_problem(agent.send("POST", comments, body), 400, "validation_error", field)
    assert not Comment.objects.exists()


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_missing_ticket_has_no_conversation(agent, method):
    response = agent.send(method, one(10**18, "comments/"), {"body": "x"})
    assert_problem(response, 404, "not_found")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_anonymous_callers_neither_read_nor_write(anonymous, ticket, comments, method):
    response = anonymous.send(method, comments, {"body": "x"})
    assert_problem(response, 401, "authentication_required")
    assert not Comment.objects.exists()


@pytest.mark.parametrize(("scopes", "status"), [(["read"], 403), (["write"], 201)])
def test_writing_needs_write(comments, scopes, status):
    response = Api(TokenFactory(scopes=scopes).secret).send("POST", comments, {"body": "x"})
    assert response.status_code == status
    assert Comment.objects.count() == (status == 201)


def test_other_methods_are_refused(agent, comments):
    response = agent.send("PUT", comments, {"body": "x"})
    assert_problem(response, 405, "method_not_allowed")
    assert response["Allow"] == "GET, HEAD, POST"
