"""What `/metrics` says: what this web server has counted, and what stands in the database.

docs/operations.md describes each metric.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone
from procrastinate.contrib.django import app
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from .. import __version__, instruments
from ..models.incoming import InboundMessage
from ..models.mail import Email
from ..querysets import counts
from ..vocabulary import InboundState, MailState, WaitingFor
from .conditions.condition import TITLES
from .conditions.current import current
from .triage import shared_state
from .workers import Workers

logger = logging.getLogger(__name__)
DEADLINE = 1.0  # seconds, for each statement
# Those that still have to run, up to 50,000, and the newest 10,000 of the others.
JOBS = """
SELECT job.queue_name, job.status, job.jobs,
    extract(epoch FROM now() - least(job.due, waiting.since))::float8
FROM (
    SELECT queue_name, status, count(*) AS jobs,
        min(scheduled_at) FILTER (WHERE status = 'todo' AND scheduled_at <= now()) AS due,
        min(id) FILTER (WHERE status = 'todo' AND scheduled_at IS NULL) AS first_id
    FROM (
        (SELECT id, queue_name, status::text, scheduled_at FROM procrastinate_jobs
            WHERE status IN ('todo', 'doing') ORDER BY id LIMIT 50000)
        UNION ALL
        (SELECT id, queue_name, status::text, scheduled_at FROM procrastinate_jobs
            WHERE status NOT IN ('todo', 'doing') ORDER BY id DESC LIMIT 10000)
    ) known GROUP BY 1, 2
) job
LEFT JOIN LATERAL (
    SELECT min(at) AS since FROM procrastinate_events WHERE job_id = job.first_id
) waiting ON true
"""
SESSIONS = """
SELECT state, count(*) FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND state IS NOT NULL
GROUP BY 1
"""
JOB_STATES = ("todo", "doing", "failed")
SESSION_STATES = ("active", "idle", "idle in transaction")
MAIL_TO_HANDLE = (InboundState.STORED, InboundState.HELD, InboundState.FAILED)


def exposition() -> bytes:
    """Return all metrics in Prometheus' text format.

    At most fifteen statements, each with a deadline.
    """
    stored = CollectorRegistry()
    stored.register(_Stored())
    return generate_latest(instruments.of_this_server()) + generate_latest(stored)


class _Stored(Collector):
    """What is asked for at the moment that somebody reads it."""

    def collect(self) -> Iterator[Metric]:
        yield _gauge("desk_info", "The version of the desk", ["version"], [((__version__,), 1)])
        families: list[Metric] = []
        try:
            with connection.patient(DEADLINE):  # type: ignore[attr-defined]
                for read in (_database, _jobs, _mail, _model, _tickets, _conditions):
                    families += read()
            is_up = 1
        except (DatabaseError, InterfaceError) as error:
            logger.warning("Metrics without all of the database: %s", error)
            is_up = 0
        yield GaugeMetricFamily("desk_database_up", "Whether the database has answered", is_up)
        yield from families


def _database() -> Iterator[Metric]:
    sessions = dict.fromkeys(SESSION_STATES, 0)
    with connection.cursor() as cursor:
        cursor.execute(SESSIONS)
        sessions |= dict(cursor.fetchall())
    yield _gauge(
        "desk_database_sessions",
        "Sessions of the database, of all processes, by state",
        ["state"],
        (((state,), count) for state, count in sessions.items()),
    )
    yield GaugeMetricFamily("desk_workers", "Workers that are alive", Workers.read().alive)


def _jobs() -> Iterator[Metric]:
    queues = {task.queue for task in app.tasks.values()} - {"builtin", "default"}
    jobs = {(queue, state): 0 for queue in sorted(queues) for state in JOB_STATES}
    oldest = {(queue,): 0.0 for queue in sorted(queues)}
    with connection.cursor() as cursor:
        cursor.execute(JOBS)
        for queue, state, count, seconds in cursor.fetchall():
            jobs[queue, state] = count
            if state == "todo":
                oldest[queue,] = max(seconds or 0.0, 0.0)
    yield _gauge("desk_jobs", "Background jobs", ["queue", "state"], jobs.items())
    name, text = "desk_job_oldest_seconds", "For how long the oldest due job has waited"
    yield _gauge(name, text, ["queue"], oldest.items())


def _mail() -> Iterator[Metric]:
    out, incoming = Email.objects.by_state(), InboundMessage.objects.to_act_on_by_state()
    waiting = (MailState.WAITING, MailState.SENDING)
    yield _by_state("desk_mail_out", "Email, of the newest 10,000", MailState.values, out)
    yield GaugeMetricFamily(
        "desk_mail_out_oldest_seconds",
        "For how long the oldest email has waited to be sent",
        _age([out[state][1] for state in waiting if state in out]),
    )
    yield _by_state("desk_mail_in", "Messages that came in, not handled", MAIL_TO_HANDLE, incoming)
    stored = incoming.get(InboundState.STORED)
    yield GaugeMetricFamily(
        "desk_mail_in_oldest_seconds",
        "For how long the oldest message has waited to be read",
        _age([stored[1]] if stored else []),
    )


def _model() -> Iterator[Metric]:
    questions = CounterMetricFamily(
        "desk_model_questions",
        "Questions to a model since midnight UTC, by how they ended",
        labels=["task", "outcome", "provider"],
    )
    for outcome, count in sorted(shared_state.outcomes_today().items()):
        questions.add_metric(list(outcome), count)
    yield questions
    costs = CounterMetricFamily(
        "desk_model_cost_dollars",
        "Estimated cost of the model since midnight UTC",
        labels=["provider"],
    )
    for provider, cost in sorted(shared_state.costs_today().items()):
        costs.add_metric([provider], cost)
    yield costs


def _tickets() -> Iterator[Metric]:
    figures = counts.current()
    if figures is None:  # the database has not counted them yet
        return
    statuses = figures.counts["status"].items()
    by_status = (((status,), count) for status, count in statuses)
    yield _gauge("desk_tickets", "Tickets", ["status"], by_status)
    yield GaugeMetricFamily(
        "desk_tickets_waiting",
        "Tickets that wait for an agent",
        figures.waiting_for[WaitingFor.US],
    )
    since = figures.longest_wait
    name, text = "desk_tickets_oldest_seconds", "For how long the oldest of them has waited"
    yield GaugeMetricFamily(name, text, _age([since] if since else []))


def _conditions() -> Iterator[Metric]:
    names = {each.name for each in current()}
    states = (((name,), int(name in names)) for name in TITLES)
    yield _gauge(
        "desk_condition", "What needs an operator, see docs/operations.md", ["name"], states
    )


def _by_state(
    name: str, text: str, states: Iterable[str], stored: Mapping[str, tuple[int, datetime]]
) -> GaugeMetricFamily:
    numbers = [((state,), stored[state][0] if state in stored else 0) for state in states]
    return _gauge(name, text, ["state"], numbers)


def _gauge(
    name: str, text: str, labels: list[str], numbers: Iterable[tuple[tuple[str, ...], float]]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=labels)
    for values, number in numbers:
        family.add_metric(list(values), number)
    return family


def _age(times: list[datetime]) -> float:
    """Return for how many seconds the oldest has been there; 0 for none."""
    return max((timezone.now() - min(times)).total_seconds(), 0.0) if times else 0.0
