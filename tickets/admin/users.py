"""Accounts in the back office: Django's own pages, and what the desk's two groups mean."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User

from .base import DeskModelAdmin, UserAdmin

admin.site.unregister(User)

ROLES = (
    "The group “agents” lets somebody work tickets, “admins” everything else too. Staff status"
    " opens this back office to them; without it they work on the pages of the desk."
)


def _with_roles(fieldsets: Any) -> Any:
    return tuple(
        (name, {**options, "description": ROLES} if "groups" in options["fields"] else options)
        for name, options in fieldsets
    )


@admin.register(User)
class AccountAdmin(DeskModelAdmin, UserAdmin):
    list_display = ("username", "email", "is_active", "is_staff", "last_login")
    readonly_fields = ("last_login", "date_joined")
    fieldsets = _with_roles(UserAdmin.fieldsets)
