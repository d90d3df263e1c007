"""What a model that hangs costs the other pages: `make bench ARGS="model"`.

Starts the program's own web server (2 processes of 8 threads) before a fake model, on a data
directory of its own, and asks for the list of tickets again and again: first undisturbed, then
while others ask for suggestions all the time, of which two in three hang (if all did, the desk
would soon leave the model alone and nothing would be measured). Prints the 99th percentile of
both and their ratio, what 32 equal questions at once cost upstream, and by how much each provider
passes its deadline when the model hangs or drips.
"""

from __future__ import annotations

import dataclasses
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tickets.fake_llm import FakeLLM
from tickets.triage import engine
from tickets.triage.config import Config
from tickets.triage.shared_state import LocalSharedState

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 20
READERS, TYPISTS = 2, 6
HANGS = 60.0  # seconds
DEADLINE = 0.5
SLOW = ("hang", "drip")


def main() -> None:
    with FakeLLM(hang_seconds=HANGS) as fake, program(fake.url) as port:
        read(port, 2)  # every thread has its connection now
        calm = percentile(read(port, SECONDS))
        with typing(port):
            busy = percentile(read(port, SECONDS))
        print(f"{'list of tickets, 99th percentile':<44} {calm:8.1f} ms undisturbed")
        print(f"{'while the model hangs and others type':<44} {busy:8.1f} ms, {busy / calm:.2f}x")
    with FakeLLM() as fake, program(fake.url) as port:
        statuses = equal_questions(port, 32)
        print(f"{'32 equal questions at once':<44} {len(fake.log):8} call upstream")
        assert statuses == [200] * 32, statuses
    with FakeLLM() as fake:
        for name, late in overruns(fake):
            print(f"{f'{name}: latest beyond its deadline':<44} {late:8.1f} ms")


@contextmanager
def program(model: str) -> Iterator[int]:
    """The program with this model, on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with tempfile.TemporaryDirectory(prefix="tickets-bench-") as data_dir:
        Path(data_dir).chmod(0o711)  # the database's account must pass through when we are root
        environment = os.environ | {
            "DATA_DIR": f"{data_dir}/data",
            "PORT": str(port),
            "ACCESS_MODE": "open",
            "GEMINI_API_KEY": "bench",
            "GEMINI_BASE_URL": model,
        }
        environment.pop("FAKE_LLM", None)
        command = [sys.executable, "manage.py", "run_local"]
        with subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL
        ) as process:
            try:
                wait_until_serving(port, process)
                yield port
            finally:
                process.terminate()
                process.wait(60)


def wait_until_serving(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            sys.exit("The program did not start.")
        try:
            if ask(port, "GET", "/readyz")[0] == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    sys.exit("The program does not answer.")


def read(port: int, seconds: float) -> list[float]:
    """Milliseconds of each page that some readers asked for, one after another."""
    times: list[float] = []
    together(READERS, lambda _: times.extend(_read(port, seconds)))
    return times


def _read(port: int, seconds: float) -> Iterator[float]:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        started = time.perf_counter()
        status, _ = ask(port, "GET", "/tickets/")
        assert status == 200, status
        yield (time.perf_counter() - started) * 1000
        time.sleep(0.02)


@contextmanager
def typing(port: int) -> Iterator[None]:
    """People who ask for suggestions all the time, each about a text of their own."""
    stop = threading.Event()

    def type_on(person: int) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            fault = "" if number % 3 == 0 else " [[fault:hang]]"
            text = f"I was charged twice for invoice {person}-{number} of this month.{fault}"
            status, _ = ask(port, "POST", "/api/tickets/classify/", {"description": text})
            assert status == 200, status
            stop.wait(0.7)  # as the page waits for a pause in typing

    threads = [threading.Thread(target=type_on, args=(person,)) for person in range(TYPISTS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def equal_questions(port: int, count: int) -> list[int]:
    body = {"description": "My card was charged twice for the same order, please refund one."}
    statuses: list[int] = []
    together(
        count,
        lambda _: statuses.append(ask(port, "POST", "/api/tickets/classify/", body)[0]),
    )
    return statuses


def overruns(fake: FakeLLM) -> Iterator[tuple[str, float]]:
    """Milliseconds by which a provider's slowest answer passes its deadline."""
    local = Config(llm_base_url=f"{fake.url}/v1", llm_model="m", llm_timeout=DEADLINE)
    keys = {"llm_api_key": "k", "gemini_base_url": fake.url, "openai_base_url": f"{fake.url}/v1"}
    hosted = dataclasses.replace(local, groq_base_url=f"{fake.url}/v1", **keys)
    configs = {
        "gemini by its package": hosted.with_provider("gemini"),
        "gemini by rest": dataclasses.replace(hosted, gemini_backend="rest").with_provider(
            "gemini"
        ),
        "openai": hosted.with_provider("openai"),
        "groq": hosted.with_provider("groq"),
        "local": local.with_provider("local"),
    }
    engine.set_shared_state(LocalSharedState(), use_circuit_breaker=False)
    for name, config in configs.items():
        engine.warm_up(wait=True, settings=config)
        yield name, max(overrun(config, fault, turn) for fault in SLOW for turn in range(3))


def overrun(config: Config, fault: str, turn: int) -> float:
    text = f"I was charged twice, turn {turn} [[fault:{fault}]]"
    started = time.perf_counter()
    answer = engine.classify(text, settings=config)
    taken = time.perf_counter() - started
    assert answer.source == "offline", answer
    return (taken - DEADLINE) * 1000


def together(count: int, work: Callable[[int], object]) -> None:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def ask(port: int, method: str, path: str, body: object = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        payload = None if body is None else json.dumps(body)
        connection.request(method, path, payload, headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def percentile(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[98]


if __name__ == "__main__":
    main()
