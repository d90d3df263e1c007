"""Predictions, feedback and the learned models in the back office."""

import pytest
from django.contrib.auth.models import Permission
from procrastinate.contrib.django.models import ProcrastinateJob

from tickets.models.triage import Feedback, Prediction, TriageModel
from tickets.tests.factories import PredictionFactory, TicketFactory, UserFactory

from .conftest import signed_in

PREDICTIONS = "/admin/tickets/prediction/"
MODELS = "/admin/tickets/triagemodel/"
FEEDBACK = "/admin/tickets/feedback/"


@pytest.fixture
def learned(db):
    return TriageModel.objects.create(
        field="category", version=7, feedback_count=120, prior_accuracy=0.78,
        learned_accuracy=0.864, leads=True,
    )  # fmt: skip


def test_the_list_shows_each_prediction_and_the_decision(admin):
    evidence = [{"field": "title", "text": "<b>refund</b>", "start": 0, "end": 13}]
    row = PredictionFactory(final_value="account", evidence=evidence, confidence=0.83)
    html = admin.get(PREDICTIONS).content.decode()
    for text in (f"#{row.ticket.pk}", "83%", "Offline lexicon", "account"):
        assert text in html
    html = admin.get(f"{PREDICTIONS}{row.pk}/change/").content.decode()
    assert "<q>&lt;b&gt;refund&lt;/b&gt;</q>" in html


def test_a_suggestion_without_a_ticket_says_so(admin):
    PredictionFactory(ticket=None, use="shown", confidence=None)
    assert "not created" in admin.get(PREDICTIONS).content.decode()


@pytest.mark.parametrize(
    ("query", "count"),
    [("field__exact=category", 1), ("source__exact=llm", 0), ("use__exact=applied", 1)],
)
def test_the_predictions_are_filtered(admin, query, count):
    PredictionFactory()
    assert len(admin.get(f"{PREDICTIONS}?{query}").context["cl"].result_list) == count


def test_nobody_changes_a_prediction_by_hand(admin):
    row = PredictionFactory()
    assert admin.post(f"{PREDICTIONS}{row.pk}/change/", {"value": "account"}).status_code == 403
    assert admin.post(f"{PREDICTIONS}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert admin.post(f"{PREDICTIONS}add/", {}).status_code == 403
    row.refresh_from_db()
    assert row.value == "billing"


def test_the_number_of_queries_does_not_grow_with_the_predictions(
    admin, django_assert_max_num_queries
):
    PredictionFactory.create_batch(20)
    with django_assert_max_num_queries(9):
        admin.get(PREDICTIONS)
    assert Prediction.objects.count() == 20


def test_the_learned_models_show_their_figures(admin, learned):
    html = admin.get(MODELS).content.decode()
    for text in ("120", "78%", "86%", ">7<"):
        assert text in html


def test_the_back_office_shows_the_accuracy_of_each_source(admin):
    PredictionFactory(final_value="billing")
    PredictionFactory(final_value="account")
    html = admin.get(MODELS).content.decode()
    assert "Offline: lexicon" in html
    assert "<td>50%</td>" in html


def test_an_admin_can_retrain(admin, learned):
    admin.post(MODELS, {"action": "retrain", "index": "0", "_selected_action": learned.pk})
    [job] = ProcrastinateJob.objects.all()
    assert job.task_name == "tickets.services.triage.feedback.retrain"
    assert job.args == {"timestamp": 0, "only_if_needed": False}


def test_retraining_that_already_waits_is_not_added_again(admin, learned):
    data = {"action": "retrain", "index": "0", "_selected_action": learned.pk}
    admin.post(MODELS, data)
    response = admin.post(MODELS, data, follow=True)
    [*_, notice] = response.context["notices"]
    assert (notice.text, notice.level) == ("A retraining job is already waiting.", "warning")
    assert ProcrastinateJob.objects.count() == 1


def test_agents_see_no_predictions_and_no_models(agent, learned):
    assert agent.get(PREDICTIONS).status_code == agent.get(MODELS).status_code == 403


# --- large tables ---


def rows(client, path):
    return list(client.get(path).context["cl"].result_list)


def test_filters_cover_the_newest_and_a_number_all(admin, monkeypatch):
    monkeypatch.setattr("tickets.admin.base.NEWEST", 2)
    old, *_, new = PredictionFactory.create_batch(4)
    assert old not in rows(admin, PREDICTIONS)
    assert new in rows(admin, f"{PREDICTIONS}?use__exact=applied")
    for number in (f"%23{old.ticket.pk}", old.ticket.pk):
        assert rows(admin, f"{PREDICTIONS}?q={number}") == [old]
    assert rows(admin, f"{PREDICTIONS}?q=words") == []


def test_a_list_of_the_newest_says_so(admin):
    for path in (PREDICTIONS, FEEDBACK):
        assert "Only the latest" in admin.get(path).content.decode()


# --- feedback ---


@pytest.fixture
def feedback(db, learned):
    return Feedback.objects.create(
        ticket=TicketFactory(), field="category", value="billing", corrected=True
    )


def delete(client, feedback):
    data = {"action": "delete_feedback", "index": "0", "_selected_action": feedback.pk}
    return client.post(FEEDBACK, data, follow=True)


def test_feedback_is_listed_and_filtered(admin, feedback):
    assert f"#{feedback.ticket.pk}" in admin.get(FEEDBACK).content.decode()
    assert rows(admin, f"{FEEDBACK}?field__exact=category&corrected__exact=1") == [feedback]
    assert rows(admin, f"{FEEDBACK}?field__exact=priority") == []


def test_deleted_feedback_is_not_learned_again(admin, feedback):
    response = delete(admin, feedback)
    assert "Deleted: 1 feedback entry." in response.context["notices"][0].text
    assert not Feedback.objects.exists()
    assert TriageModel.objects.get(field="category").feedback_count == 0


def test_deleted_feedback_judges_no_prediction(admin, feedback):
    unrelated = PredictionFactory(ticket=feedback.ticket, field="priority", final_value="low")
    judged = PredictionFactory(ticket=feedback.ticket, field="category", final_value="billing")
    other = PredictionFactory(field="category", final_value="billing")
    delete(admin, feedback)
    left = {row.pk: row.final_value for row in Prediction.objects.all()}
    assert left == {unrelated.pk: "low", judged.pk: "", other.pk: "billing"}


def test_retraining_can_start_before_anything_was_learned(admin):
    html = admin.get(MODELS).content.decode()
    assert ">Retrain</button>" in html
    data = {"action": "retrain", "index": "0", "select_across": "1", "_selected_action": "0"}
    admin.post(MODELS, data)
    assert ProcrastinateJob.objects.get().task_name == "tickets.services.triage.feedback.retrain"


def test_a_reader_neither_retrains_nor_deletes(feedback, learned):
    reader = UserFactory(is_staff=True)
    reader.user_permissions.set(
        Permission.objects.filter(codename__in=["view_triagemodel", "view_feedback"])
    )
    client = signed_in(reader)
    assert ">Retrain</button>" not in client.get(MODELS).content.decode()
    data = {"action": "retrain", "index": "0", "_selected_action": learned.pk}
    client.post(MODELS, data)
    delete(client, feedback)
    assert not ProcrastinateJob.objects.exists()
    assert Feedback.objects.exists()


def test_agents_see_no_feedback(agent, feedback):
    assert agent.get(FEEDBACK).status_code == 403
    assert delete(agent, feedback).status_code == 403
