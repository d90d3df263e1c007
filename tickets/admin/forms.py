"""The back office's forms: the desk's own fields with the admin's widgets."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import (
    AdminEmailInputWidget,
    AdminTextareaWidget,
    AdminTextInputWidget,
    AutocompleteSelect,
)
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import QueryDict
from django.utils.text import Truncator

from ..access.actors import Actor, agents
from ..forms import fields, lists, people, tickets
from ..mail.addresses import folded_address
from ..models.spam import BlockedAddress
from ..models.ticket import Comment, Ticket
from ..models.tokens import ApiToken
from ..models.workplace import AgentProfile, SavedView
from ..services.accounts import NAME_TAKEN, is_name_taken
from ..services.editing import ReadState, conflicting_fields, own_changes
from ..services.saved_views import SAME_NAME
from ..vocabulary import (
    ENUMERATED_FIELDS,
    MAX_EMAIL_CHARS,
    MAX_TOKEN_DAYS,
    MAX_TOKEN_NAME_CHARS,
    NOTIFICATION_DEFAULTS,
    PROFILE_FIELDS,
    RESERVED_USERNAMES,
    WRITABLE_FIELDS,
    Category,
    Priority,
    Scope,
)
from .base import ModelForm

INVITE, NO_PASSWORD = "invite", "false"  # the latter is Django's
NOTIFICATION_LABELS = {
    "notify_assigned": "When assigned",
    "notify_answer": "When answered",
    "notify_mention": "When mentioned",
    "notify_unassigned": "New, unassigned",
}
TRIAGE_DECIDES = ("", "Let triage decide")
ADMIN_WIDGETS: Mapping[type[forms.Field], type[forms.Widget]] = {
    fields.OneLineField: AdminTextInputWidget,
    fields.PlainTextField: AdminTextareaWidget,
    fields.EmailField: AdminEmailInputWidget,
}


class AdminTicketForm(tickets.TicketForm, ModelForm):
    shares_fields = False
    assignee = None  # type: ignore[assignment]  # use the model's field, which has autocomplete
    snoozed_until = None  # type: ignore[assignment]  # agents snooze on the ticket's page
    spam = None  # type: ignore[assignment]  # an action of the list marks spam

    class Meta:
        model = Ticket
        fields = tuple(name for name in WRITABLE_FIELDS if name not in ("snoozed_until", "spam"))

    def __init__(self, data: Any = None, files: Any = None, **kwargs: Any) -> None:
        super().__init__(data, files=files, **kwargs)
        for field in self.fields.values():
            if widget := ADMIN_WIDGETS.get(type(field)):
                field.widget = widget()

    def validate_constraints(self) -> None:
        """Do nothing: the form's fields have the same rules, and the database enforces them."""


class BlockedAddressForm(ModelForm):
    """An address to block. It is stored folded."""

    address = fields.EmailField(
        max_length=MAX_EMAIL_CHARS,
        widget=AdminEmailInputWidget,
        help_text="Case does not matter, nor do dots and +tags in Gmail's addresses.",
    )

    class Meta:
        model = BlockedAddress
        fields = ("address",)

    def clean_address(self) -> str:
        return folded_address(self.cleaned_data["address"])


class AddTicketForm(AdminTicketForm):
    category = fields.EnumerationField(choices=[TRIAGE_DECIDES, *Category.choices], required=False)
    priority = fields.EnumerationField(choices=[TRIAGE_DECIDES, *Priority.choices], required=False)

    def __init__(
        self, data: Any = None, files: Any = None, *, initial: Any = None, **kwargs: Any
    ) -> None:
        initial = {"category": "", "priority": "", **(initial or {})}
        super().__init__(data, files, initial=initial, **kwargs)


class ChangeTicketForm(AdminTicketForm):
    """Changes the values that the editor has edited. The ticket keeps the others.

    The page stores the version that it showed. The form conflicts if somebody else has changed
    one of the edited values since.
    """

    version_seen = forms.IntegerField(widget=forms.HiddenInput)

    editor: Actor  # the admin sets it for each request
    changes: Mapping[str, Any] = {}  # the edited values

    def __init__(self, data: Any = None, files: Any = None, **kwargs: Any) -> None:
        super().__init__(data, files, **kwargs)
        self.initial["version_seen"] = self.instance.version
        for name in ENUMERATED_FIELDS:
            self.fields[name].required = True
        if "assignee" in self.fields:  # a ticket may stay with somebody who is no longer an agent
            allowed = Q(pk__in=agents().order_by().values("pk")) | Q(pk=self.instance.assignee_id)
            field = cast(Any, self.fields["assignee"])
            field.queryset = User.objects.filter(allowed)

    def _get_validation_exclusions(self) -> set[str]:
        """Leave the assignee to the field: the model would refuse one who is no longer an agent."""
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]  # not in stubs
        return excluded | {"assignee"}

    def clean(self) -> Any:
        cleaned = super().clean()
        version = self.cleaned_data.get("version_seen")
        if version is None or self.errors:
            return cleaned
        sent = {
            name: self.cleaned_data[name] for name in WRITABLE_FIELDS if name in self.cleaned_data
        }
        self.changes = own_changes(self.instance, sent, version, untouched=WRITABLE_FIELDS)
        untouched = sent.keys() - self.changes.keys()
        self.changed_data = list(self.changes)  # what the admin logs
        read = ReadState(version)
        if fields := conflicting_fields(self.instance, self.changes, self.editor, read):
            self.add_error(None, self._conflict_message(fields))
            # Show the editor's values beside the stored ones. The next save overwrites what the
            # message shows, and nothing else.
            data = cast(QueryDict, self.data).copy()
            for name in untouched:
                data[name] = str(self.initial[name] or "")
            data["version_seen"] = str(self.instance.version)
            self.data = data
        for name in untouched:  # Django copies these to the ticket, which may have newer values
            del self.cleaned_data[name]
        return cleaned

    def _conflict_message(self, names: Collection[str]) -> str:
        values = []
        for name in (name for name in WRITABLE_FIELDS if name in names):
            display = getattr(self.instance, f"get_{name}_display", None)
            value = display() if display else getattr(self.instance, name)
            values.append(f"{self[name].label}: {Truncator(str(value or 'empty')).chars(200)}")
        return (
            "Conflict: somebody else changed this ticket while you had it open. Stored now: "
            f"{'; '.join(values)}. To overwrite this with your values below, save again."
        )


class AssignForm(forms.Form):
    """Asks which agent gets the selected tickets."""

    assignee = forms.ModelChoiceField(
        queryset=agents(),
        label="Agent",
        widget=AutocompleteSelect(Ticket._meta.get_field("assignee"), admin.site),
    )


class AdminCommentForm(tickets.CommentForm, ModelForm):
    shares_fields = False

    class Meta:
        model = Comment
        fields = ("body", "public")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["body"].widget = AdminTextareaWidget({"rows": 4})

    def validate_constraints(self) -> None:
        """Do nothing, as in AdminTicketForm."""


class NamesForm(ModelForm):
    """The name fields of new and existing accounts."""

    first_name = fields.OneLineField(max_length=150, required=False, widget=AdminTextInputWidget)
    last_name = fields.OneLineField(max_length=150, required=False, widget=AdminTextInputWidget)

    def clean_username(self) -> str:
        parent: Any = super()
        has_rules = hasattr(parent, "clean_username")
        name = parent.clean_username() if has_rules else self.cleaned_data["username"]
        if "username" in self.changed_data and (name or "").lower() in RESERVED_USERNAMES:
            raise ValidationError(
                f"Filters use the name “{name}” for something else. Choose another."
            )
        if "username" in self.changed_data and is_name_taken(name, self.instance):
            raise ValidationError(NAME_TAKEN)
        return cast(str, name)


class HandOverForm(forms.Form):
    """Who gets the active tickets of accounts that are closed."""

    hand_over_to = forms.ModelChoiceField(
        queryset=agents(),
        required=False,
        empty_label="Unassigned",
        label="Active tickets go to",
    )

    def leave_out(self, leavers: Collection[User]) -> None:
        heirs = cast(Any, self.fields["hand_over_to"])
        heirs.queryset = agents().exclude(pk__in=[user.pk for user in leavers])


class AccountForm(HandOverForm, people.ProfileForm, NamesForm, UserChangeForm):  # type: ignore[type-arg]
    """An existing account with its profile, and who gets its tickets when it is closed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        profile = AgentProfile.of(self.instance)
        for name in PROFILE_FIELDS:
            self.initial[name] = getattr(profile, name)
        for name in NOTIFICATION_DEFAULTS:  # left out, it stays as it is
            self.fields[name].required = False
            self.fields[name].label = NOTIFICATION_LABELS[name]
        self.fields["display_name"].widget = AdminTextInputWidget()
        self.fields["signature"].widget = AdminTextareaWidget({"rows": 3})
        self.leave_out([self.instance])
        closed = "Only if the account is closed, or is no longer an agent's or admin's."
        self.fields["hand_over_to"].help_text = closed

    @property
    def profile(self) -> dict[str, Any]:
        """Return the values of the profile."""
        values = {name: self.cleaned_data[name] for name in PROFILE_FIELDS if name in self.data}
        return {
            name: value
            for name, value in values.items()
            if value or name not in NOTIFICATION_DEFAULTS
        }


class NewAccountForm(NamesForm, AdminUserCreationForm):  # type: ignore[type-arg]
    """A new account: with a password, without one, or with an invitation to choose one."""

    usable_password = forms.ChoiceField(
        label="Password",
        required=False,
        initial="true",
        choices=[
            ("true", "Set it here"),
            (INVITE, "Send an invitation: a link that sets the password"),
            (NO_PASSWORD, "None: nobody can sign in with a password"),
        ],
        widget=forms.RadioSelect(attrs={"class": "radiolist"}),
    )

    is_invited = False

    def validate_passwords(self, *args: Any, **kwargs: Any) -> None:
        self.is_invited = self.cleaned_data.get("usable_password") == INVITE
        if self.is_invited:
            self.cleaned_data["usable_password"] = NO_PASSWORD  # until they have chosen one
            if not self.cleaned_data.get("email") and "email" not in self.errors:
                self.add_error("email", "The invitation needs an address.")
        super().validate_passwords(*args, **kwargs)


class ViewForm(ModelForm):
    """A saved view's name and whether it is shared. Its owner cannot be changed."""

    name = lists.ViewNameField(widget=AdminTextInputWidget)

    class Meta:
        model = SavedView
        fields = ("name", "shared")

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        namesakes = SavedView.objects.named(name, self.instance.owner_id)
        if namesakes.exclude(pk=self.instance.pk).exists():
            raise ValidationError(SAME_NAME)
        return name

    def validate_constraints(self) -> None:
        """Do nothing, as in AdminTicketForm."""


class TokenForm(ModelForm):
    """A new API token. `days` is the time until it expires; empty means never."""

    name = fields.OneLineField(max_length=MAX_TOKEN_NAME_CHARS, widget=AdminTextInputWidget)
    scopes = forms.MultipleChoiceField(
        choices=Scope,
        initial=[Scope.READ, Scope.WRITE],
        widget=forms.CheckboxSelectMultiple,
        help_text="Write does not include read. Admin includes both, and deleting.",
    )
    days = forms.IntegerField(
        label="Expires after",
        min_value=1,
        max_value=MAX_TOKEN_DAYS,
        required=False,
        help_text="Days from now. Leave empty for never.",
    )

    creator: Actor  # the admin sets it for each request

    class Meta:
        model = ApiToken
        fields = ("name", "user", "scopes")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Limit the choices to what the creator may do. Only admins may choose another user."""
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:  # an existing token cannot be changed
            return
        scopes, user = cast(Any, self.fields["scopes"]), cast(Any, self.fields["user"])
        scopes.choices = [choice for choice in Scope.choices if self.creator.can(choice[0])]
        scopes.error_messages["invalid_choice"] = "You cannot give the scope “%(value)s”."
        if not scopes.choices:
            scopes.help_text = (
                "You cannot give any scope, because you are neither an agent nor an admin."
            )
        if not self.creator.can(Scope.ADMIN):
            self.initial["user"] = self.creator.account
            user.queryset = User.objects.filter(pk__in=[self.creator.account])
            user.required = user.widget.is_required = True
            user.error_messages["invalid_choice"] = "Only admins can create tokens for others."
