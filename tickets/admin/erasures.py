"""Which tickets lost their texts, in the back office: by whom, and when."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from ..models.events import Erasure
from .base import ReadOnlyAdmin, format_time, searched_number


@admin.register(Erasure)
class ErasureAdmin(ReadOnlyAdmin):
    """The database writes the rows, and nobody can change or delete them."""

    list_display = ("ticket", "what", "erased_by", "erased", "events_erased")
    list_display_links = None
    sortable_by = ()
    ordering = ("-id",)
    search_fields = ("ticket_number",)  # shows the box; see get_search_results
    search_help_text = "The number of a ticket, such as 123."
    fields = ("ticket", "what", "erased_by", "erased", "events_erased")
    readonly_fields = fields
    grants = ("view",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term:
            return queryset, False
        number = searched_number(search_term)
        return queryset.filter(ticket_number=number) if number else queryset.none(), False

    @admin.display(description="Ticket")
    def ticket(self, row: Erasure) -> str:
        return f"#{row.ticket_number}"

    @admin.display(description="What happened")
    def what(self, row: Erasure) -> str:
        return str(row.get_kind_display())

    @admin.display(description="By")
    def erased_by(self, row: Erasure) -> str:
        return row.actor

    @admin.display(description="When")
    def erased(self, row: Erasure) -> str | SafeString:
        return format_time(row.erased_at)

    @admin.display(description="Events erased")
    def events_erased(self, row: Erasure) -> int:
        return row.events
