"""Which disks of the desk are nearly full."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db import connection

from ..attachments.local import LocalStorage
from ..attachments.storage import storage
from .condition import Condition

MB, GB = 1024 * 1024, 1024**3
MAX_NEEDED = 5 * GB  # of a large disk
MIN_FREE_FILES = 1000


def full_disks() -> Iterator[Condition]:
    """Return the disks with too little room, each once. They are those that this process sees."""
    seen = set()
    for path in directories():
        status = os.statvfs(path)
        device = os.stat(path).st_dev
        if device in seen:
            continue
        seen.add(device)
        total, free = status.f_blocks * status.f_frsize, status.f_bavail * status.f_frsize
        if free < needed_bytes(total):
            yield _condition(path, f"{path} has {size(free)} left of {size(total)}.")
        elif status.f_files and status.f_favail < MIN_FREE_FILES:
            yield _condition(path, f"{path} has room for {status.f_favail} more files only.")


def directories() -> list[Path]:
    """Return where the desk writes on this machine: its own data, files, and the database."""
    files = storage()
    paths = [
        settings.DATA_DIR,
        Path(files.location) if isinstance(files, LocalStorage) else None,
        getattr(connection, "data_directory", None),
    ]
    # Also where a directory above may not be entered, which Path.exists reports as an error.
    return [path for path in paths if path and os.access(path, os.F_OK)]


def needed_bytes(total: int) -> int:
    """Return how much must be free: what the setting says, or a tenth, and 5 GB are enough."""
    if settings.MIN_FREE_DISK_MB:
        return int(settings.MIN_FREE_DISK_MB * MB)
    return min(total // 10, MAX_NEEDED)


def size(count: int) -> str:
    """Write a number of bytes: "3.4 GB"."""
    return f"{count / GB:.1f} GB" if count >= GB else f"{count / MB:.0f} MB"


def _condition(path: Path, text: str) -> Condition:
    return Condition(
        "disk",
        text,
        "Delete what is not needed, such as old backups and logs, or enlarge the disk. Once it is"
        " full, nothing can be stored.",
        subject=str(path),
    )
