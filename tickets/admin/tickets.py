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
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from ..access.roles import is_agent
from ..exceptions import NotFound
from ..models.ticket import Comment, Ticket
from ..querysets.search import SEARCH_HELP, parse_search
from ..querysets.tickets import TicketQuerySet
from ..services.comments import add_comment
from ..services.editing import audited
from ..services.tickets import create_ticket, delete_ticket, update_ticket, update_tickets
from ..services.undo import undo_token
from ..vocabulary import MAX_SEARCH_CHARS, WRITABLE_FIELDS, Category, Priority, Source, Status
from ..web import wording
from .base import (
    MOST_NAMED,
    NEWEST,
    DeskModelAdmin,
    StackedInline,
    acting,
    badge,
    counted,
    moment,
    newest,
)
from .forms import AddTicketForm, AssignForm, ChangeTicketForm, CommentForm

ADD_FIELDSETS = (
    (None, {"fields": ("title", "description", "requester_email")}),
    ("Properties", {"fields": (("status", "assignee"), ("category", "priority"))}),
)
CHANGE_FIELDSETS = (
    *ADD_FIELDSETS,
    ("Triage", {"fields": ("mood", "category_decided", "priority_decided", "mood_decided")}),
    ("Times", {"fields": (("arrived", "changed"),)}),
)
MOST_UNDONE = 100  # that a message can take back
Action = Callable[["TicketAdmin", HttpRequest, QuerySet[Any]], HttpResponse | None]


def setting(field: str, value: str, label: str, words: str) -> Action:
    """An action that gives every selected ticket this value."""

    @admin.action(description=words, permissions=["change"])
    def set_value(model_admin: TicketAdmin, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        done = f"{capfirst(field)} set to {label.lower()}"
        model_admin.change_selected(request, queryset, {field: value}, done)

    set_value.__name__ = f"{field}:{value}"
    return set_value


@admin.action(description="Assign to me", permissions=["take"])
def assign_to_me(model_admin: TicketAdmin, request: HttpRequest, queryset: QuerySet[Any]) -> None:
    changes = {"assignee": acting(request).user}
    model_admin.change_selected(request, queryset, changes, "Assigned to you")


@admin.action(description="Assign to …", permissions=["change"])
def assign_to_other(
    model_admin: TicketAdmin, request: HttpRequest, queryset: QuerySet[Any]
) -> HttpResponse | None:
    """Asks for the agent on a page of its own, whose form does this action again."""
    form = AssignForm(request.POST if "assign" in request.POST else None)
    if not form.is_valid():
        return model_admin.ask_for_agent(request, queryset, form)
    agent = form.cleaned_data["assignee"]
    words = f"Assigned to {agent.get_username()}"
    model_admin.change_selected(request, queryset, {"assignee": agent}, words)
    return None


@admin.action(description="Assign to nobody", permissions=["change"])
def assign_to_nobody(
    model_admin: TicketAdmin, request: HttpRequest, queryset: QuerySet[Any]
) -> None:
    model_admin.change_selected(request, queryset, {"assignee": None}, "Assigned to nobody")


for action, name in (
    (assign_to_me, "assignee:me"),
    (assign_to_other, "assignee:other"),
    (assign_to_nobody, "assignee:nobody"),
):
    action.__name__ = name


class AssigneeFilter(admin.SimpleListFilter):
    """Me, nobody, and whoever the address names."""

    title = parameter_name = "assignee"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        named = request.GET.get("assignee", "")
        asked = named not in ("", "me", "none") and User.objects.filter(username=named).exists()
        return [("me", "Me"), ("none", "Nobody"), *([(named, named)] if asked else [])]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        value = self.value()
        if not value:
            return queryset
        wanted: dict[str, Any] = {"me": request.user.pk, "none": None}
        if value in wanted:
            return queryset.filter(assignee=wanted[value])
        return queryset.filter(assignee__in=User.objects.filter(username=value).values("pk"))


class ReviewFilter(admin.SimpleListFilter):
    title, parameter_name = "triage", "needs_review"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("true", "Needs review")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        found = cast(TicketQuerySet, queryset)
        return found.needing_review() if self.value() == "true" else found


class MoodFilter(admin.ChoicesFieldListFilter):
    """Named as on the pages."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = "mood"


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
        *("subject", "status_badge", "priority_badge", "category_badge", "mood"),
        *("assigned_to", "arrived"),
    )
    list_select_related = ("assignee",)
    list_filter = (
        *("status", "priority", "category", ("sentiment", MoodFilter)),
        AssigneeFilter,
        ReviewFilter,
        "created_at",
    )
    # Sorting by a column without an index would read the whole table.
    sortable_by = ("arrived",)
    ordering = ("-created_at", "-id")
    search_fields = ("title", "description")  # shows the box; see get_search_results
    search_help_text = SEARCH_HELP
    autocomplete_fields = ("assignee",)
    inlines = (CommentInline,)
    readonly_fields = (
        *("mood", "category_decided", "priority_decided", "mood_decided"),
        *("arrived", "changed"),
    )
    asks_first = (*DeskModelAdmin.asks_first, "assignee:other")
    actions = (
        *(setting("status", each, each.label, f"Mark as {each.label.lower()}") for each in Status),
        *(
            setting("priority", each, each.label, f"Set to {each.label.lower()}")
            for each in Priority
        ),
        *(
            setting("category", each, each.label, f"Set to {each.label.lower()}")
            for each in Category
        ),
        *(assign_to_me, assign_to_other, assign_to_nobody),
    )

    # --- the list ---

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ticket]:
        return super().get_queryset(request).defer("document")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        queryset = queryset.defer("document", "description")
        number = re.fullmatch(r"\s*#(\d{1,18})\s*", search_term)
        if number:  # without the tickets that only mention it
            return queryset.filter(pk=number[1]), False
        text = search_term[:MAX_SEARCH_CHARS]
        if text.strip() and not _uses_index(text):
            words = (
                f"This was searched among the latest {NEWEST:,} tickets: add a word to find more."
            )
            self.message_user(request, words, messages.WARNING)
            queryset = newest(queryset)
        return cast(TicketQuerySet, queryset).search(text, request.user), False

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

    @admin.display(description="Mood and urgency")
    def mood(self, ticket: Ticket) -> SafeString:
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

    def ask_for_agent(
        self, request: HttpRequest, queryset: QuerySet[Any], form: AssignForm
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": "Assign tickets",
            "opts": self.opts,
            "tickets": list(queryset[:MOST_NAMED]),
            "form": form,
            "media": self.media + form.media,
        }
        return TemplateResponse(request, "admin/tickets/ticket/assign.html", context)

    def has_take_permission(self, request: HttpRequest) -> bool:
        return self.has_change_permission(request) and is_agent(request.user)

    def change_selected(
        self,
        request: HttpRequest,
        queryset: QuerySet[Any],
        changes: Mapping[str, Any],
        words: str,
    ) -> None:
        """Change what is selected and tell how many, and of those that are gone."""
        # In one order for everybody, so that two actions at once cannot wait for each other.
        numbers = list(queryset.order_by("pk").values_list("pk", flat=True))
        changed = update_tickets(numbers, changes, acting(request))
        # The page offers to undo what these versions name; with too many there is no room.
        renewed = [ticket for ticket in changed if ticket.renewed]
        undo = is_agent(request.user) and len(renewed) <= MOST_UNDONE
        told = f"{words}: {counted(len(changed), 'ticket')}."
        tags = undo_token(renewed if undo else ())
        self.tell(request, len(changed), len(changed), told, extra_tags=tags)

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
        response = super().render_change_form(request, context, *args, **kwargs)
        # The desk's own page of a ticket is for agents.
        cast(Any, response).context_data["has_absolute_url"] &= acting(request).is_agent
        return response

    @admin.display(description="Category decided by")
    def category_decided(self, ticket: Ticket) -> str:
        return _decision(ticket, "category")

    @admin.display(description="Priority decided by")
    def priority_decided(self, ticket: Ticket) -> str:
        return _decision(ticket, "priority")

    @admin.display(description="Mood decided by")
    def mood_decided(self, ticket: Ticket) -> str:
        return _decision(ticket, "tone")

    # --- saving ---

    def save_model(self, request: HttpRequest, obj: Ticket, form: Any, change: bool) -> None:
        if not change:
            obj.pk = create_ticket(form.cleaned_data, acting(request)).pk
            return
        changes = {
            name: form.cleaned_data[name] for name in form.changed_data if name in WRITABLE_FIELDS
        }
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
        with audited(actor):
            for number in list(queryset.order_by("pk").values_list("pk", flat=True)):
                with suppress(NotFound):
                    delete_ticket(number, actor)


def _uses_index(text: str) -> bool:
    """Whether something in a search narrows it through an index."""
    terms = (term for term in parse_search(text) if not term.excluded)
    return any(re.search(r"[^\W_]", term.text) for term in terms)


def _decision(ticket: Ticket, name: str) -> str:
    """For example "Offline, 82 % sure"."""
    decided = ticket.triage[name]
    source = capfirst(Source(decided["source"]).label)
    sure = decided["confidence"]
    return source if sure is None else f"{source}, {wording.confident(sure)}"
