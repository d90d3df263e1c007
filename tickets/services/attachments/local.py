"""Files in a directory of this machine."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage

PARTIAL = "partial"  # where a file lies until all of it is on the disk


class LocalStorage(FileSystemStorage):
    """Files below DATA_DIR that only our own account can read.

    A file appears under its name once all of it is on the disk, or not at all.
    """

    def __init__(self, location: str | Path | None = None, **options: Any) -> None:
        super().__init__(location or settings.DATA_DIR / "attachments", **options)

    @property
    def temporary_directory(self) -> Path:
        """Where files are received: on the same disk, so that a full one shows early."""
        return self._directory(PARTIAL)

    def _save(self, name: str, content: File[bytes]) -> str:
        target = self._directory(os.path.dirname(name)) / os.path.basename(name)
        partial = self._directory(PARTIAL) / secrets.token_hex(16)
        try:
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(descriptor, "wb") as file:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            os.replace(partial, target)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        _sync_directory(target.parent)
        return name

    def _directory(self, name: str) -> Path:
        directory = Path(self.path(name)) if name else Path(self.location)
        if not directory.is_dir():
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            _sync_directory(directory.parent)
        return directory


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
