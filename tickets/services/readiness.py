"""Whether the desk can do all of its work: the database, its migrations and a worker."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from ..exceptions import Unavailable
from .rescue import DEAD_AFTER
from .workers import Workers

logger = logging.getLogger(__name__)
# How long ago the last periodic job, of which there is one a minute, may have been queued by a
# worker that has ended as it should: it is being restarted.
RESTART_SECONDS = 90


def require_all() -> None:
    """Raise Unavailable, whose `errors` name what is missing. Three statements."""
    try:
        problems = _problems()
    except (OperationalError, InterfaceError) as error:
        logger.error("database unavailable: %s", error)
        raise _unavailable({"database": "The database does not answer."}) from error
    if problems:
        raise _unavailable(problems)


def database_is_ready() -> bool:
    """Return whether the database answers and has every migration."""
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _problems() -> dict[str, str]:
    if not database_is_ready():
        return {"migrations": "The database lacks migrations."}
    workers = Workers.read()
    if workers.alive or (not workers.count and _is_restarting(workers.last_periodic_job)):
        return {}
    return {"worker": f"No worker has sent a heartbeat for {DEAD_AFTER} seconds."}


def _is_restarting(last_job: datetime | None) -> bool:
    return last_job is not None and (timezone.now() - last_job).total_seconds() < RESTART_SECONDS


def _unavailable(problems: dict[str, str]) -> Unavailable:
    detail = f"The desk is not ready: {', '.join(problems)}."
    return Unavailable(detail, errors={name: [text] for name, text in problems.items()})
