"""Kinds of fields, each for whatever form needs it, and `valid`, which makes clean values."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.dateparse import parse_date, parse_datetime

from ..exceptions import InvalidInput
from ..models import VISIBLE, deliverable, is_agent
from ..triage import signed_suggestions

# Control characters other than tab, line feed and next line, and halves of surrogate pairs:
# PostgreSQL refuses NUL, no page shows the rest.
UNSTORABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
LINE_END = re.compile(r"[\n\u2028\u2029]")


class PlainTextField(forms.CharField):
    """Text that can be stored and seen. Line ends become `\\n`, outer white space goes."""

    json_types: tuple[type, ...] = (str,)
    json_null = False

    def to_python(self, value: Any) -> str:
        text = re.sub(r"\r\n?", "\n", value) if isinstance(value, str) else value
        return super().to_python(text) or ""

    def validate(self, value: str) -> None:
        super().validate(value)
        if UNSTORABLE.search(value):
            raise ValidationError("This text has control characters or broken Unicode in it.")
        if value and not re.search(VISIBLE, value):
            raise ValidationError("This text has nothing in it that can be seen.")


class OneLineField(PlainTextField):
    def to_python(self, value: Any) -> str:
        # Not by a pattern around the line end: that takes quadratic time on a run of spaces.
        return " ".join(line.strip() for line in LINE_END.split(super().to_python(value)))


class EnumerationField(forms.ChoiceField):
    json_types: tuple[type, ...] = (str,)
    json_null = False


class EmailField(PlainTextField):
    json_null = True
    default_validators = [EmailValidator()]

    def validate(self, value: str) -> None:
        super().validate(value)
        if re.sub(rf"{VISIBLE}|\s", "", value):
            raise ValidationError("This address has something in it that cannot be seen.")
        if "=?" in value:  # mail programs would decode it (RFC 2047), to another address
            raise ValidationError("This address has “=?” in it, which mail cannot carry.")

    def clean(self, value: Any) -> str:
        address: str = super().clean(value)
        try:
            deliverable(address)
        except ValueError:
            raise ValidationError("What follows the @ cannot be the name of a domain.") from None
        return address


class SwitchInput(forms.CheckboxInput):
    """Hands on what was sent: Django's own takes every word for a tick."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return data.get(name, False)


class SwitchField(forms.BooleanField):
    widget = SwitchInput
    json_types: tuple[type, ...] = (bool,)
    json_null = False

    def clean(self, value: Any) -> bool:
        if isinstance(value, str) and value.lower() not in ("true", "on", "false", ""):
            raise ValidationError("This must be true or false.")
        return bool(super().clean(value))


class AgentField(PlainTextField):
    """A username, or nothing; becomes the agent's User or None."""

    json_null = True
    no_agent = "There is no agent of this name."

    def clean(self, value: Any) -> User | None:
        username = super().clean(value)
        if not username:
            return None
        user = User.objects.filter(username=username).first()
        if user is None or not is_agent(user):
            raise ValidationError(self.no_agent)
        return user


class SuggestionField(PlainTextField):
    """A suggestion's signed id; becomes the Classification that was shown, or None."""

    def clean(self, value: Any) -> signed_suggestions.SignedSuggestion | None:
        signed = super().clean(value)
        if not signed:
            return None
        receipt = signed_suggestions.read(signed)
        if receipt is None:
            raise ValidationError("This is not a suggestion of this desk.")
        return receipt


class ListField(forms.CharField):
    """Comma-separated words, each out of `choices` where these are given."""

    def __init__(self, choices: Collection[str] = (), **kwargs: Any) -> None:
        self.allowed = choices
        super().__init__(required=False, max_length=1000, **kwargs)

    def clean(self, value: Any) -> list[str]:
        words = [word.strip() for word in super().clean(value).split(",") if word.strip()]
        for word in words:
            if self.allowed and word not in self.allowed:
                raise ValidationError(f"{word!r} is not one of {', '.join(self.allowed)}.")
        return list(dict.fromkeys(words))


class NumberField(forms.IntegerField):
    """Plain digits; Python's own reading would take `1_0` and `+5` as well."""

    def to_python(self, value: Any) -> int | None:
        if value and not re.fullmatch(r"-?[0-9]{1,20}", str(value)):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


class MomentField(forms.CharField):
    """An RFC 3339 time or a date (its midnight); without a zone it is UTC."""

    def to_python(self, value: Any) -> datetime | None:  # type: ignore[override]
        # An unescaped + in a query arrives as a space.
        text = re.sub(r" (\d\d:?\d\d)$", r"+\1", super().to_python(value) or "")
        if not text:
            return None
        try:
            if not re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ]|\Z)", text):
                raise ValueError(text)
            moment = parse_datetime(text) if len(text) > 10 else None
            day = parse_date(text) if moment is None else None
            if day:
                moment = datetime.combine(day, time.min)
            if moment and moment.tzinfo is None:
                moment = moment.replace(tzinfo=UTC)
            return self._storable(moment)
        except (ValueError, OverflowError):
            raise ValidationError("This is not a time such as 2026-01-31T12:00:00Z.") from None

    @staticmethod
    def _storable(moment: datetime | None) -> datetime:
        if moment is None:
            raise ValueError("no time")
        return moment.astimezone(UTC)


class YesField(forms.CharField):
    """`true` narrows the list; `false` and nothing do not."""

    def clean(self, value: Any) -> bool:
        word = str(super().clean(value)).strip()
        if word not in ("", "true", "false"):
            raise ValidationError("This must be true or false.")
        return word == "true"


def valid(form: forms.Form) -> dict[str, Any]:
    """The form's clean values; raise InvalidInput with the messages of each field."""
    if form.is_valid():
        return form.cleaned_data
    errors = {
        field: [str(message) for message in messages] for field, messages in form.errors.items()
    }
    raise InvalidInput(errors=errors)
