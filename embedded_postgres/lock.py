"""A lock that one thread of one process holds at a time."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .exceptions import EmbeddedPostgresError


@contextmanager
def exclusive_lock(path: Path, deadline: float) -> Iterator[None]:
    """Hold the lock on this file. Wait for it until `deadline`, a time on the monotonic clock.

    The kernel releases it when its holder ends, however it ends, so a crash leaves no lock behind.
    Raise EmbeddedPostgresError at the deadline.
    """
    lock = _open_lock_file(path)
    try:
        while not _try_lock(lock):
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(f"Another process is still busy in {path.parent}")
            time.sleep(0.02)
        yield
    finally:
        os.close(lock)


def _open_lock_file(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except PermissionError:
        # Root created it, having run a user's server. Reading is enough to lock, except on NFS.
        return os.open(path, os.O_RDONLY)


def _try_lock(lock: int) -> bool:
    try:
        # Not lockf: its locks belong to the whole process, so threads would not exclude each other.
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
