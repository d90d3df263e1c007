"""Undoing changes: the values, who decided them, and the feedback that they gave."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from tickets.access.actors import REQUESTER, TRIAGE, user_actor
from tickets.audit.trail import audit_trail
from tickets.models.ticket import Ticket
from tickets.models.triage import Feedback, TriageCount, TriageModel
from tickets.services import tickets
from tickets.services.editing import editing
from tickets.services.triage import assessment, feedback
from tickets.services.undo import RestoredTicket, UndoResult, undo, undo_token
from tickets.tests.factories import AgentFactory, TicketFactory
from tickets.triage import engine

pytestmark = pytest.mark.django_db


@pytest.fixture
def actor():
    return user_actor(AgentFactory(username="kim"))


@pytest.fixture
def ticket():
    """A ticket as it arrives: offline triage has read it."""
    data = {"title": "Invoice", "description": "I was charged twice and want a refund."}
    return tickets.create_ticket(data, REQUESTER)


def update(ticket, changes, actor):
    return tickets.update_ticket(ticket.pk, changes, actor).ticket


def undo_change(changed, actor):
    """Undo the change that left the ticket like this. Return the ticket as it is now."""
    result = undo([(changed.pk, changed.version)], actor)
    assert (len(result.restored), result.skipped) == (1, [])
    return Ticket.objects.get(pk=changed.pk)


def assert_skipped(ticket, version, actor):
    result = undo([(ticket.pk, version)], actor)
    assert result == UndoResult(restored=[], skipped=[ticket.pk])


def feedback_values(ticket):
    return dict(ticket.feedback.values_list("field", "value"))


def category_decision(ticket):
    return ticket.category, ticket.category_source, ticket.category_confidence


def test_a_value_returns_with_who_decided_it(ticket, actor):
    before = category_decision(ticket)
    changed = update(ticket, {"category": "account"}, actor)
    assert feedback_values(ticket) == {"category": "account"}
    assert category_decision(undo_change(changed, actor)) == before
    assert before[1] == "offline"


def test_the_feedback_of_the_change_no_longer_counts(ticket, actor):
    changed = update(ticket, {"category": "account", "priority": "low"}, actor)
    feedback.retrain()
    undo_change(changed, actor)
    assert feedback_values(ticket) == {}
    assert set(TriageModel.objects.values_list("feedback_count", flat=True)) == {0}
    row = ticket.predictions.get(field="category", use="applied")
    assert row.final_value == ""


def test_an_agents_earlier_decision_counts_again(ticket, actor):
    update(ticket, {"category": "technical"}, actor)
    changed = update(ticket, {"category": "account"}, actor)
    restored = undo_change(changed, actor)
    assert category_decision(restored) == ("technical", "human", None)
    assert feedback_values(ticket) == {"category": "technical"}


def test_a_senders_choice_is_not_feedback_after_an_undo(actor):
    ticket = tickets.create_ticket(
        {"title": "Invoice", "description": "It is wrong.", "category": "billing"}, REQUESTER
    )
    changed = update(ticket, {"category": "account"}, actor)
    assert category_decision(undo_change(changed, actor)) == ("billing", "human", None)
    assert feedback_values(ticket) == {}


def test_resolving_confirms_and_its_undo_does_not(ticket, actor):
    changed = update(ticket, {"status": "resolved"}, actor)
    assert set(feedback_values(ticket)) == {"category", "priority"}
    restored = undo_change(changed, actor)
    assert restored.status == "open"
    assert feedback_values(ticket) == {}


def test_undoing_a_reopening_leaves_the_ticket_confirmed(ticket, actor):
    update(ticket, {"status": "resolved"}, actor)
    before = feedback_values(ticket)
    changed = update(ticket, {"status": "open"}, actor)
    assert undo_change(changed, actor).status == "resolved"
    assert feedback_values(ticket) == before


def test_undoing_a_reopening_keeps_the_time_of_the_resolution(ticket, actor):
    update(ticket, {"status": "resolved"}, actor)
    yesterday = timezone.now() - timedelta(days=1)
    events = ticket.pgh_event_model.objects
    events.filter(status="resolved").update(pgh_created_at=yesterday)
    update(ticket, {"status": "closed"}, actor)
    changed = update(ticket, {"status": "open"}, actor)
    assert changed.resolved_at is None
    assert undo_change(changed, actor).resolved_at == yesterday


def test_an_unrelated_undo_keeps_earlier_feedback(ticket, actor):
    update(ticket, {"category": "account"}, actor)
    changed = update(ticket, {"assignee": actor.user}, actor)
    assert undo_change(changed, actor).assignee is None
    assert feedback_values(ticket) == {"category": "account"}


def test_texts_return_with_their_sentiment(ticket, actor):
    before = (ticket.title, ticket.description, ticket.sentiment, ticket.urgency_score)
    texts = {"title": "URGENT!!!", "description": "This is a disgrace, I am furious!!!"}
    restored = undo_change(update(ticket, texts, actor), actor)
    assert (
        restored.title,
        restored.description,
        restored.sentiment,
        restored.urgency_score,
    ) == before


def test_a_value_that_somebody_changed_since_is_left_alone(ticket, actor):
    changed = update(ticket, {"status": "closed", "priority": "low"}, actor)
    update(ticket, {"priority": "high"}, actor)
    assert_skipped(ticket, changed.version, actor)
    stored = Ticket.objects.get()
    assert (stored.status, stored.priority) == ("closed", "high")


def test_a_value_that_was_changed_there_and_back_since_is_left_alone(ticket, actor):
    changed = update(ticket, {"status": "closed"}, actor)
    for status in ("in_progress", "closed"):
        update(ticket, {"status": status}, actor)
    assert_skipped(ticket, changed.version, actor)


def test_later_changes_of_other_values_stand(ticket, actor):
    changed = update(ticket, {"category": "account"}, actor)
    lee = user_actor(AgentFactory())
    update(ticket, {"priority": "low", "assignee": lee.user}, lee)
    restored = undo_change(changed, actor)
    assert category_decision(restored) == category_decision(ticket)
    assert (restored.priority, restored.assignee) == ("low", lee.user)
    assert feedback_values(ticket) == {"priority": "low"}


def test_an_undo_tells_whether_later_changes_stand(ticket, actor):
    first = update(ticket, {"category": "account"}, actor)
    second = update(ticket, {"priority": "low"}, actor)
    assert undo([(ticket.pk, first.version)], actor).restored == [RestoredTicket(ticket, False)]
    third = update(ticket, {"status": "in_progress"}, actor)
    assert undo([(ticket.pk, third.version)], actor).restored == [RestoredTicket(ticket, True)]
    assert second.version < third.version


def test_the_judgement_of_the_demos_author_counts_again(actor):
    call_command("seed", stdout=StringIO())
    open_ticket = Ticket.objects.filter(status="open").first()
    before = TriageCount.objects.report()["fields"]
    for changes in ({"status": "resolved"}, {"category": "general", "priority": "low"}):
        undo_change(update(open_ticket, changes, actor), actor)
        assert TriageCount.objects.report()["fields"] == before


def test_changes_can_be_undone_in_any_order(ticket, actor):
    first = update(ticket, {"category": "account"}, actor)
    second = update(ticket, {"priority": "low"}, actor)
    undo_change(first, actor)
    restored = undo_change(second, actor)
    assert (restored.category, restored.priority) == (ticket.category, ticket.priority)
    assert feedback_values(ticket) == {}


def test_ones_own_steps_are_undone_one_by_one(ticket, actor):
    versions = [
        update(ticket, {"priority": priority}, actor).version
        for priority in ("critical", "low", "high")
    ]
    priorities = ("low", "critical", ticket.priority)
    for version, expected in zip(reversed(versions), priorities, strict=True):
        result = undo([(ticket.pk, version)], actor)
        [restored] = result.restored
        assert (restored.ticket.priority, result.skipped) == (expected, [])


def test_a_change_is_not_undone_while_a_redone_one_stands(ticket, actor):
    first = update(ticket, {"priority": "critical"}, actor)
    second = update(ticket, {"priority": "low"}, actor)
    undo_change(undo_change(second, actor), actor)  # low again
    assert_skipped(ticket, first.version, actor)


def test_a_title_is_undone_though_the_description_has_changed(ticket, actor):
    changed = update(ticket, {"title": "URGENT!!! A disgrace!"}, actor)
    texts = {"description": "Thank you, all is well."}
    update(ticket, texts, user_actor(AgentFactory()))
    restored = undo_change(changed, actor)
    assert (restored.title, restored.description) == (ticket.title, texts["description"])
    assessment.encode(restored.pk, restored.text_digest())
    restored.refresh_from_db()
    score = engine.score_sentiment(restored.description, restored.title, use_model=False)
    assert (restored.sentiment, restored.urgency_score) == (score.sentiment, score.urgency_score)


def test_a_ticket_does_not_return_to_an_agent_who_has_left(ticket, actor):
    leaver = AgentFactory()
    update(ticket, {"assignee": leaver}, actor)
    changed = update(ticket, {"assignee": actor.user}, actor)
    leaver.is_active = False
    leaver.save()
    assert undo_change(changed, actor).assignee is None


def test_triages_reading_of_a_new_text_does_not_prevent_a_start(ticket, actor):
    before = ticket.description, ticket.sentiment, ticket.urgency_score
    changed = update(ticket, {"description": "A disgrace!!!"}, actor)
    with editing(ticket.pk, TRIAGE) as edit:
        edit.ticket.sentiment, edit.ticket.urgency_score = "angry", 99
    assert edit.is_new_version
    restored = undo_change(changed, actor)
    assert (restored.description, restored.sentiment, restored.urgency_score) == before


def test_an_account_called_triage_is_a_person(ticket, actor):
    changed = update(ticket, {"category": "account"}, actor)
    update(ticket, {"category": "technical"}, user_actor(AgentFactory(username="triage")))
    assert_skipped(ticket, changed.version, actor)


def test_later_feedback_outlives_the_undo_of_something_else(ticket, actor):
    changed = update(ticket, {"assignee": actor.user}, actor)
    for status in ("resolved", "open"):
        update(ticket, {"status": status}, actor)
    undo_change(changed, actor)
    assert set(feedback_values(ticket)) == {"category", "priority"}


@pytest.mark.parametrize("version", [0, 1, 2, 99])
def test_versions_that_never_were_are_left_alone(ticket, actor, version):
    assert_skipped(ticket, version, actor)


def test_deleted_tickets_are_left_alone(actor):
    assert undo([(4711, 2)], actor) == UndoResult(restored=[], skipped=[4711])


def test_an_undo_is_a_change_like_any_other(ticket, actor):
    changed = update(ticket, {"status": "closed"}, actor)
    restored = undo_change(changed, user_actor(AgentFactory(username="lee")))
    assert restored.version == changed.version + 1
    entry = audit_trail(restored)[-1]
    assert (entry.actor, entry.changes["status"]) == ("lee", ("closed", "open"))


def test_a_deleted_account_is_not_restored(ticket, actor):
    leaver = AgentFactory()
    update(ticket, {"assignee": leaver}, actor)
    changed = update(ticket, {"assignee": None, "status": "closed"}, actor)
    leaver.delete()
    restored = undo_change(changed, actor)
    assert (restored.status, restored.assignee) == ("open", None)


def test_an_undo_can_be_undone(ticket, actor):
    changed = update(ticket, {"category": "account"}, actor)
    redone = undo_change(undo_change(changed, actor), actor)
    assert category_decision(redone) == ("account", "human", None)
    assert feedback_values(ticket) == {"category": "account"}


def test_a_bulk_edit_changes_each_ticket_as_its_own_version(actor):
    stored = [TicketFactory(), TicketFactory(status="closed"), TicketFactory()]
    ids = [ticket.pk for ticket in stored]
    edit = tickets.update_tickets([*ids, 4711], {"status": "resolved"}, actor)
    assert edit.missing == [4711]
    assert [(ticket.pk, ticket.status, ticket.version) for ticket in edit.changed] == [
        (ticket_id, "resolved", 2) for ticket_id in ids
    ]
    assert undo_token(edit.changed) == ",".join(f"{ticket_id}:2" for ticket_id in ids)
    result = undo([(ticket.pk, ticket.version) for ticket in edit.changed], actor)
    statuses = [restored.ticket.status for restored in result.restored]
    assert (statuses, result.skipped) == (["open", "closed", "open"], [])
    assert Feedback.objects.filter(ticket=stored[0]).count() == 0
