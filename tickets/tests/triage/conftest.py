import pytest

from tickets.services.triage.shared_state import load_learned
from tickets.triage import engine, offline
from tickets.triage.shared_state import LocalSharedState
from tools.fake_llm import FakeLLM

TICKET = "I was charged twice for my invoice of March, please refund one of them."

# What a provider makes of each fault of the fake server.
REASONS = {
    "400": "bad_request",
    "401": "bad_key",
    "403": "bad_key",
    "404": "missing_model",
    "429": "rate_limited",
    "500": "server_error",
    "503": "server_error",
    "bad_key": "bad_key",
    "missing_model": "missing_model",
    "html": "bad_response",
    "hang": "deadline",
    "drip": "deadline",
    "cut_body": "bad_response",
    "huge": "bad_response",
    "close": "unreachable",
    "empty": "bad_response",
    "safety": "blocked",
}


@pytest.fixture
def fake_llm():
    """A model server of one's own: a new port means new connections and a new breaker."""
    with FakeLLM(hang_seconds=20) as server:
        yield server


@pytest.fixture
def model(settings, fake_llm):
    """The engine set up to ask the fake server; generous with time, as machines are slow."""
    settings.LLM_ENABLED = True
    settings.LLM_TIMEOUT = 20.0
    settings.LLM_MIN_CHARS = 20
    settings.LLM_MAX_INPUT_CHARS = 4000
    settings.GEMINI_API_KEY = "test-key"
    settings.GEMINI_BASE_URL = fake_llm.url
    return fake_llm


@pytest.fixture
def impatient_model(model, settings):
    """Half a second and no more; the provider's package is imported beforehand."""
    engine.suggest_title(TICKET)
    model.clear_log()
    settings.LLM_TIMEOUT = 0.5
    return model


@pytest.fixture
def no_model(settings):
    settings.GEMINI_API_KEY = ""


@pytest.fixture(autouse=True)
def alone():
    """Cache and limits in memory: the application's own are in the database."""
    alone = LocalSharedState()
    the_applications = engine.set_shared(alone)
    offline.set_store(None)
    yield alone
    engine.set_shared(the_applications)
    offline.set_store(load_learned)
