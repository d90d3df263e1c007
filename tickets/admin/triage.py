"""The ledger and what was learned, to read; and to learn anew."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from .. import services
from ..models import Prediction, TriageModel
from .base import DeskModelAdmin, moment

DAYS = 30  # that the figures look back


class ReadOnlyAdmin(DeskModelAdmin):
    """Written by the program alone."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Prediction)
class PredictionAdmin(ReadOnlyAdmin):
    list_display = (
        *("made", "of_ticket", "field", "value", "sure", "who"),
        *("use", "became", "accepted", "latency_ms"),
    )
    list_filter = ("field", "source", "use", "accepted")
    list_select_related = ("ticket",)
    ordering = ("-pk",)
    fields = (
        *("made", "of_ticket", "field", "value", "sure", "source", "provider", "model"),
        *("prompt_version", "words", "use", "accepted", "became", "decided"),
        *("latency_ms", "cost_usd", "suggestion"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Prediction]:
        found: QuerySet[Prediction] = super().get_queryset(request)
        return found.defer("ticket__document", "ticket__description")

    @admin.display(description="Made")
    def made(self, row: Prediction) -> str:
        return moment(row.created_at)

    @admin.display(description="Ticket")
    def of_ticket(self, row: Prediction) -> str | SafeString:
        if row.ticket is None:
            return "not sent"
        address = reverse("admin:tickets_ticket_change", args=[row.ticket.pk])
        return format_html('<a href="{}">{}</a>', address, row.ticket)

    @admin.display(description="Sure")
    def sure(self, row: Prediction) -> str | None:
        return None if row.confidence is None else f"{row.confidence:.0%}"

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

    @admin.display(description="Words")
    def words(self, row: Prediction) -> SafeString | None:
        quotes = ((entry["text"],) for entry in row.evidence)
        return format_html_join(", ", "<q>{}</q>", quotes) or None


@admin.register(TriageModel)
class TriageModelAdmin(ReadOnlyAdmin):
    list_display = (
        *("field", "lessons", "lexicon_right", "learned_right", "leads"),
        *("version", "updated", "refitted"),
    )
    list_display_links = None
    actions = ("learn_anew",)
    ordering = ("field",)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        since = timezone.now() - timedelta(days=DAYS)
        sources = Prediction.objects.between(since, None).by_source()
        return super().changelist_view(
            request, {"days": DAYS, "sources": sources, **(extra_context or {})}
        )

    @admin.display(description="Lexicon right")
    def lexicon_right(self, row: TriageModel) -> str | None:
        return _share(row.prior_accuracy)

    @admin.display(description="Learned right")
    def learned_right(self, row: TriageModel) -> str | None:
        return _share(row.learned_accuracy)

    @admin.display(description="Learned last")
    def updated(self, row: TriageModel) -> str:
        return moment(row.updated_at)

    @admin.display(description="Learned anew")
    def refitted(self, row: TriageModel) -> str:
        return moment(row.refitted_at)

    @admin.action(description="Learn anew from the latest lessons")
    def learn_anew(self, request: HttpRequest, queryset: QuerySet[TriageModel]) -> None:
        services.refit_later()
        self.message_user(request, "A job learns everything anew.", messages.SUCCESS)


def _share(value: float | None) -> str | None:
    return None if value is None else f"{value:.0%}"
