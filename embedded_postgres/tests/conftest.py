"""Data directories and servers for the tests of the embedded PostgreSQL."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from embedded_postgres.server import Server

from .embedded import query


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A data directory that does not exist yet; what is started in it is stopped."""
    with place_for_data() as path:
        yield path


@pytest.fixture(scope="module")
def shared_dir() -> Iterator[Path]:
    with place_for_data() as path:
        yield path


@pytest.fixture
def server(shared_dir: Path) -> Server:
    """A running server, one for a module's tests, that keeps the word "safe" in a table."""
    server = Server(shared_dir)
    query(server, "CREATE TABLE IF NOT EXISTS kept (word text PRIMARY KEY)")
    query(server, "INSERT INTO kept VALUES ('safe') ON CONFLICT DO NOTHING")
    return server


@contextmanager
def place_for_data() -> Iterator[Path]:
    # Not below pytest's own directory, which only its owner may enter, when that is root.
    parent = Path(tempfile.mkdtemp(prefix="embedded-"))
    parent.chmod(0o755)
    yield parent / "data"
    Server(parent / "data").stop()
    shutil.rmtree((parent / "data" / "postgres").resolve(), ignore_errors=True)
    shutil.rmtree(parent)
