"""Change several tickets at once, and undo changes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from ..vocabulary import MAX_BULK_TICKETS, MAX_USERNAME_CHARS, Category, Priority, Status
from .fields import AgentField, EnumerationField, NumberField, SwitchField
from .lists import LIST_STATE, MAX_RAW_QUERY_CHARS, TicketFilters, parse_list_query

CHANGEABLE = ("status", "category", "priority", "assignee", "spam")


class UndoTokenField(forms.CharField):
    """An undo token, "12:3,15:8": ids and versions. Cleans to [(12, 3), (15, 8)].

    Or "reply:45", the id of a reply that waits. Cleans to 45.
    """

    def clean(self, value: Any) -> list[tuple[int, int]] | int:
        text = super().clean(value)
        if match := re.fullmatch(r"reply:([0-9]{1,18})", text):
            return int(match[1])
        if not re.fullmatch(r"[0-9]{1,18}:[0-9]{1,9}(,[0-9]{1,18}:[0-9]{1,9})*", text):
            raise ValidationError("This does not name a change that can be undone.")
        pairs = [pair.split(":") for pair in text.split(",")]
        if len(pairs) > MAX_BULK_TICKETS:
            raise ValidationError(f"Change at most {MAX_BULK_TICKETS} tickets at once.")
        # The same pair twice is one change.
        return list(dict.fromkeys((int(number), int(version)) for number, version in pairs))


class UndoForm(forms.Form):
    changes = UndoTokenField()


class TicketsField(forms.Field):
    """Ids of tickets, one parameter each. Cleans to a list without duplicates."""

    widget = forms.SelectMultiple
    none_selected = "Select at least one ticket."

    def clean(self, value: Any) -> list[int]:
        if not value and self.required:
            raise ValidationError(self.none_selected)
        value = value or []
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
    """Tickets, and the values that all of them get.

    The tickets are named (`ticket`), or they are all that a list shows: `matching` is its query
    string with `seen`, `below` the id to continue from. Cleans `matching` to filters, or None.
    """

    takes_me = True  # whoever reads a query passes the account that sent it

    ticket = TicketsField(required=False)
    matching = forms.CharField(required=False, max_length=MAX_RAW_QUERY_CHARS)
    below = NumberField(min_value=1, required=False)
    status = EnumerationField(choices=Status, required=False)
    category = EnumerationField(choices=Category, required=False)
    priority = EnumerationField(choices=Priority, required=False)
    assignee = NewAssigneeField(max_length=MAX_USERNAME_CHARS, required=False)
    spam = SwitchField(required=False)

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, me: User | None = None, **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        self.me = me

    def clean_matching(self) -> TicketFilters | None:
        query = self.cleaned_data["matching"].removeprefix("?")
        if not query:
            return None
        form = parse_list_query(query, (*LIST_STATE, "seen"), self.me)
        return cast("TicketFilters", form.cleaned_data)

    @property
    def changes(self) -> dict[str, str | bool | User | None]:
        """Return the values that were sent."""
        return {
            name: self.cleaned_data[name] for name in CHANGEABLE if self.data.get(name, "").strip()
        }

    def clean(self) -> dict[str, Any]:
        if not self.errors:
            if not (self.cleaned_data["ticket"] or self.cleaned_data["matching"]):
                raise ValidationError({"ticket": TicketsField.none_selected})
            if not self.changes:
                raise ValidationError("Choose what to change.")
        return self.cleaned_data
