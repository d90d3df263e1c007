"""Slow statements in the log: what they were, what they waited for, and never a value."""

import logging
import threading
import time
from contextlib import contextmanager

import pytest
from django.db import OperationalError, connections
from django.db.transaction import atomic

from bounded_postgres.base import DatabaseWrapper
from bounded_postgres.slow import MAX_CHARS, _one_look, without_values

SLOW = 0.2  # seconds
SECRET = "Qx7-k2Z"


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ("SELECT 1", "SELECT ?"),
        (
            "SELECT * FROM t2 WHERE id = 12 AND x1 > 1.5e3",
            "SELECT * FROM t2 WHERE id = ? AND x1 > ?",
        ),
        ("UPDATE t SET a = 'b', c = %s", "UPDATE t SET a = ?, c = %s"),
        ('SELECT "t1"."a 2" FROM "t1"', 'SELECT "t1"."a 2" FROM "t1"'),
        ("VALUES ('it''s', 'x')", "VALUES (?, ?)"),
        (r"VALUES ( E'a\\\'b''c', 'x')", "VALUES ( ?, ?)"),
        ("SELECT '2026-01-01'::date,\n    $1", "SELECT ?::date, $?"),
        ("SELECT $$it's$$, $tag$ $$ ' $tag$, 'x'", "SELECT ?, ?, ?"),
        ("SELECT '\"', 'x', \"'\"", 'SELECT ?, ?, "\'"'),
        (r"SELECT '\', 'x'", "SELECT ?, ?"),  # a backslash is a character like others
        ("SELECT 'cut off in the middle", "SELECT ?"),
        (r"SELECT E'cut off \'", "SELECT ?"),
        ("SELECT $x$ cut off", "SELECT ?"),
    ],
)
def test_a_statement_is_shown_without_its_values(sql, text):
    assert without_values(sql) == text


def test_a_long_statement_is_cut_off():
    assert len(without_values("SELECT a, " * MAX_CHARS)) == MAX_CHARS + 1
    started = time.process_time()
    without_values("'" * 200_001 + "E'" * 100_000 + "$x$" * 100_000)
    assert time.process_time() - started < 30  # of a quadratic expression, hours


@pytest.fixture
def connect():
    """Return connections of their own, without a pool, for which SLOW seconds are long."""
    opened = {}

    def connect(name, **changes):
        default = connections["default"]
        settings = default.settings_dict
        options = {name: value for name, value in settings["OPTIONS"].items() if name != "pool"}
        values = {"OPTIONS": options, "SLOW_SECONDS": SLOW, **changes}
        connections[name] = opened[name] = type(default)(settings | values, name)
        opened[name].inc_thread_sharing()
        return opened[name]

    yield connect
    for name, wrapper in opened.items():
        wrapper.close()
        DatabaseWrapper._watches.pop(name, None)
        del connections[name]


def run(wrapper, sql, *values):
    with wrapper.cursor() as cursor:
        cursor.execute(sql, values or None)


def slow_lines(caplog):
    return [each for each in caplog.records if each.name == "bounded_postgres.slow"]


@pytest.mark.django_db(transaction=True)
def test_only_a_slow_statement_is_logged_and_without_its_values(connect, caplog):
    wrapper = connect("own")
    run(wrapper, "SELECT %s", SECRET)
    assert slow_lines(caplog) == []
    run(wrapper, f"SELECT pg_sleep({2 * SLOW}), %s, '{SECRET}'", SECRET)
    [line] = slow_lines(caplog)
    assert line.getMessage() == "slow statement: SELECT pg_sleep(?), %s, ?"
    assert 2000 * SLOW <= line.ms < 60_000
    assert line.levelno == logging.WARNING


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("limits", [{"SLOW_SECONDS": 0}, {"SLOW_SECONDS": 60}])
def test_what_is_not_slow_by_the_setting_is_not_logged(connect, caplog, limits):
    run(connect("own", **limits), f"SELECT pg_sleep({2 * SLOW})")
    assert slow_lines(caplog) == []


@pytest.mark.django_db(transaction=True)
def test_a_statement_that_fails_is_logged_too(connect, caplog):
    wrapper = connect("own")
    with pytest.raises(OperationalError):
        run(wrapper, f"SET statement_timeout = {int(2000 * SLOW)}; SELECT pg_sleep(600)")
    assert len(slow_lines(caplog)) == 1


@contextmanager
def in_the_background(work):
    thread = threading.Thread(target=work)
    thread.start()
    yield thread
    thread.join(60)
    assert not thread.is_alive()


def wait_until(is_so):
    ends = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < ends
        time.sleep(0.02)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("held", "sought", "lock"),
    [
        ("LOCK TABLE tickets_counter", "LOCK TABLE tickets_counter", "AccessExclusiveLock"),
        (
            "UPDATE tickets_counter SET count = 2",
            "UPDATE tickets_counter SET count = 3",
            "ShareLock",
        ),
    ],
)
def test_a_wait_for_a_lock_names_the_lock_and_the_session_that_has_it(
    connect, caplog, held, sought, lock
):
    holder, waiter = connect("holder"), connect("waiter", ANSWER_SECONDS=30)
    run(
        holder,
        "INSERT INTO tickets_counter (name, time_window, count, expires_at)"
        f" VALUES ('{SECRET}', 1, 1, now())",
    )
    for wrapper in (holder, waiter):
        wrapper.set_autocommit(False)
    run(holder, held)
    pid = holder.connection.info.backend_pid
    with in_the_background(lambda: run(waiter, sought)):
        wait_until(lambda: waiter.connection.blocked_by)
        holder.rollback()
    waiter.rollback()
    [line] = slow_lines(caplog)
    text = line.getMessage()
    assert f"; waited for {lock} on tickets_counter, blocked by session {pid} (" in text
    assert f"({held.split()[0]}, idle in transaction, its transaction " in text
    assert SECRET not in text


@pytest.mark.django_db(transaction=True)
def test_a_slow_commit_is_logged(connect, caplog):
    wrapper = connect("own")
    with atomic("own"):
        run(
            wrapper,
            "CREATE TEMP TABLE later (id int);"
            "CREATE FUNCTION pg_temp.doze() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$BEGIN PERFORM pg_sleep({2 * SLOW}); RETURN NULL; END$$;"
            "CREATE CONSTRAINT TRIGGER doze AFTER INSERT ON later DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION pg_temp.doze(); INSERT INTO later VALUES (1)",
        )
        caplog.clear()
    [line] = slow_lines(caplog)
    assert line.getMessage() == "slow statement: COMMIT"


@pytest.mark.django_db(transaction=True)
def test_no_statement_takes_longer_because_somebody_asks_what_blocks_it(connect, caplog):
    holder, waiter = connect("holder"), connect("waiter", ANSWER_SECONDS=1)
    holder.set_autocommit(False)
    run(holder, "LOCK TABLE tickets_counter")
    with pytest.raises(OperationalError, match="within 1 seconds"):
        run(waiter, "SELECT * FROM tickets_counter")
    holder.rollback()
    [line] = slow_lines(caplog)
    assert line.getMessage() == "slow statement: SELECT * FROM tickets_counter"


@pytest.mark.django_db(transaction=True)
def test_a_queue_behind_a_lock_does_not_double_the_sessions(connect):
    """One thread asks at a time, and the others go on waiting."""
    holder, waiter = connect("holder"), connect("waiter", SLOW_SECONDS=0)
    for wrapper in (holder, waiter):
        wrapper.set_autocommit(False)
    run(holder, "LOCK TABLE tickets_counter")
    pid = holder.connection.info.backend_pid
    run(waiter, "SELECT 1")
    waiting = waiter.connection.info.backend_pid
    with in_the_background(lambda: run(waiter, "LOCK TABLE tickets_counter")):
        wait_until(lambda: f"session {pid} " in holder.blockers(waiting))
        with _one_look:
            assert holder.blockers(waiting) == ""
        holder.rollback()
    waiter.rollback()
