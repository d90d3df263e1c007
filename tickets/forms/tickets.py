"""What a ticket consists of, what is said on it, and what triage is asked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django import forms

from ..models import TEXT_LENGTH, TITLE_LENGTH, Category, Priority, Status
from .fields import (
    AgentField,
    EmailField,
    EnumerationField,
    OneLineField,
    PlainTextField,
    SuggestionField,
    SwitchField,
)

ENUMERATIONS = {"category", "priority", "status"}


class TicketForm(forms.Form):
    """A ticket's writable values. `only` names the fields that a partial update sends."""

    title = OneLineField(max_length=TITLE_LENGTH)
    description = PlainTextField(max_length=TEXT_LENGTH)
    category = EnumerationField(choices=Category, required=False)
    priority = EnumerationField(choices=Priority, required=False)
    status = EnumerationField(choices=Status, required=False)
    requester_email = EmailField(max_length=254, required=False)
    assignee = AgentField(max_length=150, required=False)

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, only: Collection[str] = (), **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        for name in set(self.fields) - set(only) if only else ():
            del self.fields[name]
        for name in ENUMERATIONS & set(only):
            # Left out, triage or the default decides; sent, it must be one of the values.
            self.fields[name].required = True


class NewTicketForm(TicketForm):
    """A new ticket may name the suggestion that was shown and, from the page, what of it
    the requester left as it was (`kept`: "category", "priority" or both)."""

    suggestion_id = SuggestionField(required=False, max_length=2000)


class SubmitForm(NewTicketForm):
    """What the public page sends. Requesters do not set a status or an assignee."""

    kept = forms.MultipleChoiceField(
        choices=[("category", "category"), ("priority", "priority")], required=False
    )

    # As on the page, so that its list of errors has the same order.
    field_order = ("requester_email", "description", "title")

    def __init__(self, data: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        del self.fields["status"], self.fields["assignee"]
        # As the page asks for them.
        self.fields["requester_email"].label = "Your e-mail"
        self.fields["description"].label = "What is the problem?"


class CommentForm(forms.Form):
    body = PlainTextField(max_length=TEXT_LENGTH, label="Reply or note")
    public = SwitchField(required=False)


class MessageForm(CommentForm):
    """What an agent writes on a ticket's page. Its key tells when it is sent a second time."""

    resolve = SwitchField(required=False)  # a public reply that ends the ticket
    form_key = forms.CharField(max_length=100, required=False)

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data.get("resolve"):
            self.cleaned_data["public"] = True
        return self.cleaned_data


class ReplyForm(forms.Form):
    """What a requester writes on the private page."""

    body = PlainTextField(max_length=TEXT_LENGTH, label="Your reply")


class ClassifyForm(forms.Form):
    description = PlainTextField(max_length=TEXT_LENGTH)
    title = OneLineField(max_length=TITLE_LENGTH, required=False)


class SuggestTitleForm(forms.Form):
    description = PlainTextField(max_length=TEXT_LENGTH)
