"""Ask for all conditions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

from ...access.publication import published_by
from ...access.throttling import spent_by_desk
from ...triage import config
from ...triage.explanations import explain
from ..backup.age import last_backup_at
from ..mail.mailboxes import troubles
from ..mail.server import server_problem
from ..triage.shared_state import model_failure
from ..workers import Workers
from .condition import Condition
from .disks import full_disks

START_WORKER = (
    "Start it again: docker compose restart worker, or the service that runs manage.py"
    " procrastinate worker. Its log says why it ended."
)


def current() -> list[Condition]:
    """Return what is wrong now, the worst first. At most eight statements, and no network."""
    workers = list(worker_conditions())
    return [
        *workers,
        *mail_out_conditions(),
        *mail_in_conditions(has_worker=not workers),
        *model_conditions(),
        *full_disks(),
        *backup_conditions(),
        *refusal_conditions(),
    ]


def worker_conditions() -> Iterator[Condition]:
    workers = Workers.read()
    if not workers.alive:
        text = "No mail is sent or fetched, no model is asked, and nothing is cleaned up."
        yield Condition("worker", text, START_WORKER, workers.last_seen)


def mail_out_conditions() -> Iterator[Condition]:
    if problem := server_problem():
        yield Condition(
            "mail_out",
            f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}: {problem.text.rstrip('.')}.",
            "Check the mail server and EMAIL_URL. What waits is sent for about eight hours after"
            " it was written; send the rest again in the back office under Emails.",
            problem.since,
        )


def mail_in_conditions(*, has_worker: bool = True) -> Iterator[Condition]:
    """Return the mailboxes that are not reached. Without a worker, none is fetched at all."""
    for trouble in troubles():
        if trouble.error or has_worker:
            address = trouble.mailbox.address
            yield Condition(
                "mail_in",
                f"{address}: {trouble.error or 'No worker fetches it.'}",
                "Open the mailbox in the back office and choose “Test this mailbox”. Mail waits on"
                " its server meanwhile.",
                trouble.since,
                address,
            )


def model_conditions() -> Iterator[Condition]:
    if failure := model_failure():
        endpoint = config.from_settings().endpoint()
        reason = explain(endpoint, failure.reason) if endpoint else ""
        yield Condition(
            "model",
            "Triage uses the offline classifier until it does.",
            f"{reason} manage.py check_triage asks it once.".strip(),
            failure.since,
        )


def backup_conditions() -> Iterator[Condition]:
    """Return whether manage.py backup is overdue.

    A desk for one's own machine is backed up or not, as its owner likes: it counts only once there
    is a backup.
    """
    if not settings.BACKUP_MAX_AGE_DAYS:
        return
    last = last_backup_at()
    if last is None and not published_by():
        return
    start = last or set_up_at()
    since = start + timedelta(days=settings.BACKUP_MAX_AGE_DAYS) if start else None
    if since and since < timezone.now():
        yield Condition(
            "backup",
            f"The last one was made on {last:%Y-%m-%d at %H:%M} UTC."
            if last
            else "None was made since this database was set up.",
            "Run manage.py backup, and see why the schedule did not. If you back up by other"
            " means, set BACKUP_MAX_AGE_DAYS=0.",
            since,
        )


def refusal_conditions() -> Iterator[Condition]:
    """Return which of the day's limits for all people who have not signed in are passed."""
    spent = spent_by_desk()
    limits = {
        "CREATE_DESK_LIMIT": (spent.get("create", 0), settings.CREATE_DESK_LIMIT, "writes"),
        "ATTACHMENT_DESK_MB": (
            spent.get("upload", 0) / 1024,
            settings.ATTACHMENT_DESK_MB,
            "sends a file",
        ),
    }
    for name, (count, limit, action) in limits.items():
        if count > limit:
            yield Condition(
                "refusals",
                f"Today they have reached {name} ({limit:,}). Whoever {action} without signing in"
                " gets an error until midnight UTC. Mail comes in.",
                "See in the log who it is, and block them in front of the desk. If it is a busy"
                f" day, raise {name} and restart the web server.",
                subject=name,
            )


def set_up_at() -> datetime | None:
    """Return when this database was made: by the first start, or by a restore."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(applied) FROM django_migrations")
        [applied] = cursor.fetchone() or (None,)
    return applied
