"""Tickets in the back office. Every change goes through the services."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from ..access.actors import is_agent
from ..audit.trail import audit_trail
from ..exceptions import NotFound, TicketMerged
from ..models.events import Erasure
from ..models.ticket import Comment, Ticket
from ..querysets.search.grammar import SEARCH_HELP
from ..querysets.tickets import TicketQuerySet
from ..services.comments import add_comment
from ..services.editing import ReadState, audited
from ..services.tickets import create_ticket, delete_ticket, update_ticket, update_tickets
from ..vocabulary import MAX_RANKED, MAX_SEARCH_CHARS, Category, ErasureKind, Priority, Status
from ..web import wording
from .base import (
    MAX_CONFIRMED,
    DeskModelAdmin,
    StackedInline,
    badge,
    format_time,
    signed_in_actor,
)
from .forms import AddTicketForm, AdminCommentForm, AssignForm, ChangeTicketForm
from .ticket_filters import AssigneeFilter, ReviewFilter, SpamFilter

ADD_FIELDSETS = (
    (None, {"fields": ("title", "description", "requester_email")}),
    ("Properties", {"fields": (("status", "assignee"), ("category", "priority"))}),
)
TRIAGE_DISPLAY = (
    *("sentiment_and_urgency", "category_decided_by", "priority_decided_by"),
    "sentiment_decided_by",
)
CHANGE_FIELDSETS = (
    *ADD_FIELDSETS,
    ("Triage", {"fields": TRIAGE_DISPLAY}),
    ("Times", {"fields": (("created", "updated"),)}),
)
MAX_UNDOABLE = 100  # tickets that one notice offers to undo
Act = Callable[["TicketAdmin", HttpRequest, QuerySet[Any]], HttpResponse | None]


@dataclass(frozen=True)
class TicketAction:
    """An action on the selected tickets, and the heading it has in the menu."""

    name: str
    group: str
    description: str
    act: Act
    allowed_permissions: tuple[str, ...] = ("change",)

    def __call__(
        self, model_admin: TicketAdmin, request: HttpRequest, queryset: QuerySet[Any]
    ) -> HttpResponse | None:
        return self.act(model_admin, request, queryset)


def set_value(field: str, value: str, label: str, description: str) -> TicketAction:
    """Return an action that sets this field of every selected ticket."""

    def act(model_admin: TicketAdmin, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        summary = f"{capfirst(field)} set to {label.lower()}"
        model_admin.change_selected(request, queryset, {field: value}, summary)

    return TicketAction(f"{field}:{value}", capfirst(field), description, act)


def assign_to_me(model_admin: TicketAdmin, request: HttpRequest, queryset: QuerySet[Any]) -> None:
    changes = {"assignee": signed_in_actor(request).user}
    model_admin.change_selected(request, queryset, changes, "Assigned to you")


def assign_to_agent(
    model_admin: TicketAdmin, request: HttpRequest, queryset: QuerySet[Any]
) -> HttpResponse | None:
    """Ask for the agent on a page whose form runs this action again."""
    form = AssignForm(request.POST if "assign" in request.POST else None)
    if not form.is_valid():
        tickets = list(queryset[:MAX_CONFIRMED])
        return model_admin.ask_for_agent(
            request,
            tickets,
            form,
            title="Assign tickets",
            question=f"Who gets {wording.plural(len(tickets), 'ticket')}?",
            action="assignee:other",
            button="Assign",
        )
    agent = form.cleaned_data["assignee"]
    summary = f"Assigned to {agent.get_username()}"
    model_admin.change_selected(request, queryset, {"assignee": agent}, summary)
    return None


def unassign(model_admin: TicketAdmin, request: HttpRequest, queryset: QuerySet[Any]) -> None:
    model_admin.change_selected(request, queryset, {"assignee": None}, "Unassigned")


def mark_spam(model_admin: TicketAdmin, request: HttpRequest, queryset: QuerySet[Any]) -> None:
    model_admin.change_selected(request, queryset, {"spam": True}, "Marked as spam")


def mark_not_spam(model_admin: TicketAdmin, request: HttpRequest, queryset: QuerySet[Any]) -> None:
    model_admin.change_selected(request, queryset, {"spam": False}, "Marked as not spam")


ACTIONS = (
    *(set_value("status", each, each.label, f"Mark as {each.label.lower()}") for each in Status),
    *(set_value("priority", each, each.label, f"Set to {each.label.lower()}") for each in Priority),
    *(set_value("category", each, each.label, f"Set to {each.label.lower()}") for each in Category),
    TicketAction("assignee:me", "Assignee", "Assign to me", assign_to_me, ("take",)),
    TicketAction("assignee:other", "Assignee", "Assign to …", assign_to_agent),
    TicketAction("assignee:nobody", "Assignee", "Unassign", unassign),
    TicketAction("spam:true", "Spam", "Mark as spam", mark_spam),
    TicketAction("spam:false", "Spam", "Mark as not spam", mark_not_spam),
)


class CommentInline(StackedInline):
    """One new comment. The template shows the earlier ones as a conversation."""

    model = Comment
    fk_name = "ticket"
    form = AdminCommentForm
    template = "admin/tickets/ticket/conversation.html"
    extra = max_num = 1
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Comment]:
        return Comment.objects.none()


@admin.register(Ticket)
class TicketAdmin(DeskModelAdmin):
    form = ChangeTicketForm
    list_display = (
        *("subject", "status_badge", "priority_badge", "category_badge"),
        *("sentiment_and_urgency", "assigned_to", "created"),
    )
    list_select_related = ("assignee",)
    list_filter = (
        *("status", "priority", "category", "sentiment"),
        AssigneeFilter,
        ReviewFilter,
        SpamFilter,
        "created_at",
    )
    # Sorting by a column without an index would read the whole table.
    sortable_by = ("created",)
    ordering = ("-created_at", "-id")
    search_fields = ("title", "description")  # shows the box; see get_search_results
    search_help_text = SEARCH_HELP
    autocomplete_fields = ("assignee",)
    inlines = (CommentInline,)
    readonly_fields = (*TRIAGE_DISPLAY, "created", "updated")
    confirmed_actions = (*DeskModelAdmin.confirmed_actions, "assignee:other")
    actions = ACTIONS

    # --- the list ---

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ticket]:
        tickets: QuerySet[Ticket] = Ticket.including_spam.order_by(*self.ordering)
        return tickets

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        queryset = queryset.defer("description")
        number = re.fullmatch(r"\s*#(\d{1,18})\s*", search_term)
        if number:  # this ticket only, not those that mention the number
            named = Ticket.with_merged.filter(pk=number[1])
            return queryset.filter(
                pk__in=named.values(current=Coalesce("merged_into", "pk"))
            ), False
        tickets = cast("TicketQuerySet[Ticket]", queryset)
        matches = tickets.search(search_term[:MAX_SEARCH_CHARS], request.user)
        newest = matches.newest_matches(MAX_RANKED)
        if newest.has_more:
            note = f"These are the newest of the tickets matches, at most {MAX_RANKED:,}."
            self.message_user(request, note, messages.WARNING)
        return newest.tickets, False

    @admin.display(description="Ticket")
    def subject(self, ticket: Ticket) -> str:
        return str(ticket)

    @admin.display(description="Status")
    def status_badge(self, ticket: Ticket) -> SafeString:
        return badge("status", ticket.status)

    @admin.display(description="Priority")
    def priority_badge(self, ticket: Ticket) -> SafeString:
        return badge("priority", ticket.priority)

    @admin.display(description="Category")
    def category_badge(self, ticket: Ticket) -> SafeString:
        return badge("category", ticket.category)

    @admin.display(description="Sentiment and urgency")
    def sentiment_and_urgency(self, ticket: Ticket) -> SafeString:
        return format_html("{} {}", badge("sentiment", ticket.sentiment), ticket.urgency_score)

    @admin.display(description="Assignee")
    def assigned_to(self, ticket: Ticket) -> User | None:
        return ticket.assignee

    @admin.display(description="Created", ordering="created_at")
    def created(self, ticket: Ticket) -> str:
        return format_time(ticket.created_at)

    @admin.display(description="Last updated")
    def updated(self, ticket: Ticket) -> str:
        return format_time(ticket.updated_at)

    # --- actions ---

    def get_action(self, action: Any) -> tuple[Any, str, str] | None:
        """Use a TicketAction's own name; Django would use the function's."""
        if isinstance(action, TicketAction):
            return action, action.name, action.description
        return super().get_action(action)

    def get_action_choices(
        self, request: HttpRequest, default_choices: Any = (("", "---------"),)
    ) -> list[tuple[str, Any]]:
        """Put the ticket actions under their headings, after Django's own actions."""
        actions = {action.name: action for action in ACTIONS}
        groups: dict[str, list[tuple[str, str]]] = {}
        ungrouped: list[tuple[str, Any]] = []
        for name, description in super().get_action_choices(request, list(default_choices)):
            group = groups.setdefault(actions[name].group, []) if name in actions else ungrouped
            group.append((name, description))
        return [*ungrouped, *groups.items()]

    def has_take_permission(self, request: HttpRequest) -> bool:
        return self.has_change_permission(request) and is_agent(request.user)

    def change_selected(
        self,
        request: HttpRequest,
        queryset: QuerySet[Any],
        changes: Mapping[str, Any],
        summary: str,
    ) -> None:
        """Change the selected tickets and tell the user how many, with a way to undo it."""
        # Everybody locks in the same order, so that two actions at once cannot deadlock.
        ids = list(queryset.order_by("pk").values_list("pk", flat=True))
        result = update_tickets(ids, changes, signed_in_actor(request))
        undoable = is_agent(request.user) and len(result.changed) <= MAX_UNDOABLE
        count, left = len(result.tickets), len(result.left)
        self.report_action(
            request,
            count,
            count + left,
            f"{summary}: {wording.plural(count, 'ticket')}.",
            f"Then the database failed. Not changed: {left}." if left else "",
            undo=result.changed if undoable else (),
        )

    # --- one ticket ---

    def get_fieldsets(self, request: HttpRequest, obj: Ticket | None = None) -> Any:
        return ADD_FIELDSETS if obj is None else CHANGE_FIELDSETS

    def get_inlines(self, request: HttpRequest, obj: Ticket | None) -> Any:
        return () if obj is None else self.inlines

    def get_form(
        self, request: HttpRequest, obj: Ticket | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        base = AddTicketForm if obj is None else ChangeTicketForm
        form: Any = super().get_form(request, obj, change, **{"form": base, **kwargs})
        form.editor = signed_in_actor(request)
        return form

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        ticket = context["original"]
        if ticket is not None:
            context["conversation"] = ticket.comments.select_related("author")
        response = super().render_change_form(request, context, *args, **kwargs)
        # Only agents may open the ticket's page on the desk.
        cast(Any, response).context_data["has_absolute_url"] &= signed_in_actor(request).is_agent
        return response

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """Show the audit trail, which records more than the admin's own log."""
        response = super().history_view(request, object_id, extra_context)
        if isinstance(response, TemplateResponse):  # not a redirect: the ticket exists
            context = cast(dict[str, Any], response.context_data)
            context["audit_trail"] = audit_trail(context["object"])
        return response

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> HttpResponse:
        """Lead from a merged ticket to the one that it is part of, and from a deleted one to what
        is known of it.

        Raise TicketMerged if a form was sent: its page shows the user the text.
        """
        try:
            if re.fullmatch(r"\d{1,18}", object_id):
                Ticket.including_spam.find(int(object_id))
        except TicketMerged as merged:
            if request.method == "POST":
                raise
            self.message_user(request, merged.detail, messages.WARNING)
            return redirect("admin:tickets_ticket_change", merged.into)
        except NotFound:
            may_know = request.user.has_perm("tickets.view_erasure") and request.method == "GET"
            deleted = Erasure.objects.filter(kind=ErasureKind.DELETED, ticket_number=object_id)
            if may_know and deleted.exists():
                self.message_user(request, f"Ticket #{object_id} was deleted.", messages.WARNING)
                address = reverse("admin:tickets_erasure_changelist")
                return redirect(f"{address}?q={object_id}")
        return super()._get_obj_does_not_exist_redirect(request, opts, object_id)

    @admin.display(description="Category decided by")
    def category_decided_by(self, ticket: Ticket) -> str:
        return _decided_by(ticket, "category")

    @admin.display(description="Priority decided by")
    def priority_decided_by(self, ticket: Ticket) -> str:
        return _decided_by(ticket, "priority")

    @admin.display(description="Sentiment decided by")
    def sentiment_decided_by(self, ticket: Ticket) -> str:
        return _decided_by(ticket, "sentiment")

    # --- saving ---

    def save_model(self, request: HttpRequest, obj: Ticket, form: Any, change: bool) -> None:
        if not change:
            obj.pk = create_ticket(form.cleaned_data, signed_in_actor(request)).pk
            return
        if form.changes:
            read = ReadState(form.cleaned_data["version_seen"])
            update_ticket(obj.pk, form.changes, signed_in_actor(request), read=read)

    def save_formset(
        self,
        request: HttpRequest,
        form: Any,
        formset: forms.BaseModelFormSet[Any, Any],
        change: bool,
    ) -> None:
        formset.save(commit=False)
        formset.new_objects = [
            add_comment(form.instance, comment.cleaned_data, signed_in_actor(request))
            for comment in formset.extra_forms
            if comment.has_changed()
        ]

    def delete_model(self, request: HttpRequest, obj: Ticket) -> None:
        delete_ticket(obj.pk, signed_in_actor(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> None:
        actor = signed_in_actor(request)
        with audited(actor):
            for ticket_id in list(queryset.order_by("pk").values_list("pk", flat=True)):
                with suppress(NotFound, TicketMerged):
                    delete_ticket(ticket_id, actor)


def _decided_by(ticket: Ticket, name: str) -> str:
    return wording.decision(*ticket.decision(name))
