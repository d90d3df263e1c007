"""Tickets, comments, and texts for triage."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ..exceptions import InvalidInput
from ..vocabulary import (
    ENUMERATED_FIELDS,
    MAX_EMAIL_CHARS,
    MAX_TEXT_CHARS,
    MAX_TITLE_CHARS,
    MAX_USERNAME_CHARS,
    Category,
    Priority,
    Status,
)
from .base import InputForm
from .fields import (
    AgentField,
    EmailField,
    EnumerationField,
    IdsField,
    MomentField,
    NumberField,
    OneLineField,
    PartialTextField,
    PlainTextField,
    RenderedAtField,
    SuggestionField,
    SwitchField,
    TicketNumberField,
)
from .files import FilesForm
from .snooze import showable


class TicketForm(InputForm):
    """A ticket's writable fields. `only` names the fields of a partial update."""

    title = OneLineField(max_length=MAX_TITLE_CHARS)
    description = PlainTextField(max_length=MAX_TEXT_CHARS)
    category = EnumerationField(choices=Category, required=False)
    priority = EnumerationField(choices=Priority, required=False)
    status = EnumerationField(choices=Status, required=False)
    requester_email = EmailField(max_length=MAX_EMAIL_CHARS, required=False)
    assignee = AgentField(max_length=MAX_USERNAME_CHARS, required=False)
    snoozed_until = MomentField(required=False)
    spam = SwitchField(required=False)

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, only: Collection[str] = (), **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        for name in set(self.fields) - set(only) if only else ():
            del self.fields[name]
        for name in set(ENUMERATED_FIELDS) & set(only):
            # Triage decides what is left out. What is sent must be one of the values.
            self.own(name).required = True

    def clean_snoozed_until(self) -> datetime | None:
        until: datetime | None = self.cleaned_data["snoozed_until"]
        return showable(until) if until else None


class TicketPageForm(forms.Form):
    """The address of a ticket's page.

    `reply` names a reply that was taken back, `sent` one that the page has waited for.
    """

    reply = NumberField(min_value=1, max_value=2**63 - 1, required=False)
    sent = NumberField(min_value=1, max_value=2**63 - 1, required=False)


class SpamForm(forms.Form):
    """Whether a ticket is spam, and whether its sender is blocked as well."""

    spam = SwitchField(required=False)
    block = SwitchField(required=False)


class ReadVersionForm(forms.Form):
    """The version of the ticket that the editor had read."""

    version = NumberField(
        min_value=0,  # no ticket ever had it, so the service answers with a conflict
        max_value=2**31 - 1,
        error_messages={"required": "Send the version that you read."},
    )


def sent_fields(data: Mapping[str, Any]) -> set[str]:
    """Return the ticket's fields that a page sent. Raise InvalidInput if there are none."""
    if fields := set(TicketForm.base_fields) & set(data):
        return fields
    raise InvalidInput("The request contains nothing to change.")


class NewTicketForm(TicketForm):
    """A new ticket, which may name the suggestion that was shown.

    Cleans `suggestion_id` to `suggestion`, a SignedSuggestion about this description or None.
    """

    snoozed_until = None  # type: ignore[assignment]  # nobody snoozes what nobody has read
    spam = None  # type: ignore[assignment]  # only a blocked address makes a new ticket spam
    suggestion_id = SuggestionField(required=False, max_length=2000)

    def clean(self) -> dict[str, Any]:
        suggestion = self.cleaned_data.pop("suggestion_id", None)
        is_about = suggestion and suggestion.is_about(self.cleaned_data.get("description", ""))
        self.cleaned_data["suggestion"] = suggestion if is_about else None
        return self.cleaned_data


class SubmitForm(FilesForm, NewTicketForm):
    """The public page's form, with files. Requesters set neither status nor assignee.

    Triage writes a title that is left empty. `kept` names the suggested values that the requester
    left alone; it cleans to `accepted`. `homepage` is invisible: only programs fill it in, and it
    cleans to `spam`. `rendered_at` cleans to `held_because`, see `RenderedAtField`.
    """

    shares_fields = False  # it has labels of its own

    title = OneLineField(max_length=MAX_TITLE_CHARS, required=False)
    homepage = PartialTextField(required=False)
    rendered_at = RenderedAtField(required=False)
    kept = forms.MultipleChoiceField(
        choices=[(name, name) for name in ("title", "category", "priority")], required=False
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        data["accepted"] = data.pop("kept", [])
        data["spam"] = bool(data.pop("homepage", ""))
        data["held_because"] = data.pop("rendered_at", "")
        return data

    form_key = forms.CharField(max_length=100, required=False)

    # In the page's order, so that its list of errors has the same.
    field_order = ("requester_email", "description", "title")

    def __init__(self, data: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        del self.fields["status"], self.fields["assignee"]
        self.fields["requester_email"].label = _("Your email")
        self.fields["description"].label = _("What is the problem?")
        self.fields["title"].label = _("Title")
        self.fields["category"].label = _("Category")
        self.fields["priority"].label = _("Priority")


class CommentForm(InputForm):
    body = PlainTextField(max_length=MAX_TEXT_CHARS, label="Reply or note")
    public = SwitchField(required=False)


class MessageForm(FilesForm, CommentForm):
    """An agent's comment on a ticket's page, with files.

    `form_key` identifies a form that is sent twice.
    `public` is the mode of the composer, `note` and `resolve` are its buttons. It is a reply only
    if the mode and the button agree: a browser may show the buttons of both modes.
    The page showed the comments up to `seen_comment`, and the waiting replies `seen_replies`.
    """

    note = SwitchField(required=False)
    resolve = SwitchField(required=False)  # resolve the ticket as well
    form_key = forms.CharField(max_length=100, required=False)
    seen_comment = NumberField(min_value=0, max_value=2**63 - 1, required=False)
    seen_replies = IdsField()

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        data["public"] = bool(data.get("public")) and not data.pop("note", False)
        data["resolve"] = bool(data.get("resolve")) and data["public"]
        return data

    @property
    def is_note(self) -> bool:
        """Return whether the composer is in the mode for notes."""
        _ = self.errors  # cleans the form, unless it was cleaned before
        return not self.cleaned_data["public"]


class MergeForm(InputForm):
    """The ticket to merge into or to link to."""

    into = TicketNumberField(
        label="Ticket number",
        error_messages={
            "required": "Type the number of a ticket.",
            "invalid": "This is not a ticket number.",
        },
    )
    same_requester = SwitchField(required=False)


class RedactableForm(forms.Form):
    """A text that may be redacted: a comment's, or without one that of the ticket."""

    comment = TicketNumberField(required=False)


class RedactForm(RedactableForm):
    """What goes from the text: all of it, or some words."""

    part = PartialTextField(max_length=MAX_TEXT_CHARS, required=False, strip=False, label="Words")
    everywhere = SwitchField(required=False)
    deletes_files = SwitchField(required=False)
    confirmed = SwitchField(
        label="Confirmation",
        error_messages={"required": "Confirm that it cannot be undone. Nothing was redacted."},
    )

    def clean_part(self) -> str:
        """Browsers end lines by two characters, stored texts by one."""
        return str(self.cleaned_data["part"]).replace("\r\n", "\n")


class ReplyForm(FilesForm):
    """A requester's reply, with files."""

    body = PlainTextField(max_length=MAX_TEXT_CHARS, label=_("Your reply"))


class AddressForm(forms.Form):
    """An email address that a requester enters: for one ticket, or to get links."""

    requester_email = EmailField(max_length=MAX_EMAIL_CHARS, label=_("Email address"))


class ClassifyForm(InputForm):
    description = PlainTextField(max_length=MAX_TEXT_CHARS)
    title = OneLineField(max_length=MAX_TITLE_CHARS, required=False)


class SuggestTitleForm(InputForm):
    description = PlainTextField(max_length=MAX_TEXT_CHARS)


class EarlierForm(forms.Form):
    """Which part of a long conversation a page shows: the newest of the first `until` messages."""

    until = NumberField(min_value=1, max_value=2**31 - 1, required=False)


class SimilarForm(forms.Form):
    text = PartialTextField(required=False)
