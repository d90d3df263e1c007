"""Spam: what it leaves, what it comes back to, and blocked senders."""

import pytest

from tickets.access.actors import REQUESTER, user_actor
from tickets.audit.trail import audit_trail
from tickets.exceptions import InvalidInput
from tickets.models.mail import Email
from tickets.models.spam import BlockedAddress, is_blocked
from tickets.models.ticket import Ticket
from tickets.models.triage import Feedback, TriageCount, TriageModel
from tickets.services.comments import add_comment, add_reply
from tickets.services.mail import limits, outbox
from tickets.services.mail.delivery import deliver
from tickets.services.merging import merge_tickets
from tickets.services.private_links import send_private_link
from tickets.services.spam import mark_spam, unblock
from tickets.services.tickets import create_ticket, update_ticket
from tickets.services.triage import feedback
from tickets.services.undo import undo
from tickets.tests.factories import AgentFactory, CommentFactory, PredictionFactory, TicketFactory
from tickets.triage.offline.encoders import choice
from tickets.vocabulary import MailKind

pytestmark = pytest.mark.django_db
KIM = "kim@example.org"


@pytest.fixture
def agent():
    return user_actor(AgentFactory(username="maria"))


def events(ticket):
    return [(entry.actor, entry.event) for entry in audit_trail(ticket)]


# --- turns and versions ---


def test_spam_waits_for_nobody_and_waits_again_afterwards(agent):
    ticket = TicketFactory()
    since = ticket.waiting_since
    spam = mark_spam(ticket.pk, agent).ticket
    assert (spam.version, spam.waiting_since, spam.waiting_for) == (2, None, None)
    back = update_ticket(ticket.pk, {"spam": False}, agent).ticket
    assert (back.version, back.waiting_since, back.waiting_for) == (3, since, "us")


def test_an_answered_ticket_waits_for_the_requester_again(agent):
    ticket = TicketFactory(waiting_since=None)
    CommentFactory(ticket=ticket, public=True)
    mark_spam(ticket.pk, agent)
    assert update_ticket(ticket.pk, {"spam": False}, agent).ticket.waiting_for == "requester"


def test_marking_it_twice_is_one_change(agent):
    ticket = TicketFactory()
    assert mark_spam(ticket.pk, agent).is_new_version
    assert not mark_spam(ticket.pk, agent).is_new_version


def test_the_audit_trail_says_who_marked_it(agent):
    ticket = TicketFactory()
    mark_spam(ticket.pk, agent)
    entry = audit_trail(ticket)[-1]
    assert (entry.actor, entry.event, entry.changes) == (
        "maria",
        "changed",
        {"spam": (False, True)},
    )


# --- what triage learns from and is measured on ---


def test_spam_is_not_learned_and_is_learned_again_afterwards(agent):
    ticket = TicketFactory()
    update_ticket(ticket.pk, {"category": "billing"}, agent)
    feedback.retrain()
    model = TriageModel.objects.get(field="category")
    assert model.feedback_count == 1
    mark_spam(ticket.pk, agent)
    model.refresh_from_db()
    assert model.feedback_count == 0
    assert learned_from() == []
    update_ticket(ticket.pk, {"spam": False}, agent)
    model.refresh_from_db()
    assert model.feedback_count == 1
    assert learned_from() == [ticket.pk]


def learned_from():
    return [ticket.key for ticket in feedback.load_learner(choice.current()).tickets]


def test_a_decision_about_spam_waits_until_it_is_none(agent):
    ticket = TicketFactory(spam=True)
    update_ticket(ticket.pk, {"category": "billing", "status": "resolved"}, agent)
    feedback.learn_waiting()
    assert not TriageModel.objects.filter(feedback_count__gt=0).exists()
    assert not feedback._needs_training()  # or it would train every ten minutes, for nothing
    update_ticket(ticket.pk, {"spam": False}, agent)
    feedback.retrain_job(timestamp=0)
    assert TriageModel.objects.get(field="category").feedback_count == 1


def test_finished_spam_gives_no_feedback_to_a_rebuild():
    TicketFactory(status="closed", spam=True)
    feedback.rebuild()
    assert not Feedback.objects.exists()


def test_predictions_of_spam_are_not_measured(agent):
    ticket = TicketFactory()
    PredictionFactory(ticket=ticket, final_value="billing")
    PredictionFactory(ticket=None)  # somebody is typing
    before = TriageCount.objects.report()
    mark_spam(ticket.pk, agent)
    report = TriageCount.objects.report()
    assert report["fields"]["category"]["judged"] == 0
    assert (report["fields"]["category"]["predictions"], report["coverage"]) == (1, None)
    assert sum(row["judged"] for row in report["sources"]) == 0
    assert report["per_day"] == []
    update_ticket(ticket.pk, {"spam": False}, agent)
    assert TriageCount.objects.report() == before


@pytest.fixture
def model(settings):
    settings.LLM_PROVIDER, settings.LLM_BASE_URL = "local", "http://127.0.0.1:1/v1"
    settings.LLM_MODEL = "test"


def queued(task):
    from procrastinate.contrib.django.models import ProcrastinateJob

    return ProcrastinateJob.objects.filter(task_name__endswith=task).count()


def test_the_model_is_not_asked_about_spam_but_afterwards(agent, model):
    BlockedAddress.objects.create(address=KIM)
    data = {"title": "Buy now", "description": "Cheap watches.", "requester_email": KIM}
    ticket = create_ticket(data, agent)
    assert (ticket.spam, queued("triage_ticket")) == (True, 0)
    update_ticket(ticket.pk, {"description": "Very cheap watches."}, agent)
    assert queued("triage_ticket") == 0
    update_ticket(ticket.pk, {"spam": False}, agent)
    assert queued("triage_ticket") == 1


# --- mail ---


def test_no_mail_goes_out_for_spam(agent):
    ticket = TicketFactory(requester_email=KIM, spam=True)
    add_comment(ticket, {"body": "Hello", "public": True}, agent)
    update_ticket(ticket.pk, {"status": "resolved"}, agent)
    outbox.ticket_created(ticket, limits.admit(MailKind.RECEIVED, KIM))
    with pytest.raises(InvalidInput, match="spam"):
        send_private_link(ticket, agent)
    assert not Email.objects.exists()


def test_mail_that_waits_is_not_sent_any_more(agent, mailoutbox):
    ticket = TicketFactory(requester_email=KIM)
    add_comment(ticket, {"body": "Hello", "public": True}, agent)
    mark_spam(ticket.pk, agent)
    email = Email.objects.get()
    assert deliver(email.pk)
    email.refresh_from_db()
    assert (email.state, email.error, mailoutbox) == ("dropped", "The ticket is spam.", [])


def test_mail_of_a_merged_ticket_is_not_sent_if_its_conversation_is_spam(agent, mailoutbox):
    source, target = (TicketFactory(requester_email=KIM) for _ in range(2))
    add_comment(source, {"body": "Hello", "public": True}, agent)
    merge_tickets(source.pk, target.pk, agent)
    mark_spam(target.pk, agent)
    email = Email.objects.get()
    assert deliver(email.pk)
    email.refresh_from_db()
    assert (email.state, email.error, mailoutbox) == ("dropped", "The ticket is spam.", [])


# --- blocked senders ---


def test_a_new_ticket_of_a_blocked_address_is_spam_without_a_confirmation(agent):
    mark_spam(TicketFactory(requester_email="k.im@gmail.com").pk, agent, blocks_sender=True)
    data = {"title": "Again", "description": "Text", "requester_email": "KIM+2@googlemail.com"}
    ticket = create_ticket(data, REQUESTER)
    assert (ticket.spam, ticket.waiting_since, ticket.version) == (True, None, 1)
    assert not Email.objects.exists()
    assert not Ticket.objects.exists()
    ticket = create_ticket(data | {"requester_email": "kimi@gmail.com"}, REQUESTER)
    assert not ticket.spam
    assert Email.objects.count() == 1


def test_a_reply_of_a_blocked_address_makes_the_ticket_spam():
    BlockedAddress.objects.create(address=KIM)
    ticket = TicketFactory(requester_email="KIM@example.org", status="closed")
    comment = add_reply(ticket, {"body": "Buy now"})
    ticket.refresh_from_db()
    assert (ticket.spam, ticket.waiting_since, ticket.status) == (True, None, "open")
    assert ticket.comments.get() == comment
    [entry] = [entry for entry in audit_trail(ticket) if entry.changes.get("spam", (1, 0))[1]]
    assert (entry.actor, entry.changes["spam"]) == ("requester", (False, True))


def test_a_ticket_without_an_address_has_no_sender_to_block(agent):
    ticket = TicketFactory()
    with pytest.raises(InvalidInput, match="no email address"):
        mark_spam(ticket.pk, agent, blocks_sender=True)
    ticket.refresh_from_db()
    assert not ticket.spam
    assert not is_blocked("")


def test_who_blocked_whom_and_when_is_known(agent):
    ticket = TicketFactory(requester_email=KIM)
    mark_spam(ticket.pk, agent, blocks_sender=True)
    blocked = BlockedAddress.objects.get()
    assert (blocked.address, blocked.blocked_by, blocked.ticket) == (KIM, agent.user, ticket)
    unblock([blocked], user_actor(AgentFactory(username="ada")))
    assert not is_blocked(KIM)
    assert events(ticket)[-3:] == [
        ("maria", "changed"),
        ("maria", "address blocked"),
        ("ada", "address unblocked"),
    ]
    trail = BlockedAddress.pgh_event_model.objects.order_by("pgh_id")
    assert [(row.pgh_label, row.pgh_context["actor"]) for row in trail] == [
        ("insert", "maria"),
        ("delete", "ada"),
    ]


def test_undo_takes_back_the_mark_and_its_block(agent):
    ticket = TicketFactory(requester_email=KIM)
    saved = mark_spam(ticket.pk, agent, blocks_sender=True).ticket
    [restored] = undo([(ticket.pk, saved.version)], agent).restored
    assert (restored.ticket.spam, restored.is_complete) == (False, True)
    assert restored.ticket.waiting_for == "us"
    assert not is_blocked(KIM)


def test_undo_keeps_a_block_that_was_there_before(agent):
    BlockedAddress.objects.create(address=KIM)
    ticket = TicketFactory(requester_email=KIM)
    saved = mark_spam(ticket.pk, agent, blocks_sender=True).ticket
    undo([(ticket.pk, saved.version)], agent)
    assert is_blocked(KIM)


def test_not_spam_leaves_the_sender_blocked(agent):
    ticket = TicketFactory(requester_email=KIM)
    mark_spam(ticket.pk, agent, blocks_sender=True)
    update_ticket(ticket.pk, {"spam": False}, agent)
    assert is_blocked(KIM)


def test_a_deleted_ticket_leaves_its_sender_blocked(agent):
    ticket = TicketFactory(requester_email=KIM)
    mark_spam(ticket.pk, agent, blocks_sender=True)
    Ticket.including_spam.get().delete()
    assert is_blocked(KIM)
