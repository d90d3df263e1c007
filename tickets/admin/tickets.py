"""Tickets in the back office. Every change goes through the services, as everywhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from ..exceptions import NotFound
from ..forms import SEARCH_LENGTH
from ..models import Category, Comment, Priority, Source, Status, Ticket, is_agent
from ..querysets import TicketQuerySet
from ..services import (
    WRITABLE,
    add_comment,
    change_by,
    create_ticket,
    delete_ticket,
    update_ticket,
)
from .base import DeskModelAdmin, StackedInline, acting, badge, moment
from .forms import AddTicketForm, ChangeTicketForm, CommentForm

ADD_FIELDSETS = (
    (None, {"fields": ("title", "description", "requester_email")}),
    ("Properties", {"fields": (("status", "assignee"), ("category", "priority"))}),
)
CHANGE_FIELDSETS = (
    *ADD_FIELDSETS,
    ("Triage", {"fields": ("tone", "category_decided", "priority_decided", "tone_decided")}),
    ("Times", {"fields": (("arrived", "changed"),)}),
)
MOST_AT_ONCE = 1000  # tickets that one action may change
Action = Callable[["TicketAdmin", HttpRequest, QuerySet[Any]], None]


def setting(field: str, value: str, words: str) -> Action:
    """An action that gives every selected ticket this value."""

    @admin.action(description=words, permissions=["change"])
    def set_value(model_admin: TicketAdmin, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        model_admin.change_selected(request, queryset, {field: value})

    set_value.__name__ = f"{field}:{value}"
    return set_value


class AssigneeFilter(admin.SimpleListFilter):
    title = parameter_name = "assignee"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("me", "Me"), ("none", "Nobody")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        wanted = {"me": request.user.pk, "none": None}
        value = self.value()
        return queryset.filter(assignee=wanted[value]) if value in wanted else queryset


class CommentInline(StackedInline):
    """A new comment; those before it are shown as a conversation, see the template."""

    model = Comment
    form = CommentForm
    template = "admin/tickets/ticket/conversation.html"
    extra = max_num = 1
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Comment]:
        return Comment.objects.none()


@admin.register(Ticket)
class TicketAdmin(DeskModelAdmin):
    form = ChangeTicketForm
    list_display = (
        *("subject", "status_badge", "priority_badge", "category_badge", "tone"),
        *("assigned_to", "arrived"),
    )
    list_select_related = ("assignee",)
    list_filter = (
        *("status", "priority", "category", "sentiment"),
        AssigneeFilter,
        *("category_source", "created_at"),
    )
    # Sorting by a column without an index would read the whole table.
    sortable_by = ("arrived",)
    ordering = ("-created_at", "-id")
    search_fields = ("title", "description")  # shows the box; see get_search_results
    search_help_text = 'Words or their beginnings, "quoted phrases", -excluded, or a number: #12'
    autocomplete_fields = ("assignee",)
    inlines = (CommentInline,)
    readonly_fields = (
        *("tone", "category_decided", "priority_decided", "tone_decided"),
        *("arrived", "changed"),
    )
    actions = (
        *(setting("status", status, f"Mark as {status.label.lower()}") for status in Status),
        *(setting("priority", value, f"Set to {value.label.lower()}") for value in Priority),
        *(setting("category", value, f"Set to {value.label.lower()}") for value in Category),
        "assign_to_me",
    )

    # --- the list ---

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ticket]:
        return super().get_queryset(request).defer("document")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        number = re.fullmatch(r"\s*#(\d+)\s*", search_term)
        if number:
            return queryset.filter(pk=number[1]), False
        return cast(TicketQuerySet, queryset).search(search_term[:SEARCH_LENGTH]), False

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

    @admin.display(description="Tone, urgency")
    def tone(self, ticket: Ticket) -> SafeString:
        word = badge("sentiment", ticket.sentiment)
        return format_html("{} {}", word, ticket.urgency_score)

    @admin.display(description="Assignee")
    def assigned_to(self, ticket: Ticket) -> User | None:
        return ticket.assignee

    @admin.display(description="Arrived", ordering="created_at")
    def arrived(self, ticket: Ticket) -> str:
        return moment(ticket.created_at)

    @admin.display(description="Last changed")
    def changed(self, ticket: Ticket) -> str:
        return moment(ticket.updated_at)

    # --- actions ---

    def get_action_choices(
        self, request: HttpRequest, default_choices: Any = (("", "---------"),)
    ) -> list[tuple[str, Any]]:
        """The actions that set a value, grouped by the field that they set."""
        groups: dict[str, list[tuple[str, str]]] = {}
        plain: list[tuple[str, Any]] = []
        for name, words in super().get_action_choices(request, list(default_choices)):
            field, _, value = name.partition(":")
            (groups.setdefault(field, []) if value else plain).append((name, words))
        return [*plain, *((capfirst(field), choices) for field, choices in groups.items())]

    def response_action(  # type: ignore[override]  # as Django 5.2 has it
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> HttpResponse | None:
        """Refuse to act on more tickets than one request can carry."""
        everything = forms.BooleanField().to_python(request.POST.get("select_across"))
        if everything and queryset[MOST_AT_ONCE:].exists():
            words = f"Up to {MOST_AT_ONCE} tickets can be changed at once: narrow the list."
            self.message_user(request, words, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        return super().response_action(request, queryset)

    @admin.action(description="Assign to me", permissions=["take"])
    def assign_to_me(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self.change_selected(request, queryset, {"assignee": acting(request).user})

    def has_take_permission(self, request: HttpRequest) -> bool:
        return self.has_change_permission(request) and is_agent(request.user)

    def change_selected(
        self, request: HttpRequest, queryset: QuerySet[Any], changes: Mapping[str, Any]
    ) -> None:
        actor, done = acting(request), 0
        # In one order for everybody, so that two actions at once cannot wait for each other.
        numbers = queryset.order_by("pk").values_list("pk", flat=True)
        with change_by(actor):
            for number in list(numbers):
                with suppress(NotFound):
                    update_ticket(number, changes, actor)
                    done += 1
        self.message_user(request, f"Changed: {done}.", messages.SUCCESS)

    # --- one ticket ---

    def get_fieldsets(self, request: HttpRequest, obj: Ticket | None = None) -> Any:
        return ADD_FIELDSETS if obj is None else CHANGE_FIELDSETS

    def get_inlines(self, request: HttpRequest, obj: Ticket | None) -> Any:
        return () if obj is None else self.inlines

    def get_form(
        self, request: HttpRequest, obj: Ticket | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = AddTicketForm if obj is None else ChangeTicketForm
        return super().get_form(request, obj, change, **{"form": form, **kwargs})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        ticket = context["original"]
        if ticket is not None:
            context["conversation"] = ticket.comments.select_related("author")
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="Category decided by")
    def category_decided(self, ticket: Ticket) -> str:
        return _decision(ticket, "category")

    @admin.display(description="Priority decided by")
    def priority_decided(self, ticket: Ticket) -> str:
        return _decision(ticket, "priority")

    @admin.display(description="Tone decided by")
    def tone_decided(self, ticket: Ticket) -> str:
        return _decision(ticket, "tone")

    # --- saving ---

    def save_model(self, request: HttpRequest, obj: Ticket, form: Any, change: bool) -> None:
        if not change:
            obj.pk = create_ticket(form.cleaned_data, acting(request)).pk
            return
        changes = {name: form.cleaned_data[name] for name in form.changed_data if name in WRITABLE}
        if changes:
            version = form.cleaned_data["version_seen"]
            update_ticket(obj.pk, changes, acting(request), version=version)

    def save_formset(
        self,
        request: HttpRequest,
        form: Any,
        formset: forms.BaseModelFormSet[Any, Any],
        change: bool,
    ) -> None:
        formset.save(commit=False)
        formset.new_objects = [
            add_comment(form.instance, written.cleaned_data, acting(request))
            for written in formset.extra_forms
            if written.has_changed()
        ]

    def delete_model(self, request: HttpRequest, obj: Ticket) -> None:
        delete_ticket(obj.pk, acting(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> None:
        actor = acting(request)
        with change_by(actor):
            for number in list(queryset.order_by("pk").values_list("pk", flat=True)):
                with suppress(NotFound):
                    delete_ticket(number, actor)


def _decision(ticket: Ticket, name: str) -> str:
    """For example "Offline, 82 % sure"."""
    decided = ticket.triage[name]
    source = capfirst(Source(decided["source"]).label)
    sure = decided["confidence"]
    return source if sure is None else f"{source}, {sure:.0%} sure"
