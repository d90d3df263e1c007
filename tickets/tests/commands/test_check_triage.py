"""The command against our fake model server, over real HTTP."""

import io

import pytest
from django.core.management import CommandError, call_command

from tickets.services.triage.shared_state import DatabaseSharedState
from tools.fake_llm import FakeLLM

pytestmark = pytest.mark.django_db


@pytest.fixture
def fake_llm():
    with FakeLLM(hang_seconds=20) as server:
        yield server


@pytest.fixture
def gemini(settings, fake_llm):
    settings.LLM_TIMEOUT = 20.0
    settings.GEMINI_API_KEY = "a-secret-key"
    settings.GEMINI_BASE_URL = fake_llm.url
    settings.GEMINI_BACKEND = "rest"
    return fake_llm


def check():
    out = io.StringIO()
    call_command("check_triage", stdout=out, no_color=True)
    return out.getvalue()


def test_without_a_key_it_says_that_triage_is_offline():
    said = check()
    assert "no key is set" in said
    assert "offline" in said
    assert "GEMINI_API_KEY" in said
    assert "live call" not in said


@pytest.mark.parametrize(("name", "value"), [("LLM_ENABLED", False), ("LLM_PROVIDER", "none")])
def test_it_says_what_switched_the_model_off(settings, name, value):
    setattr(settings, name, value)
    assert f"switched off by {name}=" in check()


def test_it_makes_one_live_call_and_tells_the_answer(gemini):
    said = check()
    assert "gemini-3.5-flash-lite of gemini, by rest" in said
    assert "billing, high" in said
    assert "The model answers." in said
    assert len(gemini.log) == 1
    assert "a-secret-key" not in said


def test_its_call_is_a_live_one_each_time(gemini):
    check()
    check()
    assert len(gemini.log) == 2


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("401", "check GEMINI_API_KEY"),
        ("bad_key", "check GEMINI_API_KEY"),
        ("404", "check GEMINI_MODEL"),
        ("429", "quota"),
        ("500", "fault of its own"),
        ("safety", "blocked"),
        ("html", "GEMINI_BASE_URL"),
        ("wrong_value", "not in the form"),
        ("close", "Nobody answers"),
    ],
)
def test_it_says_in_plain_words_what_is_wrong(gemini, fault, words):
    gemini.control(fault)
    with pytest.raises(CommandError, match=words):
        check()


def test_it_says_when_the_model_is_too_slow(gemini, settings):
    settings.LLM_TIMEOUT = 0.3
    gemini.control("hang")
    with pytest.raises(CommandError, match=r"within 0\.3 s"):
        check()


def test_it_says_which_key_is_missing(settings):
    settings.LLM_PROVIDER = "groq"
    with pytest.raises(CommandError, match="set GROQ_API_KEY"):
        check()


def test_it_says_that_a_local_model_needs_a_name(settings, fake_llm):
    settings.LLM_BASE_URL = f"{fake_llm.url}/v1"
    with pytest.raises(CommandError, match="set LLM_MODEL"):
        check()


def test_it_shows_how_todays_questions_ended():
    shared = DatabaseSharedState()
    for outcome in ("classify:llm", "classify:llm", "classify:deadline", "score_tone:llm"):
        shared.count(outcome)
    shared.charge(0.5)
    said = check()
    assert "classify       llm 2, deadline 1" in said
    assert "score_tone     llm 1" in said
    assert "about $0.5000" in said


def test_it_survives_a_deadline_in_the_database_alone(gemini):
    gemini.control("500", times=3)
    for _ in range(3):
        with pytest.raises(CommandError):
            check()
    assert "The model answers." in check()  # a breaker of its own: no pause is left over


def test_it_says_what_the_shadow_lacks(settings):
    settings.LLM_PROVIDER, settings.TRIAGE_SHADOW = "none", "groq:openai/gpt-oss-120b"
    assert "cannot be asked. The key is missing: set GROQ_API_KEY." in check()
    settings.GROQ_API_KEY = "k"
    assert "shadow         groq:openai/gpt-oss-120b\n" in check()
    settings.TRIAGE_SHADOW = "offline"
    assert "shadow         offline\n" in check()
