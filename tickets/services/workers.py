"""Whether workers are alive, by the heartbeats that they store every ten seconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from .rescue import DEAD_AFTER

# A worker whose heartbeat is in the future corrects it within ten seconds, if it is alive. One that
# ends as it should leaves no heartbeat, but the time at which it queued the periodic jobs, of which
# there is one a minute.
WORKERS = """
SELECT
    count(*),
    count(*) FILTER (WHERE abs(extract(epoch FROM now() - last_heartbeat)) <= %s),
    max(least(last_heartbeat, now())),
    (SELECT to_timestamp(max(defer_timestamp)) FROM procrastinate_periodic_defers)
FROM procrastinate_workers
"""


@dataclass(frozen=True, slots=True)
class Workers:
    """How many workers there are, how many of them live, and the latest signs of life."""

    count: int
    alive: int
    last_heartbeat: datetime | None
    last_periodic_job: datetime | None

    @classmethod
    def read(cls) -> Workers:
        """One statement."""
        with connection.cursor() as cursor:
            cursor.execute(WORKERS, [DEAD_AFTER])
            return cls(*cursor.fetchone())

    @property
    def last_seen(self) -> datetime | None:
        return max(filter(None, (self.last_heartbeat, self.last_periodic_job)), default=None)
