"""What is charged when there is no usable reply, and services that ask us to wait."""

import threading

import pytest

from tickets.triage import engine, gateway
from tickets.triage.config import from_settings
from tickets.triage.gateway import LONG_PAUSE, MAX_PAUSE, PAUSE, ModelGateway
from tickets.triage.parse import classification
from tickets.triage.prompts import CLASSIFY, about
from tickets.triage.providers.base import Endpoint, ProviderError
from tickets.triage.shared_state import LocalSharedState
from tickets.triage.workers import CallLimits
from tools.fake_llm.faults import RETRY_AFTER_SECONDS
from tools.fake_llm.protocols import THINKING_TOKENS

from .canned import Canned, answer, chat
from .conftest import TICKET

PROMPT = about(CLASSIFY, "", TICKET)


class Clock:
    def __init__(self):
        self.seconds = 1000.0

    def __call__(self):
        return self.seconds


def gateway_to(server, clock=None, state=None, **changes):
    """Return a gateway to a chat server, and a function that asks and returns the outcome."""
    state = state or LocalSharedState(clock or Clock())
    values = {"input_price": 1.0, "output_price": 10.0, "timeout": 20.0, "needs_key": False}
    values |= {"provider": "local", "model": "m", "base_url": f"{server.url}/v1"}
    endpoint = Endpoint(**values | changes)
    model = ModelGateway(endpoint, CallLimits(4))
    if clock:
        model._breaker._now = clock

    def ask():
        try:
            return model.ask(PROMPT, classification, state).value.category
        except ProviderError as error:
            return error.reason

    return model, state, ask


def cost(usage):
    return (usage["prompt_tokens"] * 1.0 + usage["completion_tokens"] * 10.0) / 1_000_000


USAGE = {"prompt_tokens": 400, "completion_tokens": 512}


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (chat("", "length", USAGE, reasoning_content="Hm."), "cut_off"),
        (chat('{"category": "bil', "length", USAGE), "cut_off"),
        (chat("", "stop", USAGE), "empty"),
        (chat("I see.", "stop", USAGE), "invalid_reply"),
        (chat(None, "content_filter", USAGE), "blocked"),
        ({"choices": [], "usage": USAGE}, "bad_response"),
    ],
)
def test_what_was_billed_counts_whatever_became_of_it(body, outcome):
    with Canned(answer(body)) as server:
        _, state, ask = gateway_to(server)
        assert ask() == outcome
        assert state.spent == pytest.approx(cost(USAGE))


def test_a_complete_answer_counts_as_such_even_at_the_limit_of_tokens():
    reply = '{"category": "billing", "priority": "low"}'
    with Canned(answer(chat(reply, "length", USAGE))) as server:
        assert gateway_to(server)[2]() == "billing"


def test_an_answer_that_was_lost_on_its_way_is_charged_by_estimate():
    half = answer(b"x" * 100)[:-50]
    with Canned([half, b""]) as server:
        server.pause = 0
        _, state, ask = gateway_to(server, timeout=5.0)
        assert ask() in ("bad_response", "deadline")
        assert state.spent > 0


@pytest.mark.parametrize("status", ["402 x", "429 x", "500 x"])
def test_a_refusal_costs_nothing(status):
    with Canned(answer({"error": {"message": "x"}}, status)) as server:
        _, state, ask = gateway_to(server)
        ask()
        assert state.spent == 0


@pytest.mark.parametrize("fault", ["only_thoughts", "empty", "safety", "truncated"])
@pytest.mark.parametrize("backend", ["sdk", "rest"])
def test_the_thoughts_of_gemini_are_charged_without_an_answer(
    model, settings, state, backend, fault
):
    settings.GEMINI_BACKEND, settings.LLM_PRICE_INPUT, settings.LLM_PRICE_OUTPUT = backend, 0, 1.0
    model.control(fault)
    assert engine.classify(TICKET).source == "offline"
    assert state.spent >= THINKING_TOKENS / 1_000_000


def test_no_call_is_made_before_the_time_that_the_service_names():
    clock = Clock()
    refused = answer({}, "429 x", "Retry-After: 120")
    good = answer(chat('{"category": "billing", "priority": "low"}'))
    with Canned(refused, good) as server:
        _, _, ask = gateway_to(server, clock)
        assert ask() == "rate_limited"
        for seconds in (0.1, 30, 60, 29):
            clock.seconds += seconds
            assert ask() == "paused"
        assert len(server.requests) == 1
        clock.seconds += 1
        assert ask() == "billing"


def test_other_processes_wait_too():
    clock = Clock()
    state = LocalSharedState(clock)
    with Canned(answer({}, "503 x", "Retry-After: 60")) as server:
        assert gateway_to(server, clock, state)[2]() == "server_error"
        model, _, ask = gateway_to(server, clock, state)  # with a circuit breaker of its own
        assert model.seconds_paused(state) == 60
        assert ask() == "paused"
        clock.seconds += 61
        assert model.seconds_paused(state) == 0
        assert ask() == "server_error"
        assert len(server.requests) == 2


@pytest.mark.parametrize("change", [{"model": "n"}, {"api_key": "another"}, {"provider": "groq"}])
def test_another_model_or_key_is_asked_at_once(change):
    clock = Clock()
    state = LocalSharedState(clock)
    with Canned(answer({}, "429 x", "Retry-After: 60"), answer({}, "500 x")) as server:
        gateway_to(server, clock, state)[2]()
        assert gateway_to(server, clock, state, **change)[2]() == "server_error"


@pytest.mark.parametrize(
    ("status", "header", "seconds"),
    [
        ("429 x", "Retry-After: 999999", MAX_PAUSE),
        ("429 x", "Retry-After: 1", 1),
        ("402 x", "Retry-After: 1", LONG_PAUSE),  # somebody has to pay first
        ("402 x", "Retry-After: 900", 900),
        ("402 x", "X: y", LONG_PAUSE),
        ("410 x", "X: y", LONG_PAUSE),
    ],
)
def test_the_pause_has_its_limits(status, header, seconds):
    clock = Clock()
    with Canned(answer({}, status, header)) as server:
        _, _, ask = gateway_to(server, clock)
        ask()
        clock.seconds += seconds - 0.5
        assert ask() == "paused"
        clock.seconds += 1
        ask()
        assert len(server.requests) == 2


def test_without_a_wish_it_takes_three_failures():
    clock = Clock()
    with Canned(answer({}, "429 x")) as server:
        _, _, ask = gateway_to(server, clock)
        assert [ask() for _ in range(4)] == ["rate_limited"] * 3 + ["paused"]
        clock.seconds += PAUSE
        assert ask() == "rate_limited"


def test_a_wait_is_logged_once_with_its_length(caplog):
    with Canned(answer({}, "429 x", "Retry-After: 120")) as server:
        ask = gateway_to(server)[2]
        ask()
        ask()
    messages = [r.getMessage() for r in caplog.records if r.name == gateway.logger.name]
    assert messages == ["The model will not be asked for 120 s: rate_limited."]


def test_measuring_a_model_goes_on_without_a_circuit_breaker():
    state = LocalSharedState()
    with Canned(answer({}, "429 x", "Retry-After: 60")) as server:
        endpoint = Endpoint("local", "m", needs_key=False, base_url=f"{server.url}/v1")
        model = ModelGateway(endpoint, CallLimits(1), use_circuit_breaker=False)
        for _ in range(2):
            with pytest.raises(ProviderError, match="rate_limited"):
                model.ask(PROMPT, classification, state)


def test_the_engine_knows_how_long_the_service_wants_to_be_left_alone(model, settings, state):
    assert engine.seconds_paused() == 0
    model.control("retry_after", times=1)
    assert engine.classify(TICKET).source == "offline"
    assert RETRY_AFTER_SECONDS - 5 < engine.seconds_paused() <= RETRY_AFTER_SECONDS
    assert engine.score_sentiment(TICKET).source == "offline"  # the same model
    assert len(model.log) == 1
    settings.GEMINI_MODEL = "another"
    assert engine.seconds_paused() == 0
    settings.LLM_ENABLED = False
    assert engine.seconds_paused() == 0


def test_the_engine_looks_at_the_models_of_all_questions(model, settings, state):
    settings.LLM_PROVIDER, settings.LLM_API_KEY = "openai", "k"
    settings.OPENAI_BASE_URL = f"{model.url}/v1"
    settings.OPENAI_MODEL, settings.OPENAI_CLASSIFY_MODEL = "large", "small"
    model.control("retry_after", times=1)
    engine.suggest_title(TICKET)
    assert engine.seconds_paused(from_settings()) > 0
    assert engine.classify(TICKET).source == "llm"


def test_many_callers_make_one_call_to_a_service_that_asks_for_time(state):
    body = answer({"error": {"message": "x"}}, "429 x", "Retry-After: 60")
    with Canned(body) as server:
        _, _, ask = gateway_to(server)
        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(server.requests) == 1
