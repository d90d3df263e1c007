"""What the database knows: the worker's signs of life, and the last backup."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings

from ..backup.age import last_backup_at
from ..conditions.current import backup_conditions, worker_conditions
from ..workers import Workers
from .finding import Finding, ok, wrong


def look_at_worker() -> Iterator[Finding]:
    for condition in worker_conditions():
        since = f" since {condition.since:%Y-%m-%d %H:%M:%S} UTC" if condition.since else ""
        yield wrong("worker", f"{condition.title}{since}. {condition.text}", condition.advice)
        return
    alive = Workers.read().alive
    yield ok("worker", f"{alive} alive.")


def look_at_backup() -> Iterator[Finding]:
    for condition in backup_conditions():
        yield wrong("backup", f"{condition.title}. {condition.text}", condition.advice)
        return
    last = last_backup_at()
    if not settings.BACKUP_MAX_AGE_DAYS:
        yield ok("backup", "Not watched (BACKUP_MAX_AGE_DAYS=0).")
    elif last is None:
        yield ok("backup", "None was made here yet: manage.py backup makes one.")
    else:
        yield ok("backup", f"The last one was made on {last:%Y-%m-%d at %H:%M} UTC.")
