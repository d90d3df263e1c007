"""Conversations that strangers make long: a page shows a part of them, and leads to the others."""

import re
from datetime import timedelta
from urllib.parse import urljoin

import pytest
from django.utils import timezone

from tickets.models.incoming import InboundMessage
from tickets.models.ticket import Comment
from tickets.querysets.comments import MAX_MESSAGES, MAX_SHOWN_CHARS
from tickets.tests.factories import TicketFactory

pytestmark = pytest.mark.django_db
START = timezone.now() - timedelta(days=30)


@pytest.fixture
def ticket():
    return TicketFactory(requester_email="kim@example.org")


def write(ticket, count, text="Message {}.", *, internal_every=0):
    Comment.objects.bulk_create(
        Comment(
            ticket=ticket,
            author_role="agent" if internal_every and not n % internal_every else "requester",
            public=not (internal_every and not n % internal_every),
            body=text.format(n),
            created_at=START + timedelta(minutes=n),
        )
        for n in range(count)
    )


def messages(page):
    return re.findall(r"Message \d+\.", page)


def read(client, path):
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def way_back(client, path):
    """Follow the links to earlier messages. Return what each page shows, the newest first."""
    pages = []
    while path:
        page = read(client, path)
        pages.append(messages(page))
        link = re.search(r'href="([^"]*\?until=\d+)">', page)
        path = urljoin(path, link[1]) if link else ""
    return pages


def test_a_short_conversation_is_shown_whole(visitor, ticket):
    write(ticket, MAX_MESSAGES)
    page = read(visitor, ticket.private_link_path())
    assert len(messages(page)) == MAX_MESSAGES
    assert "until=" not in page


@pytest.mark.parametrize("who", ["requester", "agent"])
def test_every_message_is_on_one_page(who, visitor, agent, ticket):
    write(ticket, 2 * MAX_MESSAGES + 7)
    ways = {
        "requester": (visitor, ticket.private_link_path()),
        "agent": (agent, ticket.get_absolute_url()),
    }
    pages = way_back(*ways[who])
    assert [len(each) for each in pages] == [MAX_MESSAGES, MAX_MESSAGES, 7]
    assert [each for page in reversed(pages) for each in page] == [
        f"Message {n}." for n in range(2 * MAX_MESSAGES + 7)
    ]


def test_notes_are_neither_shown_nor_counted_on_the_requesters_page(visitor, ticket):
    write(ticket, 2 * MAX_MESSAGES, internal_every=2)
    page = read(visitor, ticket.private_link_path())
    assert len(messages(page)) == MAX_MESSAGES
    assert "until=" not in page
    write(ticket, 3)
    pages = way_back(visitor, ticket.private_link_path())
    assert [len(each) for each in pages] == [MAX_MESSAGES, 3]
    assert "Message 0." in pages[1]


@pytest.mark.parametrize("who", ["requester", "agent"])
def test_large_messages_make_no_large_page(who, visitor, agent, ticket):
    write(ticket, 400, "Message {}. " + "<&" * 9_000)
    page = (
        read(visitor, ticket.private_link_path())
        if who == "requester"
        else read(agent, ticket.get_absolute_url())
    )
    assert 1 <= len(messages(page)) <= MAX_SHOWN_CHARS / 18_000
    assert len(page) < 2_000_000
    assert "Message 399." in page


def test_one_message_is_always_shown(ticket, monkeypatch):
    monkeypatch.setattr("tickets.querysets.comments.MAX_SHOWN_CHARS", 10)
    write(ticket, 3, "x" * 20)
    portion = ticket.comments.portion()
    assert (len(portion.messages), portion.earlier) == (1, 2)
    assert [len(ticket.comments.portion(n).messages) for n in (1, 2, 3)] == [1, 1, 1]


@pytest.mark.parametrize("until", [1, 2, 99, 100, 101, 150, 201, 207, 208, 10_000, 2**31 - 1])
def test_any_part_is_what_it_says(ticket, until):
    write(ticket, 2 * MAX_MESSAGES + 7)
    portion = ticket.comments.portion(until)
    end = min(until, 2 * MAX_MESSAGES + 7)
    start = max(0, end - MAX_MESSAGES)
    assert [each.body for each in portion.messages] == [f"Message {n}." for n in range(start, end)]
    assert portion.earlier == start
    assert (portion.follows is None) == (start == 0)
    assert (portion.precedes is None) == (end == 2 * MAX_MESSAGES + 7)


@pytest.mark.parametrize("until", ["0", "-1", "x", "1" * 30])
def test_an_impossible_part_is_refused(visitor, agent, ticket, until):
    for client, path in (
        (visitor, f"{ticket.private_link_path()}earlier/"),
        (agent, f"{ticket.get_absolute_url()}earlier/"),
    ):
        assert client.get(path, {"until": until}).status_code == 400


def test_a_new_reply_changes_the_requesters_page(visitor, ticket):
    write(ticket, 2 * MAX_MESSAGES)
    path = ticket.private_link_path()
    tag = visitor.get(path)["ETag"]
    assert visitor.get(path, headers={"If-None-Match": tag}).status_code == 304
    write(ticket, 1, "Another.")
    assert visitor.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_mail_that_waits_stands_on_the_page_of_its_time(agent, ticket):
    write(ticket, 2 * MAX_MESSAGES)
    for text, minute in (("Held early", 50.5), ("Held late", 150.5)):
        InboundMessage.objects.create(
            ticket=ticket,
            sha256=text,
            raw=b"x",
            state="held",
            text=text,
            sender_address="stranger@example.org",
            received_at=START + timedelta(minutes=minute),
        )
    newest = read(agent, ticket.get_absolute_url())
    earlier = read(agent, f"{ticket.get_absolute_url()}earlier/?until={MAX_MESSAGES}")
    assert ("Held late" in newest, "Held early" in newest) == (True, False)
    assert ("Held late" in earlier, "Held early" in earlier) == (False, True)
