"""A file on its way into the desk."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO

from django.utils.functional import Promise

from .. import requester_texts as texts
from ..mail.file_names import clean
from .types import HEAD_BYTES, is_program, type_of

MIB = 1024 * 1024


class ReceivedFile:
    """A file that arrives in chunks. They go to the disk, are counted and are hashed.

    The temporary file has no name, so nothing of it outlives the process. What comes past
    `max_bytes` is dropped. Neither that nor a full disk raises: `problem` says why the file is
    refused, so that whatever came with it can be kept.
    """

    def __init__(self, name: str, max_bytes: int, directory: Path | None = None) -> None:
        self.name = clean(name)
        self.size = 0
        self.stored_as = ""  # its name in the storage, once it is there
        self.max_bytes = max_bytes
        self._digest = hashlib.sha256()
        self._head = b""
        self.is_unwritable = False
        self._file: IO[bytes] | None = None
        try:
            self._file = tempfile.TemporaryFile(dir=directory, buffering=0)  # noqa: SIM115
        except OSError:
            self.is_unwritable = True

    def write(self, chunk: bytes) -> None:
        """Take the next part of the content."""
        self.size += len(chunk)
        if self.size > self.max_bytes:
            self.close()
        if self._file is None:
            return
        try:
            view = memoryview(chunk)
            while view:
                view = view[self._file.write(view) :]
        except OSError:
            self.is_unwritable = True
            self.close()
        self._digest.update(chunk)
        self._head += chunk[: HEAD_BYTES - len(self._head)]

    def close(self) -> None:
        """Drop what was received. Django calls it at the end of a request."""
        if self._file is not None:
            self._file.close()
            self._file = None

    @property
    def content(self) -> IO[bytes]:
        """The content from its start. Only for a file without a problem."""
        assert self._file is not None
        self._file.seek(0)
        return self._file

    @cached_property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    @cached_property
    def type(self) -> str:
        return type_of(self._head, self.name)

    @property
    def problem(self) -> Promise | str:
        """Say why the desk refuses this file; "" if it does not."""
        if self.size > self.max_bytes:
            limit = {"name": self.name, "limit": self.max_bytes // MIB}
            return texts.FILE_TOO_LARGE % limit
        if self.is_unwritable:
            return texts.FILE_NOT_STORED % {"name": self.name}
        if not self.size:
            return texts.FILE_EMPTY % {"name": self.name}
        if is_program(self._head, self.name):
            return texts.FILE_IS_PROGRAM % {"name": self.name}
        return ""


@dataclass(frozen=True, slots=True)
class EarlierFile:
    """A file that the desk has stored before, to be attached under a name."""

    name: str
    sha256: str
    size: int


NewFile = ReceivedFile | EarlierFile
