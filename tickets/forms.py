"""The only place where input is checked: the JSON API and the pages share each form.

A form field turns everything into text, so the API checks JSON types first, by each field's
`json_types` and `json_null`, see `api/http.py`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, time
from typing import Any
from urllib.parse import parse_qsl, urlencode

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
    SavedView,
    Sentiment,
    Status,
    is_agent,
)
from .querysets import ReviewPlace, asks_for_me, read_cursor, read_place
from .triage import receipts

# Control characters other than tab, line feed and next line, and halves of surrogate pairs:
# PostgreSQL refuses NUL, no page shows the rest.
UNSTORABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
LINE_END = re.compile(r"[\n\u2028\u2029]")
SEARCH_LENGTH = 200
PAGE_DEFAULT, PAGE_MOST = 100, 500
QUERY_LENGTH = 2000
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


class AssigneesField(ListField):
    """Usernames; `none` stands for tickets without an assignee, `me` for who asks."""

    def clean(self, value: Any) -> list[str]:
        names = super().clean(value)
        wanted = set(names) - {"none", "me"}
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


class PresenceForm(forms.Form):
    """What a ticket's open page tells now and then: what it shows, and whether somebody writes."""

    window = forms.RegexField(r"\A[0-9a-f]{16,32}\Z")
    version = NumberField(min_value=1, max_value=2**31 - 1)
    comment = NumberField(min_value=0, max_value=2**63 - 1)
    writing = SwitchField(required=False)
    leaving = SwitchField(required=False)


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
    """What a list or the statistics are narrowed to; an empty value means no filter.

    `me` is the account that asks, if it is one.
    """

    no_account = "“me” stands for an account, and you are here without one."

    category = ListField(Category.values)
    priority = ListField(Priority.values)
    status = ListField(Status.values)
    assignee = AssigneesField()
    search = forms.CharField(max_length=SEARCH_LENGTH, required=False)
    created_after = MomentField(required=False)
    created_before = MomentField(required=False)
    needs_review = YesField(required=False)

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, me: User | None = None, **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        self.me = me

    def clean_assignee(self) -> list[str]:
        names: list[str] = self.cleaned_data["assignee"]
        if "me" not in names:
            return names
        if self.me is None:
            raise ValidationError(self.no_account)
        return [self.me.get_username() if name == "me" else name for name in names]

    def clean_search(self) -> str:
        text: str = self.cleaned_data["search"]
        if self.me is None and asks_for_me(text):
            raise ValidationError(self.no_account)
        return text

    def clean(self) -> dict[str, Any]:
        return {**self.cleaned_data, "me": self.me}


class CursorField(forms.CharField):
    """A place in a list, as the program wrote it, or ""."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=300, **kwargs)

    def clean(self, value: Any) -> str:
        cursor = str(super().clean(value))
        try:
            if cursor:
                read_cursor(cursor)
        except InvalidInput as error:
            raise ValidationError(error.errors["cursor"]) from None
        return cursor


class PageForm(FilterForm):
    """Filters and the place in the list."""

    limit = NumberField(min_value=1, max_value=PAGE_MOST, required=False)
    cursor = CursorField()

    def clean_limit(self) -> int:
        return self.cleaned_data["limit"] or PAGE_DEFAULT


class ListForm(PageForm):
    """The ticket list's address; the page also narrows by mood. `seen` is a cursor as well:
    what is newer than it stays out."""

    sentiment = ListField(Sentiment.values)
    seen = CursorField()


class NewsForm(ListForm):
    """A list's address, and the place from which on tickets are new."""

    after = CursorField()


# What of the list's address is worth keeping, in this order.
LIST_STATE = (
    *("status", "search", "category", "priority", "sentiment", "assignee"),
    *("created_after", "created_before", "needs_review"),
)


def list_state(values: Mapping[str, str]) -> str:
    """The filters among these values as a query, always in the same order and spelling."""
    state = {name: str(values.get(name, "")).strip() for name in LIST_STATE}
    if state["needs_review"] == "false":
        state["needs_review"] = ""
    return urlencode({name: value for name, value in state.items() if value})


class SavedViewForm(forms.Form):
    """A name for a state of the list. `query` is what follows the "?" of its address."""

    name = OneLineField(max_length=SavedView.NAME_LENGTH, label="Name of the view")
    query = forms.CharField(required=False, max_length=5000)
    shared = forms.BooleanField(required=False, label="Share with all agents")

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, me: User | None = None, **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        self.me = me

    def clean_query(self) -> str:
        text = str(self.cleaned_data["query"]).removeprefix("?")
        try:
            values = dict(parse_qsl(text, max_num_fields=50, errors="strict"))
        except ValueError:
            raise ValidationError("This is no state of the list.") from None
        form = ListForm({name: values.get(name, "") for name in LIST_STATE}, me=self.me)
        if not form.is_valid():
            raise ValidationError([message for each in form.errors.values() for message in each])
        query = list_state(values)
        if len(query) > QUERY_LENGTH:
            raise ValidationError("This search is too long to be saved.")
        return query


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
