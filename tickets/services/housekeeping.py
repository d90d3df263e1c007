"""What is due now and then, and whether all is well."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.utils import timezone

from ..models import Counter, IdempotencyKey, Prediction, Presence
from ..sharing import purge_replies

KEYS_KEPT_FOR = timedelta(days=1)


def purge() -> None:
    """Delete what has served its time: old keys, counters, a model's replies, suggestions that
    were never sent, and who looked at a ticket."""
    IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEYS_KEPT_FOR).delete()
    Counter.objects.purge()
    Prediction.objects.purge()
    Presence.objects.purge()
    purge_replies()


def database_is_ready() -> bool:
    """Whether the database answers and has every migration."""
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())
