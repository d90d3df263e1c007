"""The form of a mailbox. Its secrets can be entered, and are never shown again."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin.widgets import (
    AdminEmailInputWidget,
    AdminIntegerFieldWidget,
    AdminURLFieldWidget,
)
from django.core.exceptions import ValidationError

from ..forms import fields
from ..mail.addresses import reached_mailbox
from ..models.incoming import Mailbox, yesterday
from ..vocabulary import MAX_EMAIL_CHARS, AfterFetch, MailSecurity, MailSignIn
from .base import ModelForm

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")
SECRETS = ("password", "oauth_client_secret", "oauth_refresh_token")
HELP_TEXTS = {
    "name": "For agents and admins.",
    "is_active": "Deactivate a mailbox instead of deleting it, once it has messages.",
    "plus_addresses": (
        "The server delivers name+anything@ to this mailbox. Answers then find their ticket by"
        " their address, the surest way. Gmail, Microsoft 365 and most servers do."
    ),
    "authserv_id": (
        "The name with which your mail server begins its Authentication-Results, such as"
        " mx.google.com. Without it, no sender counts as verified."
    ),
    "host": (
        "The IMAP server. Microsoft 365: outlook.office365.com. Google: imap.gmail.com. Leave it"
        " empty if the mail comes by a pipe, the API or LMTP."
    ),
    "username": "Usually the whole address.",
    "folder": "The folder to fetch, INBOX in most cases.",
    "after_fetch": "What becomes of a message on the server once the desk has it.",
    "move_to": "The folder for fetched messages. It must exist.",
    "sign_in": (
        "Microsoft 365 needs OAuth 2.0. Google takes OAuth 2.0, or an app password if two-step"
        " verification is on."
    ),
    "oauth_client_id": "The id of the application that you registered there.",
    "oauth_scope": (
        "Microsoft 365: https://outlook.office365.com/.default without a refresh token,"
        " https://outlook.office365.com/IMAP.AccessAsUser.All offline_access with one. Google:"
        " empty."
    ),
}


class SecretField(forms.CharField):
    """A secret that is sent, but never shown. Empty keeps what is stored."""

    widget = forms.PasswordInput(attrs={"autocomplete": "new-password", "class": "vTextField"})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, strip=False, max_length=10_000, **kwargs)


class MailboxForm(ModelForm):
    address = fields.EmailField(
        max_length=MAX_EMAIL_CHARS,
        widget=AdminEmailInputWidget,
        help_text="The address that people write to. Answers come from it.",
    )
    port = forms.IntegerField(
        min_value=1,
        max_value=65_535,
        initial=993,
        widget=AdminIntegerFieldWidget,
        help_text="993 for TLS, 143 for STARTTLS.",
    )
    password = SecretField(help_text="The password, or Google's app password.")
    fetch_since = forms.DateTimeField(
        label="From when on",
        required=False,
        initial=yesterday,
        widget=forms.DateTimeInput(
            {"type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S"
        ),
        help_text=(
            "Of the messages that are in the folder already, only those that arrived later become"
            " tickets. Empty takes all of them, and their senders get confirmations."
        ),
    )
    oauth_token_url = forms.URLField(
        label="Token address",
        required=False,
        assume_scheme="https",
        widget=AdminURLFieldWidget,
        help_text=(
            "Microsoft 365: https://login.microsoftonline.com/TENANT/oauth2/v2.0/token with your"
            " tenant's id. Google: https://oauth2.googleapis.com/token"
        ),
    )
    oauth_client_secret = SecretField(label="Client secret")
    oauth_refresh_token = SecretField(
        label="Refresh token",
        help_text=(
            "Google needs one, issued for https://mail.google.com/. Microsoft 365 needs none if"
            " the application itself may read the mailbox (IMAP.AccessAsApp)."
        ),
    )

    class Meta:
        model = Mailbox
        fields = "__all__"
        help_texts = HELP_TEXTS
        labels = {
            "is_active": "Active",
            "plus_addresses": "Plus-addresses",
            "authserv_id": "Name in Authentication-Results",
            "host": "Server",
            "username": "User name",
            "security": "Encryption",
            "after_fetch": "Afterwards",
            "oauth_client_id": "Client id",
            "oauth_scope": "Scope",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in SECRETS:
            if name in self.fields and getattr(self.instance, name):
                text = f"{self.fields[name].help_text} One is stored. Empty keeps it."
                self.fields[name].help_text = text.strip()
            self.initial.pop(name, None)

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"]
        reached = reached_mailbox(address)
        other_mailboxes = Mailbox.objects.exclude(pk=self.instance.pk)
        if any(reached_mailbox(row.address) == reached for row in other_mailboxes):
            raise ValidationError("Another mailbox has this address.")
        return address

    def clean(self) -> Any:
        super().clean()
        for name in SECRETS:
            if name in self.fields and not self.cleaned_data.get(name):
                self.cleaned_data[name] = getattr(self.instance, name)
        if self.value("host") and not self.instance.from_environment:
            self._require_sign_in()
            self._require_encryption()
        if self.value("after_fetch") == AfterFetch.MOVE:
            self._require_target()
        return self.cleaned_data

    def value(self, name: str) -> Any:
        """Return the value as it will be. Fields that are read-only are not in the form."""
        return self.cleaned_data.get(name, getattr(self.instance, name))

    def _require_sign_in(self) -> None:
        required = ["username"]
        if self.value("sign_in") == MailSignIn.OAUTH:
            required += ["oauth_token_url", "oauth_client_id"]
            if not self.value("oauth_client_secret") and not self.value("oauth_refresh_token"):
                self.add_error("oauth_client_secret", "Enter the secret, or a refresh token.")
        else:
            required.append("password")
        for name in required:
            if not self.value(name):
                self._add("This is needed to sign in.", name)

    def _require_encryption(self) -> None:
        if self.value("security") == MailSecurity.NONE and self.value("host") not in LOOPBACK_HOSTS:
            self._add(
                "Only a server on this machine may be reached without encryption.", "security"
            )
        token_url = self.value("oauth_token_url")
        if token_url and not token_url.startswith(("https://", "http://127.0.0.1")):
            self._add(
                "This must start with https://, since a secret is sent there.", "oauth_token_url"
            )

    def _require_target(self) -> None:
        if not self.value("move_to"):
            self._add("Name the folder.", "move_to")
        elif self.value("move_to") == self.value("folder"):
            self._add("This is the folder that is fetched.", "move_to")

    def _add(self, text: str, name: str) -> None:
        if name not in self.errors:
            self.add_error(name, text)
