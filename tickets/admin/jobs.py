"""Background jobs in the back office: read, retried, cancelled."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from procrastinate.contrib.django import admin as procrastinates  # noqa: F401  (registers first)
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob
from procrastinate.exceptions import ConnectorException

from ..services.mail.delivery import send_email
from ..services.mail.outbox import cancel_email
from .base import NEWEST, ReadOnlyAdmin, badge, counted, moment, newest

admin.site.unregister(ProcrastinateJob)

STATES = {
    "todo": "Waiting",
    "doing": "Running",
    "succeeded": "Done",
    "failed": "Failed",
    "cancelled": "Cancelled",
    "aborted": "Stopped",
}
EVENTS = {
    "deferred": "Made",
    "started": "Started",
    "deferred_for_retry": "Failed, to be tried again",
    "retried": "Retried",
    "failed": "Failed",
    "succeeded": "Done",
    "cancelled": "Cancelled",
    "abort_requested": "Asked to stop",
    "aborted": "Stopped",
}
TASKS = {
    "triage_ticket": "Ask the model about a ticket",
    "shadow_triage": "Ask the second source about a ticket",
    "send_email": "Send a message to a requester",
    "learn": "Learn from an agent's decision",
    "refit": "Learn everything anew",
    "purge": "Delete what has served its time",
    "retry_stalled": "Take over from workers that died",
}
MOST_EVENTS = 50
# What the log says of a job that was in this state.
LOGGED = {"failed": "Retried.", "todo": "Cancelled."}
AT_ONCE = timedelta(minutes=1)  # what was done within it is one act


class StateFilter(admin.SimpleListFilter):
    title, parameter_name = "state", "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(STATES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(status=value) if value in STATES else queryset


class QueueFilter(admin.SimpleListFilter):
    """The queues that the program's tasks name: to look through all jobs for them is slow."""

    title, parameter_name = "queue", "queue_name"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        queues = sorted({task.queue for task in app.tasks.values()} - {"builtin", "default"})
        return [(queue, capfirst(queue)) for queue in queues]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(queue_name=value) if value else queryset


@admin.register(ProcrastinateJob)
class JobAdmin(ReadOnlyAdmin):
    noun = "job"
    list_display = ("number", "what", "about", "state", "queue", "due", "tries")
    list_display_links = ("number", "what")
    list_filter = (StateFilter, QueueFilter)
    sortable_by = ()
    ordering = ("-id",)
    fields = ("what", "about", "state", "queue", "due", "tries", "technical")
    actions = ("retry", "cancel")
    looks_at = f"Only the latest {NEWEST:,} are looked through."

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return newest(queryset), False

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        job = context["original"]
        context["events"] = list(self._happened(job))
        context["subtitle"] = self.named(job)
        if self.may_manage(request):
            context["can_retry"] = job.status == "failed"
            context["can_cancel"] = job.status == "todo"
        return super().render_change_form(request, context, *args, **kwargs)

    def named(self, row: ProcrastinateJob) -> str:
        return f"{self.what(row)}, number {row.pk}"

    def _happened(self, job: ProcrastinateJob) -> Iterator[tuple[datetime, str]]:
        """When and what, the latest first; whoever did it here is named."""
        about = ContentType.objects.get_for_model(ProcrastinateJob)
        entries = LogEntry.objects.filter(content_type=about, object_id=str(job.pk))
        done = list(entries.select_related("user").order_by("-pk")[:MOST_EVENTS])
        # Beside each event that makes a job wait stands one "scheduled", whose time is when the
        # job is due. The "Due" above says so.
        events = ProcrastinateEvent.objects.filter(job=job).exclude(type="scheduled")
        for event in events.order_by("-pk")[:MOST_EVENTS]:
            words = EVENTS.get(event.type, event.type)
            who = next((each.user for each in done if _tells_of(each, event)), None)
            yield event.at, f"{words} by {who.get_username()}" if who else words

    @admin.display(description="Number")
    def number(self, job: ProcrastinateJob) -> str:
        return f"{job.pk}"

    @admin.display(description="Job")
    def what(self, job: ProcrastinateJob) -> str:
        name = job.task_name.rpartition(".")[2]
        return TASKS.get(name, capfirst(name.replace("_", " ")))

    @admin.display(description="About")
    def about(self, job: ProcrastinateJob) -> str | SafeString:
        ticket = job.args.get("ticket_id")
        if not isinstance(ticket, int):
            return ""
        address = reverse("admin:tickets_ticket_change", args=[ticket])
        return format_html('<a href="{}">Ticket #{}</a>', address, ticket)

    @admin.display(description="State")
    def state(self, job: ProcrastinateJob) -> SafeString:
        return badge("job", job.status, STATES[job.status])

    @admin.display(description="Queue")
    def queue(self, job: ProcrastinateJob) -> str:
        return str(capfirst(job.queue_name))

    @admin.display(description="Due")
    def due(self, job: ProcrastinateJob) -> str:
        if job.scheduled_at is None:
            return "at once"
        return moment(job.scheduled_at)

    @admin.display(description="Attempts")
    def tries(self, job: ProcrastinateJob) -> int:
        return job.attempts

    @admin.display(description="For the log")
    def technical(self, job: ProcrastinateJob) -> SafeString:
        return format_html("<code>{} {}</code>", job.task_name, json.dumps(job.args)[:500])

    # --- actions ---

    def has_manage_permission(self, request: HttpRequest) -> bool:
        return self.may_manage(request)

    @admin.action(description="Retry jobs that failed", permissions=["manage"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._each(request, queryset, "failed", _retry, "To be tried again: {}.", "had not failed")

    @admin.action(description="Cancel jobs that wait", permissions=["manage"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._each(request, queryset, "todo", _cancel, "Cancelled: {}.", "did not wait any more")

    def _each(
        self,
        request: HttpRequest,
        queryset: QuerySet[Any],
        state: str,
        act: Callable[[ProcrastinateJob], bool],
        done: str,
        otherwise: str,
    ) -> None:
        """Do it to the jobs in this state, and tell of how many, and of the others."""
        jobs = list(queryset.order_by("pk"))
        fitting = [job for job in jobs if job.status == state]
        acted = [job for job in fitting if act(job)]
        self.log_each(request, acted, LOGGED[state])
        left, refused = len(jobs) - len(fitting), len(fitting) - len(acted)
        self.tell(
            request,
            len(acted),
            len(jobs),
            done.format(counted(len(acted), "job")),
            f"{counted(left, 'job')} {otherwise}." if left else "",
            f"{counted(refused, 'job')} could not: taken meanwhile, or waiting already."
            if refused
            else "",
        )


def _tells_of(entry: LogEntry, event: ProcrastinateEvent) -> bool:
    """Whether the log's entry is about what the queue noted by itself."""
    same = entry.change_message == f"{EVENTS.get(event.type)}."
    return same and event.at is not None and abs(entry.action_time - event.at) < AT_ONCE


def _retry(job: ProcrastinateJob) -> bool:
    """False where the same job waits already under its lock, or somebody was faster."""
    try:
        with transaction.atomic():
            app.job_manager.retry_job_by_id(
                job.pk, timezone.now(), job.priority, job.queue_name, job.lock
            )
    except ConnectorException:
        return False
    return True


def _cancel(job: ProcrastinateJob) -> bool:
    """False where a worker was faster."""
    with transaction.atomic():
        cancelled = app.job_manager.cancel_job_by_id(job.pk)
        if cancelled and job.task_name == send_email.name:
            cancel_email(job.args["email_id"])
    return cancelled
