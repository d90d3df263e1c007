"""A session of the server is frozen by a signal, and the client gives up."""

import time
from contextlib import ExitStack, contextmanager

import psutil
import psycopg
import pytest
from django.db import OperationalError, connections
from django.db.transaction import atomic

from bounded_postgres.base import FULL_SECONDS, DatabaseWrapper
from bounded_postgres.connection import NoAnswer
from bounded_postgres.watch import State

SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bounded():
    """Return a connection of its own, without a pool, that waits half a second."""
    sessions = ask(connections["default"], SESSIONS)
    settings = connections["default"].settings_dict
    options = {name: value for name, value in settings["OPTIONS"].items() if name != "pool"}
    wrapper = type(connections["default"])(
        settings | {"OPTIONS": options, "ANSWER_SECONDS": 0.5}, "bounded"
    )
    connections["bounded"] = wrapper
    yield wrapper
    wrapper.close()
    del connections["bounded"]
    DatabaseWrapper._watches.pop("bounded")
    # Sessions that were frozen end once they find that nobody listens.
    while ask(connections["default"], SESSIONS) > sessions:
        pass


@pytest.fixture
def narrow():
    """Return a connection from a pool, of a role that may have one session."""
    default = connections["default"]
    role = f"narrow_{ask(default, 'SELECT current_database()')}"
    run(default, f"CREATE ROLE {role} LOGIN PASSWORD 'narrow' CONNECTION LIMIT 1")
    pool = {"min_size": 1, "max_size": 2, "timeout": 1}
    address = {"USER": role, "PASSWORD": "narrow", "OPTIONS": {"pool": pool}}
    wrapper = DatabaseWrapper(default.settings_dict | address | {"ANSWER_SECONDS": 5}, "narrow")
    connections["narrow"] = wrapper
    yield wrapper
    wrapper.close()
    wrapper.close_pool()
    del connections["narrow"]
    DatabaseWrapper._watches.pop("narrow")
    run(default, f"DROP ROLE {role}")


def run(wrapper, query):
    with wrapper.cursor() as cursor:
        cursor.execute(query)


def ask(wrapper, query="SELECT 1"):
    with wrapper.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0]


@contextmanager
def frozen(pid):
    process = psutil.Process(pid)
    process.suspend()
    try:
        yield
    finally:
        process.resume()


def test_a_statement_that_is_not_answered_ends_its_connection(bounded):
    with frozen(ask(bounded, "SELECT pg_backend_pid()")):
        with pytest.raises(OperationalError) as caught:
            ask(bounded)
        assert isinstance(caught.value.__cause__, NoAnswer)
        assert bounded.connection.closed
        bounded.close()
    while True:  # until the server has been found to answer
        try:
            assert ask(bounded) == 1
            break
        except OperationalError:
            bounded.close()


def test_a_commit_that_is_not_answered_says_so(bounded):
    with ExitStack() as stack:

        def change():
            with atomic("bounded"):
                stack.enter_context(frozen(ask(bounded, "SELECT pg_backend_pid()")))

        with pytest.raises(OperationalError) as caught:
            change()
        assert isinstance(caught.value.__cause__, NoAnswer)


def test_nobody_asks_a_silent_server_until_it_answers(bounded):
    """The answer is given by hand: it decides when the server is back."""
    ask(bounded)
    bounded.close()
    is_back = []
    bounded.watch.note_silence(lambda: State.READY if is_back else State.SILENT)
    with pytest.raises(OperationalError, match="is asked again when it does"):
        ask(bounded)
    is_back.append(True)
    while True:
        try:
            assert ask(bounded) == 1
            break
        except OperationalError:
            continue


def test_nobody_waits_long_for_a_server_that_is_full(narrow):
    with psycopg.connect(**narrow.get_connection_params()):  # takes the only session
        while narrow.watch.state is not State.FULL:
            with pytest.raises(OperationalError):
                ask(narrow)
        assert narrow.pool.timeout == FULL_SECONDS
        with pytest.raises(OperationalError, match="couldn't get a connection"):
            ask(narrow)
    while narrow.watch.state is State.FULL:
        pass
    assert narrow.pool.timeout == 1
    while True:  # until the session of the attempt has ended
        try:
            assert ask(narrow) == 1
            break
        except OperationalError:
            narrow.close()


def test_a_block_with_little_patience_finds_a_silent_server_as_soon(bounded):
    pid = ask(bounded, "SELECT pg_backend_pid()")
    bounded.answer_seconds = bounded.connection.seconds = 600
    started = time.monotonic()
    with frozen(pid), pytest.raises(OperationalError), bounded.patient(0.1):
        pass
    assert time.monotonic() - started < 300


def test_a_patient_block_waits_longer_and_the_next_statement_does_not(bounded):
    with bounded.patient(60):
        assert ask(bounded, "SELECT 1 FROM pg_sleep(1)") == 1
        assert ask(bounded, "SHOW statement_timeout") == "1min"
    assert ask(bounded, "SHOW statement_timeout") != "1min"
    with (
        frozen(ask(bounded, "SELECT pg_backend_pid()")),
        pytest.raises(OperationalError, match=r"within 0\.5 seconds"),
    ):
        ask(bounded)


def test_without_a_limit_a_statement_takes_as_long_as_it_takes():
    wrapper = connections["default"]
    with wrapper.patient(0.001):
        assert ask(wrapper, "SELECT 1 FROM pg_sleep(1)") == 1
    assert isinstance(wrapper.connection, psycopg.Connection)
