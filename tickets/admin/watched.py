"""Lists of the back office whose changes are in the security log: accounts and groups."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE, DELETION
from django.db.models import QuerySet
from django.http import HttpRequest

from ..access import security_log
from ..vocabulary import SecurityEvent
from .base import DeskModelAdmin


class WatchedModelAdmin(DeskModelAdmin):
    events: Mapping[int, SecurityEvent]  # by Django's action flags

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        security_log.note(self.events[ADDITION], str(obj))
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        if details := _details(message):
            security_log.note(self.events[CHANGE], str(obj), details)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        for row in queryset:
            security_log.note(self.events[DELETION], str(row))
        return super().log_deletions(request, queryset)

    def log_each(
        self, request: HttpRequest, rows: Iterable[Any], message: str, flag: int = CHANGE
    ) -> None:
        logged = list(rows)
        for row in logged:
            security_log.note(self.events[flag], str(row), [message.rstrip(".")])
        super().log_each(request, logged, message, flag)


def _details(message: Any) -> list[str]:
    """Return what Django says was changed: the names of fields, or one sentence."""
    if isinstance(message, str):
        if not message.startswith("["):
            return [message.rstrip(".")]
        message = json.loads(message)
    return [str(name) for part in message for name in part.get("changed", {}).get("fields", ())]
