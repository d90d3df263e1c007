"""Field types that the forms share, and `clean_data`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from datetime import UTC, datetime, time, tzinfo
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext_lazy as _

from ..access.actors import is_agent
from ..exceptions import InvalidInput
from ..mail.addresses import deliverable_address
from ..triage import signed_suggestions
from ..triage.signed_suggestions import SignedSuggestion
from ..vocabulary import MIN_FORM_SECONDS, VISIBLE_CHARACTER
from .pasted_text import PastedTextBoundField

# Control characters other than tab, line feed and next line, and lone surrogates. PostgreSQL
# refuses NUL and surrogates, and no page can show the others.
UNSTORABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
RENDERED_AT_SALT = "tickets.rendered-at"
INVALID_ADDRESS = _("Enter a valid email address.")
LINE_END = re.compile(r"[\n\u2028\u2029]")


class PlainTextField(forms.CharField):
    """Text that can be stored and seen. Line ends become `\\n`, outer white space is removed."""

    json_types: tuple[type, ...] = (str,)
    json_null = False
    bound_field_class = PastedTextBoundField
    default_error_messages = {"required": _("This field is required.")}

    def to_python(self, value: Any) -> str:
        if not isinstance(value, str):
            return super().to_python(value) or ""
        text = re.sub(r"\r\n?", "\n", value)
        if character := UNSTORABLE.search(text):
            raise ValidationError(_unstorable_message(text, character.start()))
        return super().to_python(text) or ""

    def validate(self, value: str) -> None:
        super().validate(value)
        if value and not re.search(VISIBLE_CHARACTER, value):
            raise ValidationError(_("This text has no visible characters."))


def _unstorable_message(text: str, position: int) -> str:
    code = ord(text[position])
    kind = "broken Unicode" if code >= 0xD800 else "a control character"
    before = text[:position]
    line = before.count("\n") + 1
    character = position - before.rfind("\n")
    return f"This text contains {kind} (U+{code:04X}) at line {line}, character {character}."


class OneLineField(PlainTextField):
    def to_python(self, value: Any) -> str:
        # A pattern around the line end would take quadratic time on a run of spaces.
        return " ".join(line.strip() for line in LINE_END.split(super().to_python(value)))


class PartialTextField(forms.CharField):
    """Text that somebody is still typing, so nothing about it is an error."""

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").replace("\0", " ")


class EnumerationField(forms.ChoiceField):
    json_types: tuple[type, ...] = (str,)
    json_null = False


def validate_email(address: str) -> None:
    """Raise ValidationError for what is no address. Its name may have letters of any language."""
    name, at, domain = address.rpartition("@")
    if not name.isascii():
        # Django knows ASCII only (RFC 5321). RFC 6531 adds characters, but no places for others.
        categories = {unicodedata.category(each)[0] for each in name if not each.isascii()}
        if categories - set("LMN") or '"' in name:  # letters, marks and numbers, without quotes
            raise ValidationError(INVALID_ADDRESS)
        name = "".join(each if each.isascii() else "x" for each in name)
    EmailValidator(INVALID_ADDRESS)(f"{name}{at}{domain}")


class EmailField(PlainTextField):
    json_null = True
    default_validators = [validate_email]

    def to_python(self, value: Any) -> str:
        # One way to write each address, the one that RFC 6532 recommends.
        return unicodedata.normalize("NFC", super().to_python(value))

    def validate(self, value: str) -> None:
        super().validate(value)
        if re.sub(rf"{VISIBLE_CHARACTER}|\s", "", value):
            raise ValidationError(_("This address contains invisible characters."))
        if "=?" in value:  # mail programs decode it (RFC 2047) into another address
            raise ValidationError(_("This address contains “=?”, which mail cannot carry."))

    def clean(self, value: Any) -> str:
        address: str = super().clean(value)
        try:
            deliverable_address(address)
        except ValueError:
            raise ValidationError(_("The part after the @ is not a valid domain.")) from None
        return address


class SwitchInput(forms.CheckboxInput):
    """Return the raw value: Django's CheckboxInput treats any string as True."""

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
    """A username, or empty. Cleans to the agent's User or None."""

    json_null = True
    no_agent = "There is no agent with this username."

    def clean(self, value: Any) -> User | None:
        username = super().clean(value)
        if not username:
            return None
        user = User.objects.filter(username=username).first()
        if user is None or not is_agent(user):
            raise ValidationError(self.no_agent)
        return user


class SuggestionField(PlainTextField):
    """A suggestion's signed id, or empty. Cleans to the SignedSuggestion.

    None if it is empty or too old, which is no fault of who left the form open.
    """

    def clean(self, value: Any) -> SignedSuggestion | None:
        signed_id = super().clean(value)
        if not signed_id:
            return None
        try:
            suggestion = signed_suggestions.read(signed_id)
        except signing.SignatureExpired:
            return None
        if suggestion is None:
            raise ValidationError(_("This suggestion was not made by this desk."))
        return suggestion


class RenderedAtField(forms.CharField):
    """The signed time at which a form was rendered, see `stamp`.

    Cleans to why no person can have filled it in, in a sentence; "" if one can. A stamp stays
    valid, since browsers and proxies keep pages.
    """

    @staticmethod
    def stamp() -> str:
        return signing.dumps(timezone.now().timestamp(), salt=RENDERED_AT_SALT)

    def clean(self, value: Any) -> str:
        try:
            rendered_at = signing.loads(super().clean(value), salt=RENDERED_AT_SALT)
        except signing.BadSignature:
            return "The form was sent without having been opened."
        if timezone.now().timestamp() - rendered_at < MIN_FORM_SECONDS:
            return f"The form was filled in within {MIN_FORM_SECONDS} seconds."
        return ""


class ListField(forms.CharField):
    """Comma-separated values. With `choices`, each must be one of them."""

    def __init__(self, choices: Collection[str] = (), **kwargs: Any) -> None:
        self.allowed = choices
        super().__init__(required=False, max_length=1000, **kwargs)

    def clean(self, value: Any) -> list[str]:
        values = [part.strip() for part in super().clean(value).split(",") if part.strip()]
        for each in values:
            if self.allowed and each not in self.allowed:
                raise ValidationError(f"{each!r} is not one of {', '.join(self.allowed)}.")
        return list(dict.fromkeys(values))


class IdsField(ListField):
    """Comma-separated ids. Cleans to a list of numbers."""

    def clean(self, value: Any) -> list[int]:  # type: ignore[override]
        texts = super().clean(value)
        if not all(re.fullmatch(r"[0-9]{1,18}", text) for text in texts):
            raise ValidationError("Enter numbers, separated by commas.")
        return [int(text) for text in texts]


class NumberField(forms.IntegerField):
    """Plain digits. Python alone would accept `1_0` and `+5` as well."""

    json_types: tuple[type, ...] = (int,)
    json_null = False

    def to_python(self, value: Any) -> int | None:
        if value and not re.fullmatch(r"-?[0-9]{1,20}", str(value)):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


class TicketNumberField(NumberField):
    """A ticket's number, also as the pages show it: `#12`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=2**63 - 1, **kwargs)

    def to_python(self, value: Any) -> int | None:
        return super().to_python(
            value.strip().removeprefix("#") if isinstance(value, str) else value
        )


class MomentField(forms.CharField):
    """An RFC 3339 time, or a date (its midnight). Without a time zone it is UTC."""

    json_types: tuple[type, ...] = (str,)
    json_null = True

    def zone(self) -> tzinfo:
        return UTC

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
                moment = moment.replace(tzinfo=self.zone())
            return self._storable(moment)
        except (ValueError, OverflowError):
            raise ValidationError("Enter a time such as 2026-01-31T12:00:00Z.") from None

    @staticmethod
    def _storable(moment: datetime | None) -> datetime:
        if moment is None:
            raise ValueError("no time")
        return moment.astimezone(UTC)


class DeskMomentField(MomentField):
    """The same from a page, where days are those of the desk's time zone."""

    def zone(self) -> tzinfo:
        return timezone.get_current_timezone()


class FlagField(forms.CharField):
    """A query parameter: `true`, `false`, or empty for neither. Cleans to a bool or None."""

    def clean(self, value: Any) -> bool | None:
        text = str(super().clean(value)).strip()
        if text not in ("", "true", "false"):
            raise ValidationError("This must be true or false.")
        return text == "true" if text else None


def clean_data(form: forms.Form) -> dict[str, Any]:
    """Return the form's cleaned data. Raise InvalidInput with each field's messages."""
    if form.is_valid():
        return form.cleaned_data
    errors = {
        field: [str(message) for message in messages] for field, messages in form.errors.items()
    }
    raise InvalidInput(errors=errors)
