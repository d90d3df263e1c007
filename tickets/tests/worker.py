"""A real worker on the tests' database."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from unittest import mock

from django.conf import settings
from django.db import connection, connections
from procrastinate.contrib.django import app
from procrastinate.periodic import PeriodicRegistry

from tickets import tasks  # noqa: F401  (registers the jobs)


def work():
    """Run one worker until no job is due.

    The schedule stands still, so that a test at the full hour runs the same jobs as any other:
    those that it or the desk has queued.
    It has a thread of its own, because the browser tests keep an event loop running in this one.
    """
    with ThreadPoolExecutor(1) as thread:
        thread.submit(_work).result()


def _work():
    try:
        with (
            app.replace_connector(app.connector.get_worker_connector()) as real_app,
            mock.patch.object(real_app, "periodic_registry", PeriodicRegistry()),
        ):
            real_app.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)
    finally:
        connections.close_all()


def work_now():
    """Run all jobs, including those that are scheduled for later."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'")
    work()


COMMAND = """
import json, os, django
from django.conf import settings
settings.DATABASES["default"] |= {"NAME": os.environ["TEST_DATABASE"], "USER": ""}
settings.STORAGES["attachments"] = json.loads(os.environ["TEST_FILES"])
django.setup()
from django.core.management import call_command
call_command("procrastinate", "worker")
"""


@contextmanager
def worker_process(**environment):
    """Run `manage.py procrastinate worker`, as `make run` and Docker Compose start it."""
    environment |= {
        "DATA_DIR": str(settings.DATA_DIR),
        "SECRET_KEY": settings.SECRET_KEY,
        "TEST_DATABASE": connection.settings_dict["NAME"],
        "TEST_FILES": json.dumps(settings.STORAGES["attachments"], default=str),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND], env=os.environ | environment, cwd=settings.BASE_DIR
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def stall(job):
    """Leave a job as a killed worker does: taken, with the last heartbeat long ago."""
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


def beat(heartbeat="now()"):
    """Be a worker whose last heartbeat is at that SQL time."""
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO procrastinate_workers (last_heartbeat) VALUES ({heartbeat})")
