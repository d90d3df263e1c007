"""Saved replies."""

from __future__ import annotations

from django import forms

from ..vocabulary import MAX_REPLY_NAME_CHARS, MAX_SEARCH_CHARS, MAX_TEXT_CHARS
from .fields import OneLineField, PartialTextField, PlainTextField, SwitchField


class SavedReplyForm(forms.Form):
    name = OneLineField(max_length=MAX_REPLY_NAME_CHARS, label="Name")
    body = PlainTextField(max_length=MAX_TEXT_CHARS, label="Text")
    shared = SwitchField(required=False, label="Share with all agents")


class ReplySearchForm(forms.Form):
    """What somebody types to find a saved reply. Nothing about it is an error."""

    search = PartialTextField(required=False)

    def clean_search(self) -> str:
        return str(self.cleaned_data["search"])[:MAX_SEARCH_CHARS]
