"""Accounts and groups in the back office, and what the desk's two groups mean."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextInputWidget
from django.contrib.auth import get_permission_codename
from django.contrib.auth.models import Group, Permission, User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.forms.models import ModelChoiceIterator
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from ..forms.fields import OneLineField
from ..models.ticket import Comment
from ..vocabulary import ADMINS_GROUP, AGENTS_GROUP
from .base import (
    DeskModelAdmin,
    GroupAdmin,
    ModelForm,
    UserAdmin,
    acting,
    badge,
    counted,
    moment,
    plural,
)
from .forms import AccountForm, NewAccountForm

admin.site.unregister([User, Group])

ROLES = {
    AGENTS_GROUP: "Agents work tickets: on the pages of the desk, and here if they have staff status.",
    ADMINS_GROUP: "Admins do everything that agents do, delete tickets, and run this back office.",
}
HELP = {
    "username": "Up to 150 letters, digits and @ . + - _",
    "is_active": "Untick this rather than delete an account. Nobody can sign in with it, its"
    " tokens stop working, and its tickets stay assigned to it: give them to somebody else.",
    "is_staff": "Opens this back office. An agent without it works on the pages of the desk.",
    "is_superuser": "May do everything, whatever the groups say.",
    "groups": f"{ROLES[AGENTS_GROUP]} {ROLES[ADMINS_GROUP]} An account without a group sees neither tickets"
    " nor figures.",
}
NO_GROUP = "none"  # as the filter says it
CONVERSATION = "conversation of a ticket"
RIGHTS = ("is_active", "groups", "is_staff", "is_superuser")


class RoleFilter(admin.SimpleListFilter):
    title = parameter_name = "group"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        groups = Group.objects.order_by("name").values_list("name", flat=True)
        names = {*groups[:20], *groups.filter(name=request.GET.get("group", ""))}
        return [*((name, capfirst(name)) for name in sorted(names)), (NO_GROUP, "None")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        value = self.value()
        if not value:
            return queryset
        return (
            queryset.filter(groups=None)
            if value == NO_GROUP
            else queryset.filter(groups__name=value)
        )


@admin.register(User)
class AccountAdmin(DeskModelAdmin, UserAdmin):
    noun = "user"
    form, add_form = AccountForm, NewAccountForm
    list_display = ("username", "person", "email", "role", "state", "signed_in")
    list_filter = (RoleFilter, "is_active", "is_staff")
    sortable_by = ("username", "email")
    readonly_fields = ("secret", "signed_in", "joined", "assigned")
    filter_horizontal = ()
    actions = ("deactivate", "activate")
    fieldsets = (
        (None, {"fields": ("username", "secret")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("What this account may do", {"fields": RIGHTS}),
        ("Use", {"fields": ("assigned", "signed_in", "joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "usable_password", "password1", "password2")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("What this account may do", {"fields": ("groups", "is_staff")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    def get_form(
        self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        return super().get_form(request, obj, change=change, **{"help_texts": HELP, **kwargs})

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        if obj is None or self.has_change_permission(request, obj):
            return super().get_fieldsets(request, obj)
        # Whoever may only look is not led to the page that sets a password.
        return ((None, {"fields": ("username",)}), *self.fieldsets[1:])

    def formfield_for_manytomany(self, db_field: Any, request: Any = None, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            kwargs["widget"] = forms.CheckboxSelectMultiple
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    @admin.display(description="Name")
    def person(self, user: User) -> str:
        return user.get_full_name()

    @admin.display(description="Groups")
    def role(self, user: User) -> str:
        names = sorted(group.name for group in user.groups.all())
        return ", ".join([*names, *(["superuser"] if user.is_superuser else [])]) or "none"

    @admin.display(description="Password")
    def secret(self, user: User) -> SafeString:
        words = "Set another" if user.has_usable_password() else "Set one: there is none yet"
        return format_html('<a class="button" href="../password/">{}</a>', words)

    @admin.display(description="State")
    def state(self, user: User) -> SafeString:
        return badge("account", "active" if user.is_active else "closed")

    @admin.display(description="Signed in last")
    def signed_in(self, user: User) -> str:
        return moment(user.last_login)

    @admin.display(description="Account made")
    def joined(self, user: User) -> str:
        return moment(user.date_joined)

    @admin.display(description="Tickets")
    def assigned(self, user: User) -> SafeString:
        address = reverse("admin:tickets_ticket_changelist")
        query = urlencode({"assignee": user.get_username()})
        return format_html('<a href="{}?{}">Assigned to this account</a>', address, query)

    # --- actions ---

    @admin.action(description="Deactivate", permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        me, found = acting(request).user, list(queryset)
        closed = [user for user in found if user.is_active and user != me]
        self._set_active(request, closed, False, "Deactivated")
        self.tell(
            request,
            len(closed),
            len(found),
            f"Deactivated: {counted(len(closed), 'account')}.",
            "Their tickets stay assigned to them." if closed else "",
            "Your own account is left as it is." if me in found else "",
        )

    @admin.action(description="Activate", permissions=["change"])
    def activate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        found = list(queryset)
        opened = [user for user in found if not user.is_active]
        self._set_active(request, opened, True, "Activated")
        words = f"Activated: {counted(len(opened), 'account')}."
        self.tell(request, len(opened), len(found), words)

    def _set_active(
        self, request: HttpRequest, users: list[User], active: bool, words: str
    ) -> None:
        with transaction.atomic():
            User.objects.filter(pk__in=[user.pk for user in users]).update(is_active=active)
            self.log_each(request, users, f"{words}.")


# --- groups ---


class ByList(ModelChoiceIterator):  # type: ignore[type-arg]
    """Permissions under the list of the back office that they are about."""

    def __iter__(self) -> Any:
        groups: dict[str, list[Any]] = {}
        for permission in self.queryset.select_related("content_type"):
            model = permission.content_type.model_class()
            name = CONVERSATION if model is Comment else plural(admin.site, model)
            groups.setdefault(capfirst(name), []).append(self.choice(permission))
        return iter(sorted(groups.items()))


class PermissionsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    iterator = ByList

    def label_from_instance(self, obj: Any) -> str:
        return str(capfirst(obj.codename.partition("_")[0]))


def _offered() -> Q:
    """The permissions that do something in this back office."""
    registered = cast(dict[Any, DeskModelAdmin], admin.site._registry)
    grants = {model: model_admin.grants for model, model_admin in registered.items()}
    grants[Comment] = ("view", "add")  # on the page of its ticket
    offered = Q(pk__in=[])
    for model, kinds in grants.items():
        names = [get_permission_codename(kind, model._meta) for kind in kinds]
        offered |= Q(content_type__app_label=model._meta.app_label, codename__in=names)
    return offered


class GroupForm(ModelForm):
    name = OneLineField(max_length=150, widget=AdminTextInputWidget)
    permissions = PermissionsField(
        queryset=Permission.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="What the lists of this back office let the group do. Whoever may change users"
        " can give themselves every right.",
    )

    class Meta:
        model = Group
        fields = ("name", "permissions")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "permissions" in self.fields:
            order = ("content_type", "pk")
            shown = Permission.objects.filter(_offered()).order_by(*order)
            self.fields["permissions"].queryset = shown  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if name.lower() == NO_GROUP:
            raise forms.ValidationError("The filter of the users means another by “none”.")
        if Group.objects.exclude(pk=self.instance.pk).filter(name__iexact=name).exists():
            raise forms.ValidationError("There is a group of this name already.")
        return name

    def clean_permissions(self) -> QuerySet[Permission]:
        """Those that are not shown stay as they are."""
        chosen = Q(pk__in=[each.pk for each in self.cleaned_data["permissions"]])
        if self.instance.pk:
            hidden = self.instance.permissions.exclude(_offered())
            chosen |= Q(pk__in=list(hidden.values_list("pk", flat=True)))
        return Permission.objects.filter(chosen)


@admin.register(Group)
class DeskGroupAdmin(DeskModelAdmin, GroupAdmin):
    noun = "group"
    form = GroupForm
    list_display = ("name", "meaning", "members")
    list_display_links = ("name",)
    filter_horizontal = ()
    fields = ("name", "permissions")

    def get_readonly_fields(self, request: HttpRequest, obj: Group | None = None) -> Any:
        return ("name",) if obj is not None and obj.name in ROLES else ()

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """The two roles are what makes an agent or an admin."""
        if obj is not None and obj.name in ROLES:
            return False
        return super().has_delete_permission(request, obj)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        group = context["original"]
        context["meaning"] = ROLES.get(group.name) if group is not None else None
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="Meaning")
    def meaning(self, group: Group) -> str:
        return ROLES.get(group.name, "a group of your own: it makes nobody an agent")

    @admin.display(description="Members")
    def members(self, group: Group) -> SafeString:
        address = reverse("admin:auth_user_changelist")
        query = urlencode({"group": group.name})
        return format_html('<a href="{}?{}">See its accounts</a>', address, query)
