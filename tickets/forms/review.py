"""The review queue: its address, and a reviewer's decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from ..exceptions import InvalidInput
from ..querysets.cursors import LOWEST_CONFIDENCE_FIRST, Cursor, read_cursor
from ..vocabulary import Category, Priority
from .fields import EnumerationField, NumberField, clean_data


class QueueCursorField(forms.CharField):
    """A cursor of the review queue, or empty. Cleans to a Cursor or None."""

    def clean(self, value: Any) -> Cursor | None:
        text = super().clean(value)
        try:
            return read_cursor(text, LOWEST_CONFIDENCE_FIRST) if text else None
        except InvalidInput as error:
            raise ValidationError(error.errors["cursor"]) from None


class QueueForm(forms.Form):
    """The queue's address: where it continues, and a ticket to show first."""

    after = QueueCursorField(required=False, max_length=300)
    ticket = NumberField(min_value=1, max_value=2**63 - 1, required=False)


@dataclass(frozen=True, slots=True)
class ReviewDecision:
    """What a reviewer chose for the `version` of a ticket that they read."""

    ticket: int
    version: int
    category: str
    priority: str
    after: Cursor | None  # where the queue continues


class ReviewForm(QueueForm):
    """A reviewer's decision about the version of a ticket that they read."""

    version = NumberField(min_value=1)
    category = EnumerationField(choices=Category)
    priority = EnumerationField(choices=Priority)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ticket"].required = True

    def decision(self) -> ReviewDecision:
        """Return what was chosen. Raise InvalidInput as `clean_data` does."""
        return ReviewDecision(**clean_data(self))
