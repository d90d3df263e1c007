"""The ledger and the learned models in the back office."""

import pytest
from django.contrib.auth.models import Permission
from procrastinate.contrib.django.models import ProcrastinateJob

from tickets.models.triage import Feedback, Prediction, TriageModel
from tickets.tests.factories import PredictionFactory, TicketFactory, UserFactory

from .conftest import signed_in

LEDGER = "/admin/tickets/prediction/"
LEARNED = "/admin/tickets/triagemodel/"
LESSONS = "/admin/tickets/lesson/"


@pytest.fixture
def learned(db):
    return TriageModel.objects.create(
        field="category", version=7, data=b"x", lessons=120, prior_accuracy=0.78,
        learned_accuracy=0.864, leads=True,
    )  # fmt: skip


def test_the_ledger_shows_what_was_said_and_what_it_became(admin):
    evidence = [{"field": "title", "text": "<b>refund</b>", "start": 0, "end": 13}]
    row = PredictionFactory(final_value="account", evidence=evidence, confidence=0.83)
    html = admin.get(LEDGER).content.decode()
    for words in (f"#{row.ticket.pk}", "83\N{NO-BREAK SPACE}%", "Offline lexicon", "account"):
        assert words in html
    html = admin.get(f"{LEDGER}{row.pk}/change/").content.decode()
    assert "<q>&lt;b&gt;refund&lt;/b&gt;</q>" in html


def test_a_suggestion_that_was_never_sent_has_no_ticket(admin):
    PredictionFactory(ticket=None, use="shown", confidence=None)
    assert "not sent" in admin.get(LEDGER).content.decode()


@pytest.mark.parametrize(
    ("query", "count"),
    [("field__exact=category", 1), ("source__exact=llm", 0), ("use__exact=applied", 1)],
)
def test_the_ledger_is_filtered(admin, query, count):
    PredictionFactory()
    assert len(admin.get(f"{LEDGER}?{query}").context["cl"].result_list) == count


def test_nobody_changes_the_ledger_by_hand(admin):
    row = PredictionFactory()
    assert admin.post(f"{LEDGER}{row.pk}/change/", {"value": "account"}).status_code == 403
    assert admin.post(f"{LEDGER}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert admin.post(f"{LEDGER}add/", {}).status_code == 403
    row.refresh_from_db()
    assert row.value == "billing"


def test_the_ledgers_queries_do_not_grow_with_it(admin, django_assert_max_num_queries):
    PredictionFactory.create_batch(20)
    with django_assert_max_num_queries(9):
        admin.get(LEDGER)
    assert Prediction.objects.count() == 20


def test_the_learned_models_show_their_figures(admin, learned):
    html = admin.get(LEARNED).content.decode()
    for words in ("120", "78\N{NO-BREAK SPACE}%", "86\N{NO-BREAK SPACE}%", ">7<"):
        assert words in html


def test_the_back_office_tells_how_often_each_source_was_right(admin):
    PredictionFactory(final_value="billing")
    PredictionFactory(final_value="account")
    html = admin.get(LEARNED).content.decode().replace("\N{NO-BREAK SPACE}", " ")
    assert "Offline, lexicon" in html
    assert "<td>50 %</td>" in html


def test_an_admin_can_have_everything_learned_anew(admin, learned):
    admin.post(LEARNED, {"action": "learn_anew", "index": "0", "_selected_action": learned.pk})
    [job] = ProcrastinateJob.objects.all()
    assert job.task_name == "tickets.tasks.refit"
    assert job.args == {"timestamp": 0, "only_if_needed": False}


def test_agents_see_neither(agent, learned):
    assert agent.get(LEDGER).status_code == agent.get(LEARNED).status_code == 403


# --- large tables ---


def rows(client, path):
    return list(client.get(path).context["cl"].result_list)


def test_filters_look_at_the_newest_and_a_number_at_all(admin, monkeypatch):
    monkeypatch.setattr("tickets.admin.base.NEWEST", 2)
    old, *_, new = PredictionFactory.create_batch(4)
    assert old not in rows(admin, LEDGER)
    assert new in rows(admin, f"{LEDGER}?use__exact=applied")
    for number in (f"%23{old.ticket.pk}", old.ticket.pk):
        assert rows(admin, f"{LEDGER}?q={number}") == [old]
    assert rows(admin, f"{LEDGER}?q=words") == []


def test_a_list_that_looks_at_the_newest_only_says_so(admin):
    for path in (LEDGER, LESSONS):
        assert "Only the latest" in admin.get(path).content.decode()


# --- lessons ---


@pytest.fixture
def lesson(db, learned):
    return Feedback.objects.create(
        ticket=TicketFactory(), field="category", value="billing", corrected=True
    )


def forget(client, lesson):
    data = {"action": "forget_lessons", "index": "0", "_selected_action": lesson.pk}
    return client.post(LESSONS, data, follow=True)


def test_lessons_are_read_and_filtered(admin, lesson):
    assert f"#{lesson.ticket.pk}" in admin.get(LESSONS).content.decode()
    assert rows(admin, f"{LESSONS}?field__exact=category&corrected__exact=1") == [lesson]
    assert rows(admin, f"{LESSONS}?field__exact=priority") == []


def test_a_lesson_that_is_forgotten_is_not_learned_again(admin, lesson):
    response = forget(admin, lesson)
    assert "Forgotten: 1 lesson." in str(next(iter(response.context["messages"])))
    assert not Feedback.objects.exists()
    assert TriageModel.objects.get().stale


def test_a_lesson_that_is_forgotten_judges_no_suggestion(admin, lesson):
    kept = PredictionFactory(ticket=lesson.ticket, field="priority", final_value="low")
    judged = PredictionFactory(ticket=lesson.ticket, field="category", final_value="billing")
    other = PredictionFactory(field="category", final_value="billing")
    forget(admin, lesson)
    left = {row.pk: row.final_value for row in Prediction.objects.all()}
    assert left == {kept.pk: "low", judged.pk: "", other.pk: "billing"}


def test_everything_can_be_learned_anew_before_anything_was(admin):
    html = admin.get(LEARNED).content.decode()
    assert ">Learn anew</button>" in html
    data = {"action": "learn_anew", "index": "0", "select_across": "1", "_selected_action": "0"}
    admin.post(LEARNED, data)
    assert ProcrastinateJob.objects.get().task_name == "tickets.tasks.refit"


def test_whoever_may_only_look_neither_learns_nor_forgets(lesson, learned):
    reader = UserFactory(is_staff=True)
    reader.user_permissions.set(
        Permission.objects.filter(codename__in=["view_triagemodel", "view_lesson"])
    )
    client = signed_in(reader)
    assert ">Learn anew</button>" not in client.get(LEARNED).content.decode()
    data = {"action": "learn_anew", "index": "0", "_selected_action": learned.pk}
    client.post(LEARNED, data)
    forget(client, lesson)
    assert not ProcrastinateJob.objects.exists()
    assert Feedback.objects.exists()


def test_agents_see_no_lessons(agent, lesson):
    assert agent.get(LESSONS).status_code == 403
    assert forget(agent, lesson).status_code == 403
