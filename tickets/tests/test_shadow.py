"""The shadow: a second source whose predictions are stored for comparison and never shown."""

from types import SimpleNamespace

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from tickets.access.actors import SYSTEM, Actor
from tickets.models.ticket import Ticket
from tickets.models.triage import Prediction, TriageCount
from tickets.services import tickets
from tickets.services.jobs import RetryLater
from tickets.services.triage.assessment import shadow_triage
from tickets.vocabulary import PredictionUse
from tools.fake_llm import FakeLLM

pytestmark = pytest.mark.django_db

TEXT = {
    "title": "Charged",
    "description": "I was charged twice. Refund the invoice at once, please!",
}
ANONYMOUS = Actor("anonymous")


@pytest.fixture
def groq(settings):
    """Run the shadow's server. The main source is the offline classifier."""
    with FakeLLM(hang_seconds=20) as server:
        settings.LLM_TIMEOUT = 20.0
        settings.TRIAGE_SHADOW = "groq:openai/gpt-oss-120b"
        settings.LLM_PROVIDER = "none"
        settings.GROQ_API_KEY = "k"
        settings.GROQ_BASE_URL = f"{server.url}/v1"
        yield server


def jobs():
    return ProcrastinateJob.objects.filter(task_name=shadow_triage.name)


def run_jobs():
    for job in jobs():
        shadow_triage(SimpleNamespace(job=job), **job.args)


def shadow_predictions(ticket):
    return {row.field: row for row in ticket.predictions.filter(use=PredictionUse.SHADOW)}


def test_the_shadows_answer_is_stored_and_changes_nothing(groq):
    ticket = tickets.create_ticket(TEXT, ANONYMOUS)
    before = Ticket.objects.values().get()
    run_jobs()
    rows = shadow_predictions(ticket)
    assert set(rows) == {"category", "priority", "sentiment", "urgency"}
    category = rows["category"]
    assert (category.source, category.provider) == ("llm", "groq")
    assert category.model == "openai/gpt-oss-120b"
    assert category.cost_usd > 0
    assert Ticket.objects.values().get() == before
    assert [entry["model"] for entry in groq.log] == ["openai/gpt-oss-120b"] * 2


def test_it_is_judged_by_what_the_agent_decides(groq):
    ticket = tickets.create_ticket(TEXT, ANONYMOUS)
    run_jobs()
    tickets.update_ticket(ticket.pk, {"category": "account"}, SYSTEM)
    assert shadow_predictions(ticket)["category"].final_value == "account"
    [row] = [
        row
        for row in TriageCount.objects.report()["sources"]
        if (row["use"], row["field"]) == ("shadow", "category")
    ]
    assert (row["judged"], row["correct"]) == (1, 0)


def test_half_an_answer_is_stored_and_the_shadow_asked_again(groq):
    ticket = tickets.create_ticket(TEXT, ANONYMOUS)
    groq.control("500", times=1)
    with pytest.raises(RetryLater):
        run_jobs()
    assert set(shadow_predictions(ticket)) == {"sentiment", "urgency"}
    run_jobs()
    assert set(shadow_predictions(ticket)) == {"category", "priority", "sentiment", "urgency"}
    assert Prediction.objects.filter(use=PredictionUse.SHADOW).count() == 4


def test_an_answer_about_another_text_is_dropped(groq):
    ticket = tickets.create_ticket(TEXT, ANONYMOUS)
    Ticket.objects.update(description="Something else altogether, all is well.")
    run_jobs()
    assert shadow_predictions(ticket) == {}
    assert groq.log == []


def test_the_offline_classifier_may_be_the_shadow(groq, settings):
    settings.LLM_PROVIDER = "groq"
    settings.TRIAGE_SHADOW = "offline"
    ticket = tickets.create_ticket(TEXT, ANONYMOUS)
    run_jobs()
    assert {row.source for row in shadow_predictions(ticket).values()} == {"offline"}
    assert groq.log == []


@pytest.mark.parametrize("shadow", ["", "groq:openai/gpt-oss-20b"])
def test_no_source_is_asked_twice(groq, settings, shadow):
    settings.LLM_PROVIDER = "groq"
    settings.TRIAGE_SHADOW = shadow
    tickets.create_ticket(TEXT, ANONYMOUS)
    assert not jobs().exists()


def test_with_models_switched_off_there_is_no_shadow(groq, settings):
    settings.LLM_ENABLED = False
    tickets.create_ticket(TEXT, ANONYMOUS)
    assert not jobs().exists()


def test_llm_api_key_is_for_the_main_model_alone(groq, settings):
    settings.LLM_PROVIDER, settings.LLM_API_KEY, settings.GROQ_API_KEY = "gemini", "secret", ""
    tickets.create_ticket(TEXT, ANONYMOUS)
    assert not jobs().exists()
