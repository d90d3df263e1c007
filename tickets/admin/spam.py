"""Blocked senders in the back office: block an address, and unblock it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import DELETION
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from ..models.spam import BlockedAddress
from ..services.editing import audited
from ..services.spam import unblock
from ..web.wording import plural
from .base import (
    DeskModelAdmin,
    format_time,
    link_to_ticket,
    signed_in_actor,
)
from .forms import BlockedAddressForm


@admin.register(BlockedAddress)
class BlockedAddressAdmin(DeskModelAdmin):
    form = BlockedAddressForm
    list_display = ("address", "blocked_by", "blocked", "ticket_link")
    list_display_links = None
    list_select_related = ("blocked_by", "ticket")
    search_fields = ("address",)
    sortable_by = ()
    ordering = ("-created_at", "-id")
    fields = ("address",)
    grants = ("view", "add", "delete")
    actions = ("unblock",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Offer one name for it: unblocking deletes the row."""
        offered = super().get_actions(request)
        offered.pop("delete_selected", None)
        return offered

    @admin.display(description="Blocked")
    def blocked(self, row: BlockedAddress) -> str:
        return format_time(row.created_at)

    @admin.display(description="Ticket")
    def ticket_link(self, row: BlockedAddress) -> str | SafeString:
        if row.ticket is None:
            return "none"
        return link_to_ticket(row.ticket.pk)

    @admin.action(description="Unblock", permissions=["delete"])
    def unblock(self, request: HttpRequest, queryset: QuerySet[BlockedAddress]) -> None:
        rows = list(queryset)
        self.log_each(request, rows, "Unblocked.", DELETION)
        unblock(rows, signed_in_actor(request))
        count = len(rows)
        self.report_action(
            request, count, count, f"Unblocked: {plural(count, 'address', 'addresses')}."
        )

    def save_model(
        self, request: HttpRequest, obj: BlockedAddress, form: Any, change: bool
    ) -> None:
        actor = signed_in_actor(request)
        obj.blocked_by = actor.user
        with audited(actor):
            obj.save()

    def delete_model(self, request: HttpRequest, obj: BlockedAddress) -> None:
        unblock([obj], signed_in_actor(request))
