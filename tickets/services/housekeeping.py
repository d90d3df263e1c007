"""What is due now and then, and whether all is well."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module

from axes.models import AccessAttempt, AccessLog
from django.conf import settings
from django.db import connection
from django.utils import timezone

from ..models import Counter, IdempotencyKey, Prediction, Presence
from ..sharing import purge_replies

KEYS_KEPT_FOR = timedelta(days=1)
SIGN_INS_KEPT_FOR = timedelta(days=30)


def purge() -> None:
    """Delete what has served its time: old keys, counters, a model's replies, suggestions that
    were never sent, who looked at a ticket, sessions, and who tried to sign in."""
    IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEYS_KEPT_FOR).delete()
    Counter.objects.purge()
    Prediction.objects.purge()
    Presence.objects.purge()
    purge_replies()
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    since = timezone.now() - SIGN_INS_KEPT_FOR
    AccessAttempt.objects.filter(attempt_time__lt=since).delete()
    AccessLog.objects.filter(attempt_time__lt=since).delete()


def database_is_ready() -> bool:
    """Whether the database answers and has every migration."""
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())
