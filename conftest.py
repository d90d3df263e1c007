"""For every test: a database server for the run, and settings that ignore the environment."""

import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.conf import settings as django_settings
from django.db import connection, transaction
from django.test import TransactionTestCase

from tickets.tests.fault_files import fault_files
from tickets.triage.providers.table import PROVIDERS

PREFIX = "tickets-tests-"
# Their tests share something slow to make, so they run in one process.
TOGETHER = (
    "bench/tests/test_desks_peers.py",
    "bench/tests/test_load_rows.py",
    "bench/tests/test_soak.py",
    "tickets/tests/commands/test_doctor.py",
    "tickets/tests/commands/test_run_local.py",
    "tickets/tests/scaling/test_frozen_database.py",
    "tickets/tests/test_plans.py",
)
UPGRADED = re.compile(r"tickets/tests/upgrade/.*\[(\d\.\d)\b")  # from a release


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of docs/faults.md."""
    files = fault_files()
    for item in items:
        if item.path in files:
            item.add_marker(pytest.mark.fault)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Hand out tests one by one, so that no process ends early, and some of them together.

    Their order stays: those that commit come after those that do not. (The groups of xdist itself
    do nothing with this pytest.)
    """
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            path = nodeid.partition("::")[0]
            if upgraded := UPGRADED.match(nodeid):
                return upgraded[1]
            return path if path in TOGETHER else nodeid

    config.option.loadscopereorder = False
    return Scheduling(config, log)


def pytest_configure(config: pytest.Config) -> None:
    """Give each test run its own data directory, which the workers of xdist share."""
    database = django_settings.DATABASES["default"]
    if "options" in database["OPTIONS"]:  # not behind PgBouncer
        database["OPTIONS"]["options"] += " -c synchronous_commit=off"
    if "DATA_DIR" in database:
        database["USER"] = ""  # the superuser: tests empty tables, and some change them
    if "DATA_DIR" not in database or hasattr(config, "workerinput"):
        return
    remove_leftovers()
    data_dir = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    data_dir.chmod(0o711)  # if we are root, the server's account must pass through
    os.environ["DATA_DIR"] = str(data_dir)
    django_settings.DATA_DIR = database["DATA_DIR"] = data_dir
    config.add_cleanup(lambda: remove_data(data_dir))


def remove_leftovers() -> None:
    """Remove the data of test runs that were killed."""
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        creator = int(path.name.split("-")[2])
        if path.stat().st_uid == os.geteuid() and not psutil.pid_exists(creator):
            remove_data(path)


def remove_data(data_dir: Path) -> None:
    from embedded_postgres.server import server_of

    server_of(data_dir).stop()
    shutil.rmtree(data_dir, ignore_errors=True)


@pytest.fixture(autouse=True)
def _defaults(settings):
    """Keep the developer's environment from changing the tests."""
    settings.ACCESS_MODE = "token"
    settings.LLM_ENABLED, settings.LLM_PROVIDER, settings.TRIAGE_SHADOW = True, "auto", ""
    settings.LLM_BASE_URL, settings.TRIAGE_ENCODER = "", True
    for row in PROVIDERS.values():
        setattr(settings, row.key_setting, "")
    settings.HTTPS_PROXY = settings.HTTP_PROXY = settings.ALL_PROXY = settings.NO_PROXY = ""
    settings.TRUSTED_PROXIES = 0
    # Replies are sent at once, except in the tests of the wait.
    settings.REPLY_DELAY_SECONDS, settings.REPLY_TAKES_TICKET = 0, False
    settings.ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
    # Serve static files from the checkout, whether or not they were collected.
    settings.STATIC_ROOT = None
    sources = [path for path in settings.STATICFILES_DIRS if path != settings.BUNDLES]
    settings.STATICFILES_DIRS = sources
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}


def empty_tables(_test_case: TransactionTestCase) -> None:
    """Empty the database after a test that commits, like Django's `flush`, in a fifth of its time.

    Tables without a model are emptied too: the queue and the cache. What never changes stays.
    """
    from tickets.access.groups import create_groups
    from tickets.services.counts import count_empty_desk

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # without triggers
        cursor.execute(
            "SELECT tablename, pg_relation_size(tablename::regclass) > 1000000 FROM pg_tables"
            " WHERE schemaname = 'public' AND tablename <> ALL(%s)",
            [["django_migrations", "django_content_type", "auth_permission"]],
        )
        tables = cursor.fetchall()
        # Requests that still write are waited for.
        cursor.execute(f"LOCK TABLE {', '.join(name for name, _ in tables)} IN EXCLUSIVE MODE")
        # A table is slow to truncate, but rows that are deleted still take space.
        cursor.execute(
            ";".join(
                f"TRUNCATE {name} CASCADE" if is_large else f"DELETE FROM {name}"  # noqa: S608
                for name, is_large in tables
            )
        )
        create_groups()
        count_empty_desk()


TransactionTestCase._fixture_teardown = empty_tables  # type: ignore[attr-defined]
