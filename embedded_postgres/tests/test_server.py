"""Starting, finding and stopping the embedded server when nothing goes wrong."""

import hashlib
import os
import signal
import threading
from pathlib import Path

import pytest

from embedded_postgres.exceptions import EmbeddedPostgresError
from embedded_postgres.processes import cluster_name
from embedded_postgres.programs import binary
from embedded_postgres.server import Server

from .helpers import DATABASE, connect, crash, data_of, first_process, query, start_in_subprocess


def test_the_first_start_creates_the_database(data_dir: Path) -> None:
    server = Server(data_dir)
    assert query(server, "SELECT current_database()") == [(DATABASE,)]
    assert server.started_here


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("server_encoding", "UTF8"),
        ("fsync", "on"),
        ("full_page_writes", "on"),
        ("synchronous_commit", "on"),
        ("listen_addresses", ""),
        ("unix_socket_permissions", "0700"),
    ],
)
def test_it_is_durable_and_private(server: Server, setting: str, value: str) -> None:
    assert query(server, f"SHOW {setting}") == [(value,)]


def test_text_sorts_the_same_on_every_machine(server: Server) -> None:
    sql = f"SELECT datlocprovider::text, datlocale FROM pg_database WHERE datname = '{DATABASE}'"
    assert query(server, sql) == [("b", "C.UTF-8")]
    assert query(server, "SELECT lower('ÑANDÚ ÄÖÜ ДОМ')") == [("ñandú äöü дом",)]


def test_only_its_owner_can_read_the_data(server: Server) -> None:
    assert data_of(server).stat().st_mode & 0o777 == 0o700


def test_the_server_does_not_inherit_our_environment(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.stop()
    monkeypatch.setenv("SECRET_KEY", "not-for-the-server")
    monkeypatch.setenv("PGOPTIONS", "-c work_mem=1MB")
    monkeypatch.setenv("PGPORT", "1")
    [(environment,)] = query(server, "SELECT pg_read_binary_file('/proc/self/environ')")
    assert b"not-for-the-server" not in environment
    assert b"PGPORT" not in environment


def test_a_second_process_finds_the_running_server(server: Server) -> None:
    starter = start_in_subprocess(server.data_dir)
    assert starter.communicate()[0] == "found\n"


def test_a_known_server_is_reused_without_locking(server: Server) -> None:
    address = server.ensure_running(DATABASE)
    (server.data_dir / "postgres.lock").rename(server.data_dir / "aside")
    assert server.ensure_running(DATABASE) == address
    assert not (server.data_dir / "postgres.lock").exists()
    (server.data_dir / "aside").rename(server.data_dir / "postgres.lock")


def test_a_second_database_is_created(server: Server) -> None:
    server.ensure_running('odd "name"')
    names = {name for (name,) in query(server, "SELECT datname FROM pg_database")}
    assert {DATABASE, 'odd "name"'} <= names


def test_eight_concurrent_first_starts_start_one_server(data_dir: Path) -> None:
    starters = [start_in_subprocess(data_dir) for _ in range(8)]
    outputs = [starter.communicate()[0] for starter in starters]
    assert sorted(outputs) == ["found\n"] * 7 + ["started\n"]


def test_eight_concurrent_starts_after_a_crash_start_one_server(server: Server) -> None:
    crash(server)
    starters = [start_in_subprocess(server.data_dir) for _ in range(8)]
    outputs = [starter.communicate()[0] for starter in starters]
    assert sorted(outputs) == ["found\n"] * 7 + ["started\n"]
    assert query(server, "TABLE notes") == [("safe",)]


def test_threads_of_one_process_start_one_server(server: Server) -> None:
    server.stop()
    fresh = Server(server.data_dir)
    bodies: list[str] = []
    threads = [
        threading.Thread(target=lambda: bodies.append(query(fresh, "TABLE notes")[0][0]))
        for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert bodies == ["safe"] * 12


def test_it_survives_its_starter_and_the_starters_ctrl_c(server: Server) -> None:
    server.stop()
    starter = start_in_subprocess(server.data_dir)
    assert starter.stdout is not None
    assert starter.stdout.readline() == "started\n"
    process = first_process(server)
    os.killpg(starter.pid, signal.SIGINT)
    starter.communicate()
    assert first_process(server) == process
    assert query(server, "TABLE notes") == [("safe",)]


def test_stop_ends_the_server_and_keeps_the_data(server: Server) -> None:
    process = first_process(server)
    server.stop()
    assert not process.is_running() or process.status() == "zombie"
    assert not (data_of(server) / "postmaster.pid").exists()
    assert query(server, "TABLE notes") == [("safe",)]
    assert server.started_here


def test_stop_ends_a_server_that_another_process_started(server: Server) -> None:
    server.stop()
    assert start_in_subprocess(server.data_dir).communicate()[0] == "started\n"
    Server(server.data_dir).stop()
    assert start_in_subprocess(server.data_dir).communicate()[0] == "started\n"


def test_stop_does_not_wait_for_open_transactions(server: Server) -> None:
    with connect(server, autocommit=False) as connection:
        connection.execute("INSERT INTO notes VALUES ('never committed')")
        server.stop()
        connection.close()
    assert query(server, "TABLE notes") == [("safe",)]


def test_stopping_a_server_that_never_ran_does_nothing(data_dir: Path) -> None:
    Server(data_dir).stop()
    assert not data_dir.exists()


def test_a_cluster_is_named_as_in_earlier_releases(server: Server) -> None:
    """Otherwise an upgrade would not recognise the server that is running."""
    status = data_of(server).stat()
    inode = f"{status.st_dev}:{status.st_ino}".encode()
    name = f"tickets-{hashlib.blake2s(inode, digest_size=6).hexdigest()}"
    assert cluster_name(data_of(server)) == name
    assert query(server, "SHOW cluster_name") == [(name,)]


def test_programs_are_found_by_name() -> None:
    for name in ("postgres", "psql", "pg_dump", "pg_restore"):
        assert os.access(binary(name), os.X_OK)
    with pytest.raises(EmbeddedPostgresError, match="pg_nonsense"):
        binary("pg_nonsense")
