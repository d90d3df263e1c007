"""Predictions, feedback and the learned models in the back office."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import DELETION
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from ..models.triage import Feedback, Prediction, TriageCount, TriageModel
from ..services.triage import feedback
from ..services.triage.feedback import delete_feedback
from ..triage.offline.classifier import estimate_version
from ..triage.offline.encoders import choice
from ..web import wording
from .base import NEWEST, ReadOnlyAdmin, badge, format_time, newest, searched_number

DAYS = 7  # that the figures cover; the triage page offers any period


class TicketRowsAdmin(ReadOnlyAdmin):
    """For rows that belong to tickets: lists the newest, or all of one ticket's."""

    search_fields = ("ticket__id",)  # shows the box; see get_search_results
    search_help_text = "A ticket's number, such as #12"
    limit_note = f"Only the latest {NEWEST:,} are shown. Search a ticket's number for older ones."
    list_select_related = ("ticket",)
    ordering = ("-pk",)
    # Sorting by a column without an index would read the whole table.
    sortable_by = ()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term.strip():
            return newest(queryset), False
        number = searched_number(search_term)
        return queryset.filter(ticket=number) if number else queryset.none(), False

    def get_queryset(self, request: HttpRequest) -> Any:
        rows: Any = super().get_queryset(request)
        return rows.counted().defer("ticket__description")

    @admin.display(description="Ticket")
    def ticket_link(self, row: Any) -> str | SafeString:
        if row.ticket is None:
            return "not created"
        address = reverse("admin:tickets_ticket_change", args=[row.ticket.pk])
        return format_html('<a href="{}">{}</a>', address, row.ticket)


@admin.register(Prediction)
class PredictionAdmin(TicketRowsAdmin):
    grants = ("view",)
    list_display = (
        *("created", "ticket_link", "field", "value", "confidence_share", "source_name"),
        *("use", "outcome", "accepted", "latency"),
    )
    list_filter = ("field", "source", "use", "accepted")
    fields = (
        *("created", "ticket_link", "field", "value", "confidence_share", "source", "provider"),
        *("model", "prompt_version", "evidence_texts", "use", "accepted", "outcome", "decided"),
        *("latency", "cost", "suggestion"),
    )

    @admin.display(description="Created")
    def created(self, row: Prediction) -> str:
        return format_time(row.created_at)

    @admin.display(description="Confidence")
    def confidence_share(self, row: Prediction) -> str | None:
        return _percentage(row.confidence)

    @admin.display(description="Source")
    def source_name(self, row: Prediction) -> str:
        return f"{row.get_source_display()} {row.model}".strip()

    @admin.display(description="Agent's decision")
    def outcome(self, row: Prediction) -> str:
        if row.is_correct is None:
            return "none yet"
        return f"{row.final_value} (correct)" if row.is_correct else row.final_value

    @admin.display(description="Decided")
    def decided(self, row: Prediction) -> str:
        return format_time(row.final_at)

    @admin.display(description="Latency")
    def latency(self, row: Prediction) -> str:
        return f"{row.latency_ms} ms"

    @admin.display(description="Cost")
    def cost(self, row: Prediction) -> str:
        return f"${row.cost_usd:.6f}"

    @admin.display(description="Evidence")
    def evidence_texts(self, row: Prediction) -> SafeString | None:
        quotes = ((entry["text"],) for entry in row.evidence)
        return format_html_join(", ", "<q>{}</q>", quotes) or None


@admin.register(Feedback)
class FeedbackAdmin(TicketRowsAdmin):
    """Agents' confirmations and corrections. Wrong ones can be deleted."""

    list_display = ("decided", "ticket_link", "field", "value", "prediction", "state")
    list_display_links = None
    list_filter = ("field", "corrected")
    actions = ("delete_feedback",)

    @admin.display(description="Decided")
    def decided(self, row: Feedback) -> str:
        return format_time(row.decided_at)

    @admin.display(description="Prediction")
    def prediction(self, row: Feedback) -> str:
        return "corrected" if row.corrected else "confirmed"

    @admin.display(description="State")
    def state(self, row: Feedback) -> SafeString:
        return badge("feedback", "learned" if row.learned_at else "waiting")

    @admin.action(description="Delete feedback", permissions=["manage"])
    def delete_feedback(self, request: HttpRequest, queryset: QuerySet[Feedback]) -> None:
        rows = list(queryset)
        with transaction.atomic():
            delete_feedback(Feedback.objects.filter(pk__in=[row.pk for row in rows]))
            self.log_each(request, rows, "Deleted.", DELETION)
        summary = f"Deleted: {wording.plural(len(rows), 'feedback entry', 'feedback entries')}."
        later = "The classifier forgets them within two seconds."
        self.report_action(request, len(rows), len(rows), summary, later if rows else "")


@admin.register(TriageModel)
class TriageModelAdmin(ReadOnlyAdmin):
    list_display = (
        *(
            "field_name",
            "feedback_entries",
            "prior_accuracy_share",
            "learned_accuracy_share",
            "answers",
        ),
        *("version", "last_learned"),
    )
    list_display_links = None
    sortable_by = ()
    actions = ("retrain",)
    ordering = ("field",)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        since = timezone.now() - timedelta(days=DAYS)
        figures = {
            "days": DAYS,
            "sources": TriageCount.objects.report(since)["sources"],
            "can_retrain": self.has_manage_permission(request),
        }
        return super().changelist_view(request, figures | (extra_context or {}))

    @admin.display(description="Field")
    def field_name(self, row: TriageModel) -> str:
        return row.get_field_display()

    @admin.display(description="Feedback count")
    def feedback_entries(self, row: TriageModel) -> str:
        return wording.number(row.feedback_count)

    @admin.display(description="Correct without confirmed tickets")
    def prior_accuracy_share(self, row: TriageModel) -> str | None:
        return _percentage(row.measured(row.prior_accuracy))

    @admin.display(description="Correct with them")
    def learned_accuracy_share(self, row: TriageModel) -> str | None:
        return _percentage(row.measured(row.learned_accuracy))

    @admin.display(description="In use")
    def answers(self, row: TriageModel) -> str:
        return (
            "confirmed tickets"
            if row.leads
            else wording.offline_name(estimate_version(choice.current()))
        )

    @admin.display(description="Last learned")
    def last_learned(self, row: TriageModel) -> str:
        return format_time(Feedback.objects.last_learned(row.field).first())

    @admin.action(description="Retrain from the latest feedback", permissions=["manage"])
    def retrain(self, request: HttpRequest, queryset: QuerySet[TriageModel]) -> None:
        if feedback.retrain_later():
            self.message_user(request, "A retraining job was added.", messages.SUCCESS)
        else:
            self.message_user(request, "A retraining job is already waiting.", messages.WARNING)


def _percentage(value: float | None) -> str | None:
    return None if value is None else wording.percentage(value)
