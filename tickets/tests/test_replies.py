"""What an agent writes on a ticket's page: stored once, and replies that wait."""

from datetime import timedelta

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from tickets.access.actors import SYSTEM, user_actor
from tickets.audit.trail import audit_trail
from tickets.exceptions import AlreadySent, NotFound, UnreadMessages
from tickets.models.mail import Email
from tickets.models.ticket import Comment, Ticket
from tickets.models.workplace import PendingReply
from tickets.services import comments, replies, tickets
from tickets.services.housekeeping import purge_expired
from tickets.services.merging import merge_tickets, unmerge_ticket
from tickets.services.replies import SeenMessages
from tickets.tests.factories import AgentFactory, TicketFactory
from tickets.tests.worker import work, work_now

pytestmark = pytest.mark.django_db


def message(**values):
    return {"body": "Lift it, then pull.", "public": True, "resolve": False} | values


def test_a_comment_sent_twice_by_one_form_is_stored_once():
    ticket = TicketFactory()
    first = replies.send_message(ticket, message(), SYSTEM, "form 1", None)
    again = replies.send_message(ticket, message(), SYSTEM, "form 1", None)
    assert (again.comment, again.changed) == (first.comment, None)
    assert replies.send_message(ticket, message(), SYSTEM, "form 2", None).comment != first.comment
    assert Comment.objects.count() == 2


def test_sending_and_resolving_tells_the_ticket_that_it_resolved():
    ticket = TicketFactory()
    sent = replies.send_message(ticket, message(resolve=True), SYSTEM, "form 1", None)
    assert (sent.changed, sent.changed.status, sent.changed.version) == (ticket, "resolved", 3)
    again = replies.send_message(ticket, message(resolve=True), SYSTEM, "form 1", None)
    assert (again.comment, again.changed) == (sent.comment, None)


def test_a_ticket_that_was_resolved_before_is_not_resolved_by_a_comment():
    ticket = TicketFactory(status="resolved")
    sent = replies.send_message(ticket, message(resolve=True), SYSTEM, "form 1", None)
    assert sent.changed is None
    assert Ticket.objects.get().status == "resolved"


def test_a_lost_answer_can_be_asked_for_again_with_resolve():
    ticket = TicketFactory()
    first = replies.send_message(ticket, message(), SYSTEM, "form 1", None)
    again = replies.send_message(ticket, message(resolve=True), SYSTEM, "form 1", None)
    assert (again.comment, again.changed) == (first.comment, ticket)
    tickets.update_ticket(ticket.pk, {"status": "open"}, SYSTEM)
    # Somebody has reopened it since. The same form does not resolve it a second time.
    assert (
        replies.send_message(ticket, message(resolve=True), SYSTEM, "form 1", None).changed is None
    )
    assert Ticket.objects.get().status == "open"


def test_a_comment_that_was_deleted_since_is_not_sent_again():
    ticket = TicketFactory()
    replies.send_message(ticket, message(), SYSTEM, "form 1", None).comment.delete()
    with pytest.raises(NotFound):
        replies.send_message(ticket, message(), SYSTEM, "form 1", None)
    assert not Comment.objects.exists()


# --- a reply waits -----------------------------------------------------------------------


@pytest.fixture
def waits(settings):
    settings.REPLY_DELAY_SECONDS = 10


@pytest.fixture
def grace(db):
    return user_actor(AgentFactory(username="grace"))


def send(ticket, actor, key="form 1", seen=None, **values):
    return replies.send_message(ticket, message(**values), actor, key, seen)


def let_time_pass(seconds=11):
    """Make the waiting replies that much older."""
    for reply in PendingReply.objects.all():
        reply.written_at -= timedelta(seconds=seconds)
        if reply.due_at:
            reply.due_at -= timedelta(seconds=seconds)
        reply.save()


def test_a_reply_that_waits_is_no_answer_yet(waits, grace):
    ticket = TicketFactory(requester_email="a@example.org")
    before = Ticket.objects.values().get()
    sent = send(ticket, grace)
    assert (sent.comment, sent.pending.body) == (None, "Lift it, then pull.")
    assert Ticket.objects.values().get() == before
    assert not Comment.objects.exists()
    assert not Email.objects.exists()
    assert [entry.event for entry in audit_trail(ticket)] == ["created"]


@pytest.mark.django_db(transaction=True)
def test_the_worker_sends_it_when_it_is_due(waits, grace):
    ticket = TicketFactory(requester_email="a@example.org")
    send(ticket, grace)
    work()
    assert not Comment.objects.exists()
    let_time_pass()
    work_now()
    comment = Comment.objects.get()
    ticket.refresh_from_db()
    assert (comment.public, comment.author) == (True, grace.user)
    assert ticket.waiting_since is None
    assert ticket.first_response_at == ticket.last_activity_at == comment.created_at
    assert Email.objects.get().comment == comment
    assert audit_trail(ticket)[-1].actor == "grace"
    assert PendingReply.objects.get().comment == comment


def test_whoever_reads_a_due_reply_need_not_wait_for_the_worker(waits, grace):
    ticket = TicketFactory()
    send(ticket, grace)
    assert not replies.send_due_replies(ticket)
    let_time_pass()
    assert replies.send_due_replies(ticket)
    assert not replies.send_due_replies(ticket)
    assert Comment.objects.count() == 1


def test_a_job_that_comes_early_or_twice_does_no_harm(waits, grace):
    ticket = TicketFactory()
    reply = send(ticket, grace).pending
    replies.send_reply(reply.pk, ticket.pk)
    assert not Comment.objects.exists()
    let_time_pass()
    for _ in range(2):
        replies.send_reply(reply.pk, ticket.pk)
    assert Comment.objects.count() == 1
    Ticket.objects.all().delete()
    replies.send_reply(reply.pk, ticket.pk)


def test_a_note_does_not_wait(waits, grace):
    assert send(TicketFactory(), grace, public=False).comment is not None
    assert not PendingReply.objects.exists()


def test_a_reply_by_the_api_does_not_wait(waits, grace):
    comments.add_comment(TicketFactory(), {"body": "Hello.", "public": True}, grace)
    assert Comment.objects.count() == 1


def test_a_form_that_is_sent_twice_waits_once(waits, grace):
    ticket = TicketFactory()
    first = send(ticket, grace).pending
    assert send(ticket, grace).pending == first
    assert ProcrastinateJob.objects.filter(task_name__endswith="send_reply").count() == 1
    let_time_pass()
    replies.send_due_replies(ticket)
    assert send(ticket, grace).comment == Comment.objects.get()


def test_resolving_waits_with_the_reply(waits, grace):
    ticket = TicketFactory()
    send(ticket, grace, resolve=True)
    assert Ticket.objects.get().status == "open"
    let_time_pass()
    replies.send_due_replies(ticket)
    ticket.refresh_from_db()
    assert ticket.status == "resolved"
    assert PendingReply.objects.get().resolved_in == ticket.version


def test_a_requester_who_writes_meanwhile_is_neither_answered_nor_resolved_nor_read(waits, grace):
    ticket = TicketFactory()
    send(ticket, grace, resolve=True)
    let_time_pass()
    message = comments.add_reply(ticket, {"body": "One more thing."})
    replies.send_due_replies(ticket)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.waiting_since) == ("open", message.created_at)
    assert ticket.is_unread_by(grace.user)


def test_a_ticket_closed_meanwhile_stays_closed(waits, grace):
    ticket = TicketFactory()
    send(ticket, grace, resolve=True)
    tickets.update_ticket(ticket.pk, {"status": "closed"}, SYSTEM)
    let_time_pass()
    replies.send_due_replies(ticket)
    assert Ticket.objects.get().status == "closed"
    assert Comment.objects.count() == 1


def test_a_reply_outlives_the_account_of_its_author(waits, grace):
    ticket = TicketFactory()
    send(ticket, grace)
    grace.user.delete()
    let_time_pass()
    replies.send_due_replies(ticket)
    assert Comment.objects.get().author is None


# --- taking it back ---


def test_a_reply_that_is_taken_back_is_never_sent(waits, grace):
    ticket = TicketFactory()
    reply = send(ticket, grace).pending
    for _ in range(2):
        assert replies.take_back(reply.pk, grace).body == "Lift it, then pull."
    let_time_pass()
    assert not replies.send_due_replies(ticket)
    replies.send_reply(reply.pk, ticket.pk)
    assert not Comment.objects.exists()
    # The same form may be sent again.
    assert send(ticket, grace).pending != reply


def test_a_sent_reply_cannot_be_taken_back(waits, grace):
    ticket = TicketFactory()
    reply = send(ticket, grace).pending
    let_time_pass()
    replies.send_due_replies(ticket)
    with pytest.raises(AlreadySent):
        replies.take_back(reply.pk, grace)


def test_only_its_author_takes_a_reply_back(waits, grace):
    reply = send(TicketFactory(), grace).pending
    with pytest.raises(NotFound):
        replies.take_back(reply.pk, user_actor(AgentFactory()))


def test_old_replies_are_purged_but_none_that_waits(waits, grace):
    ticket = TicketFactory()
    taken_back = send(ticket, grace, key="a").pending
    replies.take_back(taken_back.pk, grace)
    waiting = send(ticket, grace, key="b").pending
    PendingReply.objects.update(written_at=timezone.now() - timedelta(days=2))
    purge_expired()
    assert list(PendingReply.objects.all()) == [waiting]


# --- taking the ticket -------------------------------------------------------------------


@pytest.fixture
def takes(settings):
    settings.REPLY_TAKES_TICKET = True


@pytest.mark.parametrize("delay", [0, 10])
def test_a_reply_takes_the_ticket(takes, settings, grace, delay):
    settings.REPLY_DELAY_SECONDS = delay
    ticket = TicketFactory()
    sent = send(ticket, grace)
    ticket.refresh_from_db()
    assert (ticket.assignee, ticket.status) == (grace.user, "in_progress")
    assert sent.changed.version == ticket.version
    assert sent.changes == {"assignee", "status"}


def test_a_note_does_not_take_the_ticket(takes, grace):
    send(TicketFactory(), grace, public=False)
    ticket = Ticket.objects.get()
    assert (ticket.assignee, ticket.status) == (None, "open")


def test_an_assigned_ticket_stays_with_its_assignee(takes, grace):
    hanna = AgentFactory()
    ticket = TicketFactory(assignee=hanna)
    send(ticket, grace)
    ticket.refresh_from_db()
    assert (ticket.assignee, ticket.status) == (hanna, "in_progress")


def test_somebody_without_an_account_is_not_assigned(takes):
    send(TicketFactory(), SYSTEM)
    ticket = Ticket.objects.get()
    assert (ticket.assignee, ticket.status) == (None, "in_progress")


@pytest.mark.parametrize("delay", [0, 10])
def test_resolving_with_a_reply_assigns_as_well(takes, settings, grace, delay):
    settings.REPLY_DELAY_SECONDS = delay
    ticket = TicketFactory()
    send(ticket, grace, resolve=True)
    assert Ticket.objects.get().assignee == grace.user
    let_time_pass()
    replies.send_due_replies(ticket)
    assert Ticket.objects.get().status == "resolved"


def test_taking_the_reply_back_gives_the_ticket_back(takes, waits, grace):
    ticket = TicketFactory()
    reply = send(ticket, grace).pending
    replies.take_back(reply.pk, grace)
    ticket.refresh_from_db()
    assert (ticket.assignee, ticket.status) == (None, "open")


# --- what others wrote meanwhile ---------------------------------------------------------


def test_a_reply_does_not_overtake_what_its_author_has_not_seen(grace):
    ticket = TicketFactory()
    seen = SeenMessages(0)
    theirs = comments.add_reply(ticket, {"body": "It works again."})
    with pytest.raises(UnreadMessages):
        send(ticket, grace, seen=seen)
    assert list(Comment.objects.all()) == [theirs]
    send(ticket, grace, seen=SeenMessages(theirs.pk))
    assert Comment.objects.count() == 2


def test_the_second_of_two_agents_is_asked_while_the_first_reply_waits(waits, grace):
    ticket = TicketFactory()
    hanna = user_actor(AgentFactory())
    first = send(ticket, grace, seen=SeenMessages(0)).pending
    with pytest.raises(UnreadMessages):
        send(ticket, hanna, key="form 2", seen=SeenMessages(0))
    let_time_pass()
    replies.send_due_replies(ticket)  # it was seen while it waited
    assert send(ticket, hanna, key="form 2", seen=SeenMessages(0, [first.pk])).pending


def test_ones_own_reply_and_notes_of_others_ask_nothing(grace):
    ticket = TicketFactory()
    send(ticket, grace, key="form 1", seen=SeenMessages(0))
    comments.add_comment(ticket, {"body": "Hm.", "public": False}, SYSTEM)
    send(ticket, grace, key="form 2", seen=SeenMessages(0))
    assert Comment.objects.filter(public=True).count() == 2


def test_a_note_never_asks(grace):
    ticket = TicketFactory()
    comments.add_reply(ticket, {"body": "Hello?"})
    assert send(ticket, grace, public=False, seen=SeenMessages(0)).comment is not None


def test_a_reply_whose_answer_was_lost_asks_nothing(waits, grace):
    ticket = TicketFactory()
    first = send(ticket, grace, seen=SeenMessages(0)).pending
    comments.add_reply(ticket, {"body": "Hello?"})
    assert send(ticket, grace, seen=SeenMessages(0)).pending == first


# --- the ticket is merged while a reply waits ---------------------------------------------


@pytest.fixture
def merged_meanwhile(waits, grace):
    """A reply waits on a ticket, which is then merged into another one."""
    values = {"requester_email": "a@example.org", "created_at": timezone.now() - timedelta(hours=1)}
    target, source = TicketFactory.create_batch(2, **values)
    reply = send(source, grace, resolve=True).pending
    merge_tickets(source.pk, target.pk, SYSTEM)
    return reply, source, target


def test_it_waits_on_the_target(merged_meanwhile):
    reply, _source, target = merged_meanwhile
    assert list(PendingReply.objects.of(target).waiting()) == [reply]
    seen = SeenMessages(target.comments.get().pk)
    assert replies.unseen_messages(target, seen, user_actor(AgentFactory())) == [reply]


@pytest.mark.django_db(transaction=True)
def test_it_is_sent_on_the_target_and_resolves_nothing(merged_meanwhile):
    reply, _source, target = merged_meanwhile
    let_time_pass()
    work_now()
    assert [comment.body for comment in target.comments.filter(author_role="agent")] == [reply.body]
    target.refresh_from_db()
    assert (target.status, target.waiting_since) == ("open", None)


def test_it_can_be_taken_back(merged_meanwhile, grace):
    reply, _source, target = merged_meanwhile
    replies.take_back(reply.pk, grace)
    let_time_pass()
    assert not replies.send_due_replies(target)
    assert list(PendingReply.objects.of(target).taken_back()) == [reply]


def test_it_goes_to_its_own_ticket_if_the_merge_is_undone(merged_meanwhile):
    _reply, source, target = merged_meanwhile
    unmerge_ticket(source.pk, SYSTEM)
    let_time_pass()
    assert not replies.send_due_replies(target)
    assert replies.send_due_replies(source)
    assert Comment.objects.get().ticket == source
