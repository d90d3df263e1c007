"""Accounts that are locked after wrong passwords, in the back office: see them, and lift a lock."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.models import DELETION
from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest

from ..models.sign_ins import SignInLock
from ..services.accounts import lift_lock
from ..web.wording import plural
from .base import ReadOnlyAdmin, format_time, newest


@admin.register(SignInLock)
class SignInLockAdmin(ReadOnlyAdmin):
    """django-axes writes the rows. A lock ends by itself, or here."""

    list_display = ("account", "from_address", "wrong_passwords", "last_try", "locked_until")
    list_display_links = None
    sortable_by = ()
    ordering = ("-attempt_time", "-id")
    search_fields = ("username", "ip_address")
    search_help_text = "An account or an address."
    grants = ("view", "delete")
    actions = ("lift",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        accounts = User.objects.filter(username=OuterRef("username"))
        rows = newest(super().get_queryset(request)).present()  # type: ignore[attr-defined]
        return cast("QuerySet[Any]", rows.annotate(has_account=Exists(accounts)))

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Offer one name for it: lifting deletes the row."""
        offered = super().get_actions(request)
        offered.pop("delete_selected", None)
        return offered

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_view_permission(request)

    @admin.display(description="Account")
    def account(self, lock: SignInLock) -> str:
        # A name without an account may be a password in the wrong field.
        has_account: bool = lock.has_account
        return str(lock.username) if has_account else "none of this name"

    @admin.display(description="Client address")
    def from_address(self, lock: SignInLock) -> str:
        return str(lock.ip_address)

    @admin.display(description="Wrong passwords")
    def wrong_passwords(self, lock: SignInLock) -> int:
        return int(lock.tries)

    @admin.display(description="Last try")
    def last_try(self, lock: SignInLock) -> str:
        return format_time(lock.attempt_time)

    @admin.display(description="Locked until")
    def locked_until(self, lock: SignInLock) -> str:
        return format_time(lock.ends_at)

    def log_name(self, row: Any) -> str:
        return f"{self.account(row)}, {row.ip_address}"

    @admin.action(description="Lift the lock", permissions=["delete"])
    def lift(self, request: HttpRequest, queryset: QuerySet[SignInLock]) -> None:
        locks = list(queryset)
        self.log_each(request, locks, "Lifted.", DELETION)
        for lock in locks:
            lift_lock(lock)
        self.report_action(
            request, len(locks), len(locks), f"Lifted: {plural(len(locks), 'lock')}."
        )
