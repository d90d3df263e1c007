"""Change several tickets at once, and undo changes."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from ..vocabulary import MAX_BULK_TICKETS, MAX_USERNAME_CHARS, Category, Priority, Status
from .fields import AgentField, EnumerationField, SwitchField


class VersionsField(forms.CharField):
    """An undo token, "12:3,15:8": ids and versions. Cleans to [(12, 3), (15, 8)]."""

    def clean(self, value: Any) -> list[tuple[int, int]]:
        text = super().clean(value)
        if not re.fullmatch(r"[0-9]{1,18}:[0-9]{1,9}(,[0-9]{1,18}:[0-9]{1,9})*", text):
            raise ValidationError("This does not name a change that can be undone.")
        pairs = [pair.split(":") for pair in text.split(",")]
        if len(pairs) > MAX_BULK_TICKETS:
            raise ValidationError(f"Change at most {MAX_BULK_TICKETS} tickets at once.")
        # The same pair twice is one change.
        return list(dict.fromkeys((int(number), int(version)) for number, version in pairs))


class UndoForm(forms.Form):
    changes = VersionsField()


class TicketsField(forms.Field):
    """Ids of tickets, one parameter each. Cleans to a list without duplicates."""

    widget = forms.SelectMultiple

    def clean(self, value: Any) -> list[int]:
        if not value:
            raise ValidationError("Select at least one ticket.")
        if len(value) > MAX_BULK_TICKETS:
            raise ValidationError(f"Change at most {MAX_BULK_TICKETS} tickets at once.")
        if not all(re.fullmatch(r"[0-9]{1,18}", ticket_id) for ticket_id in value):
            raise ValidationError("This is not a ticket number.")
        return list(dict.fromkeys(map(int, value)))


class NewAssigneeField(AgentField):
    """A username, or "none" to unassign. Empty leaves the assignee unchanged."""

    def clean(self, value: Any) -> User | None:
        return None if value == "none" else super().clean(value)


class BulkForm(forms.Form):
    """Tickets, and the values that all of them get."""

    ticket = TicketsField()
    status = EnumerationField(choices=Status, required=False)
    category = EnumerationField(choices=Category, required=False)
    priority = EnumerationField(choices=Priority, required=False)
    assignee = NewAssigneeField(max_length=MAX_USERNAME_CHARS, required=False)
    spam = SwitchField(required=False)

    @property
    def changes(self) -> dict[str, str | bool | User | None]:
        """Return the values that were sent."""
        return {
            name: self.cleaned_data[name]
            for name in self.fields
            if name != "ticket" and self.data.get(name, "").strip()
        }

    def clean(self) -> dict[str, Any]:
        if not self.errors and not self.changes:
            raise ValidationError("Choose what to change.")
        return self.cleaned_data
