"""What triage costs: `make bench ARGS="triage"`.

Everything is measured with the encoder and without it, in turn. Print the median and a high
percentile of

- the time that loading takes, in a new process
- the processor time that a text takes, evidence included: short queries, mails, and mails as long
  as the encoder reads
- the time that `POST /api/tickets/classify/` takes for 16 clients at once, each text a new one

The texts are example tickets. Each has a number in it, so that nothing comes from a cache.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence

from bench.program import ROOT, percentile, program, request, run_in_threads
from tickets.triage.offline import classifier
from tickets.triage.offline.encoders import choice
from tickets.triage.offline.encoders.base import MAX_CHARS
from tickets.triage.offline.encoders.hashed_words import WordEncoder
from tickets.triage.offline.examples.reader import Example, load_examples
from tickets.triage.offline.learner import Learner

CLIENTS = 16
REQUESTS = 25  # of each client
LOADED = 5  # times
SHORT, LONG = 60, 150  # characters of a query at most, and of a mail at least
STEP = 6  # one in six of the examples
LOAD = (
    "import django, time; django.setup(); start = time.perf_counter();"
    "from tickets.triage.offline.encoders import choice; choice.current();"
    "print(time.perf_counter() - start)"
)


def main() -> None:
    if problem := choice.problem():
        raise SystemExit(problem)
    print(f"{'median, high percentile':<46} {'encoder':>18} {'without':>18}")
    _print("loading, s (95%)", _load_times("1"), _load_times("0"), percent=95, digits=2)
    for name, texts in _texts().items():
        _print(f"{name}, ms (95%)", *_cpu_times(texts), percent=95, digits=1)
    with program(TRIAGE_ENCODER="1") as port:
        times = _endpoint_times(port)
    with program(TRIAGE_ENCODER="0") as port:
        times_without = _endpoint_times(port)
    _print(f"{CLIENTS} clients at once, ms (99%)", times, times_without, percent=99, digits=0)


def _print(
    name: str, times: Sequence[float], without: Sequence[float], *, percent: int, digits: int
) -> None:
    columns = [
        f"{percentile(column, 50):8.{digits}f} {percentile(column, percent):9.{digits}f}"
        for column in (times, without)
    ]
    print(f"{name:<46} {columns[0]} {columns[1]}", flush=True)


def _load_times(is_on: str) -> list[float]:
    environment = os.environ | {"TRIAGE_ENCODER": is_on}
    command = [sys.executable, "-c", LOAD]
    return [
        float(subprocess.check_output(command, cwd=ROOT, env=environment)) for _ in range(LOADED)
    ]


def _texts() -> dict[str, list[str]]:
    examples = [example.text for example in load_examples()]
    mails = [text for text in examples if len(text) >= LONG]
    long = [" ".join(mails[at : at + 6])[:MAX_CHARS] for at in range(0, len(mails) - 6, 6)]
    return {
        "a query": [text for text in examples if len(text) <= SHORT][::STEP],
        "a mail": mails[::STEP],
        f"a mail of {MAX_CHARS} characters": long,
    }


def _cpu_times(texts: Sequence[str]) -> tuple[list[float], list[float]]:
    """Return milliseconds of processor time with the encoder and with words in its place."""
    times: tuple[list[float], list[float]] = ([], [])
    learners = [Learner(choice.current()), Learner(WordEncoder())]
    for text in texts:
        for learner, column in zip(learners, times, strict=True):
            start = time.thread_time()
            classifier.classify(text, learner=learner)
            classifier.score_sentiment(text, learner=learner)
            column.append((time.thread_time() - start) * 1000)
    return times


def _endpoint_times(port: int) -> list[float]:
    """Return milliseconds of each request."""
    examples = load_examples()[::STEP]
    run_in_threads(CLIENTS, lambda _: _suggest(port, "Hello"))  # now all threads are connected
    times: list[float] = []
    run_in_threads(CLIENTS, lambda client: times.extend(_suggestions(port, examples, client)))
    return times


def _suggestions(port: int, examples: Sequence[Example], client: int) -> Iterator[float]:
    for number in range(REQUESTS):
        text = examples[(client * REQUESTS + number) % len(examples)].text
        start = time.perf_counter()
        _suggest(port, f"{text} ({client}.{number})")
        yield (time.perf_counter() - start) * 1000


def _suggest(port: int, text: str) -> None:
    status, answer = request(port, "POST", "/api/tickets/classify/", {"description": text})
    assert status == 200, answer
