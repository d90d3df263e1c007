"""Mailboxes in the back office: how they are fetched, whether that works, and a test."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ..models.incoming import Mailbox, MailboxFetch, is_lease_held
from ..services.mail.mailbox_check import check_mailbox
from ..services.mail.mailboxes import save_mailbox
from .base import DeskModelAdmin, badge, format_time
from .mailbox_form import MailboxForm

# What INBOX_URL says of its mailbox.
FROM_ENVIRONMENT = (
    *("address", "is_active", "host", "port", "security", "username", "folder", "fetch_since"),
    "sign_in",
)
# Each result of a step uses the badge of this job state.
BADGES = {
    "works": badge("job", "succeeded", "Works"),
    "fails": badge("job", "failed", "Does not work"),
    "note": badge("job", "todo", "Note"),
}


@admin.register(Mailbox)
class MailboxAdmin(DeskModelAdmin):
    form = MailboxForm
    list_display = ("name", "address", "state", "last_fetched", "error")
    list_select_related = ("fetch",)
    sortable_by = ()
    ordering = ("name",)
    actions = ("test",)

    def get_fieldsets(self, request: HttpRequest, obj: Mailbox | None = None) -> Any:
        own = ("name", "address", "is_active", "plus_addresses", "authserv_id")
        server = ("host", "port", "security", "username", "folder")
        afterwards = ("after_fetch", "move_to", "fetch_since")
        state = ((None, {"fields": ("state", "last_fetched", "error")}),) if obj else ()
        if obj and obj.from_environment:
            note = "INBOX_URL sets up this mailbox. Its password is not stored in the database."
            return (
                *state,
                (None, {"fields": own}),
                ("Fetching by IMAP", {"fields": (*server, *afterwards), "description": note}),
            )
        oauth = ("oauth_token_url", "oauth_client_id", "oauth_client_secret")
        return (
            *state,
            (None, {"fields": own}),
            ("Fetching by IMAP", {"fields": (*server, "sign_in", "password", *afterwards)}),
            ("OAuth 2.0", {"fields": (*oauth, "oauth_refresh_token", "oauth_scope")}),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Mailbox | None = None) -> Any:
        fields = ("state", "last_fetched", "error")
        return (*fields, *FROM_ENVIRONMENT) if obj and obj.from_environment else fields

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow it for a mailbox that got nothing. Messages belong to the others."""
        is_used = obj is not None and (obj.from_environment or obj.messages.exists())
        return not is_used and super().has_delete_permission(request, obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        offered = super().get_actions(request)
        offered.pop("delete_selected", None)
        return offered

    def save_model(self, request: HttpRequest, obj: Mailbox, form: Any, change: bool) -> None:
        save_mailbox(obj, form.changed_data)

    # --- columns ---

    @admin.display(description="State")
    def state(self, mailbox: Mailbox) -> SafeString:
        if not mailbox.is_active:
            return badge("job", "cancelled", "Inactive")
        if not mailbox.host:
            return badge("job", "succeeded", "Not fetched: mail comes by another way")
        fetch = _fetch(mailbox)
        if fetch is None:
            return badge("job", "todo", "Waiting for the worker")
        if fetch.failing_since:
            return format_html(
                "{} since {}", badge("job", "failed", "Fails"), format_time(fetch.failing_since)
            )
        if is_lease_held(fetch, timezone.now()):
            return badge("job", "succeeded", "Works")
        return badge("job", "todo", "No worker fetches it")

    @admin.display(description="Last fetched")
    def last_fetched(self, mailbox: Mailbox) -> str:
        fetch = _fetch(mailbox)
        return format_time(fetch.last_success_at if fetch else None)

    @admin.display(description="Error")
    def error(self, mailbox: Mailbox) -> str:
        fetch = _fetch(mailbox)
        return fetch.error if fetch else ""

    # --- test ---

    @admin.action(description="Test this mailbox", permissions=["change"])
    def test(self, request: HttpRequest, queryset: QuerySet[Mailbox]) -> HttpResponse | None:
        mailboxes = list(queryset[:2])
        if len(mailboxes) != 1:
            self.message_user(request, "Select one mailbox to test.", messages.ERROR)
            return None
        [mailbox] = mailboxes
        context = {
            **self.admin_site.each_context(request),
            "title": f"Test of {mailbox}",
            "opts": self.opts,
            "mailbox": mailbox,
            "steps": [(step, BADGES[step.result]) for step in check_mailbox(mailbox)],
        }
        return TemplateResponse(request, "admin/tickets/mailbox/test.html", context)


def _fetch(mailbox: Mailbox) -> MailboxFetch | None:
    return getattr(mailbox, "fetch", None)
