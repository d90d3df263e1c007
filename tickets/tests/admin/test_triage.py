"""The ledger and the learned models in the back office."""

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from tickets.models import Prediction, TriageModel
from tickets.tests.factories import PredictionFactory

LEDGER = "/admin/tickets/prediction/"
LEARNED = "/admin/tickets/triagemodel/"


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
    for words in (f"#{row.ticket.pk}", "83%", "Offline lexicon", "account"):
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
    for words in ("120", "78%", "86%", ">7<"):
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
