"""Where the server's data, programs and socket can be, and who can own them."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from embedded_postgres.exceptions import EmbeddedPostgresError
from embedded_postgres.programs import PACKAGE, site_packages
from embedded_postgres.server import Server

from .helpers import data_of, first_process, query, start_in_subprocess

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can change accounts")
as_user = pytest.mark.skipif(os.geteuid() == 0, reason="root can write everywhere")
NOBODY = 65534


def permissions(path: Path) -> list[tuple[int, int, int]]:
    """Return mode, owner and group of every directory above a path."""
    return [(status.st_mode, status.st_uid, status.st_gid) for status in map(os.stat, path.parents)]


@contextmanager
def acting_as(uid: int) -> Iterator[None]:
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("name", ["it's --fsync=off Müller", "100% & (more); *", "a,b"])
def test_any_path_works(data_dir: Path, name: str) -> None:
    server = Server(data_dir / name)
    assert query(server, "SELECT 1") == [(1,)]
    assert query(server, "SHOW fsync") == [("on",)]
    server.stop()
    assert query(Server(data_dir / name), "SELECT 1") == [(1,)]
    server.stop()


def test_a_long_paths_socket_is_in_a_private_directory_until_the_server_stops(
    data_dir: Path,
) -> None:
    server = Server(data_dir / ("x" * 100))
    socket_dir = Path(server.ensure_running()["host"])
    assert socket_dir.parent == Path("/tmp")
    assert socket_dir.stat().st_mode & 0o777 == 0o700
    assert socket_dir.stat().st_uid == data_of(server).stat().st_uid
    server.stop()
    assert not socket_dir.exists()

    socket_dir.write_text("another account was faster")
    with pytest.raises(EmbeddedPostgresError, match=f"^{socket_dir} is not a private directory"):
        server.ensure_running()
    socket_dir.unlink()
    assert query(server, "SELECT 1") == [(1,)]
    server.stop()


def test_nothing_above_the_data_directory_changes(data_dir: Path) -> None:
    before = permissions(data_dir)
    Server(data_dir).ensure_running()
    assert permissions(data_dir) == before


def test_a_data_directory_that_cannot_be_created_is_reported_in_one_line(data_dir: Path) -> None:
    data_dir.write_text("a file")
    with pytest.raises(EmbeddedPostgresError) as caught:
        Server(data_dir / "inside").ensure_running()
    assert str(caught.value) == (
        f"Cannot keep a database in {data_dir / 'inside'}: Not a directory: {data_dir / 'inside'}"
    )
    data_dir.unlink()


@as_user
def test_an_unwritable_directory_is_reported_in_one_line(data_dir: Path) -> None:
    data_dir.parent.chmod(0o500)
    with pytest.raises(EmbeddedPostgresError, match=f"Permission denied: {data_dir}"):
        Server(data_dir).ensure_running()
    data_dir.parent.chmod(0o700)


def test_data_that_was_moved_away_is_not_replaced_by_an_empty_database(data_dir: Path) -> None:
    data_dir.mkdir()
    (data_dir / "postgres").symlink_to(data_dir / "gone")
    with pytest.raises(EmbeddedPostgresError, match="does not exist: restore it"):
        Server(data_dir).ensure_running()
    (data_dir / "postgres").unlink()


def test_the_home_may_be_a_link_to_another_disk(data_dir: Path) -> None:
    (data_dir / "disk").mkdir(parents=True)
    (data_dir / "disk").chmod(0o755)
    (data_dir / "postgres").symlink_to(data_dir / "disk")
    assert query(Server(data_dir), "SELECT 1") == [(1,)]
    assert (data_dir / "disk" / "data" / "PG_VERSION").exists()


@as_root
def test_root_runs_the_server_as_an_unprivileged_account(server: Server) -> None:
    assert first_process(server).uids().effective == data_of(server).stat().st_uid != 0


@as_root
def test_an_inaccessible_directory_links_to_a_fallback_that_is_used_again(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data_dir.parent.chmod(0o700)
    before = permissions(data_dir)
    server = Server(data_dir)
    query(server, "CREATE TABLE notes AS SELECT 'safe' AS body")
    assert permissions(data_dir) == before
    home = data_of(server).parent
    assert capsys.readouterr().err.startswith(f"PostgreSQL keeps its data in {home}: the account ")
    server.stop()
    data_dir.parent.chmod(0o755)
    assert query(Server(data_dir), "TABLE notes") == [("safe",)]


@as_root
def test_a_deleted_data_directory_means_a_new_database(data_dir: Path) -> None:
    data_dir.parent.chmod(0o700)
    server = Server(data_dir)
    query(server, "CREATE TABLE notes ()")
    old_home = data_of(server).parent
    server.stop()
    shutil.rmtree(data_dir)
    assert (
        query(Server(data_dir), "SELECT tablename FROM pg_tables WHERE tablename = 'notes'") == []
    )
    assert (old_home / "data" / "PG_VERSION").exists()
    shutil.rmtree(old_home)


@as_root
def test_programs_in_an_inaccessible_directory_are_copied_once(data_dir: Path) -> None:
    closed = data_dir.parent / "closed"
    closed.mkdir(mode=0o700)
    for part in site_packages().glob(f"{PACKAGE}*"):
        shutil.copytree(part, closed / part.name)
    outputs = [start_in_subprocess(data_dir, closed).communicate()]
    Server(data_dir).stop()
    outputs.append(start_in_subprocess(data_dir, closed).communicate())
    (copy,) = (data_dir / "postgres").glob("programs-*")
    assert outputs == [
        ("started\n", f"Copied PostgreSQL's programs to {copy}\n"),
        ("started\n", ""),
    ]
    assert first_process(Server(data_dir)).cmdline()[0].startswith(str(copy))


@as_root
def test_another_account_is_told_who_owns_the_database(server: Server) -> None:
    owner = first_process(server).username()
    with acting_as(1), pytest.raises(EmbeddedPostgresError) as caught:
        Server(server.data_dir).ensure_running()
    assert str(caught.value).startswith(f"{data_of(server)} belongs to the account {owner} and ")


@as_root
def test_root_runs_another_accounts_database_as_that_account(server: Server) -> None:
    with owned_by(server, NOBODY):
        assert query(Server(server.data_dir), "TABLE notes") == [("safe",)]
        assert first_process(server).uids().effective == NOBODY


@as_root
def test_a_database_that_root_owns_is_reported_in_one_line(server: Server) -> None:
    with owned_by(server, 0), pytest.raises(EmbeddedPostgresError, match="chown -R"):
        Server(server.data_dir).ensure_running()


@contextmanager
def owned_by(server: Server, uid: int) -> Iterator[None]:
    data, owner = data_of(server), data_of(server).stat().st_uid
    server.stop()
    change_owner(data, uid)
    yield
    if uid:
        server.stop()
    change_owner(data, owner)


def change_owner(data: Path, uid: int) -> None:
    for path in (data, *data.rglob("*")):
        os.chown(path, uid, -1)
