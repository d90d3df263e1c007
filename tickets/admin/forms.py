"""The back office's forms: the desk's own fields, in the admin's clothes."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import (
    AdminEmailInputWidget,
    AdminTextareaWidget,
    AdminTextInputWidget,
)
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import QueryDict
from django.utils.text import Truncator

from ..access.actors import Actor
from ..access.roles import agents
from ..forms import fields, lists, tickets
from ..models.ticket import Comment, Ticket
from ..models.tokens import ApiToken
from ..models.workplace import SavedView
from ..services.saved_views import SAME_NAME
from ..vocabulary import (
    MAX_TOKEN_DAYS,
    RESERVED_USERNAMES,
    WRITABLE_FIELDS,
    Category,
    Priority,
    Scope,
)
from .base import AccountSelect, ModelForm

BY_TRIAGE = ("", "Let triage decide")


class TicketForm(tickets.TicketForm, ModelForm):
    assignee = None  # type: ignore[assignment]  # the model's own field, which searches

    class Meta:
        model = Ticket
        fields = WRITABLE_FIELDS

    def __init__(self, data: Any = None, files: Any = None, **kwargs: Any) -> None:
        super().__init__(data, files=files, **kwargs)
        for name, widget in (
            ("title", AdminTextInputWidget()),
            ("description", AdminTextareaWidget()),
            ("requester_email", AdminEmailInputWidget()),
        ):
            self.fields[name].widget = widget

    def validate_constraints(self) -> None:
        """Left to the fields, which know the same rules, and to the database behind them."""


class AddTicketForm(TicketForm):
    category = fields.EnumerationField(choices=[BY_TRIAGE, *Category.choices], required=False)
    priority = fields.EnumerationField(choices=[BY_TRIAGE, *Priority.choices], required=False)

    def __init__(
        self, data: Any = None, files: Any = None, *, initial: Any = None, **kwargs: Any
    ) -> None:
        initial = {"category": "", "priority": "", **(initial or {})}
        super().__init__(data, files, initial=initial, **kwargs)


class ChangeTicketForm(TicketForm):
    """Knows the version that was shown, so that nobody overwrites another's change unseen."""

    version_seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, files: Any = None, **kwargs: Any) -> None:
        super().__init__(data, files, **kwargs)
        self.initial["version_seen"] = self.instance.version
        for name in ("category", "priority", "status"):
            self.fields[name].required = True
        if "assignee" in self.fields:  # whoever has the ticket keeps it until somebody decides
            offered = Q(pk__in=agents().order_by().values("pk")) | Q(pk=self.instance.assignee_id)
            field = cast(Any, self.fields["assignee"])
            field.queryset = User.objects.filter(offered)

    def _get_validation_exclusions(self) -> set[str]:
        """The field knows whom a ticket may have; the model would refuse who has it already."""
        kept: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]  # not in stubs
        return kept | {"assignee"}

    def clean(self) -> Any:
        cleaned = super().clean()
        differing = [name for name in self.changed_data if name in WRITABLE_FIELDS]
        if "version_seen" in self.changed_data and differing:
            self._tell_of_other_change(differing)
        return cleaned

    def _tell_of_other_change(self, differing: list[str]) -> None:
        """Keep what was typed, say what is stored now, and let the next save decide."""
        sent = cast(QueryDict, self.data).copy()
        sent["version_seen"] = str(self.instance.version)
        self.data = sent
        stored = "; ".join(f"{self[name].label}: {self._stored(name)}" for name in differing)
        self.add_error(
            None,
            "Somebody else changed this ticket while it was open here. Stored now: "
            f"{stored}. To store what stands below instead, save again.",
        )

    def _stored(self, name: str) -> str:
        display = getattr(self.instance, f"get_{name}_display", None)
        value = display() if display else getattr(self.instance, name)
        return Truncator(str(value or "nothing")).chars(200)


class AssignForm(forms.Form):
    """Asks who gets the selected tickets."""

    assignee = forms.ModelChoiceField(
        queryset=agents(),
        label="Agent",
        widget=AccountSelect(Ticket._meta.get_field("assignee"), admin.site),
    )


class CommentForm(tickets.CommentForm, ModelForm):
    class Meta:
        model = Comment
        fields = ("body", "public")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["body"].widget = AdminTextareaWidget({"rows": 4})

    def validate_constraints(self) -> None:
        """As in TicketForm."""


class NamesForm(ModelForm):
    """What accounts are called, whether new or not."""

    first_name = fields.OneLineField(max_length=150, required=False, widget=AdminTextInputWidget)
    last_name = fields.OneLineField(max_length=150, required=False, widget=AdminTextInputWidget)

    def clean_username(self) -> str:
        above: Any = super()
        has_rules = hasattr(above, "clean_username")
        name = above.clean_username() if has_rules else self.cleaned_data["username"]
        if "username" in self.changed_data and (name or "").lower() in RESERVED_USERNAMES:
            raise ValidationError(f"Filters know another by the name “{name}”: choose another.")
        return cast(str, name)


class AccountForm(NamesForm, UserChangeForm):  # type: ignore[type-arg]
    """An account that there is."""


class NewAccountForm(NamesForm, AdminUserCreationForm):  # type: ignore[type-arg]
    """A new account, with a password or without."""


class ViewForm(ModelForm):
    """A saved view's name and whether it is shared; its owner stays."""

    name = lists.ViewNameField(widget=AdminTextInputWidget)

    class Meta:
        model = SavedView
        fields = ("name", "shared")

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        same = SavedView.objects.named(name, self.instance.owner_id)
        if same.exclude(pk=self.instance.pk).exists():
            raise ValidationError(SAME_NAME)
        return name

    def validate_constraints(self) -> None:
        """As in TicketForm."""


class TokenForm(ModelForm):
    """A new API token. `days` until it expires, or nothing."""

    name = fields.OneLineField(max_length=100, widget=AdminTextInputWidget)
    scopes = forms.MultipleChoiceField(
        choices=Scope,
        initial=[Scope.READ, Scope.WRITE],
        widget=forms.CheckboxSelectMultiple,
        help_text="Write does not include read; admin includes both, and deleting.",
    )
    days = forms.IntegerField(
        label="Expires after",
        min_value=1,
        max_value=MAX_TOKEN_DAYS,
        required=False,
        help_text="Days from now; empty: never.",
    )

    maker: Actor  # set for each request, see the admin

    class Meta:
        model = ApiToken
        fields = ("name", "user", "scopes")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offers no more than its maker may do, and to make it for others to admins only."""
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:  # a token's page shows, and asks nothing
            return
        scopes, user = cast(Any, self.fields["scopes"]), cast(Any, self.fields["user"])
        scopes.choices = [choice for choice in Scope.choices if self.maker.can(choice[0])]
        scopes.error_messages["invalid_choice"] = "You cannot give the scope “%(value)s”."
        if not scopes.choices:
            scopes.help_text = (
                "Your account has none to give: it is neither an agent's nor an admin's."
            )
        if not self.maker.can(Scope.ADMIN):
            self.initial["user"] = self.maker.account
            user.queryset = User.objects.filter(pk__in=[self.maker.account])
            user.required = user.widget.is_required = True
            user.error_messages["invalid_choice"] = "Only admins make tokens for others."
