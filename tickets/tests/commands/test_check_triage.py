"""`manage.py check_triage` with the fake model server, over real HTTP."""

import io
import time

import pytest
from django.core.management import CommandError, call_command

from tickets.services.triage.shared_state import DatabaseSharedState
from tickets.tests.triage.proxy import HOST, FakeProxy
from tickets.triage.providers import table
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


def test_without_a_key_triage_is_offline():
    output = check()
    assert "as configured in this shell" in output
    assert "no key is set" in output
    assert "offline" in output
    assert "GEMINI_API_KEY" in output
    assert "live call" not in output


@pytest.mark.parametrize(("name", "value"), [("LLM_ENABLED", False), ("LLM_PROVIDER", "none")])
def test_it_names_the_setting_that_switched_the_model_off(settings, name, value):
    setattr(settings, name, value)
    assert f"switched off by {name}=" in check()


def test_it_makes_one_live_call_and_prints_the_result(gemini):
    output = check()
    assert "gemini-3.5-flash-lite (gemini, rest backend)" in output
    assert "billing, high" in output
    assert "gemini-3.5-flash-lite works." in output
    assert len(gemini.log) == 1
    assert "a-secret-key" not in output


def test_each_call_is_live(gemini):
    check()
    check()
    assert len(gemini.log) == 2


@pytest.mark.parametrize(
    ("fault", "explanation"),
    [
        ("401", "check GEMINI_API_KEY"),
        ("bad_key", "check GEMINI_API_KEY"),
        ("402", "no credit left"),
        ("404", "check GEMINI_MODEL"),
        ("410", "has retired it"),
        ("retry_after", r"quota.* It asks for no call within 120 s\."),
        ("only_thoughts", "512 tokens .* Raise LLM_MAX_OUTPUT_TOKENS"),
        ("truncated", "Raise LLM_MAX_OUTPUT_TOKENS"),
        ("empty", "without an answer"),
        ("429", "quota"),
        ("500", "internal error"),
        ("safety", "blocked"),
        ("html", "GEMINI_BASE_URL"),
        ("wrong_value", "not in the requested form"),
        ("close", "No connection"),
    ],
)
def test_it_explains_what_is_wrong(gemini, fault, explanation):
    gemini.control(fault)
    with pytest.raises(CommandError, match=explanation):
        check()


def test_it_reports_a_model_that_is_too_slow(gemini, settings):
    settings.LLM_TIMEOUT = 0.3
    gemini.control("hang")
    with pytest.raises(CommandError, match=r"within 0\.3 s"):
        check()


def test_it_names_the_missing_key(settings):
    settings.LLM_PROVIDER = "groq"
    with pytest.raises(CommandError, match="set GROQ_API_KEY"):
        check()


def test_it_asks_for_the_name_of_a_local_model(settings, fake_llm):
    settings.LLM_BASE_URL = f"{fake_llm.url}/v1"
    with pytest.raises(CommandError, match="set LLM_MODEL"):
        check()


def test_a_key_that_is_nobodys_is_sent_to_nobody(settings):
    settings.LLM_API_KEY = "a-secret-key"
    output = check()
    assert "LLM_API_KEY does not say whose key it is" in output
    assert "Set LLM_PROVIDER to gemini, openai, groq or anthropic, or LLM_BASE_URL" in output
    assert "live call" not in output
    assert "a-secret-key" not in output


def test_it_names_the_proxy_without_its_password(gemini, settings):
    assert "proxy          none\n" in check()
    with FakeProxy(credentials="kim:a-secret-word") as proxy:
        port = gemini.url.rpartition(":")[2]
        settings.GEMINI_BASE_URL = f"http://{HOST}:{port}"
        settings.HTTP_PROXY = proxy.url
        output = check()
        assert f"proxy          http://{proxy.address} (HTTP_PROXY)\n" in output
        assert "gemini-3.5-flash-lite works." in output
        assert "a-secret-word" not in output
        proxy.behaviour = "refuse"
        with pytest.raises(CommandError, match=r"check HTTP_PROXY, or add .* to NO_PROXY"):
            check()
        settings.NO_PROXY = HOST
        assert "proxy          none\n" in check_output_of_failure()


def check_output_of_failure():
    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("check_triage", stdout=out, no_color=True)
    return out.getvalue()


def test_anthropic_is_asked_like_the_others(settings, fake_llm):
    settings.LLM_TIMEOUT, settings.ANTHROPIC_API_KEY = 20.0, "a-secret-key"
    settings.ANTHROPIC_BASE_URL = fake_llm.url
    output = check()
    assert "claude-haiku-5-5 (anthropic)" in output
    assert "claude-haiku-5-5 works." in output


def test_it_asks_each_model_that_is_used(settings, fake_llm):
    settings.LLM_TIMEOUT, settings.OPENAI_API_KEY = 20.0, "a-secret-key"
    settings.OPENAI_BASE_URL = f"{fake_llm.url}/v1"
    settings.OPENAI_MODEL, settings.OPENAI_CLASSIFY_MODEL = "titles-1", "classes-1"
    output = check()
    for model in ("classes-1", "titles-1"):
        assert f"{model} (openai)" in output
        assert f"{model} works." in output
    assert [call["model"] for call in fake_llm.log] == ["classes-1", "titles-1"]
    settings.OPENAI_MODEL = ""
    with pytest.raises(CommandError, match="set OPENAI_CLASSIFY_MODEL or OPENAI_MODEL"):
        check()


def test_importing_the_package_is_no_part_of_the_call(gemini, settings, monkeypatch):
    settings.LLM_TIMEOUT = 2.0

    def slow(endpoint):
        time.sleep(2.5)
        return build(endpoint)

    build = table.build
    monkeypatch.setattr(table, "build", slow)
    assert "gemini-3.5-flash-lite works." in check()


def test_it_shows_how_todays_calls_ended():
    shared = DatabaseSharedState()
    for outcome in ("llm", "llm", "deadline"):
        shared.count("classify", outcome, "gemini")
    shared.count("score_sentiment", "llm", "groq", is_shadow=True)
    shared.charge(0.5, "gemini")
    output = check()
    assert "classify       llm 2 (gemini), deadline 1 (gemini)" in output
    assert "score_sentiment (shadow) llm 1 (groq)" in output
    assert "about $0.5000" in output


def test_failed_calls_do_not_pause_the_next_one(gemini):
    gemini.control("500", times=3)
    for _ in range(3):
        with pytest.raises(CommandError):
            check()
    assert "gemini-3.5-flash-lite works." in check()  # the command has its own circuit breaker


def test_it_names_what_the_shadow_lacks(settings):
    settings.LLM_PROVIDER, settings.TRIAGE_SHADOW = "none", "groq:openai/gpt-oss-120b"
    assert "(not usable). The API key is missing: set GROQ_API_KEY." in check()
    settings.GROQ_API_KEY = "k"
    assert "shadow         groq:openai/gpt-oss-120b\n" in check()
    settings.TRIAGE_SHADOW = "offline"
    assert "shadow         offline\n" in check()
