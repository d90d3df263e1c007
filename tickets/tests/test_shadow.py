"""A second source is asked beside the first, recorded, and never shown."""

from types import SimpleNamespace

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from tickets import tasks
from tickets.access.actors import SYSTEM, Actor
from tickets.models.ticket import Ticket
from tickets.models.triage import Prediction
from tickets.services import tickets
from tickets.vocabulary import PredictionUse
from tools.fake_llm import FakeLLM

pytestmark = pytest.mark.django_db

TEXT = {
    "title": "Charged",
    "description": "I was charged twice. Refund the invoice at once, please!",
}
NOBODY = Actor("anonymous")


@pytest.fixture
def groq(settings):
    """The shadow's server; the main source is the offline classifier."""
    with FakeLLM(hang_seconds=20) as server:
        settings.LLM_TIMEOUT = 20.0
        settings.TRIAGE_SHADOW = "groq:openai/gpt-oss-120b"
        settings.LLM_PROVIDER = "none"
        settings.GROQ_API_KEY = "k"
        settings.GROQ_BASE_URL = f"{server.url}/v1"
        yield server


def jobs():
    return ProcrastinateJob.objects.filter(task_name="tickets.tasks.shadow_triage")


def run_jobs():
    for job in jobs():
        tasks.shadow_triage(SimpleNamespace(job=job), **job.args)


def said(ticket):
    return {row.field: row for row in ticket.predictions.filter(use=PredictionUse.SHADOW)}


def test_the_shadows_answer_is_recorded_and_changes_nothing(groq):
    ticket = tickets.create_ticket(TEXT, NOBODY)
    before = Ticket.objects.values().get()
    run_jobs()
    rows = said(ticket)
    assert set(rows) == {"category", "priority", "sentiment", "urgency"}
    category = rows["category"]
    assert (category.source, category.provider) == ("llm", "groq")
    assert category.model == "openai/gpt-oss-120b"
    assert category.cost_usd > 0
    assert Ticket.objects.values().get() == before
    assert [entry["model"] for entry in groq.log] == ["openai/gpt-oss-120b"] * 2


def test_it_is_judged_by_what_the_agent_decides(groq):
    ticket = tickets.create_ticket(TEXT, NOBODY)
    run_jobs()
    tickets.update_ticket(ticket.pk, {"category": "account"}, SYSTEM)
    assert said(ticket)["category"].final_value == "account"
    [row] = [
        row
        for row in Prediction.objects.report()["sources"]
        if (row["use"], row["field"]) == ("shadow", "category")
    ]
    assert (row["judged"], row["correct"]) == (1, 0)


def test_without_a_whole_answer_it_is_asked_again_and_records_what_there_was(groq):
    ticket = tickets.create_ticket(TEXT, NOBODY)
    groq.control("500", times=1)
    with pytest.raises(tasks.NoAnswer):
        run_jobs()
    assert set(said(ticket)) == {"sentiment", "urgency"}
    run_jobs()
    assert set(said(ticket)) == {"category", "priority", "sentiment", "urgency"}
    assert Prediction.objects.filter(use=PredictionUse.SHADOW).count() == 4


def test_an_answer_about_another_text_is_dropped(groq):
    ticket = tickets.create_ticket(TEXT, NOBODY)
    Ticket.objects.update(description="Something else altogether, all is well.")
    run_jobs()
    assert said(ticket) == {}
    assert groq.log == []


def test_the_offline_classifier_may_be_the_shadow(groq, settings):
    settings.LLM_PROVIDER = "groq"
    settings.TRIAGE_SHADOW = "offline"
    ticket = tickets.create_ticket(TEXT, NOBODY)
    run_jobs()
    assert {row.source for row in said(ticket).values()} == {"offline"}
    assert groq.log == []


@pytest.mark.parametrize("shadow", ["", "groq:openai/gpt-oss-20b"])
def test_nobody_is_asked_twice(groq, settings, shadow):
    settings.LLM_PROVIDER = "groq"
    settings.TRIAGE_SHADOW = shadow
    tickets.create_ticket(TEXT, NOBODY)
    assert not jobs().exists()


def test_with_models_switched_off_there_is_no_shadow(groq, settings):
    settings.LLM_ENABLED = False
    tickets.create_ticket(TEXT, NOBODY)
    assert not jobs().exists()


def test_the_key_in_common_is_the_main_models_alone(groq, settings):
    settings.LLM_PROVIDER, settings.LLM_API_KEY, settings.GROQ_API_KEY = "gemini", "secret", ""
    tickets.create_ticket(TEXT, NOBODY)
    assert not jobs().exists()
