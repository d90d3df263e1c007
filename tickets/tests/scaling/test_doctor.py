"""What the doctor says of PgBouncer and of the replica, working and broken."""

import contextlib
import json
import subprocess
import sys

import pytest

from ..mail_server import free_port
from .servers import ROOT, PgBouncer

PARTS = ("pool", "replica")


def lines(site, **environment):
    """Return a line of each of these parts."""
    result = subprocess.run(
        [sys.executable, "manage.py", "doctor", "--json", "--no-model-call"],
        cwd=ROOT,
        env=site.environment | environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    checks = json.loads(result.stdout)["checks"]
    looked_at = {each["part"]: each for each in checks if each["part"] in PARTS}
    assert len(looked_at) == len(PARTS), checks
    return [
        f"{each['status']}: {each['text']} {each['advice']}"
        for each in (looked_at[part] for part in PARTS)
    ]


@contextlib.contextmanager
def pgbouncer(site, name, **options):
    other = PgBouncer(site.root, site.primary, name=name, **options)
    try:
        other.start()
        yield site.address(other)
    finally:
        other.kill()


def nobody():
    return f"postgres://desk:secret@127.0.0.1:{free_port()}/desk"


def test_pgbouncer_and_replica_that_work(site):
    pool, replica = lines(site)
    assert pool.startswith("ok: PgBouncer leads to the database, in transaction mode.")
    assert replica.startswith("ok: It answers, and is not late.")


def test_both_are_away(site):
    pool, replica = lines(site, DATABASE_POOL_URL=nobody(), DATABASE_REPLICA_URL=nobody())
    assert pool.startswith("wrong: The database cannot be used through PgBouncer:")
    assert "Start PgBouncer, or check DATABASE_POOL_URL" in pool
    assert replica.startswith("wrong: It cannot be used:")
    assert "Start it, or check DATABASE_REPLICA_URL" in replica


def test_pgbouncer_in_session_mode_and_a_replica_that_is_late(site):
    site.replica.pause()
    site.program(site.writer).create("Newer than the replica")
    with pgbouncer(site, "by_session", mode="session") as url:
        pool, replica = lines(site, DATABASE_POOL_URL=url, REPLICA_MAX_LAG="1")
    assert pool.startswith("wrong: Each connection keeps a session of its own")
    assert "pool_mode = transaction" in pool
    assert replica.startswith("wrong: It is 0:")
    assert "behind, more than REPLICA_MAX_LAG" in replica


@pytest.mark.parametrize(
    ("options", "text", "advice"),
    [
        ({"mode": "statement"}, "statement pooling mode", "pool_mode = transaction"),
        ({"database": "postgres"}, "another database: postgres, not desk", "pgbouncer.ini"),
    ],
)
def test_pgbouncer_with_another_line_and_a_replica_that_is_none(site, options, text, advice):
    with pgbouncer(site, "_".join(options), **options) as url:
        primary = site.address(site.primary)
        pool, replica = lines(site, DATABASE_POOL_URL=url, DATABASE_REPLICA_URL=primary)
    assert pool.startswith("wrong: ")
    assert text in pool
    assert advice in pool
    assert replica.startswith("wrong: It is no replica.")
