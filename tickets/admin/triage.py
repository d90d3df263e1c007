"""The ledger, the lessons and what was learned from them; and to learn anew."""

from __future__ import annotations

import re
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

from ..models.triage import Feedback, Prediction, TriageModel
from ..services.triage import feedback
from ..services.triage.feedback import delete_feedback
from ..web import wording
from .base import NEWEST, ReadOnlyAdmin, badge, counted, moment, newest

DAYS = 7  # that the figures look back; the page about triage takes any time


class OfTickets(ReadOnlyAdmin):
    """Rows about tickets, found by a ticket's number or among the newest."""

    search_fields = ("ticket__id",)  # shows the box; see get_search_results
    search_help_text = "The number of a ticket: #12"
    looks_at = f"Only the latest {NEWEST:,} are looked through; a ticket's number finds older ones."
    list_select_related = ("ticket",)
    ordering = ("-pk",)
    # Another order would read the whole table.
    sortable_by = ()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term.strip():
            return newest(queryset), False
        number = re.fullmatch(r"\s*#?(\d{1,18})\s*", search_term)
        return queryset.filter(ticket=number[1]) if number else queryset.none(), False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("ticket__document", "ticket__description")

    @admin.display(description="Ticket")
    def of_ticket(self, row: Any) -> str | SafeString:
        if row.ticket is None:
            return "not sent"
        address = reverse("admin:tickets_ticket_change", args=[row.ticket.pk])
        return format_html('<a href="{}">{}</a>', address, row.ticket)


@admin.register(Prediction)
class PredictionAdmin(OfTickets):
    noun = "suggestion"
    grants = ("view",)
    list_display = (
        *("made", "of_ticket", "field", "value", "sure", "who"),
        *("use", "became", "accepted", "latency"),
    )
    list_filter = ("field", "source", "use", "accepted")
    fields = (
        *("made", "of_ticket", "field", "value", "sure", "source", "provider", "model"),
        *("prompt_version", "words", "use", "accepted", "became", "decided"),
        *("latency", "cost", "suggestion"),
    )

    @admin.display(description="Made")
    def made(self, row: Prediction) -> str:
        return moment(row.created_at)

    @admin.display(description="Sure")
    def sure(self, row: Prediction) -> str | None:
        return _share(row.confidence)

    @admin.display(description="Source")
    def who(self, row: Prediction) -> str:
        return f"{row.get_source_display()} {row.model}".strip()

    @admin.display(description="Became")
    def became(self, row: Prediction) -> str:
        if row.is_right is None:
            return "not judged"
        return f"{row.final_value} (right)" if row.is_right else row.final_value

    @admin.display(description="Decided")
    def decided(self, row: Prediction) -> str:
        return moment(row.final_at)

    @admin.display(description="Took")
    def latency(self, row: Prediction) -> str:
        return f"{row.latency_ms} ms"

    @admin.display(description="Cost")
    def cost(self, row: Prediction) -> str:
        return f"${row.cost_usd:.6f}"

    @admin.display(description="Words that decided")
    def words(self, row: Prediction) -> SafeString | None:
        quotes = ((entry["text"],) for entry in row.evidence)
        return format_html_join(", ", "<q>{}</q>", quotes) or None


@admin.register(Feedback)
class LessonAdmin(OfTickets):
    """What agents decided, for triage to learn. Whatever was wrong can be forgotten."""

    list_display = ("taught", "of_ticket", "field", "value", "how", "learned")
    list_display_links = None
    list_filter = ("field", "corrected")
    actions = ("forget_lessons",)

    @admin.display(description="Decided")
    def taught(self, row: Feedback) -> str:
        return moment(row.at)

    @admin.display(description="Triage was")
    def how(self, row: Feedback) -> str:
        return "corrected" if row.corrected else "confirmed"

    @admin.display(description="State")
    def learned(self, row: Feedback) -> SafeString:
        return badge("lesson", "learned" if row.learned_at else "waiting")

    def has_forget_permission(self, request: HttpRequest) -> bool:
        return self.may_manage(request)

    @admin.action(description="Forget", permissions=["forget"])
    def forget_lessons(self, request: HttpRequest, queryset: QuerySet[Feedback]) -> None:
        chosen = list(queryset)
        with transaction.atomic():
            delete_feedback(Feedback.objects.filter(pk__in=[lesson.pk for lesson in chosen]))
            self.log_each(request, chosen, "Forgotten.", DELETION)
        later = "Triage does without them once it learns anew, at the latest within the hour."
        forgotten = f"Forgotten: {counted(len(chosen), 'lesson')}."
        self.tell(request, len(chosen), len(chosen), forgotten, later if chosen else "")


@admin.register(TriageModel)
class TriageModelAdmin(ReadOnlyAdmin):
    list_display = (
        *("of_field", "feedback_count", "lexicon_right", "learned_right", "answers"),
        *("version", "updated", "refitted"),
    )
    list_display_links = None
    sortable_by = ()
    actions = ("learn_anew",)
    ordering = ("field",)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        since = timezone.now() - timedelta(days=DAYS)
        figures = {
            "days": DAYS,
            "sources": Prediction.objects.between(since, None).by_source(),
            "can_learn": self.may_manage(request),
        }
        return super().changelist_view(request, figures | (extra_context or {}))

    @admin.display(description="Field")
    def of_field(self, row: TriageModel) -> str:
        return row.get_field_display()

    @admin.display(description="Lexicon right")
    def lexicon_right(self, row: TriageModel) -> str | None:
        return _share(row.prior_accuracy)

    @admin.display(description="Learned right")
    def learned_right(self, row: TriageModel) -> str | None:
        return _share(row.learned_accuracy)

    @admin.display(description="Who answers")
    def answers(self, row: TriageModel) -> str:
        return "what was learned" if row.leads else "the lexicon"

    @admin.display(description="Learned last")
    def updated(self, row: TriageModel) -> str:
        return moment(row.updated_at)

    @admin.display(description="Learned anew")
    def refitted(self, row: TriageModel) -> str:
        return moment(row.refitted_at)

    def has_learn_permission(self, request: HttpRequest) -> bool:
        return self.may_manage(request)

    @admin.action(description="Learn anew from the latest lessons", permissions=["learn"])
    def learn_anew(self, request: HttpRequest, queryset: QuerySet[TriageModel]) -> None:
        feedback.retrain_later()
        self.message_user(
            request, "A job learns everything anew; it is among the jobs.", messages.SUCCESS
        )


def _share(value: float | None) -> str | None:
    return None if value is None else wording.percentage(value)
