"""Agents' decisions become feedback, are learned by a job, and reach every process."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from tickets.access.actors import SYSTEM, Actor
from tickets.models.housekeeping import DemoTicket
from tickets.models.ticket import Ticket
from tickets.models.triage import Feedback, TriageModel
from tickets.services import comments, tickets
from tickets.services.triage import assessment, feedback
from tickets.services.triage.feedback import learn, load_learner
from tickets.tests.factories import TicketFactory
from tickets.tests.locks import wait_for_lock
from tickets.triage.offline import classifier
from tickets.triage.offline.classifier import classify
from tickets.triage.offline.learner import Learner

pytestmark = pytest.mark.django_db

ANONYMOUS = Actor("anonymous")
ODD_TEXT = "The zorblax of unit {} hums again"


@pytest.fixture(autouse=True)
def _fresh_store():
    """Load what the test's database has learned, and nothing of another test."""
    classifier.set_learner_loader(load_learner)
    yield
    classifier.set_learner_loader(load_learner)


def create(text="The zorblax of unit 1 hums again", **values):
    return tickets.create_ticket({"title": text, "description": text} | values, ANONYMOUS)


def correct(count=1, value="billing", text=ODD_TEXT):
    """Create tickets about the same odd thing, each corrected by an agent."""
    for number in range(count):
        ticket = create(text.format(number))
        tickets.update_ticket(ticket.pk, {"category": value}, SYSTEM)


def learn_all():
    for row in Feedback.objects.filter(learned_at=None).order_by("pk"):
        feedback.learn_feedback(row.pk)


def stored_model(field="category"):
    return TriageModel.objects.get(field=field)


def stored_figures(field="category"):
    return Learner.loads(field, bytes(stored_model(field).data)).figures


# --- recording --------------------------------------------------------------------------


def test_a_correction_is_feedback_and_makes_one_job():
    ticket = create()
    tickets.update_ticket(ticket.pk, {"category": "billing"}, SYSTEM)
    row = Feedback.objects.get()
    assert (row.ticket, row.field, row.value) == (ticket, "category", "billing")
    assert row.corrected is True
    [job] = ProcrastinateJob.objects.filter(task_name=learn.name)
    assert job.args == {"feedback_id": row.pk}
    assert job.lock == "learn"


def test_a_finished_ticket_is_two_confirmations():
    ticket = create("I was charged twice, refund my invoice")
    tickets.update_ticket(ticket.pk, {"status": "resolved"}, SYSTEM)
    rows = {row.field: row for row in Feedback.objects.all()}
    assert {name: row.value for name, row in rows.items()} == {
        "category": ticket.category,
        "priority": ticket.priority,
    }
    assert not any(row.corrected for row in rows.values())


def test_opening_and_closing_again_gives_no_new_feedback():
    ticket = create()
    for status in ("closed", "open", "resolved", "closed"):
        tickets.update_ticket(ticket.pk, {"status": status}, SYSTEM)
    assert Feedback.objects.count() == 2
    assert ProcrastinateJob.objects.filter(task_name=learn.name).count() == 2


def test_a_later_correction_changes_the_feedback_and_is_learned_again():
    ticket = create()
    tickets.update_ticket(ticket.pk, {"status": "closed"}, SYSTEM)
    learn_all()
    tickets.update_ticket(ticket.pk, {"category": "account"}, SYSTEM)
    row = Feedback.objects.get(field="category")
    assert (row.value, row.corrected, row.learned_at) == ("account", True, None)


def test_neither_requesters_nor_triage_give_feedback():
    ticket = create(category="account")
    comments.add_reply(ticket, {"body": "Hello?"})
    assessment.triage_by_model(ticket.pk, ticket.text_digest())
    assert not Feedback.objects.exists()


def test_a_change_that_is_rolled_back_gives_no_feedback():
    ticket = create()
    with transaction.atomic():
        tickets.update_ticket(ticket.pk, {"category": "billing"}, SYSTEM)
        transaction.set_rollback(True)
    assert not Feedback.objects.exists()
    assert not ProcrastinateJob.objects.filter(task_name=learn.name).exists()


def test_a_value_given_back_to_triage_has_no_feedback_any_more():
    ticket = create("I was charged twice, refund my invoice")
    tickets.update_ticket(ticket.pk, {"category": "technical", "priority": "low"}, SYSTEM)
    tickets.replace_ticket(
        ticket.pk,
        {"title": ticket.title, "description": ticket.description, "priority": "low"},
        SYSTEM,
    )
    assert list(Feedback.objects.values_list("field", flat=True)) == ["priority"]
    judged = ticket.predictions.exclude(final_value="").values_list("field", flat=True)
    assert set(judged) == {"priority"}


# --- learning -----------------------------------------------------------------------


def test_feedback_is_learned_once():
    correct()
    row = Feedback.objects.get()
    feedback.learn_feedback(row.pk)
    feedback.learn_feedback(row.pk)
    assert (stored_model().version, stored_model().feedback_count, stored_figures().seen) == (
        1,
        1,
        1,
    )
    row.refresh_from_db()
    assert row.learned_at is not None


def test_the_first_of_many_jobs_learns_all_that_wait():
    correct(5)
    first, *later = Feedback.objects.order_by("pk").values_list("pk", flat=True)
    feedback.learn_feedback(first)
    assert (stored_model().version, stored_figures().seen) == (1, 5)
    for pk in later:
        feedback.learn_feedback(pk)
    assert (stored_model().version, stored_figures().seen) == (1, 5)


def test_feedback_of_a_deleted_ticket_causes_no_error():
    correct()
    row = Feedback.objects.get()
    tickets.delete_ticket(row.ticket_id, SYSTEM)
    feedback.learn_feedback(row.pk)
    assert not TriageModel.objects.exists()


def test_a_few_corrections_change_the_answer():
    before = classify(ODD_TEXT.format(99))
    assert before is None or before.category != "billing"
    correct(5)
    learn_all()
    classifier.set_learner_loader(load_learner)  # as after the two seconds that a process waits
    classification = classify(ODD_TEXT.format(99))
    assert classification.category == "billing"
    assert {entry.text for entry in classification.evidence} & {"zorblax", "hums", "The zorblax"}
    for entry in classification.evidence:
        assert ODD_TEXT.format(99)[entry.start : entry.end] == entry.text


def test_a_running_process_loads_what_was_learned():
    assert classifier.site_learners() == {}
    correct()
    learn_all()
    ends = time.monotonic() + 30
    while not classifier.site_learners() and time.monotonic() < ends:
        time.sleep(0.1)
    assert classifier.site_learners()["category"].seen == 1


def test_figures_are_stored_with_the_model():
    correct(6)
    learn_all()
    row = stored_model()
    assert row.feedback_count == 6
    assert row.learned_accuracy > row.prior_accuracy
    assert row.leads


def test_a_model_that_cannot_be_read_is_replaced():
    correct(2)
    learn_all()
    TriageModel.objects.update(data=b"of another time")
    ticket = create()
    tickets.update_ticket(ticket.pk, {"category": "account"}, SYSTEM)
    learn_all()
    assert stored_figures().seen == 1


# --- retraining --------------------------------------------------------------------------


def test_retraining_learns_everything_again_as_a_new_version():
    correct(4)
    learn_all()
    version = stored_model().version
    TriageModel.objects.update(data=b"")
    feedback.retrain()
    assert stored_model().version == version + 1
    assert stored_figures().seen == 4
    assert stored_model().refitted_at is not None


def test_without_new_feedback_nothing_is_retrained():
    correct(2)
    feedback.retrain(only_if_needed=True)
    version = stored_model().version
    feedback.retrain(only_if_needed=True)
    assert stored_model().version == version
    correct(1, text="Another {} thing")
    feedback.retrain(only_if_needed=True)
    assert stored_model().version == version + 1


def test_retraining_leaves_no_feedback_to_be_learned_twice():
    correct(3)
    feedback.retrain()
    learn_all()
    assert stored_figures().seen == 3


def retrain_elsewhere():
    try:
        feedback.retrain()
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("same_ticket", [False, True])
def test_feedback_that_is_learned_during_a_retraining_is_not_lost(same_ticket):
    correct(1)
    first = Ticket.objects.get()
    feedback.retrain()
    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            TriageModel.objects.select_for_update().get(field="category")
            retraining = thread.submit(retrain_elsewhere)
            wait_for_lock()  # it has read its feedback and learned it
            changed = first if same_ticket else create("Quite another matter")
            tickets.update_ticket(changed.pk, {"category": "technical"}, SYSTEM)
            feedback.learn_feedback(Feedback.objects.get(ticket=changed, field="category").pk)
        retraining.result()
    assert stored_figures().seen == 2
    assert not Feedback.objects.filter(learned_at=None, field="category").exists()


@pytest.mark.parametrize("learned_by", [learn_all, feedback.retrain])
def test_retraining_forgets_deleted_tickets(learned_by):
    correct(4)
    learned_by()
    assert stored_figures().seen == 4
    for ticket in Ticket.objects.all():
        tickets.delete_ticket(ticket.pk, SYSTEM)
    feedback.retrain(only_if_needed=True)
    assert stored_figures().seen == 0
    version = stored_model().version
    feedback.retrain(only_if_needed=True)
    assert stored_model().version == version


def test_a_correction_that_commits_during_a_retraining_is_still_learned():
    correct(1)
    row = Feedback.objects.get()
    feedback.retrain()
    retrained_at = stored_model().refitted_at
    # As if its transaction had begun before that retraining and committed after it.
    Feedback.objects.filter(pk=row.pk).update(
        value="account", decided_at=retrained_at, learned_at=None
    )
    feedback.retrain(only_if_needed=True)
    assert not Feedback.objects.filter(learned_at=None).exists()
    assert stored_figures().seen == 1
    assert stored_model().refitted_at > retrained_at


# --- rebuilding ---------------------------------------------------------------------


def test_everything_can_be_rebuilt_from_the_tickets():
    correct(5)
    Ticket.objects.update(status="closed")
    Feedback.objects.all().delete()
    TriageModel.objects.all().delete()
    feedback.rebuild()
    assert stored_figures().seen == 5
    classifier.set_learner_loader(load_learner)
    assert classify(ODD_TEXT.format(77)).category == "billing"


def test_rebuilding_takes_confirmed_tickets_and_leaves_open_ones():
    finished = TicketFactory(status="closed", category_source="offline", priority_source="offline")
    TicketFactory(category_source="human", priority_source="offline")
    TicketFactory(category_source="offline", priority_source="offline")
    feedback.rebuild()
    assert set(Feedback.objects.values_list("ticket", "field")) == {
        (finished.pk, "category"),
        (finished.pk, "priority"),
    }


def test_a_senders_choice_is_not_feedback_until_an_agent_closes_the_ticket():
    create("My whole company is down!", category="technical", priority="critical")
    feedback.rebuild()
    assert not Feedback.objects.exists()


def test_only_agents_give_feedback_by_reporting_a_finished_case():
    create("All is down", category="general", priority="low", status="closed")
    assert not Feedback.objects.exists()
    data = {"title": "T", "description": "D", "category": "account", "status": "closed"}
    tickets.create_ticket(data, SYSTEM)
    assert list(Feedback.objects.values_list("value", flat=True)) == ["account"]


def test_demo_tickets_give_only_the_feedback_decided_here():
    demo, decided = TicketFactory.create_batch(2, status="closed", category_source="human")
    for ticket in (demo, decided):
        DemoTicket.objects.create(ticket=ticket)
    tickets.update_ticket(decided.pk, {"category": "account"}, SYSTEM)
    feedback.rebuild()
    assert set(Feedback.objects.values_list("ticket", flat=True)) == {decided.pk}
