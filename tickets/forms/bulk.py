"""Changing several tickets at once, and taking changes back."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from ..models import Category, Priority, Status
from .fields import AgentField, EnumerationField

TICKETS_AT_ONCE = 500


class VersionsField(forms.CharField):
    """Tickets and their versions, "12:3,15:8"; becomes [(12, 3), (15, 8)]."""

    def clean(self, value: Any) -> list[tuple[int, int]]:
        text = super().clean(value)
        if not re.fullmatch(r"[0-9]{1,18}:[0-9]{1,9}(,[0-9]{1,18}:[0-9]{1,9})*", text):
            raise ValidationError("This does not name a change.")
        pairs = [pair.split(":") for pair in text.split(",")]
        if len(pairs) > TICKETS_AT_ONCE:
            raise ValidationError(f"At most {TICKETS_AT_ONCE} tickets at once.")
        # A pair that is named twice is one change.
        return list(dict.fromkeys((int(number), int(version)) for number, version in pairs))


class UndoForm(forms.Form):
    changes = VersionsField()


class TicketsField(forms.Field):
    """Ids of tickets, sent one by one; becomes a list with each of them once."""

    widget = forms.SelectMultiple

    def clean(self, value: Any) -> list[int]:
        if not value:
            raise ValidationError("Select at least one ticket.")
        if len(value) > TICKETS_AT_ONCE:
            raise ValidationError(f"At most {TICKETS_AT_ONCE} tickets at once.")
        if not all(re.fullmatch(r"[0-9]{1,18}", ticket_id) for ticket_id in value):
            raise ValidationError("This is not the number of a ticket.")
        return list(dict.fromkeys(map(int, value)))


class OtherAssigneeField(AgentField):
    """A username, or `none` for nobody, since nothing stands for no change."""

    def clean(self, value: Any) -> User | None:
        return None if value == "none" else super().clean(value)


class BulkForm(forms.Form):
    """Tickets, and what all of them become; `changes` holds the values that were sent."""

    ticket = TicketsField()
    status = EnumerationField(choices=Status, required=False)
    category = EnumerationField(choices=Category, required=False)
    priority = EnumerationField(choices=Priority, required=False)
    assignee = OtherAssigneeField(max_length=150, required=False)

    @property
    def changes(self) -> dict[str, Any]:
        return {
            name: self.cleaned_data[name]
            for name in self.fields
            if name != "ticket" and self.data.get(name, "").strip()
        }

    def clean(self) -> dict[str, Any]:
        if not self.errors and not self.changes:
            raise ValidationError("Choose what to change.")
        return self.cleaned_data
