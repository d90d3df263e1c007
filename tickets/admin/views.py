"""Saved views of the ticket list in the back office."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ..forms.lists import ALL_TICKETS
from ..models.workplace import SavedView
from .base import DeskModelAdmin, format_time
from .forms import ViewForm


@admin.register(SavedView)
class SavedViewAdmin(DeskModelAdmin):
    """Views are created on the ticket list. Here they can be renamed, shared and deleted."""

    form = ViewForm
    list_display = ("name", "owner", "shared", "list_link", "created")
    list_select_related = ("owner",)
    list_filter = ("shared",)
    search_fields = ("name", "owner__username")
    ordering = ("name", "id")
    fields = ("name", "owner", "shared", "list_link", "created")
    readonly_fields = ("owner", "list_link", "created")
    grants = ("view", "change", "delete")

    @admin.display(description="Opens")
    def list_link(self, view: SavedView) -> SafeString:
        address = f"{reverse('ticket-list')}?{view.query or ALL_TICKETS}"
        return format_html('<a href="{}">{}</a>', address, view.query or "all tickets")

    @admin.display(description="Created", ordering="created_at")
    def created(self, view: SavedView) -> str:
        return format_time(view.created_at)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        # A view without an owner belongs to everybody, and the table's constraint keeps it shared.
        if obj is not None and obj.owner_id is None and "shared" in form.base_fields:
            form.base_fields["shared"].disabled = True
        return form
