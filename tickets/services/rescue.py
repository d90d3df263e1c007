"""Hand the jobs of workers that died to other workers.

A thread of every worker looks for them, beside its jobs: in the queue, the rescue would wait behind
what it rescues. A worker counts as dead after DEAD_AFTER seconds without a heartbeat, by the clock
of the database; if that clock was set back, by that of the worker who looks.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from django.db import IntegrityError, connection
from django.db.transaction import atomic
from procrastinate.contrib.django import app

from .lookout import Lookout

logger = logging.getLogger(__name__)
DEAD_AFTER = 30  # seconds; a worker sends a heartbeat every ten
# One process at a time: a job that is handed over twice is an error.
TAKE_TURN = "SELECT pg_try_advisory_xact_lock(hashtextextended('rescue of jobs', 0))"
RUNNING = """
SELECT job.id, worker.id, worker.last_heartbeat,
    worker.last_heartbeat < now() - make_interval(secs => %s)
FROM procrastinate_jobs AS job LEFT JOIN procrastinate_workers AS worker ON worker.id = worker_id
WHERE job.status = 'doing'
"""
# By statements of ours: the app's own connection belongs to the loop of the worker's main thread.
HAND_OVER = "SELECT procrastinate_retry_job_v2(%s, now(), NULL, NULL, NULL)"
GIVE_UP = "SELECT procrastinate_finish_job_v1(%s, 'failed', true)"


class Rescuer(Lookout):
    """Rescues jobs until it is stopped."""

    failure = "Jobs of dead workers cannot be looked for. Trying again."

    def __init__(self) -> None:
        super().__init__()
        # The last heartbeat of each worker that has a job, and when we saw it first.
        self._heartbeats: dict[int, tuple[Any, float]] = {}

    def look(self, now: float | None = None) -> int:
        """Hand over the jobs of workers that are dead at a monotonic time. Return how many."""
        with atomic(), connection.cursor() as cursor:
            cursor.execute(TAKE_TURN)
            if cursor.fetchone() != (True,):
                return 0
            cursor.execute(RUNNING, [DEAD_AFTER])
            running = cursor.fetchall()
            still = self._still(running, time.monotonic() if now is None else now)
            dead = [
                job
                for job, worker, _, is_late in running
                if worker is None or is_late or worker in still
            ]
            for job in dead:
                _hand_over(job)
        return len(dead)

    def _still(self, running: list[Any], now: float) -> set[int]:
        """Return the workers whose heartbeat has not changed for DEAD_AFTER seconds."""
        known, self._heartbeats = self._heartbeats, {}
        for _, worker, heartbeat, _ in running:
            if worker is not None:
                last, since = known.get(worker, (None, now))
                self._heartbeats[worker] = (heartbeat, since if heartbeat == last else now)
        return {
            worker for worker, (_, since) in self._heartbeats.items() if now - since > DEAD_AFTER
        }


def _hand_over(job: int) -> None:
    logger.warning("job %d is handed over: its worker died", job)
    with connection.cursor() as cursor:
        try:
            with atomic():
                cursor.execute(HAND_OVER, [job])
        except IntegrityError:
            # Its successor already waits under the same queueing lock, and needs its lock.
            cursor.execute(GIVE_UP, [job])


# --- jobs -------------------------------------------------------------------------------


@app.task(
    name="tickets.services.housekeeping.retry_stalled",
    aliases=["tickets.tasks.retry_stalled"],
    queue="housekeeping",
    queueing_lock="retry_stalled",
)
def retry_stalled(timestamp: int) -> None:
    """Do what the thread does. Releases up to 0.5 have queued it once a minute."""
    Rescuer().look()
