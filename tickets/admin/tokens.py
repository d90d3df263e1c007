"""API tokens in the back office: create, show the secret once, revoke."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.safestring import SafeString

from ..models.tokens import ApiToken
from ..services.accounts import create_token, revoke_token
from ..web.wording import plural
from .base import DeskModelAdmin, badge, format_time, signed_in_actor
from .forms import TokenForm

STATES = [("usable", "Usable"), ("expired", "Expired"), ("revoked", "Revoked")]


class TokenStateFilter(admin.SimpleListFilter):
    title = parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return STATES

    def queryset(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> QuerySet[ApiToken]:
        expired = Q(expires_at__lte=timezone.now())
        conditions = {
            "usable": Q(revoked_at=None) & ~expired,
            "expired": Q(revoked_at=None) & expired,
            "revoked": Q(revoked_at__isnull=False),
        }
        return queryset.filter(conditions.get(self.value() or "", Q()))


@admin.register(ApiToken)
class ApiTokenAdmin(DeskModelAdmin):
    """A token can be created and revoked but not changed: its holder relies on its scopes."""

    form = TokenForm
    list_display = ("name", "user", "scope_names", "state", "created", "expires", "last_used")
    list_select_related = ("user",)
    list_filter = (TokenStateFilter,)
    search_fields = ("name", "user__username")
    ordering = ("-created_at", "-id")
    autocomplete_fields = ("user",)
    actions = ("revoke",)

    def get_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> Any:
        if obj is None:
            return ("name", "user", "scopes", "days")
        return (*self.list_display[:-1], "revoked", "last_used")

    def has_change_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return super().has_change_permission(request)

    def get_form(
        self, request: HttpRequest, obj: ApiToken | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.creator = signed_in_actor(request)
        return form

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        token = context["original"]
        usable = token is not None and token.revoked_at is None
        context["can_revoke"] = usable and self.has_revoke_permission(request)
        context["show_save_and_add_another"] = context["show_save_and_continue"] = False
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="Scopes")
    def scope_names(self, token: ApiToken) -> str:
        return ", ".join(token.scopes)

    @admin.display(description="State")
    def state(self, token: ApiToken) -> SafeString:
        state = "usable" if token.is_usable else "revoked" if token.revoked_at else "expired"
        return badge("token", state)

    @admin.display(description="Created", ordering="created_at")
    def created(self, token: ApiToken) -> str:
        return format_time(token.created_at)

    @admin.display(description="Expires", ordering="expires_at")
    def expires(self, token: ApiToken) -> str:
        return format_time(token.expires_at)

    @admin.display(description="Last used", ordering="last_used_at")
    def last_used(self, token: ApiToken) -> str:
        return format_time(token.last_used_at)

    @admin.display(description="Revoked")
    def revoked(self, token: ApiToken) -> str:
        return format_time(token.revoked_at)

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        data = form.cleaned_data
        new = create_token(
            data["name"],
            data["scopes"],
            signed_in_actor(request),
            user=data["user"],
            days=data["days"],
        )
        obj.pk = new.token.pk
        request.token_secret = new.secret  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the secret in this response only. A redirect would have to store it."""
        context = {
            **self.admin_site.each_context(request),
            "title": "New API token",
            "opts": self.opts,
            "token": obj,
            "secret": request.token_secret,  # type: ignore[attr-defined]
        }
        return TemplateResponse(request, "admin/tickets/apitoken/secret.html", context)

    @admin.action(description="Revoke", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        tokens = list(queryset)
        valid = [token for token in tokens if token.revoked_at is None]
        for token in valid:
            revoke_token(token, signed_in_actor(request))
        self.log_each(request, valid, "Revoked.")
        already_revoked = len(tokens) - len(valid)
        self.report_action(
            request,
            len(valid),
            len(tokens),
            f"Revoked: {plural(len(valid), 'API token')}.",
            f"Already revoked: {already_revoked}." if already_revoked else "",
        )
