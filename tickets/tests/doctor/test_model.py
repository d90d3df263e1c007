"""What the doctor says of a model that does not answer as it should."""

import pytest

from tickets.services.doctor.model import look_at_model
from tickets.tests.mail_server import free_port
from tools.fake_llm import FakeLLM


@pytest.fixture(scope="module")
def server():
    with FakeLLM() as server:
        yield server


@pytest.fixture
def model(settings, server):
    settings.LLM_ENABLED, settings.LLM_PROVIDER, settings.TRIAGE_SHADOW = True, "groq", ""
    settings.GROQ_API_KEY, settings.GROQ_BASE_URL = "a-key", f"{server.url}/v1"
    settings.LLM_TIMEOUT = 15
    server.control(fault=None)
    return server


def findings():
    return {
        finding.status: f"{finding.text} {finding.advice}" for finding in look_at_model(calls=True)
    }


def test_a_model_that_answers(model):
    assert findings().keys() == {"ok"}


@pytest.mark.parametrize(
    ("fault", "reason", "advice"),
    [
        ("401", "bad_key", "GROQ_API_KEY"),
        ("404", "missing_model", "GROQ_MODEL"),
        ("500", "server_error", "Try again later"),
    ],
)
def test_a_model_that_refuses(model, fault, reason, advice):
    model.control(fault=fault)
    assert findings().keys() == {"wrong"}
    assert reason in findings()["wrong"]
    assert advice in findings()["wrong"]


def test_a_model_that_is_slow(model, settings):
    settings.LLM_TIMEOUT = 0.5
    model.control(fault="hang")
    assert "Raise LLM_TIMEOUT" in findings()["wrong"]


def test_a_model_that_is_away(model, settings):
    settings.GROQ_BASE_URL = f"http://127.0.0.1:{free_port()}/v1"
    assert "unreachable" in findings()["wrong"]


def test_a_model_that_must_not_be_asked(model):
    [finding] = look_at_model(calls=False)
    assert finding.status == "skipped"
