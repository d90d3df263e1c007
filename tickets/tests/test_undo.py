"""Taking changes back: the values, who decided them, and what was learned from them."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from tickets.access.actors import REQUESTER, TRIAGE, user_actor
from tickets.models.ticket import Ticket
from tickets.models.triage import Feedback, Prediction, TriageModel
from tickets.services import tickets
from tickets.services.editing import editing
from tickets.services.triage import feedback
from tickets.services.undo import undo
from tickets.tests.factories import AgentFactory, TicketFactory
from tickets.triage import engine

pytestmark = pytest.mark.django_db


@pytest.fixture
def actor():
    return user_actor(AgentFactory(username="kim"))


@pytest.fixture
def ticket():
    """As it arrives: offline triage has read it."""
    data = {"title": "Invoice", "description": "I was charged twice and want a refund."}
    return tickets.create_ticket(data, REQUESTER)


def undo(ticket, actor):
    restored, left = undo.undo([(ticket.pk, ticket.version)], actor)
    assert (len(restored), left) == (1, [])
    return Ticket.objects.get(pk=ticket.pk)


def lessons(ticket):
    return dict(ticket.lessons.values_list("field", "value"))


def decided(ticket):
    return ticket.category, ticket.category_source, ticket.category_confidence


def test_a_value_returns_with_who_decided_it(ticket, actor):
    before = decided(ticket)
    changed = tickets.update_ticket(ticket.pk, {"category": "account"}, actor)
    assert lessons(ticket) == {"category": "account"}
    assert decided(undo(changed, actor)) == before
    assert before[1] == "offline"


def test_what_the_change_taught_counts_no_longer(ticket, actor):
    changed = tickets.update_ticket(ticket.pk, {"category": "account", "priority": "low"}, actor)
    feedback.retrain()
    undo(changed, actor)
    assert lessons(ticket) == {}
    assert set(TriageModel.objects.values_list("stale", flat=True)) == {True}
    row = ticket.predictions.get(field="category", use="applied")
    assert row.final_value == ""


def test_an_agents_earlier_decision_counts_again(ticket, actor):
    tickets.update_ticket(ticket.pk, {"category": "technical"}, actor)
    changed = tickets.update_ticket(ticket.pk, {"category": "account"}, actor)
    again = undo(changed, actor)
    assert decided(again) == ("technical", "human", None)
    assert lessons(ticket) == {"category": "technical"}


def test_a_senders_choice_is_no_lesson_after_an_undo(actor):
    ticket = tickets.create_ticket(
        {"title": "Invoice", "description": "It is wrong.", "category": "billing"}, REQUESTER
    )
    changed = tickets.update_ticket(ticket.pk, {"category": "account"}, actor)
    assert decided(undo(changed, actor)) == ("billing", "human", None)
    assert lessons(ticket) == {}


def test_closing_confirms_and_its_undo_does_not(ticket, actor):
    changed = tickets.update_ticket(ticket.pk, {"status": "resolved"}, actor)
    assert set(lessons(ticket)) == {"category", "priority"}
    again = undo(changed, actor)
    assert again.status == "open"
    assert lessons(ticket) == {}


def test_reopening_taken_back_leaves_it_confirmed(ticket, actor):
    tickets.update_ticket(ticket.pk, {"status": "resolved"}, actor)
    taught = lessons(ticket)
    changed = tickets.update_ticket(ticket.pk, {"status": "open"}, actor)
    assert undo(changed, actor).status == "resolved"
    assert lessons(ticket) == taught


def test_reopening_taken_back_keeps_the_moment_of_the_resolution(ticket, actor):
    tickets.update_ticket(ticket.pk, {"status": "resolved"}, actor)
    yesterday = timezone.now() - timedelta(days=1)
    records = ticket.pgh_event_model.objects
    records.filter(status="resolved").update(pgh_created_at=yesterday)
    tickets.update_ticket(ticket.pk, {"status": "closed"}, actor)
    changed = tickets.update_ticket(ticket.pk, {"status": "open"}, actor)
    assert changed.resolved_at is None
    assert undo(changed, actor).resolved_at == yesterday


def test_an_unrelated_undo_keeps_earlier_lessons(ticket, actor):
    tickets.update_ticket(ticket.pk, {"category": "account"}, actor)
    changed = tickets.update_ticket(ticket.pk, {"assignee": actor.user}, actor)
    assert undo(changed, actor).assignee is None
    assert lessons(ticket) == {"category": "account"}


def test_texts_return_with_their_tone(ticket, actor):
    before = (ticket.title, ticket.description, ticket.sentiment, ticket.urgency_score)
    words = {"title": "URGENT!!!", "description": "This is a disgrace, I am furious!!!"}
    changed = tickets.update_ticket(ticket.pk, words, actor)
    again = undo(changed, actor)
    assert (again.title, again.description, again.sentiment, again.urgency_score) == before


def test_a_value_that_somebody_changed_since_is_left_alone(ticket, actor):
    changed = tickets.update_ticket(ticket.pk, {"status": "closed", "priority": "low"}, actor)
    tickets.update_ticket(ticket.pk, {"priority": "high"}, actor)
    restored, left = undo.undo([(ticket.pk, changed.version)], actor)
    assert (restored, left) == ([], [ticket.pk])
    again = Ticket.objects.get()
    assert (again.status, again.priority) == ("closed", "high")


def test_a_value_that_was_changed_there_and_back_since_is_left_alone(ticket, actor):
    changed = tickets.update_ticket(ticket.pk, {"status": "closed"}, actor)
    for status in ("in_progress", "closed"):
        tickets.update_ticket(ticket.pk, {"status": status}, actor)
    assert undo.undo([(ticket.pk, changed.version)], actor) == ([], [ticket.pk])


def test_what_else_was_changed_since_stays(ticket, actor):
    changed = tickets.update_ticket(ticket.pk, {"category": "account"}, actor)
    other = user_actor(AgentFactory())
    tickets.update_ticket(ticket.pk, {"priority": "low", "assignee": other.user}, other)
    again = undo(changed, actor)
    assert decided(again) == decided(ticket)
    assert (again.priority, again.assignee) == ("low", other.user)
    assert lessons(ticket) == {"priority": "low"}


def test_what_the_demos_author_judged_counts_again(actor):
    call_command("seed", stdout=StringIO())
    open_ticket = Ticket.objects.filter(status="open").first()
    before = Prediction.objects.report()["fields"]
    for changes in ({"status": "resolved"}, {"category": "general", "priority": "low"}):
        changed = tickets.update_ticket(open_ticket.pk, changes, actor)
        undo(changed, actor)
        assert Prediction.objects.report()["fields"] == before


def test_changes_can_be_taken_back_in_any_order(ticket, actor):
    first = tickets.update_ticket(ticket.pk, {"category": "account"}, actor)
    second = tickets.update_ticket(ticket.pk, {"priority": "low"}, actor)
    undo(first, actor)
    again = undo(second, actor)
    assert (again.category, again.priority) == (ticket.category, ticket.priority)
    assert lessons(ticket) == {}


def test_ones_own_steps_are_taken_back_one_by_one(ticket, actor):
    versions = []
    for priority in ("critical", "low", "high"):
        changed = tickets.update_ticket(ticket.pk, {"priority": priority}, actor)
        versions.append(changed.version)
    for version, expected in zip(
        reversed(versions), ("low", "critical", ticket.priority), strict=True
    ):
        [restored], left = undo.undo([(ticket.pk, version)], actor)
        assert (restored.priority, left) == (expected, [])


def test_what_was_done_again_is_no_longer_taken_back(ticket, actor):
    first = tickets.update_ticket(ticket.pk, {"priority": "critical"}, actor)
    second = tickets.update_ticket(ticket.pk, {"priority": "low"}, actor)
    undo(undo(second, actor), actor)  # low again
    assert undo.undo([(ticket.pk, first.version)], actor) == ([], [ticket.pk])


def test_a_title_is_taken_back_though_the_description_was_changed(ticket, actor):
    changed = tickets.update_ticket(ticket.pk, {"title": "URGENT!!! A disgrace!"}, actor)
    words = {"description": "Thank you, all is well."}
    tickets.update_ticket(ticket.pk, words, user_actor(AgentFactory()))
    again = undo(changed, actor)
    assert (again.title, again.description) == (ticket.title, words["description"])
    tone = engine.score_sentiment(again.description, again.title, use_model=False)
    assert (again.sentiment, again.urgency_score) == (tone.sentiment, tone.urgency_score)


def test_a_ticket_returns_to_nobody_who_left(ticket, actor):
    leaver = AgentFactory()
    tickets.update_ticket(ticket.pk, {"assignee": leaver}, actor)
    changed = tickets.update_ticket(ticket.pk, {"assignee": actor.user}, actor)
    leaver.is_active = False
    leaver.save()
    assert undo(changed, actor).assignee is None


def test_what_triage_made_of_a_new_text_is_no_obstacle(ticket, actor):
    before = ticket.description, ticket.sentiment, ticket.urgency_score
    changed = tickets.update_ticket(ticket.pk, {"description": "A disgrace!!!"}, actor)
    with editing(ticket.pk, TRIAGE) as read:
        read.sentiment, read.urgency_score = "angry", 99
    again = undo(changed, actor)
    assert (again.description, again.sentiment, again.urgency_score) == before


def test_an_account_called_triage_is_a_person(ticket, actor):
    changed = tickets.update_ticket(ticket.pk, {"category": "account"}, actor)
    other = user_actor(AgentFactory(username="triage"))
    tickets.update_ticket(ticket.pk, {"category": "technical"}, other)
    assert undo.undo([(ticket.pk, changed.version)], actor) == ([], [ticket.pk])


def test_a_later_lesson_outlives_the_undo_of_something_else(ticket, actor):
    changed = tickets.update_ticket(ticket.pk, {"assignee": actor.user}, actor)
    for status in ("resolved", "open"):
        tickets.update_ticket(ticket.pk, {"status": status}, actor)
    undo(changed, actor)
    assert set(lessons(ticket)) == {"category", "priority"}


@pytest.mark.parametrize("version", [0, 1, 2, 99])
def test_versions_that_never_were_are_left_alone(ticket, actor, version):
    assert undo.undo([(ticket.pk, version)], actor) == ([], [ticket.pk])


def test_tickets_that_are_gone_are_left_alone(actor):
    assert undo.undo([(4711, 2)], actor) == ([], [4711])


def test_an_undo_is_a_change_like_any_other(ticket, actor):
    changed = tickets.update_ticket(ticket.pk, {"status": "closed"}, actor)
    again = undo(changed, user_actor(AgentFactory(username="lee")))
    assert again.version == changed.version + 1
    entry = again.history()[-1]
    assert (entry.actor, entry.changes["status"]) == ("lee", ("closed", "open"))


def test_an_account_that_was_deleted_is_not_restored(ticket, actor):
    leaver = AgentFactory()
    tickets.update_ticket(ticket.pk, {"assignee": leaver}, actor)
    changed = tickets.update_ticket(ticket.pk, {"assignee": None, "status": "closed"}, actor)
    leaver.delete()
    again = undo(changed, actor)
    assert (again.status, again.assignee) == ("open", None)


def test_an_undo_can_be_undone(ticket, actor):
    changed = tickets.update_ticket(ticket.pk, {"category": "account"}, actor)
    again = undo(undo(changed, actor), actor)
    assert decided(again) == ("account", "human", None)
    assert lessons(ticket) == {"category": "account"}


def test_many_tickets_change_at_once_each_as_its_own_version(actor):
    tickets = [TicketFactory(), TicketFactory(status="closed"), TicketFactory()]
    keys = [ticket.pk for ticket in tickets]
    saved = tickets.update_tickets([*keys, 4711], {"status": "resolved"}, actor)
    assert [(one.pk, one.status, one.version) for one in saved] == [
        (key, "resolved", 2) for key in keys
    ]
    restored, left = undo.undo([(one.pk, one.version) for one in saved], actor)
    assert ([one.status for one in restored], left) == (["open", "closed", "open"], [])
    assert Feedback.objects.filter(ticket=tickets[0]).count() == 0
