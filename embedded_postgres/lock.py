"""One process, and one thread in it, at a time."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .exceptions import EmbeddedPostgresError


@contextmanager
def only_one(path: Path, deadline: float) -> Iterator[None]:
    """Hold the lock of this file, waiting for it until `deadline` on the monotonic clock.

    The kernel frees it when its holder ends in whatever way, so a crash leaves nothing locked.
    Raises EmbeddedPostgresError when the time is up.
    """
    lock = _open(path)
    try:
        while not _taken(lock):
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(f"Another process is still busy in {path.parent}")
            time.sleep(0.02)
        yield
    finally:
        os.close(lock)


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except PermissionError:
        # Made by root, who has run a user's server. To read is enough to lock, but not on NFS.
        return os.open(path, os.O_RDONLY)


def _taken(lock: int) -> bool:
    try:
        # Not lockf: its locks belong to the whole process, so threads would not exclude each other.
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
