"""What agents decide becomes a lesson, is learned by a job, and reaches every process."""

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
from tickets.services.triage.shared_state import load_learned
from tickets.tests.factories import TicketFactory
from tickets.triage import offline

pytestmark = pytest.mark.django_db

NOBODY = Actor("anonymous")
ODD = "The zorblax of unit {} hums again"


@pytest.fixture(autouse=True)
def site():
    """This process sees what the test's database has learned, and forgets it afterwards."""
    offline.set_store(load_learned)
    yield
    offline.set_store(load_learned)


def ticket(text="The zorblax of unit 1 hums again", **values):
    return tickets.create_ticket({"title": text, "description": text} | values, NOBODY)


def correct(count=1, value="billing", text=ODD):
    """So many tickets about the same odd thing, each corrected by an agent."""
    for number in range(count):
        made = ticket(text.format(number))
        tickets.update_ticket(made.pk, {"category": value}, SYSTEM)


def learn_all():
    for lesson in Feedback.objects.filter(learned_at=None).order_by("pk"):
        feedback.learn_feedback(lesson.pk)


def model(field="category"):
    return TriageModel.objects.get(field=field)


def known(field="category"):
    return offline.Learner.loads(field, bytes(model(field).data))


# --- lessons ------------------------------------------------------------------------


def test_a_correction_is_a_lesson_and_makes_one_job():
    made = ticket()
    tickets.update_ticket(made.pk, {"category": "billing"}, SYSTEM)
    lesson = Feedback.objects.get()
    assert (lesson.ticket, lesson.field, lesson.value) == (made, "category", "billing")
    assert lesson.corrected is True
    [job] = ProcrastinateJob.objects.filter(task_name="tickets.tasks.learn")
    assert job.args == {"lesson_id": lesson.pk}
    assert job.lock == "learn"


def test_a_finished_ticket_is_two_confirmations():
    made = ticket("I was charged twice, refund my invoice")
    tickets.update_ticket(made.pk, {"status": "resolved"}, SYSTEM)
    lessons = {lesson.field: lesson for lesson in Feedback.objects.all()}
    assert {name: lesson.value for name, lesson in lessons.items()} == {
        "category": made.category,
        "priority": made.priority,
    }
    assert not any(lesson.corrected for lesson in lessons.values())


def test_opening_and_closing_again_teaches_nothing_new():
    made = ticket()
    for status in ("closed", "open", "resolved", "closed"):
        tickets.update_ticket(made.pk, {"status": status}, SYSTEM)
    assert Feedback.objects.count() == 2
    assert ProcrastinateJob.objects.filter(task_name="tickets.tasks.learn").count() == 2


def test_a_later_correction_changes_the_lesson_and_is_learned_again():
    made = ticket()
    tickets.update_ticket(made.pk, {"status": "closed"}, SYSTEM)
    learn_all()
    tickets.update_ticket(made.pk, {"category": "account"}, SYSTEM)
    lesson = Feedback.objects.get(field="category")
    assert (lesson.value, lesson.corrected, lesson.learned_at) == ("account", True, None)


def test_neither_requesters_nor_triage_teach():
    made = ticket(category="account")
    comments.add_reply(made, {"body": "Hello?"})
    assessment.triage_by_model(made.pk, made.text_digest())
    assert not Feedback.objects.exists()


def test_a_change_that_is_rolled_back_teaches_nothing():
    made = ticket()
    with transaction.atomic():
        tickets.update_ticket(made.pk, {"category": "billing"}, SYSTEM)
        transaction.set_rollback(True)
    assert not Feedback.objects.exists()
    assert not ProcrastinateJob.objects.filter(task_name="tickets.tasks.learn").exists()


def test_a_value_that_is_given_back_to_triage_is_no_lesson_any_more():
    made = ticket("I was charged twice, refund my invoice")
    tickets.update_ticket(made.pk, {"category": "technical", "priority": "low"}, SYSTEM)
    tickets.replace_ticket(
        made.pk, {"title": made.title, "description": made.description, "priority": "low"}, SYSTEM
    )
    assert list(Feedback.objects.values_list("field", flat=True)) == ["priority"]
    judged = made.predictions.exclude(final_value="").values_list("field", flat=True)
    assert set(judged) == {"priority"}


# --- learning -----------------------------------------------------------------------


def test_a_lesson_is_learned_once():
    correct()
    lesson = Feedback.objects.get()
    feedback.learn_feedback(lesson.pk)
    feedback.learn_feedback(lesson.pk)
    assert (model().version, model().lessons, known().seen) == (1, 1, 1)
    lesson.refresh_from_db()
    assert lesson.learned_at is not None


def test_the_first_of_many_jobs_learns_all_that_wait():
    correct(5)
    first, *others = Feedback.objects.order_by("pk").values_list("pk", flat=True)
    feedback.learn_feedback(first)
    assert (model().version, known().seen) == (1, 5)
    for pk in others:
        feedback.learn_feedback(pk)
    assert (model().version, known().seen) == (1, 5)


def test_a_lesson_of_a_deleted_ticket_is_no_trouble():
    correct()
    lesson = Feedback.objects.get()
    tickets.delete_ticket(lesson.ticket_id, SYSTEM)
    feedback.learn_feedback(lesson.pk)
    assert not TriageModel.objects.exists()


def test_a_few_corrections_are_felt():
    before = offline.classify(ODD.format(99))
    assert before is None or before.category != "billing"
    correct(5)
    learn_all()
    offline.set_store(load_learned)  # as after the two seconds that a process waits
    found = offline.classify(ODD.format(99))
    assert found.category == "billing"
    assert {entry.text for entry in found.evidence} & {"zorblax", "hums", "The zorblax"}
    for entry in found.evidence:
        assert ODD.format(99)[entry.start : entry.end] == entry.text


def test_a_running_process_picks_up_what_was_learned():
    assert offline.learners() == {}
    correct()
    learn_all()
    ends = time.monotonic() + 30
    while not offline.learners() and time.monotonic() < ends:
        time.sleep(0.1)
    assert offline.learners()["category"].seen == 1


def test_figures_are_kept_with_the_model():
    correct(6)
    learn_all()
    row = model()
    assert row.lessons == 6
    assert row.learned_accuracy > row.prior_accuracy
    assert row.leads


def test_what_cannot_be_read_is_learned_anew():
    correct(2)
    learn_all()
    TriageModel.objects.update(data=b"of another time")
    made = ticket()
    tickets.update_ticket(made.pk, {"category": "account"}, SYSTEM)
    learn_all()
    assert known().seen == 1


# --- refit --------------------------------------------------------------------------


def test_a_refit_learns_everything_anew_as_a_new_version():
    correct(4)
    learn_all()
    version = model().version
    TriageModel.objects.update(data=b"")
    feedback.retrain()
    assert model().version == version + 1
    assert known().seen == 4
    assert model().refitted_at is not None


def test_a_refit_without_new_lessons_is_spared():
    correct(2)
    feedback.retrain(only_if_needed=True)
    version = model().version
    feedback.retrain(only_if_needed=True)
    assert model().version == version
    correct(1, text="Another {} thing")
    feedback.retrain(only_if_needed=True)
    assert model().version == version + 1


def test_a_refit_leaves_no_lesson_to_be_learned_twice():
    correct(3)
    feedback.retrain()
    learn_all()
    assert known().seen == 3


def wait_for_lock():
    """Until another connection waits for a lock that this one holds."""
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
                " AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone():
                return
        time.sleep(0.02)
    raise AssertionError("nobody waits")


def refit_elsewhere():
    try:
        feedback._refit("category")
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("same_ticket", [False, True])
def test_a_lesson_that_is_learned_during_a_refit_is_not_lost(same_ticket):
    correct(1)
    first = Ticket.objects.get()
    feedback.retrain()
    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            TriageModel.objects.select_for_update().get(field="category")
            refit = thread.submit(refit_elsewhere)
            wait_for_lock()  # it has read its lessons and learned them
            changed = first if same_ticket else ticket("Quite another matter")
            tickets.update_ticket(changed.pk, {"category": "technical"}, SYSTEM)
            feedback.learn_feedback(Feedback.objects.get(ticket=changed, field="category").pk)
        refit.result()
    assert known().seen == 2
    assert not Feedback.objects.filter(learned_at=None, field="category").exists()


@pytest.mark.parametrize("learned_by", [learn_all, feedback.retrain])
def test_a_refit_forgets_what_was_deleted(learned_by):
    correct(4)
    learned_by()
    assert known().seen == 4
    for made in Ticket.objects.all():
        tickets.delete_ticket(made.pk, SYSTEM)
    feedback.retrain(only_if_needed=True)
    assert known().seen == 0
    version = model().version
    feedback.retrain(only_if_needed=True)
    assert model().version == version


def test_a_correction_that_commits_during_a_refit_is_still_learned():
    correct(1)
    lesson = Feedback.objects.get()
    feedback.retrain()
    early = model().refitted_at
    # As if it had begun before that refit and committed after it.
    Feedback.objects.filter(pk=lesson.pk).update(value="account", at=early, learned_at=None)
    feedback.retrain(only_if_needed=True)
    assert not Feedback.objects.filter(learned_at=None).exists()
    assert offline.Learner.loads("category", bytes(model().data)).seen == 1
    assert model().refitted_at > early


# --- rebuilding ---------------------------------------------------------------------


def test_everything_can_be_rebuilt_from_the_tickets():
    correct(5)
    Ticket.objects.update(status="closed")
    Feedback.objects.all().delete()
    TriageModel.objects.all().delete()
    feedback.rebuild()
    assert known().seen == 5
    offline.set_store(load_learned)
    assert offline.classify(ODD.format(77)).category == "billing"


def test_rebuilding_takes_confirmed_tickets_and_leaves_open_ones():
    done = TicketFactory(status="closed", category_source="offline", priority_source="offline")
    TicketFactory(category_source="human", priority_source="offline")
    TicketFactory(category_source="offline", priority_source="offline")
    feedback.rebuild()
    assert set(Feedback.objects.values_list("ticket", "field")) == {
        (done.pk, "category"),
        (done.pk, "priority"),
    }


def test_what_a_sender_chose_is_no_lesson_until_an_agent_closes_it():
    ticket("My whole company is down!", category="technical", priority="critical")
    feedback.rebuild()
    assert not Feedback.objects.exists()


def test_nobody_but_agents_teaches_by_tickets_that_are_done_from_the_start():
    ticket("All is down", category="general", priority="low", status="closed")
    assert not Feedback.objects.exists()
    given = {"title": "T", "description": "D", "category": "account", "status": "closed"}
    tickets.create_ticket(given, SYSTEM)
    assert list(Feedback.objects.values_list("value", flat=True)) == ["account"]


def test_demo_tickets_teach_only_what_is_decided_about_them_here():
    demo, touched = TicketFactory.create_batch(2, status="closed", category_source="human")
    for made in (demo, touched):
        DemoTicket.objects.create(ticket=made)
    tickets.update_ticket(touched.pk, {"category": "account"}, SYSTEM)
    feedback.rebuild()
    assert set(Feedback.objects.values_list("ticket", flat=True)) == {touched.pk}
