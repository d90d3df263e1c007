"""What the processes of one web server count together, in files that all of them read.

Each process has a slot, and adds to the files of its slot. A process that replaces another one
takes over its slot, so nothing that was counted is lost and no files pile up. The files live as
long as the web server: Prometheus knows counters that start again.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import psutil
from prometheus_client import multiprocess, values

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"  # as the library calls it
PREFIX = "desk-counts-"
FIRST = "first"  # of the process that starts the others
_slot: int | str = FIRST


def prepare(parent: str | None) -> None:
    """Make the files' directory and name it in the environment. Call it before any metric is made.

    A web server that reads its configuration again goes on with the files that it has.
    """
    own = f"{PREFIX}{os.getpid()}-"
    if Path(os.environ.get(VARIABLE, "")).name.startswith(own):
        return
    _remove_leftovers(Path(parent or tempfile.gettempdir()))
    os.environ[VARIABLE] = directory = tempfile.mkdtemp(prefix=own, dir=parent)
    # The processes that this one starts inherit the lock. The last of them gives it up.
    fcntl.flock(os.open(directory, os.O_RDONLY), fcntl.LOCK_SH)
    values.ValueClass = values.MultiProcessValue(lambda: _slot)  # type: ignore[no-untyped-call]


def free_slot(workers: Any) -> int:
    """Return the lowest number that none of gunicorn's workers has."""
    used = {worker.slot for worker in workers}
    return next(number for number in range(len(used) + 1) if number not in used)


def take(slot: int) -> None:
    """Let this process count in the files of its slot."""
    global _slot
    _slot = slot
    # Some systems empty /dev/shm and /tmp, as when an account signs out.
    os.makedirs(os.environ[VARIABLE], mode=0o700, exist_ok=True)


def forget_gauges(slot: int) -> None:
    """Forget what only a living process has, such as connections."""
    multiprocess.mark_process_dead(slot)  # type: ignore[no-untyped-call]


def remove() -> None:
    shutil.rmtree(os.environ[VARIABLE], ignore_errors=True)


def _remove_leftovers(parent: Path) -> None:
    """Remove the directories of web servers that were killed, and whose processes are gone too."""
    for path in parent.glob(f"{PREFIX}*"):
        pid = path.name.removeprefix(PREFIX).partition("-")[0]
        if path.stat().st_uid == os.geteuid() and not psutil.pid_exists(int(pid)):
            _remove_unless_used(path)


def _remove_unless_used(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(path, ignore_errors=True)
    except BlockingIOError:
        pass  # a process whose parent was killed still answers its last request
    finally:
        os.close(descriptor)
