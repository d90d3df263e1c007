import pytest

from tickets.services.triage.feedback import load_learner
from tickets.triage import engine
from tickets.triage.offline import classifier
from tickets.triage.offline.encoders import choice, hashed_words, sentences
from tickets.triage.shared_state import LocalSharedState
from tools.fake_llm import FakeLLM

TICKET = "I was charged twice for my invoice of March, please refund one of them."

# The reason that a provider gives for each fault of the fake server.
FAULT_REASONS = {
    "400": "bad_request",
    "401": "bad_key",
    "402": "no_credit",
    "403": "bad_key",
    "404": "missing_model",
    "410": "missing_model",
    "429": "rate_limited",
    "retry_after": "rate_limited",
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
    "empty": "empty",
    "only_thoughts": "cut_off",
    "safety": "blocked",
}


@pytest.fixture
def fake_llm():
    """A separate model server: a new port means new connections and a new circuit breaker."""
    with FakeLLM(hang_seconds=20) as server:
        yield server


@pytest.fixture
def model(settings, fake_llm):
    """Let the engine ask the fake server, with a long timeout as machines may be slow."""
    settings.LLM_ENABLED = True
    settings.LLM_TIMEOUT = 20.0
    settings.LLM_MIN_CHARS = 20
    settings.LLM_MAX_INPUT_CHARS = 4000
    settings.GEMINI_API_KEY = "test-key"
    settings.GEMINI_BASE_URL = fake_llm.url
    return fake_llm


@pytest.fixture
def impatient_model(model, settings):
    """Time out after half a second. The provider's package is imported before."""
    engine.suggest_title(TICKET)
    model.clear_log()
    settings.LLM_TIMEOUT = 0.5
    return model


@pytest.fixture
def no_model(settings):
    settings.GEMINI_API_KEY = ""


@pytest.fixture(autouse=True)
def state():
    """Cache and limits in memory. The application's own are in the database."""
    state = LocalSharedState()
    application_state = engine.set_shared_state(state)
    classifier.set_learner_loader(None)
    yield state
    engine.set_shared_state(application_state)
    classifier.set_learner_loader(load_learner)


@pytest.fixture(params=[sentences.NAME, hashed_words.NAME])
def encoder(request, settings):
    """Use each of the encoders in turn."""
    settings.TRIAGE_ENCODER = request.param == sentences.NAME
    encoder = choice.current()
    assert encoder.name == request.param
    return encoder
