"""Accounts and groups in the back office."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.models import ADDITION, CHANGE, DELETION
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

from ..access.actors import is_agent
from ..forms.fields import OneLineField
from ..models.second_factors import SecondFactor
from ..models.ticket import Comment, Ticket
from ..services.accounts import save_profile
from ..services.invitations import INVITATION
from ..services.leavers import Handover, hand_over
from ..services.mail import outbox
from ..services.second_factors import remove_all_factors
from ..vocabulary import ADMINS_GROUP, AGENTS_GROUP, NOTIFICATION_DEFAULTS, SecurityEvent
from ..web.notices import notify
from ..web.wording import plural
from .base import (
    DeskModelAdmin,
    GroupAdmin,
    ModelForm,
    UserAdmin,
    badge,
    format_time,
    signed_in_actor,
)
from .forms import AccountForm, HandOverForm, NewAccountForm
from .watched import WatchedModelAdmin

admin.site.unregister([User, Group])

ROLES = {
    AGENTS_GROUP: "Agents work on tickets on the desk's pages, and here if they have staff status.",
    ADMINS_GROUP: "Admins can do everything agents can, delete tickets, and run this back office.",
}
HELP = {
    "username": "Up to 150 letters, digits and @ . + - _",
    "is_active": "Clear this instead of deleting the account. Nobody can sign in with it, its API"
    " tokens stop working, and its active tickets become unassigned or go to the agent below.",
    "is_staff": "May open this back office. Agents without it work on the desk's own pages.",
    "is_superuser": "Has every permission, whatever its groups are.",
    "groups": f"{ROLES[AGENTS_GROUP]} {ROLES[ADMINS_GROUP]} An account without a group sees"
    " neither tickets nor statistics.",
}
NO_GROUP = "none"  # the filter's value for accounts without a group
CONVERSATION = "ticket conversations"
ACCESS_FIELDS = ("is_active", "groups", "is_staff", "is_superuser")
ACCOUNT_EVENTS = {
    ADDITION: SecurityEvent.ACCOUNT_CREATED,
    CHANGE: SecurityEvent.ACCOUNT_CHANGED,
    DELETION: SecurityEvent.ACCOUNT_DELETED,
}
CHANGE_ONLY = ("For requesters", "Email to the account")  # not shown to those who may only look


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
class AccountAdmin(WatchedModelAdmin, UserAdmin):
    events = ACCOUNT_EVENTS
    form, add_form = AccountForm, NewAccountForm
    list_display = ("username", "full_name", "email", "group_names", "state", "last_sign_in")
    list_filter = (RoleFilter, "is_active", "is_staff")
    sortable_by = ("username", "email")
    readonly_fields = (
        *("password_link", "second_factors"),
        *("last_sign_in", "created", "assigned_tickets"),
    )
    filter_horizontal = ()
    actions = ("deactivate", "activate", "invite", "remove_second_factors")
    confirmed_actions = ("delete_selected", "deactivate")
    fieldsets = (
        (None, {"fields": ("username", "password_link", "second_factors")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("Access", {"fields": (*ACCESS_FIELDS, "hand_over_to")}),
        ("For requesters", {"fields": ("display_name", "signature")}),
        ("Email to the account", {"fields": tuple(NOTIFICATION_DEFAULTS)}),
        ("Activity", {"fields": ("assigned_tickets", "last_sign_in", "created")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "usable_password", "password1", "password2")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("Access", {"fields": ("groups", "is_staff")}),
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
        # Without the permission to change accounts there is no link to the password page.
        looks = [each for each in self.fieldsets[1:] if each[0] not in CHANGE_ONLY]
        access = ("Access", {"fields": ACCESS_FIELDS})
        return (
            (None, {"fields": ("username",)}),
            *(access if each[0] == "Access" else each for each in looks),
        )

    def formfield_for_manytomany(self, db_field: Any, request: Any = None, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            kwargs["widget"] = forms.CheckboxSelectMultiple
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    @admin.display(description="Name")
    def full_name(self, user: User) -> str:
        return user.get_full_name()

    @admin.display(description="Groups")
    def group_names(self, user: User) -> str:
        names = sorted(group.name for group in user.groups.all())
        return ", ".join([*names, *(["superuser"] if user.is_superuser else [])]) or "none"

    @admin.display(description="Password")
    def password_link(self, user: User) -> SafeString:
        label = "Change password" if user.has_usable_password() else "Set a password"
        return format_html('<a class="button" href="../password/">{}</a>', label)

    @admin.display(description="Second factors")
    def second_factors(self, user: User) -> str:
        factors = SecondFactor.objects.of(user.pk)
        return ", ".join(factor.get_kind_display() for factor in factors) or "none"

    @admin.display(description="State")
    def state(self, user: User) -> SafeString:
        return badge("account", "active" if user.is_active else "closed")

    @admin.display(description="Last sign-in")
    def last_sign_in(self, user: User) -> str:
        return format_time(user.last_login)

    @admin.display(description="Created")
    def created(self, user: User) -> str:
        return format_time(user.date_joined)

    @admin.display(description="Tickets")
    def assigned_tickets(self, user: User) -> SafeString:
        address = reverse("admin:tickets_ticket_changelist")
        query = urlencode({"assignee": user.get_username()})
        return format_html('<a href="{}?{}">Assigned to this account</a>', address, query)

    # --- actions ---

    @admin.action(description="Deactivate", permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        """Close the accounts. If they have active tickets, ask first who gets them."""
        actor, users = signed_in_actor(request), list(queryset)
        me = actor.user
        changed = [user for user in users if user.is_active and user != me]
        form = HandOverForm(request.POST if "assign" in request.POST else None)
        form.leave_out(changed)
        count = Ticket.objects.active().filter(assignee__in=changed).count()
        if count and not form.is_valid():
            return self.ask_for_agent(
                request,
                changed,
                form,
                title="Deactivate users",
                question=f"Who gets {plural(count, 'active ticket')}?",
                action="deactivate",
                button="Deactivate",
            )
        heir = form.cleaned_data["hand_over_to"] if count else None
        with transaction.atomic():
            self._set_active(request, changed, False, "Deactivated")
            handovers = [hand_over(user, actor, heir) for user in changed]
        self.report_action(
            request,
            len(changed),
            len(users),
            f"Deactivated: {plural(len(changed), 'account')}.",
            *map(_outcome, handovers),
            "Your own account was not changed." if me in users else "",
        )
        return None

    @admin.action(description="Activate", permissions=["change"])
    def activate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        users = list(queryset)
        changed = [user for user in users if not user.is_active]
        self._set_active(request, changed, True, "Activated")
        summary = f"Activated: {plural(len(changed), 'account')}."
        self.report_action(request, len(changed), len(users), summary)

    @admin.action(description="Invite: a link that sets the password", permissions=["change"])
    def invite(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        users = list(queryset)
        invitable = [user for user in users if user.is_active and user.email]
        skipped = len(users) - len(invitable)
        self._invite(request, invitable)
        self.log_each(request, invitable, "Invited.")
        if skipped or not users:
            self.report_action(
                request, 0, len(users), f"Skipped, closed or without an address: {skipped}."
            )

    @admin.action(description="Remove second factors", permissions=["change"])
    def remove_second_factors(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """For those who have lost theirs, and their recovery codes."""
        users = list(queryset)
        changed = [user for user in users if remove_all_factors(user)]
        self.log_each(request, changed, "Second factors removed.")
        summary = f"Second factors removed: {plural(len(changed), 'account')}."
        self.report_action(request, len(changed), len(users), summary)

    def _invite(self, request: HttpRequest, users: list[User]) -> None:
        """Send each an invitation. Without a mail server, show the links to hand on."""
        for user in users:
            if outbox.invite(user):
                notify(request, f"The invitation is on its way to {user.email}.")
            else:
                path = reverse("invitation", args=INVITATION.key(user))
                text = "No mail server is set up. Hand this link to"
                notify(request, f"{text} {user.get_username()}: {settings.SITE_URL}{path}")

    def _set_active(
        self, request: HttpRequest, users: list[User], active: bool, message: str
    ) -> None:
        with transaction.atomic():
            User.objects.filter(pk__in=[user.pk for user in users]).update(is_active=active)
            self.log_each(request, users, f"{message}.")

    # --- saving and deleting ---

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Store the profile, and hand over the tickets of an account that is no agent's now."""
        super().save_related(request, form, formsets, change)
        if not change:
            if form.is_invited:
                self._invite(request, [form.instance])
            return
        user = User.objects.get(pk=form.instance.pk)  # with the groups that it has now
        save_profile(user, form.profile)
        if not is_agent(user):
            handover = hand_over(user, signed_in_actor(request), form.cleaned_data["hand_over_to"])
            self._tell(request, handover)

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        handover = hand_over(obj, signed_in_actor(request), at_once=True)
        super().delete_model(request, obj)
        self._tell(request, handover)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        with transaction.atomic():
            actor = signed_in_actor(request)
            handovers = [hand_over(user, actor, at_once=True) for user in queryset]
            super().delete_queryset(request, queryset)
        for handover in handovers:
            self._tell(request, handover)

    def _tell(self, request: HttpRequest, handover: Handover) -> None:
        if text := _outcome(handover):
            notify(request, text)


def _outcome(handover: Handover) -> str:
    """Say what became of a leaver's tickets; "" if there were none."""
    if not handover.count:
        return ""
    tickets = f"{plural(handover.count, 'active ticket')} of {handover.leaver}"
    new = f"assigned to {handover.heir.get_username()}" if handover.heir else "unassigned"
    if handover.is_queued:
        return f"{tickets} will be {new} in a moment."
    return f"{tickets} {'is' if handover.count == 1 else 'are'} now {new}."


# --- groups ---


class PermissionsByModel(ModelChoiceIterator):  # type: ignore[type-arg]
    """Groups the permissions by the list of the back office that they belong to."""

    def __iter__(self) -> Any:
        groups: dict[str, list[Any]] = {}
        for permission in self.queryset.select_related("content_type"):
            model = permission.content_type.model_class()
            name = CONVERSATION if model is Comment else cast(Any, model)._meta.verbose_name_plural
            groups.setdefault(capfirst(str(name)), []).append(self.choice(permission))
        return iter(sorted(groups.items()))


class PermissionsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    iterator = PermissionsByModel

    def label_from_instance(self, obj: Any) -> str:
        return str(capfirst(obj.codename.partition("_")[0]))


def _effective_permissions() -> Q:
    """Match the permissions that have an effect in this back office."""
    registered = cast(dict[Any, DeskModelAdmin], admin.site._registry)
    grants = {model: model_admin.grants for model, model_admin in registered.items()}
    grants[Comment] = ("view", "add")  # on the page of its ticket
    effective = Q(pk__in=[])
    for model, kinds in grants.items():
        names = [get_permission_codename(kind, model._meta) for kind in kinds]
        effective |= Q(content_type__app_label=model._meta.app_label, codename__in=names)
    return effective


class GroupForm(ModelForm):
    name = OneLineField(max_length=150, widget=AdminTextInputWidget)
    permissions = PermissionsField(
        queryset=Permission.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="What the group may do in each list of this back office. Anybody who may change"
        " users can give themselves every permission.",
    )

    class Meta:
        model = Group
        fields = ("name", "permissions")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "permissions" in self.fields:
            order = ("content_type", "pk")
            offered = Permission.objects.filter(_effective_permissions()).order_by(*order)
            self.fields["permissions"].queryset = offered  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if name.lower() == NO_GROUP:
            raise forms.ValidationError(
                "The filter of the user list uses “none” for something else."
            )
        if Group.objects.exclude(pk=self.instance.pk).filter(name__iexact=name).exists():
            raise forms.ValidationError("There is already a group with this name.")
        return name

    def clean_permissions(self) -> QuerySet[Permission]:
        """Keep the group's permissions that the form does not offer."""
        chosen = Q(pk__in=[each.pk for each in self.cleaned_data["permissions"]])
        if self.instance.pk:
            hidden = self.instance.permissions.exclude(_effective_permissions())
            chosen |= Q(pk__in=list(hidden.values_list("pk", flat=True)))
        return Permission.objects.filter(chosen)


@admin.register(Group)
class DeskGroupAdmin(WatchedModelAdmin, GroupAdmin):
    events = dict.fromkeys((ADDITION, CHANGE, DELETION), SecurityEvent.GROUP_CHANGED)
    form = GroupForm
    list_display = ("name", "meaning", "members")
    list_display_links = ("name",)
    filter_horizontal = ()
    fields = ("name", "permissions")

    def get_readonly_fields(self, request: HttpRequest, obj: Group | None = None) -> Any:
        return ("name",) if obj is not None and obj.name in ROLES else ()

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Protect the two groups that make somebody an agent or an admin."""
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
        return ROLES.get(group.name, "A custom group. It does not make anybody an agent.")

    @admin.display(description="Members")
    def members(self, group: Group) -> SafeString:
        address = reverse("admin:auth_user_changelist")
        query = urlencode({"group": group.name})
        return format_html('<a href="{}?{}">View users</a>', address, query)
