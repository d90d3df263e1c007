"""The server starts whatever a crash, an accident or another process left behind."""

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

import psutil
import psycopg
import pytest

from embedded_postgres.exceptions import EmbeddedPostgresError
from embedded_postgres.processes import Watched, cluster_name, is_alive, server_processes
from embedded_postgres.server import Server

from .helpers import (
    connect,
    crash,
    data_of,
    first_process,
    query,
    start_in_subprocess,
    suspended,
    wait_until,
)

COMPLETE = "{pid}\n{data}\n1700000000\n5432\n{data}\n\n   5432001    131072\nready   \n"
PID_FILES = {
    "empty": "",
    "cut short": "{pid}",
    "not a number": "\x00\x01 not a pid\n",
    "thousands of digits": "9" * 5000,
    "negative": "-1\n",
    "of process 1": COMPLETE.replace("{pid}", "1"),
    "of a process that has ended": COMPLETE.replace("{pid}", "4194300"),
    "of an unrelated process": COMPLETE.replace("{pid}", str(os.getpid())),
    "of another process with the server's account": COMPLETE,
}


@pytest.fixture
def unrelated_pid(server: Server) -> Iterator[int]:
    """The pid of a running process with the server's account: pids are reused after a crash."""
    owner = data_of(server).stat()
    credentials: dict[str, Any] = {}
    if owner.st_uid != os.geteuid():
        credentials = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
    process = subprocess.Popen(["/bin/sleep", "600"], cwd="/", **credentials)
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
def test_a_pid_file_left_behind_does_not_prevent_a_start(
    server: Server, unrelated_pid: int, content: str
) -> None:
    data = data_of(server)
    crash(server)
    for leftover in ("postmaster.pid", ".s.PGSQL.5432.lock"):
        (data / leftover).write_text(content.format(pid=unrelated_pid, data=data))
    assert query(server, "TABLE notes") == [("safe",)]


def test_a_running_server_is_found_without_its_pid_file(server: Server) -> None:
    process = first_process(server)
    for content in ("", "12", "x"):
        (data_of(server) / "postmaster.pid").write_text(content)
        assert start_in_subprocess(server.data_dir).communicate()[0] == "found\n"
        assert first_process(server) == process
    server.stop()


def test_a_file_with_the_sockets_name_does_not_prevent_a_start(server: Server) -> None:
    crash(server)
    (data_of(server) / ".s.PGSQL.5432").unlink()
    (data_of(server) / ".s.PGSQL.5432").write_text("not a socket")
    assert query(server, "TABLE notes") == [("safe",)]


def test_processes_that_a_killed_server_left_are_killed(server: Server) -> None:
    """Kill the first process only: a busy child does not notice, and keeps the logger alive."""
    busy = connect(server)

    def loop() -> None:
        with suppress(psycopg.OperationalError):
            busy.execute("DO 'BEGIN LOOP END LOOP; END'")

    thread = threading.Thread(target=loop)
    thread.start()
    looping = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'DO %'"
    wait_until(lambda: query(server, looping))
    first_process(server).kill()
    wait_until(lambda: len(server_processes(data_of(server))) == 2)
    assert query(server, "TABLE notes") == [("safe",)]
    thread.join()


@pytest.mark.parametrize("seconds", [0.1, 0.4, 0.7])
def test_an_interrupted_first_start_leaves_no_incomplete_cluster(
    data_dir: Path, seconds: float
) -> None:
    starter = start_in_subprocess(data_dir)
    time.sleep(seconds)
    starter.kill()
    starter.communicate()
    server = Server(data_dir)
    assert query(server, "SELECT 1") == [(1,)]
    # initdb may outlive the starter for a moment; what it still writes is removed later.
    wait_until(lambda: no_incomplete_cluster(server))


def no_incomplete_cluster(server: Server) -> bool:
    server.stop()
    server.ensure_running()
    return list((server.data_dir / "postgres").glob("new-*")) == []


def test_a_server_whose_data_was_deleted_is_not_taken_for_the_new_one(data_dir: Path) -> None:
    server = Server(data_dir)
    query(server, "CREATE TABLE old ()")
    orphans = server_processes(data_of(server)).values()
    shutil.rmtree(data_dir)
    fresh = Server(data_dir)
    assert query(fresh, "SELECT tablename FROM pg_tables WHERE tablename = 'old'") == []
    for process in orphans:
        with suppress(Exception):
            process.kill()


def test_a_server_that_is_stopping_is_awaited_and_started_again(server: Server) -> None:
    first_process(server).send_signal(signal.SIGINT)
    assert query(Server(server.data_dir), "TABLE notes") == [("safe",)]


def test_a_slow_server_is_awaited(server: Server) -> None:
    with suspended(first_process(server)):
        starter = start_in_subprocess(server.data_dir)
        time.sleep(1)
        assert starter.poll() is None
    assert starter.communicate()[0] == "found\n"


def test_the_lock_of_a_killed_process_is_released(server: Server) -> None:
    with suspended(first_process(server)):
        holder = start_in_subprocess(server.data_dir)
        time.sleep(1)
        holder.kill()
        holder.communicate()
    assert start_in_subprocess(server.data_dir).communicate()[0] == "found\n"


def test_a_copied_cluster_gets_a_server_of_its_own(server: Server, data_dir: Path) -> None:
    server.stop()
    home = server.data_dir / "postgres"
    shutil.copytree(home, data_dir / "postgres")
    owner = data_of(server).stat()
    for path in [data_dir / "postgres" / "data", *(data_dir / "postgres" / "data").rglob("*")]:
        os.chown(path, owner.st_uid, owner.st_gid)
    (data_dir / "postgres").chmod(home.stat().st_mode & 0o777)
    copy = Server(data_dir)
    query(copy, "UPDATE notes SET body = 'copied'")
    assert query(server, "TABLE notes") == [("safe",)]
    assert first_process(copy) != first_process(server)
    assert cluster_name(data_of(copy)) != cluster_name(data_of(server))


def test_invalid_postgresql_settings_are_reported_in_one_line(server: Server) -> None:
    server.stop()
    with altered(data_of(server) / "postgresql.conf") as settings:
        settings.write_text("nonsense = 1")
        with pytest.raises(EmbeddedPostgresError, match=r"^PostgreSQL did not start: FATAL: .*$"):
            server.ensure_running()
    assert query(server, "TABLE notes") == [("safe",)]


def test_a_damaged_cluster_is_reported_in_one_line_and_not_replaced(server: Server) -> None:
    server.stop()
    with altered(data_of(server) / "global" / "pg_control") as control:
        control.unlink()
        with pytest.raises(EmbeddedPostgresError, match=r"^PostgreSQL did not start: .*pg_control"):
            server.ensure_running()
    assert query(server, "TABLE notes") == [("safe",)]


@contextmanager
def altered(path: Path) -> Iterator[Path]:
    """Yield a copy of a file to damage, and restore the original at the end."""
    aside = path.with_name("aside")
    path.rename(aside)
    shutil.copy2(aside, path)
    shutil.chown(path, aside.stat().st_uid, aside.stat().st_gid)
    yield path
    aside.replace(path)


def test_a_directory_that_is_not_a_cluster_is_left_untouched(data_dir: Path) -> None:
    (data_dir / "postgres" / "data").mkdir(parents=True)
    (data_dir / "postgres" / "data" / "file").write_text("mine")
    with pytest.raises(EmbeddedPostgresError):
        Server(data_dir).ensure_running()
    assert (data_dir / "postgres" / "data" / "file").read_text() == "mine"
    shutil.rmtree(data_dir)


def test_a_process_without_a_command_line_has_ended() -> None:
    """A killed process looks like this for a moment, before it is a zombie."""
    process = subprocess.Popen([""], executable="/bin/cat", stdin=subprocess.PIPE)
    wait_until(lambda: psutil.Process(process.pid).cmdline() in ([], [""]))
    assert not is_alive(psutil.Process(process.pid))
    process.communicate()


def test_the_end_of_a_watched_process_is_noticed():
    """At once, also while its parent has not asked how it ended."""
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        # Once it answers it has its command line.
        os.write(process.stdin.fileno(), b"x")
        assert os.read(process.stdout.fileno(), 1) == b"x"
        watched = Watched(psutil.Process(process.pid))
        assert watched.is_alive()
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert not watched.is_alive(), "it is a zombie"
        process.wait()
        assert not watched.is_alive()
