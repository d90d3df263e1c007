"""The requester's private page."""

import re

import pytest
from django.test import Client

from tickets.models import AuthorRole, Comment
from tickets.tests.factories import AgentFactory, CommentFactory, TicketFactory


@pytest.fixture
def ticket(db):
    return TicketFactory(
        title="Broken door", requester_email="anna@example.org", assignee=AgentFactory()
    )


def test_it_shows_the_ticket_and_the_public_conversation(visitor, ticket):
    CommentFactory(ticket=ticket, body="We are on our way.", public=True)
    page = visitor.get(ticket.track_path()).content.decode()
    for words in (f"#{ticket.pk}", "Broken door", ticket.description, "Open", "on our way"):
        assert words in page


def test_it_gives_nothing_else_away(visitor, ticket):
    author = AgentFactory(username="zoe.secret")
    CommentFactory(ticket=ticket, body="He is a nuisance.", public=False, author=author)
    CommentFactory(ticket=ticket, body="Hello", public=True, author=author)
    page = visitor.get(ticket.track_path()).content.decode()
    shown = re.sub(r"<svg class=\"sprite\".*?</svg>", "", page, flags=re.S)
    for words in (
        "nuisance", "zoe.secret", "anna@example.org", ticket.assignee.username,
        "Medium", "General", "Neutral",
    ):  # fmt: skip
        assert words not in shown


def test_no_cache_no_referrer_no_search_engine(visitor, ticket):
    response = visitor.get(ticket.track_path())
    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["X-Robots-Tag"] == "noindex"
    assert b'<meta name="robots" content="noindex">' in response.content


def test_unknown_revoked_and_malformed_links_answer_the_same(visitor, ticket):
    revoked = ticket.track_path()
    ticket.issue_link()
    ticket.save()
    paths = [revoked, "/t/AAAAAAAAAAAAAAAAAAAAAA/", "/t/x/", f"/t/{'y' * 3000}/", "/t/%00/"]
    answers = [visitor.get(path) for path in paths]
    assert {answer.status_code for answer in answers} == {404}
    pages = {_without_what_differs(answer.content.decode()) for answer in answers}
    assert len(pages) == 1
    assert visitor.get(ticket.track_path()).status_code == 200


def _without_what_differs(page):
    page = re.sub(r"<code>\w+</code>", "", page)
    return re.sub(r'name="next" value="[^"]*"', "", page)


def test_nothing_can_be_replied_to_an_unknown_link(visitor, ticket):
    assert visitor.post("/t/AAAAAAAAAAAAAAAAAAAAAA/", {"body": "Hello"}).status_code == 404
    assert not Comment.objects.exists()


def test_a_reply_is_public_and_the_requesters(visitor, ticket):
    response = visitor.post(ticket.track_path(), {"body": "Any news?\r\nThanks"})
    comment = Comment.objects.get()
    assert response.url == ticket.track_path()
    assert (comment.body, comment.public) == ("Any news?\nThanks", True)
    assert comment.author_role == AuthorRole.REQUESTER


def test_a_browser_that_hides_its_origin_can_reply(ticket):
    """From a page without referrer browsers send `Origin: null` with a form."""
    client = Client(enforce_csrf_checks=True)
    client.post(ticket.track_path(), {"body": "Any news?"}, headers={"Origin": "null"})
    assert Comment.objects.count() == 1


def test_a_reply_opens_a_finished_ticket_again(visitor):
    ticket = TicketFactory(status="resolved")
    assert b"A reply opens it again" in visitor.get(ticket.track_path()).content
    visitor.post(ticket.track_path(), {"body": "It is back."})
    ticket.refresh_from_db()
    assert ticket.status == "open"


@pytest.mark.parametrize("body", ["", "   ", "\u200b", "z" * 20_001])
def test_a_bad_reply_is_refused_and_comes_back(visitor, ticket, body):
    response = visitor.post(ticket.track_path(), {"body": body})
    assert response.status_code == 400
    assert b'id="body-error"' in response.content
    assert not Comment.objects.exists()


def test_replies_are_throttled(visitor, ticket, settings):
    settings.CREATE_LIMIT = 1
    visitor.post(ticket.track_path(), {"body": "One"})
    response = visitor.post(ticket.track_path(), {"body": "Two, too soon"})
    assert response.status_code == 429
    assert b"Two, too soon" in response.content
    assert Comment.objects.count() == 1


def test_markup_is_shown_as_text(visitor):
    ticket = TicketFactory(title="<img src=x onerror=alert(1)>", description="<script>x</script>")
    page = visitor.get(ticket.track_path()).content
    assert b"<img src=x" not in page
    assert b"<script>x" not in page
