"""Sign-in, one's own account, and presence on a ticket."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.models import User

from ..models.workplace import AgentProfile
from ..vocabulary import (
    MAX_DISPLAY_NAME_CHARS,
    MAX_EMAIL_CHARS,
    MAX_PASSWORD_CHARS,
    MAX_SIGNATURE_CHARS,
    MAX_USERNAME_CHARS,
    NOTIFICATION_DEFAULTS,
    PROFILE_FIELDS,
    THEMES,
    Language,
    NotificationChoice,
)
from .fields import (
    EmailField,
    EnumerationField,
    IdsField,
    NumberField,
    OneLineField,
    PlainTextField,
    SwitchField,
)


class SignInForm(forms.Form):
    username = PlainTextField(max_length=MAX_USERNAME_CHARS)
    password = forms.CharField(max_length=MAX_PASSWORD_CHARS, strip=False)


class NewPasswordForm(SetPasswordForm):  # type: ignore[type-arg]
    """The password that an invited person chooses, twice."""

    def clean_new_password1(self) -> str:
        password: str = self.cleaned_data["new_password1"]
        if len(password) > MAX_PASSWORD_CHARS:  # hashing takes longer the longer it is
            raise forms.ValidationError(f"At most {MAX_PASSWORD_CHARS} characters.")
        return password


class ThemeForm(forms.Form):
    theme = forms.ChoiceField(choices=[(theme, theme) for theme in THEMES])


class LanguageForm(forms.Form):
    language = forms.ChoiceField(choices=Language)


class ProfileForm(forms.Form):
    """What an agent's profile holds, on the agent's own page and in the back office."""

    display_name = OneLineField(
        max_length=MAX_DISPLAY_NAME_CHARS,
        required=False,
        help_text="Requesters see this name on replies. Without one they see “Support”.",
    )
    signature = PlainTextField(
        max_length=MAX_SIGNATURE_CHARS,
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text="Stands below each reply, on the requester's page and in the email.",
    )
    notify_assigned = EnumerationField(
        choices=NotificationChoice.choices, label="A ticket is assigned to me"
    )
    notify_answer = EnumerationField(
        choices=NotificationChoice.choices, label="A requester answers on my ticket"
    )
    notify_mention = EnumerationField(
        choices=NotificationChoice.choices, label="A note mentions me by @name"
    )
    notify_unassigned = EnumerationField(
        choices=NotificationChoice.choices, label="A ticket is new and unassigned"
    )


class OwnAccountForm(ProfileForm):
    email = EmailField(
        max_length=MAX_EMAIL_CHARS,
        required=False,
        label="Email address",
        help_text="Where the desk's emails to you go. Without one you get none.",
    )

    @classmethod
    def of(cls, user: User, profile: AgentProfile, data: Any = None) -> OwnAccountForm:
        """Return the form with the account's values."""
        initial = {name: getattr(profile, name) for name in PROFILE_FIELDS}
        return cls(data, initial={"email": user.email, **initial})

    @property
    def choices(self) -> list[forms.BoundField]:
        """Return the fields that say when to be told about what."""
        return [self[name] for name in NOTIFICATION_DEFAULTS]


class PresenceForm(forms.Form):
    """What a ticket's open page reports: what it shows, and whether somebody is writing."""

    window = forms.RegexField(r"\A[0-9a-f]{16,32}\Z")
    version = NumberField(min_value=1, max_value=2**31 - 1)
    comment = NumberField(min_value=0, max_value=2**63 - 1)
    replies = IdsField()  # the waiting replies that it shows
    writing = SwitchField(required=False)
    leaving = SwitchField(required=False)
