"""Kill the desk's processes under load, and time how long it takes to answer again."""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

from .desk import WORKER, Desk
from .load import Load

PATIENCE = 300.0  # seconds


def kill(
    desk: Desk,
    load: Load,
    counts: Mapping[str, int],
    deadline: float,
    progress: Callable[[float], None],
) -> dict[str, list[float]]:
    """Kill so many processes of each kind, in any order. Return the seconds to the next success.

    For the worker, that is the next connection by which it takes mail; for all others, the next
    request. Between two kills at least one request succeeds. Stop at `deadline`.
    """
    chance = random.Random(1)
    order = [kind for kind, count in counts.items() for _ in range(count)]
    chance.shuffle(order)
    times: dict[str, list[float]] = defaultdict(list)
    with ThreadPoolExecutor(1) as waiting:
        worker: Future[None] | None = None
        for number, kind in enumerate(order):
            if time.monotonic() > deadline or load.problems:
                break
            if kind == WORKER and worker:
                worker.result()
            moment = desk.kill(kind, chance)
            if kind == WORKER:
                worker = waiting.submit(_wait, desk, load, kind, moment, times[kind])
            else:
                _wait(desk, load, kind, moment, times[kind])
            progress((number + 1) / len(order))
        if worker:
            worker.result()
    return dict(times)


def _wait(desk: Desk, load: Load, kind: str, moment: float, times: list[float]) -> None:
    beat = load.worker if kind == WORKER else load.http
    deadline = moment + PATIENCE
    while (end := beat.first_after(moment, 0.5)) is None:
        if load.problems:
            return  # the clients have stopped
        desk.revive()  # run_local gives up while the port is still taken
        if time.monotonic() > deadline:
            raise RuntimeError(f"Nothing answered after the {kind} was killed.")
    times.append(end - moment)
