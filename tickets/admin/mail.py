"""Email in the back office: see what was sent, and resend what failed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from ..models.mail import Email
from ..services.mail.outbox import resend_email
from ..vocabulary import MailKind, MailState
from ..web.wording import plural
from .base import (
    NEWEST,
    ReadOnlyAdmin,
    badge,
    format_time,
    link_to_ticket,
    newest,
)

# Each state of an email uses the badge of this job state.
BADGES = {
    MailState.WAITING: "todo",
    MailState.SENDING: "doing",
    MailState.SENT: "succeeded",
    MailState.PRINTED: "succeeded",
    MailState.HELD: "todo",
    MailState.BOUNCED: "failed",
    MailState.FAILED: "failed",
    MailState.UNCERTAIN: "doing",
    MailState.DROPPED: "cancelled",
}
STATES = {
    MailState.WAITING: "Waiting",
    MailState.SENDING: "Being sent",
    MailState.SENT: "Sent",
    MailState.PRINTED: "Printed",
    MailState.HELD: "Held",
    MailState.BOUNCED: "Came back",
    MailState.FAILED: "Failed",
    MailState.UNCERTAIN: "Possibly sent",
    MailState.DROPPED: "Not sent",
}


class MailStateFilter(admin.SimpleListFilter):
    title = parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(state.value, label) for state, label in STATES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Email]) -> QuerySet[Email]:
        value = self.value()
        return queryset.filter(state=value) if value in STATES else queryset


@admin.register(Email)
class EmailAdmin(ReadOnlyAdmin):
    list_display = ("created", "message", "ticket_link", "address", "state_badge", "sent", "error")
    list_display_links = ("created", "message")
    list_filter = (MailStateFilter,)
    sortable_by = ()
    ordering = ("-id",)
    fields = (
        *("created", "message", "ticket_link", "address", "state_badge", "meaning", "sent"),
        "error",
    )
    actions = ("send_again",)
    limit_note = f"Only the latest {NEWEST:,} are shown."

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return newest(queryset), False

    @admin.display(description="Created")
    def created(self, email: Email) -> str:
        return format_time(email.created_at)

    @admin.display(description="Message")
    def message(self, email: Email) -> str:
        return str(capfirst(MailKind(email.kind).label))

    @admin.display(description="Ticket")
    def ticket_link(self, email: Email) -> SafeString | str:
        if email.ticket_id is None:
            return ""
        return link_to_ticket(email.ticket_id)

    @admin.display(description="State")
    def state_badge(self, email: Email) -> SafeString:
        state = MailState(email.state)
        return badge("job", BADGES[state], STATES[state])

    @admin.display(description="Meaning")
    def meaning(self, email: Email) -> str:
        return str(capfirst(MailState(email.state).label))

    @admin.display(description="Sent")
    def sent(self, email: Email) -> str:
        return format_time(email.sent_at) if email.sent_at else ""

    @admin.action(
        description="Send again if it did not arrive, or possibly not", permissions=["manage"]
    )
    def send_again(self, request: HttpRequest, queryset: QuerySet[Email]) -> None:
        emails = list(queryset.order_by("pk"))
        again = [email for email in emails if resend_email(email)]
        self.log_each(request, again, "Sent again.")
        skipped = len(emails) - len(again)
        self.report_action(
            request,
            len(again),
            len(emails),
            f"Will be sent again: {plural(len(again), 'email')}.",
            f"Skipped, sent or no longer needed: {skipped}." if skipped else "",
        )
