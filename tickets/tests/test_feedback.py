"""Agents' decisions become feedback, are learned by a job, and reach every process."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.db import connection, transaction
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from tickets.access.actors import SYSTEM, Actor
from tickets.models.housekeeping import DemoTicket
from tickets.models.ticket import Ticket
from tickets.models.triage import Feedback, TicketVector, TriageModel
from tickets.services import comments, tickets
from tickets.services.jobs import SOON
from tickets.services.triage import assessment, feedback, vectors
from tickets.services.triage.feedback import learn, load_learner
from tickets.tests.factories import TicketFactory
from tickets.tests.locks import wait_for_lock
from tickets.tests.worker import work_now
from tickets.triage.offline import classifier
from tickets.triage.offline.classifier import classify
from tickets.triage.offline.encoders import choice

pytestmark = pytest.mark.django_db

ANONYMOUS = Actor("anonymous")
ODD_TEXT = "The zorblax of unit {} hums again"


@pytest.fixture(autouse=True)
def _fresh_store():
    """Load what the test's database has learned, and nothing of another test."""
    classifier.set_learner_loader(load_learner)
    forget_vectors()
    yield
    classifier.set_learner_loader(load_learner)


def forget_vectors():
    """Be a process that has not read any yet."""
    vectors._packed = {}


def create(text="The zorblax of unit 1 hums again", **values):
    return tickets.create_ticket({"title": text, "description": text} | values, ANONYMOUS)


def correct(count=1, value="billing", text=ODD_TEXT):
    """Create tickets about the same odd thing, each corrected by an agent."""
    for number in range(count):
        ticket = create(text.format(number))
        tickets.update_ticket(ticket.pk, {"category": value}, SYSTEM)


def learn_all():
    feedback.learn_waiting()


def learning_jobs():
    return ProcrastinateJob.objects.filter(task_name=learn.name)


def stored_model(field="category"):
    return TriageModel.objects.get(field=field)


def learned(field="category"):
    """Return the values that a process which starts now has learned, by ticket."""
    learner = load_learner(choice.current())
    tickets = learner.tickets
    return {ticket.key: ticket.values[field] for ticket in tickets if field in ticket.values}


# --- recording --------------------------------------------------------------------------


def test_a_correction_is_feedback_and_makes_one_job():
    ticket = create()
    tickets.update_ticket(ticket.pk, {"category": "billing"}, SYSTEM)
    row = Feedback.objects.get()
    assert (row.ticket, row.field, row.value) == (ticket, "category", "billing")
    assert row.corrected is True
    [job] = learning_jobs()
    assert (job.queue_name, job.lock, job.args) == ("learning", "learn", {})
    assert timezone.now() < job.scheduled_at < timezone.now() + timedelta(seconds=2 * SOON)


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
    decided = Feedback.objects.earliest("decided_at").decided_at
    assert Feedback.objects.latest("decided_at").decided_at == decided


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
    assert not learning_jobs().exists()


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
    learn_all()
    learn_all()
    assert (stored_model().version, stored_model().feedback_count) == (1, 1)
    assert learned() == {row.ticket_id: "billing"}
    row.refresh_from_db()
    assert row.learned_at is not None
    assert row.prior_value == row.learned_value != "billing"  # before it was learned
    assert 0 < row.confidence < 1


def test_decisions_of_the_same_seconds_share_a_job():
    started = time.monotonic()
    correct(20)
    most = (time.monotonic() - started) // SOON + 2  # parts of SOON seconds that it touched
    assert 1 <= learning_jobs().count() <= most < 20
    learn_all()
    assert (stored_model().version, len(learned())) == (1, 20)


@pytest.mark.django_db(transaction=True)
def test_a_decision_does_not_wait_for_another_whose_job_is_not_stored_yet():
    first, second = create(), create()

    def decide_and_take_it_back():
        with transaction.atomic():
            tickets.update_ticket(first.pk, {"category": "billing"}, SYSTEM)
            another = thread.submit(
                elsewhere(lambda: tickets.update_ticket(second.pk, {"category": "account"}, SYSTEM))
            )
            another.result(10)
            transaction.set_rollback(True)

    with ThreadPoolExecutor(1) as thread:
        decide_and_take_it_back()
    assert learning_jobs().count() == 1  # its own, since the other one never came
    work_now()
    assert learned() == {second.pk: "account"}


def test_what_a_job_leaves_is_learned_by_the_next(monkeypatch):
    monkeypatch.setattr(feedback, "MAX_LEARNED_AT_ONCE", 3)
    correct(5)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    learn_all()
    assert len(learned()) == 3
    assert learning_jobs().exists()
    learn_all()
    assert len(learned()) == 5


def test_feedback_of_a_deleted_ticket_causes_no_error():
    correct()
    row = Feedback.objects.get()
    tickets.delete_ticket(row.ticket_id, SYSTEM)
    learn_all()
    assert learned() == {}
    assert not TriageModel.objects.filter(feedback_count__gt=0).exists()


def test_a_few_corrections_change_the_answer():
    before = classify(ODD_TEXT.format(99))
    assert before is None or before.category != "billing"
    correct(5)
    learn_all()
    classifier.set_learner_loader(load_learner)  # as after the two seconds that a process waits
    classification = classify(ODD_TEXT.format(99))
    assert classification.category == "billing"
    assert Ticket.objects.get(pk=classification.category_like).category == "billing"
    for entry in classification.evidence:
        assert ODD_TEXT.format(99)[entry.start : entry.end] == entry.text


def within_two_seconds(is_so):
    ends = time.monotonic() + classifier.RELOAD_INTERVAL
    while not is_so() and time.monotonic() < ends:
        time.sleep(0.05)
    return is_so()


def known_here():
    """Return the tickets that this process has learned from."""
    return {ticket.key for ticket in classifier.site_learner().tickets}


def test_a_running_process_loads_what_was_learned_and_forgets_what_was_deleted():
    assert known_here() == set()
    correct(2)
    first, second = Ticket.objects.order_by("pk").values_list("pk", flat=True)
    learn_all()
    assert within_two_seconds(lambda: known_here() == {first, second})
    tickets.delete_ticket(first, SYSTEM)
    assert within_two_seconds(lambda: known_here() == {second})
    feedback.delete_feedback(Feedback.objects.all())
    assert within_two_seconds(lambda: known_here() == set())


def test_a_process_reads_only_vectors_that_it_does_not_know():
    correct(2)
    learn_all()
    assert len(learned()) == 2
    TicketVector.objects.update(vector=b"never read")
    assert len(learned()) == 2
    first, second = Ticket.objects.order_by("pk")
    TicketVector.objects.filter(ticket=first).update(text_digest="of another text")
    assert set(learned()) == {second.pk}


def test_only_the_newest_confirmed_tickets_count(monkeypatch):
    monkeypatch.setattr(feedback, "MAX_FEEDBACK", 2)
    correct(3)
    learn_all()
    newest = Ticket.objects.order_by("-pk").values_list("pk", flat=True)[:2]
    assert set(learned()) == set(newest)


def test_what_was_never_committed_is_loaded_again():
    correct(1)
    learn_all()
    with transaction.atomic():
        feedback.delete_feedback(Feedback.objects.all())
        uncommitted = load_learner(choice.current())
        transaction.set_rollback(True)
    feedback.note_change(["category"])  # under the same number
    assert len(load_learner(choice.current(), uncommitted).tickets) == 1


def test_a_ticket_is_no_evidence_about_itself():
    correct(1)
    learn_all()
    classifier.set_learner_loader(load_learner)
    ticket = Ticket.objects.get()
    text = ticket.description, ticket.title
    assert classify(*text).category == "billing"
    own = classify(*text, without=ticket.pk)
    assert own is None or own.category_like is None


def test_the_ticket_that_an_answer_rests_on_is_stored_with_it():
    correct(3)
    learn_all()
    classifier.set_learner_loader(load_learner)
    ticket = create(ODD_TEXT.format(99))
    row = ticket.predictions.get(field="category")
    assert row.model == classifier.LEARNED
    assert row.like_ticket in learned()


def vector_digest(ticket):
    return TicketVector.objects.get(ticket=ticket).text_digest


def test_an_edited_text_counts_with_its_new_vector():
    correct(1)
    learn_all()
    ticket = Ticket.objects.get()
    assert vector_digest(ticket) == ticket.text_digest()
    version = stored_model().version
    edit = tickets.update_ticket(ticket.pk, {"description": "My parcel never arrived."}, SYSTEM)
    ticket = edit.ticket
    assert vector_digest(ticket) != ticket.text_digest()
    assessment.encode(ticket.pk, ticket.text_digest())
    assert vector_digest(ticket) == ticket.text_digest()
    assert stored_model().version == version + 1
    assert learned() == {ticket.pk: "billing"}


def test_vectors_are_made_once_and_not_for_deleted_tickets():
    ticket, gone = create("The first matter"), create("The second matter")
    tickets.delete_ticket(gone.pk, SYSTEM)
    assert set(vectors.store([ticket, gone], choice.current())) == {ticket.pk}
    with patch.object(type(choice.current()), "vectors", side_effect=lambda texts: [*texts]):
        assert set(vectors.store([ticket], choice.current())) == {ticket.pk}


def test_figures_are_stored_with_the_model():
    correct(6)
    learn_all()
    row = stored_model()
    assert row.feedback_count == 6
    assert row.learned_accuracy > row.prior_accuracy
    assert row.leads


def test_a_later_value_takes_the_place_of_an_earlier_one():
    correct(2)
    learn_all()
    first = Ticket.objects.earliest("pk")
    tickets.update_ticket(first.pk, {"category": "account"}, SYSTEM)
    learn_all()
    assert sorted(learned().values()) == ["account", "billing"]


# --- retraining --------------------------------------------------------------------------


def retrain_if_needed():
    feedback.retrain_job(timestamp=0)


def test_retraining_learns_everything_again_as_a_new_version():
    correct(4)
    learn_all()
    version = stored_model().version
    TicketVector.objects.all().delete()
    assert learned() == {}
    feedback.retrain()
    assert stored_model().version == version + 1
    assert len(learned()) == 4
    assert stored_model().refitted_at is not None


def test_vectors_that_cannot_be_read_are_made_again():
    correct(2)
    learn_all()
    TicketVector.objects.update(vector=b"of another time")
    forget_vectors()
    assert learned() == {}
    feedback.retrain()
    assert len(learned()) == 2


def test_without_new_feedback_nothing_is_retrained():
    correct(2)
    retrain_if_needed()
    version = stored_model().version
    retrain_if_needed()
    assert stored_model().version == version
    correct(1, text="Another {} thing")
    retrain_if_needed()
    assert stored_model().version == version + 1


def test_what_an_earlier_release_learned_is_learned_again():
    """It left neither vectors nor what was said of a ticket."""
    correct(3)
    Feedback.objects.update(learned_at=timezone.now())
    TriageModel.objects.create(field="category", feedback_count=3)
    assert learned() == {}
    retrain_if_needed()
    assert len(learned()) == 3
    classifier.set_learner_loader(load_learner)
    assert classify(ODD_TEXT.format(99)).category == "billing"


def test_a_changed_estimate_is_compared_again():
    correct(2)
    retrain_if_needed()
    estimated = Feedback.objects.order_by("pk").values_list("prior_value", flat=True)
    before = list(estimated)
    assert "account" not in before
    Feedback.objects.update(prior_value="account")  # as another release has estimated it
    retrain_if_needed()
    assert list(estimated.all()) == before


def test_another_encoder_learns_everything_again(settings):
    correct(2)
    retrain_if_needed()
    settings.TRIAGE_ENCODER = not settings.TRIAGE_ENCODER
    assert learned() == {}
    retrain_if_needed()
    assert len(learned()) == 2


def test_retraining_leaves_no_feedback_to_be_learned_twice():
    correct(3)
    feedback.retrain()
    version = stored_model().version
    learn_all()
    assert (len(learned()), stored_model().version) == (3, version)


def elsewhere(work):
    """Do something in another thread, with a connection of its own."""

    def work_and_close():
        try:
            return work()
        finally:
            connection.close()

    return work_and_close


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("same_ticket", [False, True])
def test_feedback_that_is_learned_during_a_retraining_is_not_lost(same_ticket):
    correct(1)
    first = Ticket.objects.get()
    feedback.retrain()
    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            TriageModel.objects.select_for_update().get(field="category")
            retraining = thread.submit(elsewhere(feedback.retrain))
            wait_for_lock()  # it has read its feedback and compared it
            changed = first if same_ticket else create("Quite another matter")
            tickets.update_ticket(changed.pk, {"category": "technical"}, SYSTEM)
            learn_all()
        retraining.result()
    expected = {first.pk: "billing", changed.pk: "technical"}
    assert learned() == expected
    assert stored_model().feedback_count == len(expected)
    assert not Feedback.objects.filter(learned_at=None, field="category").exists()


@pytest.mark.django_db(transaction=True)
def test_a_decision_that_commits_after_a_retraining_is_learned_by_its_job():
    correct(1)
    ticket = Ticket.objects.get()
    feedback.retrain()
    with ThreadPoolExecutor(1) as thread, transaction.atomic():
        tickets.update_ticket(ticket.pk, {"category": "technical"}, SYSTEM)
        thread.submit(elsewhere(feedback.retrain)).result(30)  # passes over the locked row
    row = Feedback.objects.get(field="category")
    assert row.learned_at is None
    learn_all()
    assert learned() == {ticket.pk: "technical"}


@pytest.mark.django_db(transaction=True)
def test_learning_retraining_and_deleting_do_not_wait_for_each_other_in_vain():
    correct(30)
    ids = list(Ticket.objects.values_list("pk", flat=True))
    rows = list(Feedback.objects.values_list("pk", flat=True))
    edited, deleted = ids[:10], ids[10:]

    def edit(pk):
        tickets.update_ticket(pk, {"category": "account", "priority": "low"}, SYSTEM)
        text = {"title": "Edited", "description": "Edited", "category": "account"}
        tickets.replace_ticket(pk, text, SYSTEM)

    def learn_again(pk):
        Feedback.objects.filter(pk=pk).update(learned_at=None)
        learn_all()

    work = [
        lambda: [tickets.delete_ticket(pk, SYSTEM) for pk in deleted],
        lambda: [edit(pk) for pk in edited],
        lambda: [learn_again(pk) for pk in rows],
        lambda: [feedback.retrain() for _ in range(5)],
    ]
    with ThreadPoolExecutor(4) as threads:
        running = [threads.submit(elsewhere(each)) for each in work]
        for each in running:
            each.result(120)
    learn_all()
    assert learned() == dict.fromkeys(edited, "account")
    assert stored_model().feedback_count == len(edited)


@pytest.mark.parametrize("learned_by", [learn_all, feedback.retrain])
def test_what_was_learned_of_deleted_tickets_is_gone_at_once(learned_by):
    correct(4)
    learned_by()
    assert len(learned()) == 4
    for ticket in Ticket.objects.all():
        tickets.delete_ticket(ticket.pk, SYSTEM)
    assert learned() == {}
    assert stored_model().feedback_count == 0
    version = stored_model().version
    retrain_if_needed()
    assert stored_model().version == version


# --- rebuilding ---------------------------------------------------------------------


def test_everything_can_be_rebuilt_from_the_tickets():
    correct(5)
    Ticket.objects.update(status="closed")
    Feedback.objects.all().delete()
    TriageModel.objects.all().delete()
    feedback.rebuild()
    assert len(learned()) == 5
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
