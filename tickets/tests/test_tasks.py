"""The jobs, run by a real worker on the tests' database."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from tickets import tasks  # noqa: F401  (registers the jobs)


def work():
    """One worker that does what there is to do and ends.

    In a thread of its own: the browser tests keep an event loop running in this one.
    """
    with ThreadPoolExecutor(1) as thread:
        thread.submit(_work).result()


def _work():
    try:
        with app.replace_connector(app.connector.get_worker_connector()):
            app.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)
    finally:
        connections.close_all()


def stall(job):
    """What a killed worker leaves: its job taken, its last heartbeat long ago."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat)"
            " VALUES (now() - interval '5 minutes') RETURNING id"
        )
        [worker] = cursor.fetchone()
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s WHERE id = %s",
            [worker, job.pk],
        )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", ["first", "second"])
def test_each_test_starts_with_an_empty_queue(turn):
    assert not ProcrastinateJob.objects.exists()
    app.configure_task("tickets.tasks.triage_ticket", queue="triage").defer(
        ticket_id=0, text_digest=turn
    )


@pytest.mark.django_db(transaction=True)
def test_a_job_whose_worker_was_killed_is_done_by_another():
    app.configure_task("tickets.tasks.triage_ticket", queue="triage").defer(
        ticket_id=0, text_digest=""
    )
    taken = ProcrastinateJob.objects.get()
    stall(taken)
    app.configure_task("tickets.tasks.retry_stalled", queue="housekeeping").defer(timestamp=0)
    work()
    work()
    assert not ProcrastinateJob.objects.filter(pk=taken.pk).exists()  # done jobs are deleted


@pytest.mark.django_db(transaction=True)
def test_a_stalled_job_whose_successor_waits_gives_way_to_it():
    """Both may not wait under one queueing lock; the dead one must not keep the other's lock."""
    refit = app.configure_task(
        "tickets.tasks.refit", queue="learning", lock="learn", queueing_lock="refit"
    )
    refit.defer(timestamp=0)
    dead = ProcrastinateJob.objects.get()
    stall(dead)
    refit.defer(timestamp=1)
    app.configure_task("tickets.tasks.retry_stalled", queue="housekeeping").defer(timestamp=0)
    work()
    work()
    assert not ProcrastinateJob.objects.filter(task_name="tickets.tasks.refit").exists()
