"""What all background jobs share. Each job is declared beside the service that it runs.

A job that was queued by an earlier release has that release's name and arguments, so a
renamed job keeps its old name as an alias.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.db import connection
from procrastinate.tasks import Task

from ..transactions import unread

FILES = "files"  # the queue of the jobs on files, which a worker of their own runs
FILES_PRIORITY = -10  # behind all others for a worker of all queues
# What procrastinate's own function does, which one would have to wait for.
DEFER = """
INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, args, scheduled_at)
VALUES (%s, %s, %s, %s, %s::jsonb, %s)
"""
# Those who ask for the same job within so many seconds share one.
SOON = 2
# By the clock of the database, as the workers of all machines go by it. Nobody waits for another
# transaction: what that one queues is not there yet, and may never be, so there are two jobs.
DEFER_SOON = """
INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, queueing_lock, scheduled_at)
SELECT %(queue)s, %(task)s, %(priority)s, %(lock)s,
    CASE WHEN pg_try_advisory_xact_lock(hashtextextended(name, 0)) THEN name END, due
FROM floor(extract(epoch FROM clock_timestamp()) / %(seconds)s) AS part,
    concat(%(task)s, ' ', part) AS name, to_timestamp((part + 2) * %(seconds)s) AS due
WHERE NOT EXISTS (
    SELECT FROM procrastinate_jobs WHERE queueing_lock = name AND status = 'todo'
)
ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING
"""


def defer(task: Task[..., Any, Any], /, due: datetime | None = None, **arguments: Any) -> None:
    """Queue a job in the caller's transaction, for the time `due` or for now."""
    values: list[Any] = [task.queue, task.name, task.priority, task.lock]
    values += [json.dumps(arguments), due]
    with unread(), connection.cursor() as cursor:
        cursor.execute(DEFER, values)


def defer_soon(task: Task[..., Any, Any]) -> None:
    """Queue a job without arguments, in the caller's transaction.

    It runs SOON to twice SOON seconds later, for all whose transactions end by then. What a
    longer one stores must be found by a later run.
    """
    values: dict[str, str | int | None] = {
        "queue": task.queue,
        "task": task.name,
        "priority": task.priority,
        "lock": task.lock,
        "seconds": SOON,
    }
    with unread(), connection.cursor() as cursor:
        cursor.execute(DEFER_SOON, values)


class RetryLater(Exception):
    """Make the queue run the job again, after the time that its retry strategy says.

    `seconds` is the shortest time that makes sense, for strategies that look at it.
    """

    def __init__(self, problem: str, seconds: float = 0.0) -> None:
        super().__init__(problem)
        self.seconds = seconds
