"""The admin site: who may open it, and how it records what they do."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import pghistory
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.models import Group, User
from django.contrib.auth.views import redirect_to_login
from django.db.models import Max, Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from .access.sessions import is_confirmed
from .exceptions import InvalidInput, PermissionDenied
from .models.events import ErasedAddress, Erasure
from .models.incoming import InboundMessage, Mailbox
from .models.mail import BouncedAddress, Email
from .models.sign_ins import SignInLock
from .models.spam import BlockedAddress
from .models.ticket import Ticket
from .models.tokens import ApiToken
from .models.triage import Feedback, Prediction, TriageModel
from .models.workplace import SavedView
from .services.conditions.current import current
from .services.counts import recently_mended
from .services.leavers import found_leavers
from .web.confirmation import ask_to_confirm

View = Callable[..., Any]

# The headings of the start page, with the lists below each and what each list is for.
SECTIONS: dict[str, dict[type[Model], str]] = {
    "Tickets": {
        Ticket: "Find, change, assign and delete tickets, one or many at a time.",
        Email: "Emails to requesters and agents: sent, waiting and failed.",
        Mailbox: "Addresses whose mail becomes tickets, how it is fetched, and a test.",
        InboundMessage: "Mail that came in: what became of it, and what waits for a decision.",
        BouncedAddress: "Addresses that no mail is sent to, because it came back.",
        BlockedAddress: "Senders whose tickets and replies are stored as spam.",
        SavedView: "Ticket lists that agents saved for themselves or share.",
        Erasure: "Tickets that were deleted, erased or redacted: which, by whom, and when.",
    },
    "Triage": {
        TriageModel: "What the classifier has learned, and how often each source is right.",
        Prediction: "What triage predicted, and what agents decided.",
        Feedback: "Agents' confirmations and corrections, which the classifier learns from.",
    },
    "People and programs": {
        User: "Accounts of the people who work here, or used to.",
        Group: "What agents and admins may do.",
        SignInLock: "Accounts that wrong passwords have locked for an address, and lifting it.",
        ApiToken: "Tokens that let programs use the JSON API.",
        ErasedAddress: "Export or erase all that the desk has of a person.",
    },
    "Background work": {
        ProcrastinateJob: "Jobs that run in the background: retry or cancel them.",
    },
}
MAX_RECENT = 10  # of the user's own actions on the start page
RECENT_WINDOW = 10_000  # log entries, by id, that are searched for them


# The lists whose rows are rights or secrets, and the page that hands out or erases all that there
# is of a person.
CONFIRMED = (
    *("auth_user_", "auth_group_", "tickets_apitoken_", "tickets_mailbox_"),
    "tickets_erasedaddress_",
)


class DeskAdminSite(admin.AdminSite):
    """Open to accounts with staff status; their groups decide what they may do.

    An agent without staff status uses only the desk's own pages.
    """

    site_header = site_title = settings.DESK_NAME
    index_title = "Back office"
    site_url = "/tickets/"
    enable_nav_sidebar = False  # the header links to every list

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Redirect to the desk's sign-in page, or to the start page if already signed in."""
        if self.has_permission(request):
            return redirect("admin:index")
        if request.user.is_authenticated:
            raise PermissionDenied("Only accounts with staff status can open the back office.")
        return redirect_to_login(request.GET.get(REDIRECT_FIELD_NAME, reverse("admin:index")))

    def admin_view(self, view: View, cacheable: bool = False) -> Any:
        @wraps(view)
        def audited(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            # Django's pages query with parts of the address, and PostgreSQL refuses NUL.
            if "%00" in request.get_full_path():
                raise InvalidInput("The address contains a NUL character.")
            # The services add this context too. Here it covers what bypasses them, such as
            # deleting a token.
            if changes_secrets(request) and not is_confirmed(request):
                return ask_to_confirm(request)
            user = request.user
            with pghistory.context(actor=user.get_username(), user=user.pk):
                response: HttpResponseBase = view(request, *args, **kwargs)
                return response

        return super().admin_view(audited, cacheable)

    def password_change(  # type: ignore[override]  # Django's is a page of its own
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead to the desk's own page, which every account has."""
        return redirect("change-password")

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        context = {"recent": recent_actions(request), **(extra_context or {})}
        if request.user.has_perm("auth.view_user"):
            context["conditions"] = current()
            context["leavers"] = found_leavers()
            context["mended_counts"] = recently_mended()
        return super().index(request, context)

    def app_index(  # type: ignore[override]  # Django's is a page of its own
        self, request: HttpRequest, app_label: str, extra_context: Any = None
    ) -> HttpResponse:
        """Redirect to the start page, which lists everything."""
        return redirect("admin:index")

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Group the lists by SECTIONS instead of by app. Any other list goes under "More"."""
        apps = super().get_app_list(request, app_label)
        entries = {entry["model"]: entry for app in apps for entry in app["models"]}
        known = {model for models in SECTIONS.values() for model in models}
        sections = SECTIONS | {"More": {model: "" for model in entries if model not in known}}
        app_list = [
            {
                "name": title,
                "models": [
                    entries[model] | {"purpose": purpose}
                    for model, purpose in models.items()
                    if model in entries
                ],
            }
            for title, models in sections.items()
        ]
        return [section for section in app_list if section["models"]]

    def autocomplete_view(self, request: HttpRequest) -> Any:
        return Autocomplete.as_view(admin_site=self)(request)


def changes_secrets(request: HttpRequest) -> bool:
    """Return whether the page is there to change rights or secrets. Lists have actions."""
    name = (request.resolver_match and request.resolver_match.url_name) or ""
    if not name.startswith(CONFIRMED) or name.endswith("_history"):
        return False
    return request.method == "POST" or not name.endswith("_changelist")


class Autocomplete(AutocompleteJsonView):
    """Answers the fields that search while the user types."""

    def has_perm(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let agents assign tickets to each other without seeing the accounts themselves."""
        if self.source_field is Ticket._meta.get_field("assignee"):
            return admin.site.get_model_admin(Ticket).has_change_permission(request)
        return super().has_perm(request, obj)

    def get_queryset(self) -> QuerySet[Any]:
        # The choices are limited by groups, and an account may be in several.
        return super().get_queryset().distinct()


def recent_actions(request: HttpRequest) -> list[LogEntry]:
    """Return the user's latest actions without reading the whole log."""
    latest = LogEntry.objects.aggregate(latest=Max("pk"))["latest"] or 0
    entries = LogEntry.objects.filter(user=request.user.pk, pk__gt=latest - RECENT_WINDOW)
    return list(entries.select_related("content_type").order_by("-pk")[:MAX_RECENT])
