"""The admin site: who may enter, and how what they do is recorded."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import pghistory
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import LogEntry
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import capfirst

from .exceptions import InvalidInput, PermissionDenied
from .models.ticket import Ticket

View = Callable[..., Any]


SECTIONS = [
    ("Tickets", ["Ticket", "Email", "SavedView"]),
    ("Triage", ["TriageModel", "Prediction", "Lesson"]),
    ("People and programs", ["User", "Group", "ApiToken"]),
    ("Background work", ["ProcrastinateJob"]),
]
PURPOSES = {
    "Ticket": "Find, change, assign and delete tickets, many at once.",
    "Email": "What was sent to requesters, and what could not be.",
    "SavedView": "The lists that agents keep for themselves or share.",
    "TriageModel": "What was learned, and how often each source was right.",
    "Prediction": "Each value that triage suggested, and what became of it.",
    "Lesson": "What agents decided, for triage to learn or to forget.",
    "User": "Accounts: who works here, and who no longer does.",
    "Group": "What agents and admins may do.",
    "ApiToken": "Programs' keys to the JSON API.",
    "ProcrastinateJob": "What runs beside requests: retry what failed, cancel what waits.",
}
RECENT, LOOKED_AT = 10, 10_000  # actions of one's own, among the latest of all


class DeskAdminSite(admin.AdminSite):
    """Open to accounts with staff status; their groups say what they may do here.

    An agent without staff status works on the desk's pages only.
    """

    site_header = site_title = "Support desk"
    index_title = "Back office"
    site_url = "/tickets/"
    enable_nav_sidebar = False  # the header leads to the few lists there are

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The desk has one sign-in page; whoever is signed in already need not see it again."""
        if self.has_permission(request):
            return redirect("admin:index")
        if request.user.is_authenticated:
            raise PermissionDenied("The back office is open to accounts with staff status only.")
        return redirect_to_login(request.GET.get(REDIRECT_FIELD_NAME, reverse("admin:index")))

    def admin_view(self, view: View, cacheable: bool = False) -> Any:
        @wraps(view)
        def recorded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            refuse_unreadable(request)
            user = request.user
            # The services do the same; this also covers what is changed past them, such as
            # deleting a token.
            with pghistory.context(actor=user.get_username(), user=user.pk):
                response: HttpResponseBase = view(request, *args, **kwargs)
                return response

        return super().admin_view(recorded, cacheable)

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        recent = [(entry, self._noun(entry)) for entry in recent_actions(request)]
        return super().index(request, {"recent": recent} | (extra_context or {}))

    def _noun(self, entry: LogEntry) -> str:
        """What people call the row that an entry is about."""
        model = entry.content_type.model_class() if entry.content_type else None
        if model is None or not self.is_registered(model):
            return str(entry.content_type or "")
        return str(self.get_model_admin(model).opts.verbose_name)

    def section_of(self, model: Any) -> str:
        """Under which heading of the start page a model's list stands."""
        name = model._meta.object_name
        return next((title for title, names in SECTIONS if name in names), "More")

    def app_index(  # type: ignore[override]  # Django's is a page of its own
        self, request: HttpRequest, app_label: str, extra_context: Any = None
    ) -> HttpResponse:
        """Breadcrumbs lead to a list's section, which is on the start page."""
        return redirect("admin:index")

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The lists by what they are for, rather than by the application that has them."""
        apps = super().get_app_list(request, app_label)
        lists = {model["object_name"]: model for app in apps for model in app["models"]}
        for name, model in lists.items():
            nouns = self.get_model_admin(model["model"]).opts.verbose_name_plural
            model["name"], model["purpose"] = capfirst(str(nouns)), PURPOSES.get(name, "")
        known = {name for _, names in SECTIONS for name in names}
        sections = [*SECTIONS, ("More", [name for name in lists if name not in known])]
        return [
            {"name": title, "models": found}
            for title, names in sections
            if (found := [lists[name] for name in names if name in lists])
        ]

    def autocomplete_view(self, request: HttpRequest) -> Any:
        return Autocomplete.as_view(admin_site=self)(request)


class Autocomplete(AutocompleteJsonView):
    """Names for the fields that search as one types."""

    def has_perm(self, request: HttpRequest, obj: Any = None) -> bool:
        """Agents assign tickets to each other, but may not see the accounts themselves."""
        if self.source_field is Ticket._meta.get_field("assignee"):
            return admin.site.get_model_admin(Ticket).has_change_permission(request)
        return super().has_perm(request, obj)

    def get_queryset(self) -> QuerySet[Any]:
        # The choices are limited through groups, of which an account may have several.
        return super().get_queryset().distinct()


def recent_actions(request: HttpRequest) -> list[LogEntry]:
    """One's latest changes here, without reading the whole log."""
    latest = LogEntry.objects.aggregate(latest=Max("pk"))["latest"] or 0
    mine = LogEntry.objects.filter(user=request.user.pk, pk__gt=latest - LOOKED_AT)
    return list(mine.select_related("content_type").order_by("-pk")[:RECENT])


def refuse_unreadable(request: HttpRequest) -> None:
    """Raise InvalidInput for what Django's pages take for granted and no browser sends."""
    for name, values in request.GET.lists():
        # PostgreSQL can compare NUL with nothing.
        if any("\0" in text for text in (name, *values)):
            raise InvalidInput("The address has a NUL character in it.")
    for key in request.POST.getlist(ACTION_CHECKBOX_NAME):
        if not key.isdecimal():
            raise InvalidInput("A selected row is not named by its number.")
