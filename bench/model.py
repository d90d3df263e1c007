"""How much a hanging model slows the other pages: `make bench ARGS="model"`.

Start the program's web server (2 processes of 8 threads) with a fake model and a temporary data
directory, and request the list of tickets repeatedly: first alone, then while other clients
request suggestions all the time. Two in three of those hang; if all did, the circuit breaker would
soon stop the calls and nothing would be measured. Print the 99th percentile of both and their
ratio, how many upstream calls 32 equal requests cause, and by how much each provider exceeds its
deadline when the model hangs or drips.
"""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bench.program import percentile, program, request, run_in_threads
from tickets.triage import engine
from tickets.triage.config import Config, from_settings
from tickets.triage.shared_state import LocalSharedState
from tools.fake_llm import FakeLLM

SECONDS = 20
READERS, TYPISTS = 2, 6
HANG_SECONDS = 60.0
DEADLINE = 0.5  # seconds
SLOW_FAULTS = ("hang", "drip")


def main() -> None:
    with (
        FakeLLM(hang_seconds=HANG_SECONDS) as fake,
        program(GEMINI_API_KEY="bench", GEMINI_BASE_URL=fake.url) as port,
    ):
        read_list(port, 2)  # now every thread has its connection
        alone = percentile(read_list(port, SECONDS))
        with suggestion_requests(port):
            busy = percentile(read_list(port, SECONDS))
        print(f"{'list of tickets, 99th percentile':<44} {alone:8.1f} ms alone")
        print(f"{'while the model hangs and others type':<44} {busy:8.1f} ms, {busy / alone:.2f}x")
    with FakeLLM() as fake, program(GEMINI_API_KEY="bench", GEMINI_BASE_URL=fake.url) as port:
        statuses = equal_requests(port, 32)
        print(f"{'32 equal requests at once':<44} {len(fake.log):8} upstream calls")
        assert statuses == [200] * 32, statuses
    with FakeLLM() as fake:
        for name, overrun in overruns(fake):
            print(f"{f'{name}: longest past its deadline':<44} {overrun:8.1f} ms")


def read_list(port: int, seconds: float) -> list[float]:
    """Return the milliseconds of every request that `READERS` clients made, one after another."""
    times: list[float] = []
    run_in_threads(READERS, lambda _: times.extend(_read_list(port, seconds)))
    return times


def _read_list(port: int, seconds: float) -> Iterator[float]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        started = time.perf_counter()
        status, _ = request(port, "GET", "/tickets/")
        assert status == 200, status
        yield (time.perf_counter() - started) * 1000
        time.sleep(0.02)


@contextmanager
def suggestion_requests(port: int) -> Iterator[None]:
    """Let `TYPISTS` clients request suggestions all the time, each for different texts."""
    stop = threading.Event()

    def keep_typing(person: int) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            fault = "" if number % 3 == 0 else " [[fault:hang]]"
            text = f"I was charged twice for invoice {person}-{number} of this month.{fault}"
            status, _ = request(port, "POST", "/api/tickets/classify/", {"description": text})
            assert status == 200, status
            stop.wait(0.7)  # the page also waits for a pause in typing

    threads = [threading.Thread(target=keep_typing, args=(person,)) for person in range(TYPISTS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def equal_requests(port: int, count: int) -> list[int]:
    body = {"description": "My card was charged twice for the same order, please refund one."}
    statuses: list[int] = []
    run_in_threads(
        count,
        lambda _: statuses.append(request(port, "POST", "/api/tickets/classify/", body)[0]),
    )
    return statuses


def overruns(fake: FakeLLM) -> Iterator[tuple[str, float]]:
    """Milliseconds by which a provider's slowest answer passes its deadline."""
    local = dataclasses.replace(
        from_settings(), llm_base_url=f"{fake.url}/v1", llm_model="m", llm_timeout=DEADLINE
    )
    keys: dict[str, Any] = {
        "llm_api_key": "k",
        "gemini_base_url": fake.url,
        "openai_base_url": f"{fake.url}/v1",
        "anthropic_base_url": fake.url,
    }
    hosted = dataclasses.replace(local, groq_base_url=f"{fake.url}/v1", **keys)
    gemini = hosted.with_provider("gemini")
    configs = {
        "gemini by its package": gemini,
        "gemini by rest": dataclasses.replace(gemini, gemini_backend="rest"),
        "openai": hosted.with_provider("openai"),
        "groq": hosted.with_provider("groq"),
        "anthropic": hosted.with_provider("anthropic"),
        "local": local.with_provider("local"),
    }
    engine.set_shared_state(LocalSharedState(), use_circuit_breaker=False)
    for name, config in configs.items():
        engine.warm_up(wait=True, settings=config)
        times = [overrun_of(config, fault, number) for fault in SLOW_FAULTS for number in range(3)]
        yield name, max(times)


def overrun_of(config: Config, fault: str, number: int) -> float:
    text = f"I was charged twice, attempt {number} [[fault:{fault}]]"
    started = time.perf_counter()
    result = engine.classify(text, settings=config)
    seconds = time.perf_counter() - started
    assert result.source == "offline", result
    return (seconds - DEADLINE) * 1000


if __name__ == "__main__":
    main()
