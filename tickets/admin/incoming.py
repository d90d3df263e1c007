"""Mail that came in, in the back office: what became of it, and addresses that bounce."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from django.contrib import admin
from django.contrib.admin.models import DELETION
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from ..exceptions import InvalidInput
from ..models.incoming import InboundMessage, Mailbox
from ..models.mail import BouncedAddress
from ..services.mail.bounced import clear_address
from ..services.mail.incoming import held
from ..services.mail.incoming.handling import raw_of, try_again
from ..services.mail.incoming.receive import headers_of
from ..vocabulary import MAX_SEARCH_CHARS, BounceKind, InboundState
from ..web.wording import plural
from .base import (
    NEWEST,
    DeskModelAdmin,
    ReadOnlyAdmin,
    badge,
    format_time,
    link_to_ticket,
    newest,
    signed_in_actor,
)

# Each state of a message uses the badge of this job state.
BADGES = {
    InboundState.STORED: "todo",
    InboundState.HANDLED: "succeeded",
    InboundState.HELD: "doing",
    InboundState.DISCARDED: "cancelled",
    InboundState.IGNORED: "cancelled",
    InboundState.FAILED: "failed",
}
STATES = {
    InboundState.STORED: "Waiting",
    InboundState.HANDLED: "Handled",
    InboundState.HELD: "Held",
    InboundState.DISCARDED: "Discarded",
    InboundState.IGNORED: "Ignored",
    InboundState.FAILED: "Failed",
}
MAX_HEADER_CHARS = 20_000  # of the headers that the page shows


class MailboxFilter(admin.SimpleListFilter):
    title = parameter_name = "mailbox"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        names = [(str(row.pk), row.name) for row in Mailbox.objects.order_by("name")]
        return [*names, ("none", "none")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value == "none":
            return queryset.filter(mailbox=None)
        known = [key for key, _ in self.lookup_choices]
        return queryset.filter(mailbox=value) if value in known else queryset


@admin.register(InboundMessage)
class InboundMessageAdmin(ReadOnlyAdmin):
    list_display = ("received", "subject_line", "author", "ticket_link", "state_badge", "meaning")
    list_display_links = ("received", "subject_line")
    list_filter = ("state", "kind", MailboxFilter)
    list_select_related = ("mailbox",)
    search_fields = ("subject",)  # and more, see `get_search_results`
    search_help_text = "Subject, sender, or a whole Message-ID."
    sortable_by = ()
    ordering = ("-id",)
    fields = (
        *("received", "state_badge", "meaning", "explanation_list", "error", "attempts"),
        *("ticket_link", "mailbox", "author", "subject_line", "kind", "rule", "sender"),
        *("verified", "message_id", "return_path", "recipients", "text", "headers", "download"),
    )
    actions = ("try_again", "open_ticket", "discard")
    limit_note = f"Only the latest {NEWEST:,} are shown."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("raw")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        rows, term = newest(queryset), search_term.strip()[:MAX_SEARCH_CHARS]
        if term:
            named = Q(subject__icontains=term) | Q(sender_address__icontains=term)
            rows = rows.filter(named | Q(message_id=term))
        return rows, False

    def get_urls(self) -> list[URLPattern]:
        raw = self.admin_site.admin_view(self.raw_view)
        name = "tickets_inboundmessage_raw"
        return [path("<int:pk>/raw/", raw, name=name), *super().get_urls()]

    def raw_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Download a message as it came."""
        message = self.get_object(request, str(pk))
        if message is None or not self.has_view_permission(request, message):
            raise Http404
        response = HttpResponse(raw_of(message), content_type="application/octet-stream")
        response["Content-Disposition"] = f'attachment; filename="message-{pk}.eml"'
        response["Content-Security-Policy"] = "default-src 'none'; sandbox"
        response["Cache-Control"] = "private, no-store"
        return response

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        message = context["original"]
        if self.has_manage_permission(request):
            context["can_retry"] = message.state == InboundState.FAILED
            context["can_open"] = message.is_undecided
            context["can_discard"] = message.state == InboundState.HELD
        return super().render_change_form(request, context, *args, **kwargs)

    def log_name(self, row: InboundMessage) -> str:
        return f"{row.subject or 'Message'}, number {row.pk}"

    # --- columns and fields ---

    @admin.display(description="Received")
    def received(self, message: InboundMessage) -> str:
        return format_time(message.received_at)

    @admin.display(description="Subject")
    def subject_line(self, message: InboundMessage) -> str:
        return message.subject or "(no subject)"

    @admin.display(description="From")
    def author(self, message: InboundMessage) -> str:
        return f"{message.sender_name} <{message.sender_address}>".strip(" <>") or "unknown"

    @admin.display(description="Ticket")
    def ticket_link(self, message: InboundMessage) -> SafeString | str:
        if message.ticket_id is None:
            return "none"
        return link_to_ticket(message.ticket_id)

    @admin.display(description="State")
    def state_badge(self, message: InboundMessage) -> SafeString:
        state = InboundState(message.state)
        return badge("job", BADGES[state], STATES[state])

    @admin.display(description="Meaning")
    def meaning(self, message: InboundMessage) -> str:
        state = capfirst(InboundState(message.state).label)
        kind = message.get_kind_display()
        return f"{state}; {kind}" if kind else str(state)

    @admin.display(description="Verdict")
    def explanation_list(self, message: InboundMessage) -> SafeString:
        return format_html_join(SafeString("<br>"), "{}", ((each,) for each in message.explanation))

    @admin.display(description="Return path")
    def return_path(self, message: InboundMessage) -> str:
        if message.envelope_from is None:
            return "not known"
        return message.envelope_from or "null: <>"

    @admin.display(description="Sent to")
    def recipients(self, message: InboundMessage) -> str:
        return ", ".join(message.envelope_to) or "not known"

    @admin.display(description="Headers")
    def headers(self, message: InboundMessage) -> SafeString:
        headers = headers_of(raw_of(message)).decode("utf-8", "replace").replace("\0", "\ufffd")
        return format_html(
            '<pre tabindex="0" role="region" aria-label="Headers">{}</pre>',
            headers.strip()[:MAX_HEADER_CHARS],
        )

    @admin.display(description="Whole message")
    def download(self, message: InboundMessage) -> SafeString:
        address = reverse("admin:tickets_inboundmessage_raw", args=[message.pk])
        return format_html('<a href="{}" download>Download as a file (.eml)</a>', address)

    # --- actions ---

    @admin.action(description="Try failed messages again", permissions=["manage"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._act(request, queryset, lambda row: try_again(row.pk), "Tried again", "not failed")

    @admin.action(description="Open a ticket with each", permissions=["manage"])
    def open_ticket(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        actor = signed_in_actor(request)
        reason = "decided already"
        self._act(request, queryset, lambda row: _open(row, actor), "Made tickets of", reason)

    @admin.action(description="Discard held messages", permissions=["manage"])
    def discard(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        actor = signed_in_actor(request)
        self._act(request, queryset, lambda row: _discard(row, actor), "Discarded", "not held")

    def _act(
        self,
        request: HttpRequest,
        queryset: QuerySet[Any],
        act: Callable[[InboundMessage], bool],
        summary: str,
        skip_reason: str,
    ) -> None:
        """Act on each message, and report how many, and how many were skipped."""
        rows: Collection[InboundMessage] = list(queryset.order_by("pk"))
        acted = [row for row in rows if act(row)]
        self.log_each(request, acted, f"{summary}.")
        skipped = len(rows) - len(acted)
        self.report_action(
            request,
            len(acted),
            len(rows),
            f"{summary}: {plural(len(acted), 'message')}.",
            f"Skipped, {skip_reason}: {plural(skipped, 'message')}." if skipped else "",
        )


def _open(row: InboundMessage, actor: Any) -> bool:
    try:
        held.open_held(row.pk, actor)
    except InvalidInput:
        return False
    return True


def _discard(row: InboundMessage, actor: Any) -> bool:
    if row.state != InboundState.HELD:
        return False
    try:
        held.discard(row.pk, actor)
    except InvalidInput:
        return False
    return True


@admin.register(BouncedAddress)
class BouncedAddressAdmin(DeskModelAdmin):
    list_display = ("address", "reason", "diagnostic", "ticket_link", "since")
    list_display_links = None
    search_fields = ("address",)
    sortable_by = ()
    ordering = ("-created_at", "-id")
    grants = ("view", "delete")
    actions = ("clear",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Offer one name for it: clearing deletes the row."""
        offered = super().get_actions(request)
        offered.pop("delete_selected", None)
        return offered

    @admin.display(description="Reason")
    def reason(self, row: BouncedAddress) -> str:
        return str(capfirst(BounceKind(row.kind).label))

    @admin.display(description="Ticket")
    def ticket_link(self, row: BouncedAddress) -> SafeString | str:
        if row.ticket_id is None:
            return "none"
        return link_to_ticket(row.ticket_id)

    @admin.display(description="Since")
    def since(self, row: BouncedAddress) -> str:
        return format_time(row.created_at)

    @admin.action(description="Send mail to them again", permissions=["delete"])
    def clear(self, request: HttpRequest, queryset: QuerySet[BouncedAddress]) -> None:
        rows = list(queryset)
        self.log_each(request, rows, "Cleared.", DELETION)
        cleared = sum(clear_address(row.address) for row in rows)
        count = plural(cleared, "address", "addresses")
        self.report_action(request, cleared, len(rows), f"Cleared: {count}.")
