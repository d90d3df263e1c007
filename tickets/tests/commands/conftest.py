import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from embedded_postgres.server import Server

from .program import Program


@contextmanager
def new_program():
    # Pytest's own directory is private, and the server may run as another account.
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o711)
        program = Program(Path(directory) / "data")
        yield program
        if program.is_running():
            program.stop()
        Server(program.data_dir).stop()


@pytest.fixture
def program():
    """One that was never started."""
    with new_program() as program:
        yield program


@pytest.fixture(scope="module")
def first_start():
    """A program and what it printed at its very first start. Each test may stop or kill it."""
    with new_program() as program:
        program.start(FAKE_MAIL="1")
        yield program, program.output()


@pytest.fixture
def running(first_start):
    """A program that runs, with the data of the tests before."""
    program, _output = first_start
    if not program.is_running():
        program.start(FAKE_MAIL="1")
    return program
