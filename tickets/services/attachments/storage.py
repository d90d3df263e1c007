"""Where the bytes of files are. What goes wrong there is an OSError."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.files.storage import storages

from ...exceptions import StorageUnavailable

logger = logging.getLogger(__name__)


def storage() -> Any:
    return storages["attachments"]


@contextmanager
def storage_errors(action: str) -> Iterator[None]:
    """Log what goes wrong and raise StorageUnavailable instead."""
    try:
        yield
    except OSError as error:
        logger.error("a file could not be %s: %s", action, error)
        raise StorageUnavailable from error
