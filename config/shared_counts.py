"""What the processes of one web server count together, in files that all of them read.

Each process has a slot, and adds to the files of its slot. A process that replaces another one
takes over its slot, so nothing that was counted is lost and no files pile up. The files live as
long as the web server: Prometheus knows counters that start again.
"""

from __future__ import annotations

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
    os.environ[VARIABLE] = tempfile.mkdtemp(prefix=own, dir=parent)
    values.ValueClass = values.MultiProcessValue(lambda: _slot)  # type: ignore[no-untyped-call]


def free_slot(workers: Any) -> int:
    """Return the lowest number that none of gunicorn's workers has."""
    used = {worker.slot for worker in workers}
    return next(number for number in range(len(used) + 1) if number not in used)


def take(slot: int) -> None:
    """Let this process count in the files of its slot."""
    global _slot
    _slot = slot


def forget_gauges(slot: int) -> None:
    """Forget what only a living process has, such as connections."""
    multiprocess.mark_process_dead(slot)  # type: ignore[no-untyped-call]


def remove() -> None:
    shutil.rmtree(os.environ[VARIABLE], ignore_errors=True)


def _remove_leftovers(parent: Path) -> None:
    """Remove the directories of web servers that were killed."""
    for path in parent.glob(f"{PREFIX}*"):
        pid = path.name.removeprefix(PREFIX).partition("-")[0]
        if path.stat().st_uid == os.geteuid() and not psutil.pid_exists(int(pid)):
            shutil.rmtree(path, ignore_errors=True)
