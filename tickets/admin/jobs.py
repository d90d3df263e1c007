"""Background jobs in the back office: read, retry, cancel."""

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
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from procrastinate.contrib.django import admin as library_admin  # noqa: F401  (registers first)
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob
from procrastinate.exceptions import ConnectorException

from ..services.mail.delivery import send_email
from ..services.mail.outbox import cancel_email
from ..web.wording import plural
from .base import (
    NEWEST,
    ReadOnlyAdmin,
    badge,
    format_time,
    link_to_ticket,
    newest,
)

admin.site.unregister(ProcrastinateJob)
# The library's model has no readable name: "procrastinate job" means nothing to an admin.
ProcrastinateJob._meta.verbose_name = "job"
ProcrastinateJob._meta.verbose_name_plural = "jobs"

STATES = {
    "todo": "Waiting",
    "doing": "Running",
    "succeeded": "Done",
    "failed": "Failed",
    "cancelled": "Cancelled",
    "aborted": "Stopped",
}
EVENTS = {
    "deferred": "Created",
    "started": "Started",
    "deferred_for_retry": "Failed, will be retried",
    "retried": "Retried",
    "failed": "Failed",
    "succeeded": "Done",
    "cancelled": "Cancelled",
    "abort_requested": "Stop requested",
    "aborted": "Stopped",
}
TASKS = {
    "triage_ticket": "Ask the model about a ticket",
    "shadow_triage": "Ask the shadow source about a ticket",
    "encode_ticket": "Find tickets that are similar to a new one",
    "match_lacking": "Find similar tickets of those that lack them",
    "send_reply": "Send a reply that could be undone",
    "send_email": "Send an email",
    "handle_message": "Read mail that came in",
    "handle_leftovers": "Read mail whose job was lost",
    "process_file": "Scan a file and make its thumbnail",
    "scan_waiting": "Scan files that wait for the scanner",
    "delete_files": "Delete the files of a deleted ticket",
    "delete_bytes": "Delete stored bytes that no file uses",
    "remove_orphan_files": "Delete stored bytes that a crash left behind",
    "send_links": "Send a requester their private links",
    "send_resets": "Send a link that resets a password",
    "tell_agents": "Put what agents are told at once into emails",
    "send_digests": "Send the hourly digests",
    "hand_over_tickets": "Hand over the tickets of an agent who left",
    "find_leavers": "Find tickets of agents who left",
    "learn": "Learn from feedback",
    "fold_counts": "Add up the counts of tickets",
    "check_counts": "Check the counts of tickets",
    "count_triage": "Count the days of the triage report",
    "write_lacking": "Make older tickets searchable",
    "retrain": "Retrain the classifier",
    "refit": "Retrain the classifier",  # its name in release 0.1
    "purge": "Delete expired data",
    "erase_old_job": "Erase what is older than the settings say",
    "retry_stalled": "Retry jobs of workers that died",
}
MAX_EVENTS = 50
SAME_ACT = timedelta(minutes=1)  # a log entry and an event this close together are one act


class JobStateFilter(admin.SimpleListFilter):
    title, parameter_name = "state", "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(STATES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(status=value) if value in STATES else queryset


class QueueFilter(admin.SimpleListFilter):
    """Offers the queues of the registered tasks: searching all jobs for them would be slow."""

    title, parameter_name = "queue", "queue_name"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        queues = sorted({task.queue for task in app.tasks.values()} - {"builtin", "default"})
        return [(queue, capfirst(queue)) for queue in queues]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(queue_name=value) if value else queryset


@admin.register(ProcrastinateJob)
class JobAdmin(ReadOnlyAdmin):
    list_display = ("number", "task", "ticket_link", "state", "queue", "due", "attempt_count")
    list_display_links = ("number", "task")
    list_filter = (JobStateFilter, QueueFilter)
    sortable_by = ()
    ordering = ("-id",)
    fields = ("task", "ticket_link", "state", "queue", "due", "attempt_count", "task_call")
    actions = ("retry", "cancel")
    limit_note = f"Only the latest {NEWEST:,} are shown."

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return newest(queryset), False

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        job = context["original"]
        context["events"] = list(self._events(job))
        context["subtitle"] = self.log_name(job)
        if self.has_manage_permission(request):
            context["can_retry"] = job.status == "failed"
            context["can_cancel"] = job.status == "todo"
        return super().render_change_form(request, context, *args, **kwargs)

    def log_name(self, row: ProcrastinateJob) -> str:
        return f"{self.task(row)}, number {row.pk}"

    def _events(self, job: ProcrastinateJob) -> Iterator[tuple[datetime, str]]:
        """Yield the time and description of each event, latest first, with the user who acted."""
        content_type = ContentType.objects.get_for_model(ProcrastinateJob)
        entries = LogEntry.objects.filter(content_type=content_type, object_id=str(job.pk))
        acts = list(entries.select_related("user").order_by("-pk")[:MAX_EVENTS])
        # Each event that makes a job wait comes with a "scheduled" event, whose time is when the
        # job is due. The field "Due" shows that.
        events = ProcrastinateEvent.objects.filter(job=job).exclude(type="scheduled")
        for event in events.order_by("-pk")[:MAX_EVENTS]:
            description = EVENTS.get(event.type, event.type)
            user = next((entry.user for entry in acts if _is_same_act(entry, event)), None)
            yield event.at, f"{description} by {user.get_username()}" if user else description

    @admin.display(description="Number")
    def number(self, job: ProcrastinateJob) -> str:
        return f"{job.pk}"

    @admin.display(description="Job")
    def task(self, job: ProcrastinateJob) -> str:
        name = job.task_name.rpartition(".")[2]
        return TASKS.get(name, capfirst(name.replace("_", " ")))

    @admin.display(description="Ticket")
    def ticket_link(self, job: ProcrastinateJob) -> str | SafeString:
        ticket_id = job.args.get("ticket_id")
        if not isinstance(ticket_id, int):
            return ""
        return link_to_ticket(ticket_id)

    @admin.display(description="State")
    def state(self, job: ProcrastinateJob) -> SafeString:
        return badge("job", job.status, STATES[job.status])

    @admin.display(description="Queue")
    def queue(self, job: ProcrastinateJob) -> str:
        return str(capfirst(job.queue_name))

    @admin.display(description="Due")
    def due(self, job: ProcrastinateJob) -> str:
        return format_time(job.scheduled_at) if job.scheduled_at else "now"

    @admin.display(description="Attempts")
    def attempt_count(self, job: ProcrastinateJob) -> int:
        return job.attempts

    @admin.display(description="Task and arguments")
    def task_call(self, job: ProcrastinateJob) -> SafeString:
        return format_html("<code>{} {}</code>", job.task_name, json.dumps(job.args)[:500])

    # --- actions ---

    @admin.action(description="Retry failed jobs", permissions=["manage"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._act_on_each(request, queryset, "failed", _retry_job, "Retried", "had not failed")

    @admin.action(description="Cancel waiting jobs", permissions=["manage"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._act_on_each(request, queryset, "todo", _cancel_job, "Cancelled", "not waiting")

    def _act_on_each(
        self,
        request: HttpRequest,
        queryset: QuerySet[Any],
        status: str,
        act: Callable[[ProcrastinateJob], bool],
        summary: str,
        skip_reason: str,
    ) -> None:
        """Act on the jobs with this status, and report how many, and how many were skipped."""
        jobs = list(queryset.order_by("pk"))
        matching = [job for job in jobs if job.status == status]
        acted = [job for job in matching if act(job)]
        self.log_each(request, acted, f"{summary}.")
        skipped, failed = len(jobs) - len(matching), len(matching) - len(acted)
        self.report_action(
            request,
            len(acted),
            len(jobs),
            f"{summary}: {plural(len(acted), 'job')}.",
            f"Skipped, {skip_reason}: {plural(skipped, 'job')}." if skipped else "",
            f"Already taken or waiting: {plural(failed, 'job')}." if failed else "",
        )


def _is_same_act(entry: LogEntry, event: ProcrastinateEvent) -> bool:
    """Return whether this log entry and this event of the queue were caused by one act."""
    same_kind = entry.change_message == f"{EVENTS.get(event.type)}."
    return same_kind and event.at is not None and abs(entry.action_time - event.at) < SAME_ACT


def _retry_job(job: ProcrastinateJob) -> bool:
    """Return False if an equal job already waits under its lock, or if somebody else was first."""
    try:
        with transaction.atomic():
            app.job_manager.retry_job_by_id(
                job.pk, timezone.now(), job.priority, job.queue_name, job.lock
            )
    except ConnectorException:
        return False
    return True


def _cancel_job(job: ProcrastinateJob) -> bool:
    """Return False if a worker has already taken the job."""
    with transaction.atomic():
        cancelled = app.job_manager.cancel_job_by_id(job.pk)
        if cancelled and job.task_name == send_email.name:
            cancel_email(job.args["email_id"])
    return cancelled
