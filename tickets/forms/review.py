"""The review queue: the place in it, and a reviewer's word."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from ..exceptions import InvalidInput
from ..models import Category, Priority
from ..querysets import ReviewPlace, read_place
from .fields import EnumerationField, NumberField


class PlaceField(forms.CharField):
    """A place in the review queue, or nothing; becomes a ReviewPlace or None."""

    def clean(self, value: Any) -> ReviewPlace | None:
        text = super().clean(value)
        try:
            return read_place(text) if text else None
        except InvalidInput as error:
            raise ValidationError(error.errors["after"]) from None


class QueueForm(forms.Form):
    """The review queue's address: where it goes on, and a ticket that is to come first."""

    after = PlaceField(required=False, max_length=300)
    ticket = NumberField(min_value=1, max_value=2**63 - 1, required=False)


class ReviewForm(QueueForm):
    """A reviewer's word on one ticket, as they read it."""

    version = NumberField(min_value=1)
    category = EnumerationField(choices=Category)
    priority = EnumerationField(choices=Priority)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ticket"].required = True
