"""API tokens in the back office: made, seen once, revoked."""

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
from .base import DeskModelAdmin, acting, badge, counted, moment
from .forms import TokenForm

STATES = [("usable", "Usable"), ("expired", "Expired"), ("revoked", "Revoked")]


class StateFilter(admin.SimpleListFilter):
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
    """A token is made and revoked, never changed: what it may do was told to its holder."""

    form = TokenForm
    list_display = ("name", "user", "allowed", "state", "made", "expires", "last_used")
    list_select_related = ("user",)
    list_filter = (StateFilter,)
    search_fields = ("name", "user__username")
    ordering = ("-created_at", "-id")
    autocomplete_fields = ("user",)
    actions = ("revoke",)
    shown = ("name", "user", "allowed", "state", "made", "expires", "revoked")

    def get_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> Any:
        if obj is None:
            return ("name", "user", "scopes", "days")
        return (*self.shown, "last_used")

    def has_change_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return super().has_change_permission(request)

    def get_form(
        self, request: HttpRequest, obj: ApiToken | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.maker = acting(request)
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
    def allowed(self, token: ApiToken) -> str:
        return ", ".join(token.scopes)

    @admin.display(description="State")
    def state(self, token: ApiToken) -> SafeString:
        state = "usable" if token.is_usable else "revoked" if token.revoked_at else "expired"
        return badge("token", state)

    @admin.display(description="Made", ordering="created_at")
    def made(self, token: ApiToken) -> str:
        return moment(token.created_at)

    @admin.display(description="Expires", ordering="expires_at")
    def expires(self, token: ApiToken) -> str:
        return moment(token.expires_at)

    @admin.display(description="Last used", ordering="last_used_at")
    def last_used(self, token: ApiToken) -> str:
        return moment(token.last_used_at)

    @admin.display(description="Revoked")
    def revoked(self, token: ApiToken) -> str:
        return moment(token.revoked_at)

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        data = form.cleaned_data
        token, secret = create_token(
            data["name"],
            data["scopes"],
            acting(request),
            user=data["user"],
            days=data["days"],
        )
        obj.pk = token.pk
        request.token_secret = secret  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the secret in this answer alone: a redirect would have to keep it somewhere."""
        context = {
            **self.admin_site.each_context(request),
            "title": "The new API token",
            "opts": self.opts,
            "token": obj,
            "secret": request.token_secret,  # type: ignore[attr-defined]
        }
        return TemplateResponse(request, "admin/tickets/apitoken/secret.html", context)

    @admin.action(description="Revoke", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        found = list(queryset)
        tokens = [token for token in found if token.revoked_at is None]
        for token in tokens:
            revoke_token(token, acting(request))
        self.log_each(request, tokens, "Revoked.")
        left = len(found) - len(tokens)
        self.tell(
            request,
            len(tokens),
            len(found),
            f"Revoked: {counted(len(tokens), 'API token')}.",
            f"Revoked before, and left as they are: {left}." if left else "",
        )
