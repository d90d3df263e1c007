"""The requester's page."""

import re

import pytest
from django.test import Client, RequestFactory

from tickets import requester_texts as texts
from tickets.models.mail import Email
from tickets.models.ticket import Comment, Ticket
from tickets.models.triage import Feedback
from tickets.tests.factories import AgentFactory, CommentFactory, TicketFactory
from tickets.vocabulary import MAX_TEXT_CHARS, AuthorRole
from tickets.web import errors


@pytest.fixture
def ticket(db):
    return TicketFactory(
        title="Broken door", requester_email="anna@example.org", assignee=AgentFactory()
    )


def test_it_shows_the_ticket_and_the_public_conversation(visitor, ticket):
    CommentFactory(ticket=ticket, body="We are on our way.", public=True)
    page = visitor.get(ticket.private_link_path()).content.decode()
    for text in (f"#{ticket.pk}", "Broken door", ticket.description, "Open", "on our way"):
        assert text in page


def test_it_reveals_nothing_else(visitor, ticket):
    author = AgentFactory(username="zoe.secret")
    CommentFactory(ticket=ticket, body="He is a nuisance.", public=False, author=author)
    CommentFactory(ticket=ticket, body="Hello", public=True, author=author)
    page = visitor.get(ticket.private_link_path()).content.decode()
    page = re.sub(r"<svg class=\"sprite\".*?</svg>", "", page, flags=re.S)
    for text in (
        "nuisance", "zoe.secret", "anna@example.org", ticket.assignee.username,
        "Medium", "General", "Neutral",
    ):  # fmt: skip
        assert text not in page


def test_caches_other_sites_and_search_engines_do_not_learn_the_address(visitor, ticket):
    response = visitor.get(ticket.private_link_path())
    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["X-Robots-Tag"] == "noindex"
    assert b'<meta name="robots" content="noindex">' in response.content


def test_unknown_revoked_and_malformed_links_get_the_same_answer(visitor, ticket):
    revoked = ticket.private_link_path()
    ticket.issue_link()
    ticket.save()
    paths = [revoked, "/t/AAAAAAAAAAAAAAAAAAAAAA/", "/t/x/", f"/t/{'y' * 3000}/", "/t/%00/"]
    answers = [visitor.get(path) for path in paths]
    assert {answer.status_code for answer in answers} == {404}
    pages = {without_request_details(answer.content.decode()) for answer in answers}
    assert len(pages) == 1
    assert visitor.get(ticket.private_link_path()).status_code == 200


def without_request_details(page):
    page = re.sub(r"<code>\w+</code>", "", page)
    return re.sub(r'name="next" value="[^"]*"', "", page)


def test_an_unknown_link_accepts_no_reply(visitor, ticket):
    assert visitor.post("/t/AAAAAAAAAAAAAAAAAAAAAA/", {"body": "Hello"}).status_code == 404
    assert not Comment.objects.exists()


def test_a_reply_is_public_and_from_the_requester(visitor, ticket):
    response = visitor.post(ticket.private_link_path(), {"body": "Any news?\r\nThanks"})
    comment = Comment.objects.get()
    assert response.url == ticket.private_link_path()
    assert (comment.body, comment.public) == ("Any news?\nThanks", True)
    assert comment.author_role == AuthorRole.REQUESTER


def test_a_browser_that_hides_its_origin_can_reply(ticket):
    """Browsers send `Origin: null` with a form from a page without referrer."""
    client = Client(enforce_csrf_checks=True)
    client.post(ticket.private_link_path(), {"body": "Any news?"}, headers={"Origin": "null"})
    assert Comment.objects.count() == 1


def test_a_reply_reopens_a_finished_ticket(visitor):
    ticket = TicketFactory(status="resolved")
    assert b"Replying reopens it" in visitor.get(ticket.private_link_path()).content
    visitor.post(ticket.private_link_path(), {"body": "It is back."})
    ticket.refresh_from_db()
    assert ticket.status == "open"


@pytest.mark.parametrize("body", ["", "   ", "\u200b", "z" * (MAX_TEXT_CHARS + 1)])
def test_an_invalid_reply_is_refused_and_comes_back(visitor, ticket, body):
    response = visitor.post(ticket.private_link_path(), {"body": body})
    assert response.status_code == 400
    assert b'id="body-error"' in response.content
    assert not Comment.objects.exists()


def test_replies_are_throttled(visitor, ticket, settings):
    settings.CREATE_LIMIT = 1
    visitor.post(ticket.private_link_path(), {"body": "One"})
    response = visitor.post(ticket.private_link_path(), {"body": "Two, too soon"})
    assert response.status_code == 429
    assert b"Two, too soon" in response.content
    assert Comment.objects.count() == 1


def test_markup_is_escaped(visitor):
    ticket = TicketFactory(title="<img src=x onerror=alert(1)>", description="<script>x</script>")
    page = visitor.get(ticket.private_link_path()).content
    assert b"<img src=x" not in page
    assert b"<script>x" not in page


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({}, "We will look at it soon. Our reply will appear on this page."),
        ({"requester_email": "a@example.org"}, "Our reply will appear on this page."),
        ({"status": "in_progress"}, "We are working on it"),
        ({"status": "resolved"}, "This is resolved"),
        ({"status": "closed"}, "This is closed"),
    ],
)
def test_it_explains_the_status(visitor, db, values, text):
    assert text in visitor.get(TicketFactory(**values).private_link_path()).content.decode()


def test_it_promises_an_email_only_if_the_desk_sends_any(visitor, db, settings):
    ticket = TicketFactory(requester_email="a@example.org")
    promises = ("we will email it to you", "We email our replies", "Email my links")
    addresses = (ticket.private_link_path(), "/", "/links/", "/t/nonsense/")
    pages = [visitor.get(address).content.decode() for address in addresses]
    assert "We send no email. Our replies appear on this page." in pages[0]
    assert not [each for each in (*promises, "send you replies") if each in "".join(pages)]
    settings.EMAIL_BACKEND = settings.SMTP_BACKEND
    page = visitor.get(addresses[0]).content.decode()
    assert [each for each in promises if each in page] == list(promises)


def test_after_a_public_reply_it_says_that_we_have_replied(visitor, ticket):
    CommentFactory(ticket=ticket, public=False)
    assert b"We have your message" in visitor.get(ticket.private_link_path()).content
    CommentFactory(ticket=ticket, public=True)
    assert b"We have replied" in visitor.get(ticket.private_link_path()).content


def get_again(visitor, ticket, etag):
    return visitor.get(ticket.private_link_path(), headers={"If-None-Match": etag})


def test_an_unchanged_page_is_not_sent_again(visitor, ticket):
    etag = visitor.get(ticket.private_link_path())["ETag"]
    response = get_again(visitor, ticket, etag)
    assert (response.status_code, response.content) == (304, b"")
    assert response["Cache-Control"] == "no-store"
    assert get_again(visitor, ticket, f"W/{etag}").status_code == 304  # after compression
    CommentFactory(ticket=ticket, public=True)
    assert get_again(visitor, ticket, etag).status_code == 200


def test_changes_that_only_agents_see_leave_the_page_unchanged(visitor, ticket):
    etag = visitor.get(ticket.private_link_path())["ETag"]
    CommentFactory(ticket=ticket, public=False)
    ticket.priority, ticket.assignee, ticket.version = "critical", AgentFactory(), 9
    ticket.save()
    assert get_again(visitor, ticket, etag).status_code == 304


def test_the_same_reply_sent_twice_is_stored_once(visitor, ticket):
    for _ in range(2):
        visitor.post(ticket.private_link_path(), {"body": "Any news?"})
    assert Comment.objects.count() == 1
    visitor.post(ticket.private_link_path(), {"body": "Please!"})
    visitor.post(ticket.private_link_path(), {"body": "Any news?"})
    assert Comment.objects.count() == 3


def test_the_same_reply_after_the_ticket_was_resolved_reopens_it(visitor, ticket):
    visitor.post(ticket.private_link_path(), {"body": "It is broken."})
    Ticket.objects.update(status="resolved")
    page = visitor.post(ticket.private_link_path(), {"body": "It is broken."}, follow=True)
    assert "Your ticket is open again." in page.content.decode()
    assert Ticket.objects.get().status == "open"
    assert Comment.objects.count() == 2


def test_the_same_reply_after_an_answer_is_a_new_one(visitor, ticket):
    visitor.post(ticket.private_link_path(), {"body": "Thanks"})
    CommentFactory(ticket=ticket, public=True)
    visitor.post(ticket.private_link_path(), {"body": "Thanks"})
    assert Comment.objects.filter(author_role=AuthorRole.REQUESTER).count() == 2


def test_it_does_not_reveal_how_many_comments_there_are(visitor, ticket):
    """Ids of rows would tell how busy the desk is."""
    CommentFactory.create_batch(3)
    comment = CommentFactory(ticket=ticket, public=True)
    page = visitor.get(ticket.private_link_path()).content.decode()
    assert 'id="message-1"' in page
    assert f"comment-{comment.pk}" not in page


# --- a link that does not work ---


@pytest.mark.parametrize(
    "path", ["/t/AAAAAAAAAAAAAAAAAAAAAA/", "/t/x/y/z", "/t/x/nothing/", "/t/x"]
)
def test_a_dead_link_says_so_and_offers_no_agents_pages(visitor, db, path):
    response = visitor.get(path, follow=True)
    page = response.content.decode()
    assert response.status_code == 404
    assert "This link does not work" in page
    assert "revoked" in page
    for agents_page in ("/sign-in/", "/tickets/", "/dashboard/", "/admin/", "/api/docs/"):
        assert agents_page not in page
    assert response["Referrer-Policy"] == "no-referrer"


def test_a_revoked_link_does_nothing(visitor, ticket):
    path = ticket.private_link_path()
    Ticket.objects.update(link_digest=None)
    for action in ("", "close/", "address/"):
        response = visitor.post(path + action, {"body": "x", "requester_email": "a@example.org"})
        assert response.status_code == 404
    assert not Comment.objects.exists()
    assert Ticket.objects.get().status == "open"


@pytest.mark.parametrize("status", [400, 413, 500, 503])
def test_error_pages_of_requesters_offer_no_agents_pages(status):
    for path in ("/t/x/", "/links/", "/confirm/x/"):
        page = errors.answer(RequestFactory().get(path), status, "code", "What happened.")
        assert b'href="/tickets/"' not in page.content


# --- closing ---


def close(visitor, ticket):
    return visitor.post(f"{ticket.private_link_path()}close/", follow=True)


def test_a_requester_closes_and_reopens_by_writing(visitor, ticket):
    page = close(visitor, ticket).content.decode()
    assert str(texts.TICKET_CLOSED) in page
    assert "This is closed" in page
    assert "Close this ticket" not in page
    visitor.post(ticket.private_link_path(), {"body": "It is back."})
    ticket.refresh_from_db()
    assert ticket.status == "open"
    assert ticket.waiting_since is not None


def test_closing_twice_is_closing_once(visitor, ticket):
    for _ in range(2):
        close(visitor, ticket)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.version) == ("closed", 2)


def test_a_resolved_ticket_stays_resolved(visitor):
    ticket = TicketFactory(status="resolved")
    close(visitor, ticket)
    ticket.refresh_from_db()
    assert ticket.status == "resolved"


def test_closing_is_the_requesters_act_and_gives_no_feedback(visitor, ticket, agent):
    close(visitor, ticket)
    page = agent.get(f"/tickets/{ticket.pk}/").content.decode()
    assert re.search(r"The requester</strong>\s+changed status from open to closed", page)
    assert "Set by the requester" in page
    assert not Feedback.objects.exists()
    assert not Email.objects.exists()


def test_opening_the_address_of_closing_closes_nothing(visitor, ticket):
    assert visitor.get(f"{ticket.private_link_path()}close/").status_code == 405
    assert Ticket.objects.get().status == "open"


# --- the link ---


def test_the_link_can_be_copied_without_scripts(visitor, ticket):
    page = visitor.get(ticket.private_link_path()).content.decode()
    link = f"http://testserver{ticket.private_link_path()}"
    assert re.search(rf'<input id="link" type="text" readonly value="{link}"', page)
