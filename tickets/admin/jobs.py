"""Background jobs in the back office: read, retried, cancelled."""

from __future__ import annotations

import json

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString
from procrastinate.contrib.django.admin import ProcrastinateJobAdmin
from procrastinate.contrib.django.models import ProcrastinateJob

from .base import DeskModelAdmin, badge

admin.site.unregister(ProcrastinateJob)


@admin.register(ProcrastinateJob)
class JobAdmin(DeskModelAdmin, ProcrastinateJobAdmin):
    """Procrastinate's own pages without their inline styles, which the policy refuses."""

    list_display = ["id", "short_task_name", "arguments", "state", "attempts", "scheduled_at"]
    list_display_links = ("id", "short_task_name")
    list_filter = ["status", "queue_name"]
    fields = [
        *("id", "task_name", "arguments", "state", "queue_name", "lock", "queueing_lock"),
        *("priority", "scheduled_at", "attempts"),
    ]
    ordering = ("-id",)

    @admin.display(description="Arguments")
    def arguments(self, job: ProcrastinateJob) -> SafeString:
        return format_html("<code>{}</code>", json.dumps(job.args)[:500])

    @admin.display(description="State")
    def state(self, job: ProcrastinateJob) -> SafeString:
        return badge("job", job.status)
