"""Whether the desk can do all of its work: the database, its migrations and a worker."""

from __future__ import annotations

import logging

from django.db import InterfaceError, OperationalError, connection

from ..exceptions import Unavailable
from .rescue import DEAD_AFTER

logger = logging.getLogger(__name__)
# How long ago the last periodic job, of which there is one a minute, may have been queued by a
# worker that has ended as it should: it is being restarted.
RESTART_SECONDS = 90
# A worker whose heartbeat is in the future corrects it within ten seconds, if it is alive.
WORKERS = """
SELECT
    count(*),
    count(*) FILTER (WHERE abs(extract(epoch FROM now() - last_heartbeat)) <= %(dead)s),
    (SELECT max(defer_timestamp) > extract(epoch FROM now()) - %(restart)s
        FROM procrastinate_periodic_defers)
FROM procrastinate_workers
"""


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
    with connection.cursor() as cursor:
        cursor.execute(WORKERS, {"dead": DEAD_AFTER, "restart": RESTART_SECONDS})
        workers, alive, was_there = cursor.fetchone()
    if alive or (was_there and not workers):
        return {}
    return {"worker": f"No worker has sent a heartbeat for {DEAD_AFTER} seconds."}


def _unavailable(problems: dict[str, str]) -> Unavailable:
    detail = f"The desk is not ready: {', '.join(problems)}."
    return Unavailable(detail, errors={name: [text] for name, text in problems.items()})
