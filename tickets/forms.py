"""The only place where input is checked: the JSON API and the pages share each form.

A form field turns everything into text, so the API checks JSON types first, by each field's
`json_types` and `json_null`, see `api/http.py`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.dateparse import parse_date, parse_datetime

from .exceptions import InvalidInput
from .models import (
    TEXT_LENGTH,
    TITLE_LENGTH,
    VISIBLE,
    Category,
    Priority,
    Sentiment,
    Status,
    is_agent,
)
from .querysets import read_cursor
from .triage import receipts

# Control characters other than tab, line feed and next line, and halves of surrogate pairs:
# PostgreSQL refuses NUL, no page shows the rest.
UNSTORABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
LINE_END = re.compile(r"[\n\u2028\u2029]")
SEARCH_LENGTH = 200
PAGE_DEFAULT, PAGE_MOST = 100, 500
TICKETS_AT_ONCE = 500


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
        if re.sub(VISIBLE, "", value):
            raise ValidationError("This address has something in it that cannot be seen.")


class SwitchField(forms.BooleanField):
    json_types: tuple[type, ...] = (bool,)
    json_null = False


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

    def clean(self, value: Any) -> receipts.Receipt | None:
        signed = super().clean(value)
        if not signed:
            return None
        receipt = receipts.read(signed)
        if receipt is None:
            raise ValidationError("This is not a suggestion of this desk.")
        return receipt


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


class ReplyForm(forms.Form):
    """What a requester writes on the private page."""

    body = PlainTextField(max_length=TEXT_LENGTH, label="Your reply")


class ClassifyForm(forms.Form):
    description = PlainTextField(max_length=TEXT_LENGTH)
    title = OneLineField(max_length=TITLE_LENGTH, required=False)


class SuggestTitleForm(forms.Form):
    description = PlainTextField(max_length=TEXT_LENGTH)


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
        return words


class AssigneesField(ListField):
    """Usernames; `none` stands for tickets without an assignee."""

    def clean(self, value: Any) -> list[str]:
        names = super().clean(value)
        wanted = set(names) - {"none"}
        known = set(User.objects.filter(username__in=wanted).values_list("username", flat=True))
        if wanted - known:
            raise ValidationError(AgentField.no_agent)
        return names


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


class FilterForm(forms.Form):
    """What a list or the statistics are narrowed to; an empty value means no filter."""

    category = ListField(Category.values)
    priority = ListField(Priority.values)
    status = ListField(Status.values)
    assignee = AssigneesField()
    search = forms.CharField(max_length=SEARCH_LENGTH, required=False)
    created_after = MomentField(required=False)
    created_before = MomentField(required=False)
    needs_review = YesField(required=False)

    @property
    def is_narrowed(self) -> bool:
        return any(self.cleaned_data.get(name) for name in FilterForm.base_fields)


class PageForm(FilterForm):
    """Filters and the place in the list."""

    limit = NumberField(min_value=1, max_value=PAGE_MOST, required=False)
    cursor = forms.CharField(required=False, max_length=300)

    def clean_limit(self) -> int:
        return self.cleaned_data["limit"] or PAGE_DEFAULT

    def clean_cursor(self) -> str:
        cursor: str = self.cleaned_data["cursor"]
        try:
            if cursor:
                read_cursor(cursor)
        except InvalidInput as error:
            raise ValidationError(error.errors["cursor"]) from None
        return cursor


class ListForm(PageForm):
    """The ticket list's address; the page also narrows by mood."""

    sentiment = ListField(Sentiment.values)


class VersionsField(forms.CharField):
    """Tickets and their versions, "12:3,15:8"; becomes [(12, 3), (15, 8)]."""

    def clean(self, value: Any) -> list[tuple[int, int]]:
        text = super().clean(value)
        if not re.fullmatch(r"[0-9]{1,18}:[0-9]{1,9}(,[0-9]{1,18}:[0-9]{1,9})*", text):
            raise ValidationError("This does not name a change.")
        pairs = [pair.split(":") for pair in text.split(",")]
        if len(pairs) > TICKETS_AT_ONCE:
            raise ValidationError(f"At most {TICKETS_AT_ONCE} tickets at once.")
        return [(int(ticket_id), int(version)) for ticket_id, version in pairs]


class UndoForm(forms.Form):
    changes = VersionsField()


class SignInForm(forms.Form):
    username = PlainTextField(max_length=150)
    password = forms.CharField(max_length=1000, strip=False)


def valid(form: forms.Form) -> dict[str, Any]:
    """The form's clean values; raise InvalidInput with the messages of each field."""
    if form.is_valid():
        return form.cleaned_data
    errors = {
        field: [str(message) for message in messages] for field, messages in form.errors.items()
    }
    raise InvalidInput(errors=errors)


class ReportForm(forms.Form):
    """The time that a report is about; an empty bound is none."""

    since = MomentField(required=False)
    until = MomentField(required=False)


class PeriodForm(forms.Form):
    """How many days back a page looks; 0 is all of the past."""

    PERIODS = ((7, "7 days"), (30, "30 days"), (90, "90 days"), (0, "All"))
    days = forms.TypedChoiceField(choices=PERIODS, coerce=int, required=False)

    def clean_days(self) -> int:
        days = self.cleaned_data["days"]
        return 30 if days == "" else days
