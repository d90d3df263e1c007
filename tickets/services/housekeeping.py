"""Regular chores."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module

from axes.models import AccessAttempt, AccessLog
from django.conf import settings
from django.utils import timezone
from procrastinate.contrib.django import app

from ..models.housekeeping import Counter, IdempotencyKey
from ..models.mail import Notification
from ..models.sign_ins import SignIn
from ..models.triage import Prediction
from ..models.workplace import PendingReply, Presence
from ..vocabulary import IDEMPOTENCY_KEY_LIFETIME
from .attachments.deletion import delete_unused_files
from .mail.forgetting import forget_unneeded
from .triage import shared_state, similar

NOTIFICATION_LIFETIME = timedelta(days=30)  # long after each was told


def purge_expired() -> None:
    """Delete expired rows: idempotency keys, counters, cached replies, suggestions never sent,
    presences, old pending replies, unused files, notifications, sessions, the log of sign-ins,
    and what old tickets mean. Empty old mail without a ticket."""
    now = timezone.now()
    IdempotencyKey.objects.filter(created_at__lt=now - IDEMPOTENCY_KEY_LIFETIME).delete()
    Counter.objects.purge()
    Prediction.objects.purge()
    Presence.objects.purge()
    PendingReply.objects.purge()
    delete_unused_files()
    forget_unneeded()
    Notification.objects.filter(created_at__lt=now - NOTIFICATION_LIFETIME).delete()
    shared_state.purge_replies()
    similar.purge()
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    SignIn.objects.purge()
    oldest = now - timedelta(days=settings.RETENTION_SIGN_IN_DAYS)
    AccessAttempt.objects.filter(attempt_time__lt=oldest).delete()
    AccessLog.objects.filter(attempt_time__lt=oldest).delete()


# --- jobs -------------------------------------------------------------------------------


@app.periodic(cron="17 * * * *")
@app.task(aliases=["tickets.tasks.purge"], queue="housekeeping", queueing_lock="purge")
def purge(timestamp: int) -> None:
    """Delete expired rows, once an hour."""
    purge_expired()
