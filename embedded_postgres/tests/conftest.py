"""Data directories and servers for the tests of the embedded PostgreSQL server."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from embedded_postgres.server import Server

from .helpers import query


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A data directory that does not exist yet. A server started in it is stopped afterwards."""
    with temporary_data_dir() as path:
        yield path


@pytest.fixture(scope="module")
def shared_dir() -> Iterator[Path]:
    with temporary_data_dir() as path:
        yield path


@pytest.fixture
def server(shared_dir: Path) -> Server:
    """A running server, shared by a module's tests, with the row "safe" in a table."""
    server = Server(shared_dir)
    query(server, "CREATE TABLE IF NOT EXISTS notes (body text PRIMARY KEY)")
    query(server, "INSERT INTO notes VALUES ('safe') ON CONFLICT DO NOTHING")
    return server


@contextmanager
def temporary_data_dir() -> Iterator[Path]:
    # Not in pytest's own directory: only its owner can enter it, and that may be root.
    parent = Path(tempfile.mkdtemp(prefix="embedded-"))
    parent.chmod(0o755)
    yield parent / "data"
    Server(parent / "data").stop()
    shutil.rmtree((parent / "data" / "postgres").resolve(), ignore_errors=True)
    shutil.rmtree(parent)
