"""Messages to requesters in the back office: read, and sent again where that is for a person."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from ..models.mail import Email
from ..services.mail.outbox import resend_email
from ..vocabulary import MailKind, MailState
from .base import NEWEST, ReadOnlyAdmin, badge, counted, moment, newest

# In the shapes of the jobs that send them.
SHAPES = {
    MailState.WAITING: "todo",
    MailState.SENDING: "doing",
    MailState.SENT: "succeeded",
    MailState.FAILED: "failed",
    MailState.UNCERTAIN: "doing",
    MailState.DROPPED: "cancelled",
}
STATES = {
    MailState.WAITING: "Waiting",
    MailState.SENDING: "Being sent",
    MailState.SENT: "Sent",
    MailState.FAILED: "Failed",
    MailState.UNCERTAIN: "Perhaps sent",
    MailState.DROPPED: "Not sent",
}


class StateFilter(admin.SimpleListFilter):
    title = parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(state.value, words) for state, words in STATES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Email]) -> QuerySet[Email]:
        value = self.value()
        return queryset.filter(state=value) if value in STATES else queryset


@admin.register(Email)
class EmailAdmin(ReadOnlyAdmin):
    list_display = ("made", "what", "about", "address", "state_shown", "sent", "error")
    list_display_links = ("made", "what")
    list_filter = (StateFilter,)
    sortable_by = ()
    ordering = ("-id",)
    fields = ("made", "what", "about", "address", "state_shown", "meaning", "sent", "error")
    actions = ("send_again",)
    looks_at = f"Only the latest {NEWEST:,} are looked through."

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return newest(queryset), False

    @admin.display(description="Made")
    def made(self, email: Email) -> str:
        return moment(email.created_at)

    @admin.display(description="Message")
    def what(self, email: Email) -> str:
        return str(capfirst(MailKind(email.kind).label))

    @admin.display(description="About")
    def about(self, email: Email) -> SafeString:
        address = reverse("admin:tickets_ticket_change", args=[email.ticket_id])
        return format_html('<a href="{}">Ticket #{}</a>', address, email.ticket_id)

    @admin.display(description="State")
    def state_shown(self, email: Email) -> SafeString:
        state = MailState(email.state)
        return badge("job", SHAPES[state], STATES[state])

    @admin.display(description="Which means")
    def meaning(self, email: Email) -> str:
        return str(capfirst(MailState(email.state).label))

    @admin.display(description="Sent")
    def sent(self, email: Email) -> str:
        return moment(email.sent_at) if email.sent_at else ""

    def has_manage_permission(self, request: HttpRequest) -> bool:
        return self.may_manage(request)

    @admin.action(description="Send again what failed or was perhaps sent", permissions=["manage"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Email]) -> None:
        emails = list(queryset.order_by("pk"))
        again = [email for email in emails if resend_email(email)]
        self.log_each(request, again, "Sent again.")
        left = len(emails) - len(again)
        self.tell(
            request,
            len(again),
            len(emails),
            f"Waiting again: {counted(len(again), 'message')}.",
            f"Neither failed nor uncertain, and left alone: {left}." if left else "",
        )
