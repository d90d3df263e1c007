"""What a crash, an accident or a stranger leaves behind does not keep the server from starting."""

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from embedded_postgres.exceptions import EmbeddedPostgresError
from embedded_postgres.processes import cluster_name, of_cluster
from embedded_postgres.server import Server

from .embedded import (
    connect,
    crash,
    data_of,
    first_process,
    query,
    start_elsewhere,
    suspended,
    wait_until,
)

FULL = "{pid}\n{data}\n1700000000\n5432\n{data}\n\n   5432001    131072\nready   \n"
PID_FILES = {
    "empty": "",
    "cut short": "{pid}",
    "no number": "\x00\x01 not a pid\n",
    "number of thousands of digits": "9" * 5000,
    "negative": "-1\n",
    "of the first process of all": FULL.replace("{pid}", "1"),
    "of a process that has ended": FULL.replace("{pid}", "4194300"),
    "of a stranger, this test": FULL.replace("{pid}", str(os.getpid())),
    "of another process of the server's account": FULL,
}


@pytest.fixture
def namesake(server: Server) -> Iterator[int]:
    """A living process of the server's account, such as may be given a dead server's pid."""
    owner = data_of(server).stat()
    switch: dict[str, Any] = {}
    if owner.st_uid != os.geteuid():
        switch = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
    process = subprocess.Popen(["/bin/sleep", "600"], cwd="/", **switch)
    yield process.pid
    process.kill()
    process.wait()


def test_nothing_committed_is_lost_in_a_dozen_crashes(server: Server) -> None:
    query(server, "CREATE TABLE crashes (round int)")
    for number in range(12):
        query(server, f"INSERT INTO crashes VALUES ({number})")
        crash(server)
    assert query(server, "SELECT array_agg(round) FROM crashes") == [(list(range(12)),)]


@pytest.mark.parametrize("content", PID_FILES.values(), ids=PID_FILES.keys())
def test_a_pid_file_left_behind_is_no_obstacle(server: Server, namesake: int, content: str) -> None:
    data = data_of(server)
    crash(server)
    for leftover in ("postmaster.pid", ".s.PGSQL.5432.lock"):
        (data / leftover).write_text(content.format(pid=namesake, data=data))
    assert query(server, "TABLE kept") == [("safe",)]


def test_a_running_server_is_found_without_its_pid_file(server: Server) -> None:
    process = first_process(server)
    for content in ("", "12", "x"):
        (data_of(server) / "postmaster.pid").write_text(content)
        assert start_elsewhere(server.data_dir).communicate()[0] == "found\n"
        assert first_process(server) == process
    server.stop()


def test_files_left_in_the_place_of_the_socket_are_no_obstacle(server: Server) -> None:
    crash(server)
    (data_of(server) / ".s.PGSQL.5432").unlink()
    (data_of(server) / ".s.PGSQL.5432").write_text("not a socket")
    assert query(server, "TABLE kept") == [("safe",)]


def test_what_a_killed_server_leaves_running_is_ended(server: Server) -> None:
    """Only the first process is killed; a busy child does not notice, and keeps the log's alive."""
    busy = connect(server)

    def loop() -> None:
        with suppress(psycopg.OperationalError):
            busy.execute("DO 'BEGIN LOOP END LOOP; END'")

    thread = threading.Thread(target=loop)
    thread.start()
    looping = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'DO %'"
    wait_until(lambda: query(server, looping))
    first_process(server).kill()
    wait_until(lambda: len(of_cluster(data_of(server))) == 2)
    assert query(server, "TABLE kept") == [("safe",)]
    thread.join()


@pytest.mark.parametrize("seconds", [0.1, 0.4, 0.7])
def test_a_first_start_cut_short_leaves_nothing_half_made(data_dir: Path, seconds: float) -> None:
    starter = start_elsewhere(data_dir)
    time.sleep(seconds)
    starter.kill()
    starter.communicate()
    server = Server(data_dir)
    assert query(server, "SELECT 1") == [(1,)]
    # initdb may outlive the starter for a moment; what it still writes is removed later.
    wait_until(lambda: nothing_half_made(server))


def nothing_half_made(server: Server) -> bool:
    server.stop()
    server.ensure_running()
    return list((server.data_dir / "postgres").glob("new-*")) == []


def test_a_server_whose_data_was_deleted_is_not_mistaken_for_a_new_one(data_dir: Path) -> None:
    server = Server(data_dir)
    query(server, "CREATE TABLE old ()")
    doomed = of_cluster(data_of(server)).values()
    shutil.rmtree(data_dir)
    fresh = Server(data_dir)
    assert query(fresh, "SELECT tablename FROM pg_tables WHERE tablename = 'old'") == []
    for process in doomed:
        with suppress(Exception):
            process.kill()


def test_a_server_that_is_stopping_is_waited_for_and_started_again(server: Server) -> None:
    first_process(server).send_signal(signal.SIGINT)
    assert query(Server(server.data_dir), "TABLE kept") == [("safe",)]


def test_a_server_that_is_slow_to_answer_is_waited_for(server: Server) -> None:
    with suspended(first_process(server)):
        other = start_elsewhere(server.data_dir)
        time.sleep(1)
        assert other.poll() is None
    assert other.communicate()[0] == "found\n"


def test_a_lock_is_free_when_its_holder_was_killed(server: Server) -> None:
    with suspended(first_process(server)):
        holder = start_elsewhere(server.data_dir)
        time.sleep(1)
        holder.kill()
        holder.communicate()
    assert start_elsewhere(server.data_dir).communicate()[0] == "found\n"


def test_a_copied_cluster_is_a_cluster_of_its_own(server: Server, data_dir: Path) -> None:
    server.stop()
    home = server.data_dir / "postgres"
    shutil.copytree(home, data_dir / "postgres")
    owner = data_of(server).stat()
    for path in [data_dir / "postgres" / "data", *(data_dir / "postgres" / "data").rglob("*")]:
        os.chown(path, owner.st_uid, owner.st_gid)
    (data_dir / "postgres").chmod(home.stat().st_mode & 0o777)
    copy = Server(data_dir)
    query(copy, "UPDATE kept SET word = 'copied'")
    assert query(server, "TABLE kept") == [("safe",)]
    assert first_process(copy) != first_process(server)
    assert cluster_name(data_of(copy)) != cluster_name(data_of(server))


def test_settings_that_postgresql_refuses_are_told_in_one_line(server: Server) -> None:
    server.stop()
    with altered(data_of(server) / "postgresql.conf") as settings:
        settings.write_text("nonsense = 1")
        with pytest.raises(EmbeddedPostgresError, match=r"^PostgreSQL did not start: FATAL: .*$"):
            server.ensure_running()
    assert query(server, "TABLE kept") == [("safe",)]


def test_a_damaged_cluster_is_told_in_one_line_and_not_replaced(server: Server) -> None:
    server.stop()
    with altered(data_of(server) / "global" / "pg_control") as control:
        control.unlink()
        with pytest.raises(EmbeddedPostgresError, match=r"^PostgreSQL did not start: .*pg_control"):
            server.ensure_running()
    assert query(server, "TABLE kept") == [("safe",)]


@contextmanager
def altered(path: Path) -> Iterator[Path]:
    """A copy of a file to do harm to; the file itself is put back at the end."""
    aside = path.with_name("aside")
    path.rename(aside)
    shutil.copy2(aside, path)
    shutil.chown(path, aside.stat().st_uid, aside.stat().st_gid)
    yield path
    aside.replace(path)


def test_a_foreign_directory_in_the_clusters_place_is_left_alone(data_dir: Path) -> None:
    (data_dir / "postgres" / "data").mkdir(parents=True)
    (data_dir / "postgres" / "data" / "letter").write_text("mine")
    with pytest.raises(EmbeddedPostgresError):
        Server(data_dir).ensure_running()
    assert (data_dir / "postgres" / "data" / "letter").read_text() == "mine"
    shutil.rmtree(data_dir)
