"""What a search knows of a ticket, whoever changes it."""

import threading
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from tickets.access.actors import Actor
from tickets.models.housekeeping import Backfill
from tickets.models.search import TicketDocument
from tickets.models.ticket import Comment, Ticket
from tickets.services import search_documents
from tickets.services.merging import merge_tickets, unmerge_ticket
from tickets.services.splitting import split_comment
from tickets.tests.factories import AgentFactory, CommentFactory, TicketFactory
from tickets.vocabulary import MAX_TEXT_CHARS, AuthorRole

pytestmark = pytest.mark.django_db


def matches(text):
    return set(Ticket.objects.search(text))


def test_replies_and_notes_are_found():
    ticket, other = TicketFactory(), TicketFactory()
    reply = CommentFactory(ticket=ticket, body="Try the turquoise cable", public=True)
    note = CommentFactory(ticket=ticket, body="A difficult person")
    CommentFactory(
        ticket=other, body="It is turquoise", public=True, author_role=AuthorRole.REQUESTER
    )
    assert matches("turquoise") == {ticket, other}
    assert matches("turquoise difficult") == {ticket}
    reply.body = "Try the green cable"
    reply.save()
    assert matches("turquoise") == {other}
    assert matches("green printer") == {ticket}
    note.delete()
    assert matches("difficult") == set()


def weights(ticket, word):
    query = "SELECT weights FROM tickets_ticketdocument, unnest(document) WHERE ticket_id = %s"
    with connection.cursor() as cursor:
        cursor.execute(f"{query} AND lexeme = %s", [ticket.pk, word])
        return sorted({weight for row in cursor.fetchall() for weight in row[0]})


def test_a_weight_tells_where_a_word_stands():
    ticket = TicketFactory(title="Zebra", description="The zebra", requester_email="zebra@zoo.org")
    assert weights(ticket, "zebra") == ["A", "B", "D"]
    assert weights(ticket, "@zebra") == weights(ticket, "zoo") == ["D"]
    comment = CommentFactory(ticket=ticket, body="Zebra, zoo", public=True)
    assert weights(ticket, "zoo") == ["C", "D"]
    comment.public = False
    comment.save()
    assert weights(ticket, "zoo") == ["D"]


def test_changed_texts_and_addresses_are_found():
    ticket = TicketFactory(title="Zebra", requester_email="kim@example.org")
    assert matches("zebra") == matches("kim") == {ticket}
    Ticket.objects.filter(pk=ticket.pk).update(title="Lion", requester_email="lee@example.org")
    assert matches("zebra") == matches("kim") == matches("from:kim") == set()
    assert matches("lion") == matches("lee") == matches("from:lee") == {ticket}


def test_other_changes_leave_the_document_alone():
    ticket = TicketFactory()

    def version():
        with connection.cursor() as cursor:
            cursor.execute("SELECT xmin, ctid FROM tickets_ticketdocument")
            return cursor.fetchall()

    before = version()
    Ticket.objects.filter(pk=ticket.pk).update(status="closed", title=F("title"))
    assert version() == before


def test_comments_that_move_are_found_on_their_ticket():
    source, target = TicketFactory(), TicketFactory()
    for number in range(3):
        CommentFactory(ticket=source, body=f"turquoise {number}")
    assert matches("turquoise") == {source}
    Comment.objects.filter(ticket=source).update(ticket=target)
    assert matches("turquoise") == {target}


def test_a_merged_ticket_is_found_by_the_one_that_stays():
    source = TicketFactory(
        title="Zebra", description="stripes", requester_email="kim@old.example.org"
    )
    target = TicketFactory(title="Lion", requester_email="kim@old.example.org")
    CommentFactory(ticket=source, body="It eats grass")
    agent = Actor("kim", user=AgentFactory())
    merge_tickets(source.pk, target.pk, agent)
    for text in ("zebra", "stripes", "grass", f"#{source.pk}", "zebra lion", "from:old"):
        assert matches(text) == {target}, text
    assert not TicketDocument.objects.filter(ticket=source).exists()
    assert matches("-zebra") == set()
    unmerge_ticket(source.pk, agent)
    assert matches("zebra") == matches("stripes grass") == matches(f"#{source.pk}") == {source}
    assert matches("lion") == {target}


def test_a_message_that_became_a_ticket_is_found_there():
    ticket = TicketFactory(requester_email="kim@example.org")
    comment = CommentFactory(ticket=ticket, body="My zebra is ill", public=True)
    split = split_comment(ticket.pk, comment.pk, Actor("kim", user=AgentFactory())).ticket
    assert matches("zebra") == {split}
    merge_tickets(split.pk, ticket.pk, Actor("kim", user=AgentFactory()))
    assert matches("zebra") == {ticket}


def test_nothing_of_a_deleted_ticket_stays():
    source, target = TicketFactory(title="Zebra"), TicketFactory(title="Lion")
    Ticket.with_merged.filter(pk=source.pk).update(merged_into=target)
    assert matches("zebra") == {target}
    Ticket.with_merged.filter(pk=source.pk).delete()
    assert matches("zebra") == set()
    target.delete()
    assert not TicketDocument.objects.exists()


def test_a_deleted_ticket_takes_its_document_along_in_plain_sql():
    ticket = TicketFactory()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM tickets_ticket WHERE id = %s", [ticket.pk])
    assert not TicketDocument.objects.exists()


# Texts that make the largest documents: many different words, pairs, marks that expand.
LARGEST = {
    "pairs": "".join(chr(0x20000 + number * 7 % 40_000) for number in range(MAX_TEXT_CHARS)),
    "words": " ".join(f"{number:x}ü" for number in range(MAX_TEXT_CHARS))[:MAX_TEXT_CHARS],
    "contractions": "a'é" * (MAX_TEXT_CHARS // 3),
    "one word": "ü" * MAX_TEXT_CHARS,
    "ligatures": "\ufdfa" * MAX_TEXT_CHARS,
    "symbols": "=" * MAX_TEXT_CHARS,
    "emoji": "".join(chr(0x1F300 + number % 700) for number in range(MAX_TEXT_CHARS)),
    "backslashes": "\\'" * (MAX_TEXT_CHARS // 2),
    "hyphens": "a-b " * (MAX_TEXT_CHARS // 4),
}


@pytest.mark.parametrize("text", LARGEST.values(), ids=LARGEST.keys())
def test_no_text_is_too_large(text):
    ticket = TicketFactory(title=text[:200], description=text, requester_email="kim@example.org")
    Comment.objects.bulk_create(
        Comment(ticket=ticket, body=text[number:] or "x", author_role=AuthorRole.AGENT)
        for number in range(5)
    )
    assert matches("from:kim") == {ticket}


def test_the_newest_messages_of_a_long_conversation_are_found():
    ticket, now = TicketFactory(), timezone.now()
    Comment.objects.bulk_create(
        Comment(
            ticket=ticket,
            body=f"word{number}",
            author_role=AuthorRole.AGENT,
            created_at=now + timedelta(seconds=number),
        )
        for number in range(300)
    )
    assert matches("word299") == matches("word101") == {ticket}
    assert matches("word5 ") == set()


@pytest.mark.django_db(transaction=True)
def test_two_comments_at_once_are_both_found():
    ticket = TicketFactory()
    first_is_written, second_waits = threading.Event(), threading.Event()

    def write_first():
        with transaction.atomic():
            CommentFactory(ticket=ticket, body="turquoise")
            first_is_written.set()
            second_waits.wait(10)
        connection.close()

    thread = threading.Thread(target=write_first)
    thread.start()
    first_is_written.wait(10)
    threading.Timer(0.3, second_waits.set).start()
    CommentFactory(ticket=ticket, body="magenta")
    thread.join()
    assert matches("turquoise magenta") == {ticket}


# --- tickets of earlier releases ----------------------------------------------------------


@pytest.fixture
def earlier_tickets():
    """Return tickets as the upgrade finds them, without documents."""
    tickets = [TicketFactory(title=f"Zebra {number}") for number in range(5)]
    merged = TicketFactory(title="Lion", merged_into=tickets[0])
    TicketDocument.objects.all().delete()
    Backfill.objects.create(name=search_documents.NAME, below=merged.pk + 1)
    return tickets


def test_a_job_makes_earlier_tickets_searchable(earlier_tickets):
    assert matches("zebra") == set()
    assert search_documents.searchable_from() == earlier_tickets[-1].pk + 2
    search_documents.write_lacking()
    assert matches("zebra") == set(earlier_tickets)
    assert matches("lion") == {earlier_tickets[0]}
    assert search_documents.searchable_from() is None
    search_documents.write_lacking()
    assert TicketDocument.objects.count() == 5


def test_an_interrupted_job_goes_on(earlier_tickets, monkeypatch):
    monkeypatch.setattr(search_documents, "BATCH", 2)
    clock = iter([0, 0])
    stopped = SimpleNamespace(monotonic=lambda: next(clock, 1))
    monkeypatch.setattr(search_documents, "time", stopped)  # others ask for the time as well
    search_documents.write_lacking(seconds=0.5)
    assert matches("zebra") == {earlier_tickets[-1]}
    assert search_documents.searchable_from() == earlier_tickets[-1].pk
    monkeypatch.undo()
    search_documents.write_lacking()
    assert matches("zebra") == set(earlier_tickets)


def test_a_ticket_that_is_changed_before_the_job_comes_stays_right(earlier_tickets):
    ticket = earlier_tickets[2]
    ticket.title = "Giraffe"
    ticket.save()
    assert matches("giraffe") == {ticket}
    search_documents.write_lacking()
    assert matches("giraffe") == {ticket}
    assert matches("zebra") == set(earlier_tickets) - {ticket}


def test_the_list_says_which_tickets_are_not_searched_yet(earlier_tickets, client):
    client.force_login(AgentFactory())
    note = f"Tickets before #{earlier_tickets[-1].pk + 2} are still being prepared for search"
    assert note in client.get("/tickets/?search=zebra").content.decode()
    assert "still being prepared" not in client.get("/tickets/?sort=newest").content.decode()
    search_documents.write_lacking()
    assert "still being prepared" not in client.get("/tickets/?search=zebra").content.decode()
