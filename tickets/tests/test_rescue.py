"""Jobs of workers that died, and of some that did not."""

import time

import pytest
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.testing import InMemoryConnector

from tickets.services.rescue import DEAD_AFTER, Rescuer
from tickets.services.triage.assessment import triage_ticket
from tickets.tests.worker import stall

pytestmark = pytest.mark.django_db(transaction=True)
START = 1000.0  # any monotonic time


def taken_job(heartbeat):
    """Return a job that a worker has taken, whose last heartbeat is at that SQL time."""
    triage_ticket.defer(ticket_id=0, text_digest="")
    job = ProcrastinateJob.objects.latest("pk")
    stall(job)
    beat(job, heartbeat)
    return job


def beat(job, heartbeat):
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE procrastinate_workers SET last_heartbeat = {heartbeat} WHERE id ="
            " (SELECT worker_id FROM procrastinate_jobs WHERE id = %s)",
            [job.pk],
        )


def status(job):
    return ProcrastinateJob.objects.get(pk=job.pk).status


def test_a_worker_rescues_beside_its_queue():
    """No job runs here: this is what a worker does while one job takes its time."""
    job = taken_job("now() - interval '31 seconds'")
    with Rescuer():
        ends = time.monotonic() + 60
        while status(job) != "todo":
            assert time.monotonic() < ends
            time.sleep(0.05)


def test_a_job_of_a_worker_that_is_alive_is_left_to_it():
    job = taken_job("now()")
    rescuer = Rescuer()
    for seconds in range(0, 100, 10):
        beat(job, "clock_timestamp()")
        assert rescuer.look(START + seconds) == 0
    assert status(job) == "doing"


def test_a_heartbeat_from_the_future_counts_as_long_as_it_is_seen_to_change():
    job = taken_job("now() + interval '1 hour'")
    rescuer = Rescuer()
    assert rescuer.look(START) == 0
    beat(job, "now() + interval '61 minutes'")  # the clock was set back, but the worker is alive
    assert rescuer.look(START + DEAD_AFTER + 1) == 0
    assert rescuer.look(START + 2 * DEAD_AFTER + 2) == 1
    assert status(job) == "todo"
    assert rescuer.look(START + 3 * DEAD_AFTER) == 0


def test_a_job_whose_worker_is_gone_is_handed_over():
    job = taken_job("now()")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_workers")
    assert Rescuer().look() == 1
    assert status(job) == "todo"


def test_the_connection_of_the_worker_is_left_alone():
    """While it opens, a call from another thread would belong to another event loop."""
    job = taken_job("now() - interval '1 minute'")
    with app.replace_connector(InMemoryConnector()):
        assert Rescuer().look() == 1
    assert status(job) == "todo"


def test_two_rescuers_hand_a_job_over_once():
    job = taken_job("now() - interval '1 minute'")
    other = connection.copy()
    other.set_autocommit(False)
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('rescue of jobs', 0))")
    assert Rescuer().look() == 0
    other.rollback()
    other.close()
    assert Rescuer().look() == 1
    assert ProcrastinateJob.objects.get(pk=job.pk).attempts == 1
