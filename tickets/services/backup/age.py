"""When the desk was last backed up, for all processes.

It is noted in the shared cache, which no archive has: a restored desk has no backup of its own yet.
"""

from __future__ import annotations

from datetime import datetime

from django.core.cache import caches
from django.utils import timezone

KEY = "backup"


def note_backup() -> None:
    """Note that an archive is complete."""
    caches["desk"].set(KEY, timezone.now())


def last_backup_at() -> datetime | None:
    """Return when the last archive was complete; None if none was made here."""
    noted: datetime | None = caches["desk"].get(KEY)
    return noted
