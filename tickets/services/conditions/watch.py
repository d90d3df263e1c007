"""A thread of every process that tells the log when a condition begins and when it ends.

Every web process and every worker has one, so that it is told whichever of them is frozen. They
take turns: one of them looks every ten seconds, and what was told is in the shared cache.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection

from django.core.cache import caches
from django.db import InterfaceError, OperationalError, connection
from django.db.transaction import atomic

from ...models.housekeeping import Counter
from ..lookout import Lookout
from ..mail.server import look_at_server
from .condition import Condition
from .current import current

logger = logging.getLogger(__name__)
KEY = "conditions"
PAUSE = 10  # seconds
MAX_LOOK = 20  # seconds; what a process saw that was frozen since is old
# When all processes start, the worker comes last.
START_SECONDS = 30
TAKE_TURN = "SELECT pg_advisory_xact_lock(hashtextextended('conditions', 0))"


class ConditionWatch(Lookout):
    """Watches the conditions until it is stopped."""

    failure = "The conditions cannot be looked for. Trying again."
    pause: float = PAUSE
    first_pause: float = START_SECONDS

    def look(self) -> None:
        try:
            if Counter.objects.hit(KEY, limit=1, seconds=PAUSE):
                return  # another process looks
            started = time.monotonic()
            look_at_server()
            conditions = current()
            if time.monotonic() - started < MAX_LOOK:
                tell_log(conditions)
        except (OperationalError, InterfaceError) as error:
            # Whoever needs the database logs that it is away.
            logger.debug("no conditions: %s", error)


def tell_log(conditions: Collection[Condition]) -> None:
    """Write a line for each condition that began, and one for each that ended.

    One that is there for the first time is not told yet: a restart is no news.
    """
    with atomic():
        with connection.cursor() as cursor:
            cursor.execute(TAKE_TURN)
        # Whether each was told, by its key.
        before: dict[str, bool] = caches["desk"].get(KEY) or {}
        now = {each.key: each for each in conditions}
        after = {key: key in before for key in now}
        if after != before:
            caches["desk"].set(KEY, after)
    for key, was_told in sorted(before.items()):
        if key in now and not was_told:
            logger.warning("condition %s began: %s", key, in_one_line(now[key]))
        elif key not in now and was_told:
            logger.warning("condition %s has ended", key)


def in_one_line(condition: Condition) -> str:
    since = condition.since
    begin = f"{condition.title}, since {since:%Y-%m-%d %H:%M:%S %Z}" if since else condition.title
    return f"{begin}. {condition.text} {condition.advice}"
