"""What the desk's processes share, on a real database. Threads act as processes."""

import threading

import pytest
from django.db import connection

from tickets.models.housekeeping import Counter
from tickets.services.triage import shared_state
from tickets.services.triage.shared_state import DatabaseSharedState

pytestmark = pytest.mark.django_db


@pytest.fixture
def shared():
    return DatabaseSharedState()


def at_once(count, work):
    results, together = [], threading.Barrier(count)

    def run():
        together.wait()
        try:
            results.append(work())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_a_reply_is_remembered_as_it_is(shared):
    assert shared.recall("key") is None
    shared.remember("key", '{"title": "Zahlung für März \U0001f600"}')
    assert shared.recall("key") == '{"title": "Zahlung für März \U0001f600"}'
    assert shared.recall("another") is None


def test_a_reply_is_forgotten_after_its_time(shared, settings):
    settings.LLM_CACHE_SECONDS = 0
    shared.remember("key", "reply")
    assert shared.recall("key") is None


def test_a_wish_to_be_left_alone_holds_for_its_time(shared):
    assert shared.seconds_paused("model") == 0
    shared.pause("model", 120.5)
    assert 115 < DatabaseSharedState().seconds_paused("model") <= 120.5
    assert shared.seconds_paused("another") == 0
    shared.pause("model", 0.0)
    assert shared.seconds_paused("model") == 0


def test_a_question_has_one_claim_until_it_is_released(shared):
    assert shared.claim("key", 60)
    assert not shared.claim("key", 60)
    assert shared.claim("another", 60)
    assert shared.is_claimed("key")
    shared.release("key")
    assert not shared.is_claimed("key")
    assert shared.claim("key", 60)


@pytest.mark.django_db(transaction=True)
def test_one_of_many_processes_gets_the_claim(shared):
    assert sorted(at_once(8, lambda: shared.claim("key", 60))) == [False] * 7 + [True]


def test_a_client_has_a_limit_of_calls_a_minute(shared, settings):
    settings.LLM_CLIENT_CALLS = 2
    assert [shared.client_may_ask("192.0.2.1") for _ in range(3)] == [True, True, False]
    assert shared.client_may_ask("192.0.2.2")


def test_a_day_has_a_limit_of_calls(shared, settings):
    settings.LLM_DAILY_CALLS = 2
    assert [shared.may_spend() for _ in range(3)] == [True, True, False]


def test_a_day_has_a_budget(shared, settings):
    settings.LLM_DAILY_COST = 0.01
    for _ in range(2):
        assert shared.may_spend()
        shared.charge(0.005, "gemini")
    assert not shared.may_spend()
    assert shared_state.spent_today() == pytest.approx(0.01)
    assert shared_state.calls_today() == 2  # the third was never made


def test_the_smallest_price_counts(shared):
    for _ in range(3):
        shared.charge(0.0000001, "gemini")
    assert shared_state.spent_today() > 0


@pytest.mark.django_db(transaction=True)
def test_nothing_is_lost_when_processes_count_at_once(shared):
    at_once(8, lambda: [shared.count("classify", "llm", "gemini") for _ in range(5)])
    assert shared_state.outcomes_today() == {("classify", "llm", "gemini"): 40}


def test_yesterdays_counts_are_not_todays(shared):
    shared.count("classify", "llm", "gemini")
    shared.charge(1, "gemini")
    Counter.objects.update(time_window=1)
    assert shared_state.outcomes_today() == {}
    assert shared_state.spent_today() == 0
    shared.count("classify", "llm", "gemini")
    assert shared_state.outcomes_today() == {("classify", "llm", "gemini"): 1}


def test_expired_replies_are_deleted(shared, settings):
    shared.remember("current", "reply")
    settings.LLM_CACHE_SECONDS = -1
    shared.remember("expired", "reply")
    shared_state.purge_replies()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM triage_cache")
        assert cursor.fetchone() == (1,)
    assert shared.recall("current") == "reply"


def test_a_model_fails_from_the_first_failure_until_it_answers(shared, settings):
    settings.GEMINI_API_KEY = "test-key"
    shared.count("classify", "llm", "gemini")
    assert shared_state.model_failure() is None
    shared.count("classify", "unreachable", "gemini")
    shared.count("score_sentiment", "paused", "gemini")
    failure = shared_state.model_failure()
    assert failure.reason == "unreachable"
    for neutral in ("cached", "busy", "impatient", "too_short", "client_limit", "blocked"):
        shared.count("classify", neutral, "gemini")
    assert shared_state.model_failure() == failure
    shared.count("suggest_title", "llm", "gemini")
    assert shared_state.model_failure() is None


def test_a_failure_lasts_for_days_if_the_model_is_still_asked(shared, settings):
    settings.GEMINI_API_KEY = "test-key"
    shared.count("classify", "unreachable", "gemini")
    failure = shared_state.model_failure()
    for _ in range(3):
        pass_hours(20)
        shared.count("classify", "bad_key", "gemini")
        assert shared_state.model_failure() == failure
    pass_hours(25)
    assert shared_state.model_failure() is None


def pass_hours(hours):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE triage_cache SET expires = expires - %s * interval '1h'", [hours])


def test_a_shadow_neither_breaks_nor_mends_the_model(shared, settings):
    settings.GEMINI_API_KEY = "test-key"
    shared.count("classify", "bad_key", "gemini", is_shadow=True)
    assert shared_state.model_failure() is None
    shared.count("classify", "unreachable", "gemini")
    shared.count("classify", "llm", "gemini", is_shadow=True)
    assert shared_state.model_failure().reason == "unreachable"
    assert shared_state.outcomes_today() == {
        ("classify (shadow)", "bad_key", "gemini"): 1,
        ("classify (shadow)", "llm", "gemini"): 1,
        ("classify", "unreachable", "gemini"): 1,
    }


@pytest.mark.parametrize("neutral", ["cached", "busy", "impatient", "too_short", "blocked"])
def test_what_is_not_the_models_fault_is_no_failure(shared, settings, neutral):
    settings.GEMINI_API_KEY = "test-key"
    shared.count("classify", neutral, "gemini")
    assert shared_state.model_failure() is None


def test_a_model_that_is_not_to_be_asked_does_not_fail(shared, django_assert_num_queries):
    shared.count("classify", "unreachable", "gemini")
    with django_assert_num_queries(0):
        assert shared_state.model_failure() is None
