"""What people enter about their own account: passwords, API tokens, an address to reset by."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import User

from ..access.actors import Actor
from ..vocabulary import (
    MAX_EMAIL_CHARS,
    MAX_FACTOR_NAME_CHARS,
    MAX_PASSWORD_CHARS,
    MAX_TOKEN_DAYS,
    MAX_TOKEN_NAME_CHARS,
    Scope,
)
from .fields import EmailField, OneLineField
from .people import NewPasswordForm

MAX_CODE_CHARS, MAX_ANSWER_CHARS, MAX_SIGNED_KEY_CHARS = 40, 20_000, 300
WRONG_PASSWORD = "This is not your password."  # noqa: S105  # nosec B105  # a sentence
SCOPE_LABELS = {
    Scope.READ: "Read: see tickets, replies and figures",
    Scope.WRITE: "Write: create and change tickets, and reply. Does not include read",
    Scope.ADMIN: "Admin: all of it, and deleting",
}


def password_field() -> forms.CharField:
    return forms.CharField(label="Password", max_length=MAX_PASSWORD_CHARS, strip=False)


class ConfirmForm(forms.Form):
    """The account's password, typed once more."""

    password = password_field()

    def refuse(self) -> None:
        self.add_error("password", WRONG_PASSWORD)


class ChangePasswordForm(NewPasswordForm):
    """The old password, and the new one twice."""

    password = password_field()
    field_order = ("password", "new_password1", "new_password2")

    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(user, data)
        self.fields["password"].label = "Current password"
        self.fields["new_password1"].label = "New password"
        self.fields["new_password2"].label = "The same password again"

    def refuse(self) -> None:
        self.add_error("password", WRONG_PASSWORD)


class ForgottenForm(forms.Form):
    email = EmailField(max_length=MAX_EMAIL_CHARS, label="Email address")


class OwnTokenForm(forms.Form):
    """A token of the own account. `days` is the time until it expires; empty means never."""

    name = OneLineField(max_length=MAX_TOKEN_NAME_CHARS)
    scopes = forms.MultipleChoiceField(choices=Scope, initial=[Scope.READ, Scope.WRITE])
    days = forms.IntegerField(
        label="Expires after", min_value=1, max_value=MAX_TOKEN_DAYS, required=False
    )

    def __init__(self, owner: Actor, data: Any = None) -> None:
        super().__init__(data)
        labels = [(str(scope), text) for scope, text in SCOPE_LABELS.items() if owner.can(scope)]
        self.fields["scopes"].choices = labels  # type: ignore[attr-defined]


class FactorForm(forms.Form):
    name = OneLineField(max_length=MAX_FACTOR_NAME_CHARS)


class AppForm(FactorForm):
    """An authenticator app: the key that the page has shown, signed, and the code that the app
    makes of it."""

    key = forms.CharField(max_length=MAX_SIGNED_KEY_CHARS)
    code = forms.CharField(max_length=MAX_CODE_CHARS)

    def clean_code(self) -> str:
        return "".join(str(self.cleaned_data["code"]).split())


class PasskeyForm(FactorForm):
    """A passkey: `answer` is what the browser has made, as JSON."""

    answer = forms.CharField(max_length=MAX_ANSWER_CHARS)


class SecondStepForm(forms.Form):
    """A code that somebody typed, or what the browser has signed with a passkey."""

    code = forms.CharField(max_length=MAX_CODE_CHARS, required=False)
    answer = forms.CharField(max_length=MAX_ANSWER_CHARS, required=False)
