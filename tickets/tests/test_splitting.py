"""A message becomes a ticket of its own; tickets are linked."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from tickets.access.actors import SYSTEM, user_actor
from tickets.audit.trail import audit_trail
from tickets.exceptions import InvalidInput, MergeRefused, NotFound
from tickets.models.mail import Email
from tickets.models.relations import TicketLink
from tickets.models.ticket import Comment, Ticket
from tickets.models.workplace import TicketRead
from tickets.services import comments, tickets
from tickets.services.merging import merge_tickets, unmerge_ticket
from tickets.services.private_links import send_private_link
from tickets.services.relations import link_tickets, related_tickets, unlink_tickets
from tickets.services.splitting import split_comment
from tickets.services.undo import undo
from tickets.tests.factories import AgentFactory, CommentFactory, TicketFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now()
TEXT = "I was charged twice for the invoice. Please refund it."


def ago(hours):
    return NOW - timedelta(hours=hours)


@pytest.fixture
def ticket():
    return TicketFactory(requester_email="ada@example.org", created_at=ago(10))


@pytest.fixture
def message(ticket):
    comments.add_comment(ticket, {"body": "Is it better?", "public": True}, SYSTEM)
    comment = comments.add_reply(ticket, {"body": TEXT})
    ticket.refresh_from_db()
    return comment


def fresh(ticket):
    return Ticket.with_merged.get(pk=ticket.pk)


def bodies(ticket):
    return [comment.body for comment in fresh(ticket).comments.all()]


def split(comment, actor=SYSTEM):
    return split_comment(comment.ticket_id, comment.pk, actor).ticket


def test_spam_is_not_split(ticket, message):
    tickets.update_ticket(ticket.pk, {"spam": True}, SYSTEM)
    with pytest.raises(MergeRefused, match="is spam"):
        split(message)
    assert bodies(ticket)[-1] == TEXT


def test_a_requesters_message_becomes_a_ticket(ticket, message):
    emails = Email.objects.count()
    new = fresh(split(message))
    assert (new.title, new.description) == ("I was charged twice for the invoice", TEXT)
    assert new.requester_email == "ada@example.org"
    assert (new.category, new.category_source) == ("billing", "offline")
    assert new.predictions.exists()
    assert new.created_at == new.waiting_since == new.last_activity_at == message.created_at
    assert new.link_digest
    assert Email.objects.count() == emails
    assert bodies(ticket) == ["Is it better?"]
    assert bodies(new) == []


def test_the_rest_no_longer_waits_for_an_answer_to_it(ticket, message):
    assert ticket.waiting_since == message.created_at
    split(message)
    row = fresh(ticket)
    assert row.waiting_since is None
    assert row.last_activity_at < message.created_at
    assert row.version == ticket.version + 1


def test_without_the_reply_the_ticket_waits_again(ticket):
    answer = comments.add_comment(ticket, {"body": "Is it better?", "public": True}, SYSTEM)
    split(answer)
    row = fresh(ticket)
    assert (row.waiting_since, row.first_response_at) == (ticket.created_at, None)


def test_a_note_stays_secret(ticket):
    note = comments.add_comment(ticket, {"body": "He is a liar.", "public": False}, SYSTEM)
    new = split(note)
    assert new.link_digest is None
    assert not Email.objects.exists()
    with pytest.raises(InvalidInput, match="internal note"):
        send_private_link(new, SYSTEM)
    comments.add_comment(new, {"body": "Hello", "public": True}, SYSTEM)
    assert not Email.objects.exists()
    tickets.update_ticket(new.pk, {"title": "Visit", "description": "We visit you."}, SYSTEM)
    assert send_private_link(new, SYSTEM).link_digest


def test_a_note_stays_internal_in_a_merge(ticket):
    note = comments.add_comment(ticket, {"body": "He is a liar.", "public": False}, SYSTEM)
    new = split(note)
    other = TicketFactory(requester_email="ada@example.org")
    for source in (ticket, other):  # its private link would show the note
        with pytest.raises(MergeRefused, match="is an internal note"):
            merge_tickets(source.pk, new.pk, SYSTEM)
    merge_tickets(new.pk, other.pk, SYSTEM)
    opening = other.comments.get()
    assert (opening.body, opening.public, opening.author_role) == (note.body, False, "agent")
    unmerge_ticket(new.pk, SYSTEM)
    tickets.update_ticket(new.pk, {"description": "We visit you."}, SYSTEM)
    merge_tickets(other.pk, new.pk, SYSTEM)
    assert fresh(other).merged_into == new


def test_moving_a_message_twice_changes_nothing(ticket, message):
    new = split(message)
    again = split_comment(ticket.pk, message.pk, SYSTEM)
    assert (again.ticket, again.is_new) == (new, False)
    assert Ticket.objects.count() == 2


def test_what_cannot_be_moved(ticket, message):
    other = TicketFactory(requester_email="ada@example.org")
    for ticket_id, comment_id in ((other.pk, message.pk), (ticket.pk, 10**9), (10**9, message.pk)):
        with pytest.raises(NotFound):
            split_comment(ticket_id, comment_id, SYSTEM)
    merge_tickets(other.pk, ticket.pk, SYSTEM)
    opening = Comment.objects.get(is_opening=True)
    with pytest.raises(MergeRefused):
        split(opening)


def test_undo_brings_the_message_back(ticket, message):
    before = (bodies(ticket), ticket.waiting_since, ticket.last_activity_at)
    new = split(message)
    result = undo([(new.pk, 1)], SYSTEM)
    assert [each.ticket for each in result.restored] == [ticket]
    row = fresh(ticket)
    assert (bodies(ticket), row.waiting_since, row.last_activity_at) == before
    assert fresh(new).merged_into == ticket
    assert undo([(new.pk, 1)], SYSTEM).restored  # a second click
    assert bodies(ticket) == before[0]


def test_undo_keeps_what_was_written_on_the_new_ticket(ticket, message):
    new = split(message)
    comments.add_comment(new, {"body": "We will.", "public": True}, SYSTEM)
    undo([(new.pk, 1)], SYSTEM)
    assert bodies(ticket) == ["Is it better?", TEXT, "We will."]
    unmerge_ticket(new.pk, SYSTEM)
    assert bodies(ticket) == ["Is it better?"]
    assert bodies(new) == ["We will."]


def test_undo_works_without_an_address():
    ticket = TicketFactory(requester_email="")
    message = comments.add_reply(ticket, {"body": TEXT})
    new = split(message)
    assert undo([(new.pk, 1)], SYSTEM).restored
    assert bodies(ticket) == [TEXT]


def test_an_edited_description_is_not_lost_by_undo(ticket, message):
    new = split(message)
    tickets.update_ticket(new.pk, {"description": "Edited."}, SYSTEM)
    undo([(new.pk, 1)], SYSTEM)
    assert sorted(bodies(ticket)) == sorted(["Is it better?", TEXT, "Edited."])


def test_an_ordinary_new_ticket_cannot_be_undone(ticket):
    assert undo([(ticket.pk, 1)], SYSTEM).skipped == [ticket.pk]


def test_who_read_the_message_has_read_the_ticket(ticket, message):
    grace, lee, mia = (AgentFactory(date_joined=ago(100)) for _ in range(3))
    TicketRead.objects.mark_read(ticket, grace)
    new = split(message, user_actor(mia))
    unread = [fresh(new).is_unread_by(user) for user in (grace, lee, mia)]
    assert unread == [False, True, False]


def test_both_tickets_remember_it_and_are_linked(ticket, message):
    new = split(message)
    last = audit_trail(fresh(ticket))[-1]
    assert (last.event, last.changes) == ("split", {"split_into": (None, new.pk)})
    last = audit_trail(new)[-1]
    assert (last.event, last.changes) == ("split", {"split_from": (None, ticket.pk)})
    assert related_tickets(ticket) == [new]
    assert related_tickets(new) == [ticket]
    undo([(new.pk, 1)], SYSTEM)
    assert related_tickets(ticket) == []


def test_a_message_of_a_merged_ticket_is_moved_from_the_target(ticket):
    source = TicketFactory(requester_email="ada@example.org", description="Smoke.")
    message = comments.add_reply(source, {"body": TEXT})
    merge_tickets(source.pk, ticket.pk, SYSTEM)
    new = split_comment(source.pk, message.pk, SYSTEM).ticket  # from an old page
    assert bodies(ticket) == ["Smoke."]
    unmerge_ticket(source.pk, SYSTEM)
    assert bodies(source) == bodies(ticket) == []
    undo([(new.pk, 1)], SYSTEM)
    assert bodies(source) == [TEXT]


@pytest.mark.django_db(transaction=True)
def test_two_agents_move_the_same_message():
    ticket = TicketFactory()
    message = CommentFactory(ticket=ticket, body=TEXT)

    def move(_):
        try:
            return split_comment(ticket.pk, message.pk, SYSTEM)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(move, range(2)))
    assert sorted(each.is_new for each in results) == [False, True]
    assert Ticket.objects.count() == 2


# --- links --------------------------------------------------------------------------------


def test_links_are_seen_from_both_sides_and_made_once(ticket):
    other = TicketFactory(requester_email="bob@example.org")
    for pair in ((ticket.pk, other.pk), (other.pk, ticket.pk)):
        link_tickets(*pair, SYSTEM)
    assert TicketLink.objects.count() == 1
    assert (related_tickets(ticket), related_tickets(other)) == ([other], [ticket])
    assert [entry.event for entry in audit_trail(ticket)] == ["created", "linked"]
    unlink_tickets(other.pk, ticket.pk, SYSTEM)
    unlink_tickets(other.pk, ticket.pk, SYSTEM)
    assert related_tickets(ticket) == []
    last = audit_trail(other)[-1]
    assert (last.event, last.changes) == ("unlinked", {"related": (ticket.pk, None)})


def test_a_link_follows_a_merge(ticket):
    other = TicketFactory(requester_email="bob@example.org")
    target = TicketFactory(requester_email="ada@example.org")
    link_tickets(ticket.pk, other.pk, SYSTEM)
    merge_tickets(ticket.pk, target.pk, SYSTEM)
    assert related_tickets(target) == [other]
    assert related_tickets(other) == [target]


def test_what_cannot_be_linked(ticket):
    for other_id in (ticket.pk, 10**9):
        with pytest.raises(InvalidInput):
            link_tickets(ticket.pk, other_id, SYSTEM)
    with pytest.raises(NotFound):
        link_tickets(10**9, ticket.pk, SYSTEM)
