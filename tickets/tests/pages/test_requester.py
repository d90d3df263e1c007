"""The requester's private page."""

import re

import pytest
from django.test import Client

from tickets.models.ticket import Comment, Ticket
from tickets.tests.factories import AgentFactory, CommentFactory, TicketFactory
from tickets.vocabulary import AuthorRole


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


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "Somebody will look at it soon. The answer appears on this page."),
        ({"requester_email": "a@example.org"}, "on this page, and we tell you by e-mail."),
        ({"status": "in_progress"}, "Somebody is working on it"),
        ({"status": "resolved"}, "This is resolved"),
        ({"status": "closed"}, "This is closed"),
    ],
)
def test_it_says_what_the_status_means(visitor, db, values, words):
    assert words in visitor.get(TicketFactory(**values).track_path()).content.decode()


def test_after_an_answer_it_is_the_requesters_turn(visitor, ticket):
    CommentFactory(ticket=ticket, public=False)
    assert b"We have your message" in visitor.get(ticket.track_path()).content
    CommentFactory(ticket=ticket, public=True)
    assert b"We have answered" in visitor.get(ticket.track_path()).content


def ask(visitor, ticket, etag):
    return visitor.get(ticket.track_path(), headers={"If-None-Match": etag})


def test_a_page_that_did_not_change_is_not_sent_again(visitor, ticket):
    etag = visitor.get(ticket.track_path())["ETag"]
    answer = ask(visitor, ticket, etag)
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer["Cache-Control"] == "no-store"
    assert ask(visitor, ticket, f"W/{etag}").status_code == 304  # after compression
    CommentFactory(ticket=ticket, public=True)
    assert ask(visitor, ticket, etag).status_code == 200


def test_what_only_agents_see_changes_nothing_for_others(visitor, ticket):
    etag = visitor.get(ticket.track_path())["ETag"]
    CommentFactory(ticket=ticket, public=False)
    ticket.priority, ticket.assignee, ticket.version = "critical", AgentFactory(), 9
    ticket.save()
    assert ask(visitor, ticket, etag).status_code == 304


def test_the_same_reply_sent_twice_is_one(visitor, ticket):
    for _ in range(2):
        visitor.post(ticket.track_path(), {"body": "Any news?"})
    assert Comment.objects.count() == 1
    visitor.post(ticket.track_path(), {"body": "Please!"})
    visitor.post(ticket.track_path(), {"body": "Any news?"})
    assert Comment.objects.count() == 3


def test_the_same_words_on_a_ticket_that_was_finished_since_open_it_again(visitor, ticket):
    visitor.post(ticket.track_path(), {"body": "It is broken."})
    Ticket.objects.update(status="resolved")
    page = visitor.post(ticket.track_path(), {"body": "It is broken."}, follow=True)
    assert "The ticket is open again." in page.content.decode()
    assert Ticket.objects.get().status == "open"
    assert Comment.objects.count() == 2


def test_the_same_words_after_an_answer_are_a_new_reply(visitor, ticket):
    visitor.post(ticket.track_path(), {"body": "Thanks"})
    CommentFactory(ticket=ticket, public=True)
    visitor.post(ticket.track_path(), {"body": "Thanks"})
    assert Comment.objects.filter(author_role=AuthorRole.REQUESTER).count() == 2


def test_it_counts_no_other_tickets(visitor, ticket):
    """Numbers of rows would tell how busy the desk is."""
    CommentFactory.create_batch(3)
    comment = CommentFactory(ticket=ticket, public=True)
    page = visitor.get(ticket.track_path()).content.decode()
    assert 'id="message-1"' in page
    assert f"comment-{comment.pk}" not in page
