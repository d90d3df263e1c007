"""Filters, pages and saved views of the ticket list."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypedDict
from urllib.parse import parse_qsl, urlencode

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from ..exceptions import InvalidInput
from ..querysets.cursors import ORDERS, read_cursor
from ..querysets.search.grammar import asks_for_me, has_words
from ..vocabulary import (
    DEFAULT_PAGE_SIZE,
    MAX_PAGE_SIZE,
    MAX_SEARCH_CHARS,
    MAX_VIEW_NAME_CHARS,
    MAX_VIEW_QUERY_CHARS,
    Category,
    Priority,
    Sentiment,
    Separator,
    Sort,
    Status,
    WaitingFor,
)
from .base import InputForm
from .fields import (
    AgentField,
    DeskMomentField,
    EnumerationField,
    FlagField,
    ListField,
    MomentField,
    NumberField,
    OneLineField,
    SwitchField,
)


class AssigneesField(ListField):
    """Usernames. `none` means unassigned, `me` the account that asks."""

    def clean(self, value: Any) -> list[str]:
        names = super().clean(value)
        usernames = set(names) - {"none", "me"}
        if not usernames:
            return names
        accounts = User.objects.filter(username__in=usernames)
        if usernames - set(accounts.values_list("username", flat=True)):
            raise ValidationError(AgentField.no_agent)
        return names


class TicketFilters(TypedDict):
    """What a FilterForm cleans to. An empty value means no filter."""

    category: list[str]
    priority: list[str]
    status: list[str]
    assignee: list[str]  # usernames, and "none" for unassigned
    search: str
    created_after: datetime | None
    created_before: datetime | None
    needs_review: bool | None
    waiting_for: list[str]
    snoozed: bool | None
    unread: bool | None
    spam: bool | None
    me: User | None  # the account that asks


class PageFilters(TicketFilters):
    """What a PageForm cleans to."""

    sort: Sort
    limit: int
    cursor: str


class FilterForm(InputForm):
    """The filters of a list or of the statistics. An empty value means no filter.

    `me` is the account that asks, if any.
    """

    takes_me = True  # whoever reads a query passes the account that sent it
    no_account = "“me” needs an account, and you are not signed in."

    category = ListField(Category.values)
    priority = ListField(Priority.values)
    status = ListField(Status.values)
    assignee = AssigneesField()
    search = forms.CharField(max_length=MAX_SEARCH_CHARS, required=False)
    created_after = MomentField(required=False)
    created_before = MomentField(required=False)
    needs_review = FlagField(required=False)
    waiting_for = ListField(WaitingFor.values)
    snoozed = FlagField(required=False)
    unread = FlagField(required=False)
    spam = FlagField(required=False)

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
    """A cursor of a list, as the program wrote it, or empty."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=300, **kwargs)


class SortField(forms.CharField):
    """An order of the list. Cleans to a Sort."""

    def clean(self, value: Any) -> Sort:
        text = str(super().clean(value)).strip()
        try:
            return Sort(text or Sort.NEWEST)
        except ValueError:
            raise ValidationError(f"{text!r} is not one of {', '.join(Sort.values)}.") from None


class PageForm(FilterForm):
    """Filters, order, page size and cursor. A cursor belongs to its order."""

    sort = SortField(required=False)
    limit = NumberField(min_value=1, max_value=MAX_PAGE_SIZE, required=False)
    cursor = CursorField()

    needs_search = "Relevance needs a search for words."

    def clean_sort(self) -> Sort:
        sort: Sort = self.cleaned_data["sort"]
        is_possible = sort != Sort.RELEVANCE or has_words(self.cleaned_data.get("search", ""))
        return sort if is_possible else self._sort_without_words()

    def _sort_without_words(self) -> Sort:
        raise ValidationError(self.needs_search)

    def clean_limit(self) -> int:
        return self.cleaned_data["limit"] or DEFAULT_PAGE_SIZE

    def clean_cursor(self) -> str:
        return self._clean_cursor("cursor", self.cleaned_data.get("sort", Sort.NEWEST))

    def _clean_cursor(self, name: str, sort: Sort = Sort.NEWEST) -> str:
        cursor: str = self.cleaned_data[name]
        try:
            if cursor:
                read_cursor(cursor, ORDERS[sort])
        except InvalidInput as error:
            raise ValidationError(error.errors["cursor"]) from None
        return cursor


class ListForm(PageForm):
    """The address of the list's page, which also filters by sentiment, and by the desk's days.

    `seen` is a cursor of the newest first: what is newer than it is left out.
    """

    created_after = DeskMomentField(required=False)
    created_before = DeskMomentField(required=False)
    sentiment = ListField(Sentiment.values)
    seen = CursorField()

    def _sort_without_words(self) -> Sort:
        """Return the usual order: somebody has emptied the search box."""
        return Sort.NEWEST

    def clean_seen(self) -> str:
        return self._clean_cursor("seen")

    def typed_state(self) -> dict[str, str]:
        """Return the state as it was typed, so that a date comes back the same."""
        return _stripped_state(self.data)


class VisibleRow(NamedTuple):
    """What a page shows about a ticket."""

    version: int
    is_unread: bool


class VisibleRowsField(forms.CharField):
    """The rows on a page, "12.3.0,15.8.1": id, version, unread. Cleans to VisibleRows by id."""

    def clean(self, value: Any) -> dict[int, VisibleRow]:
        text = str(super().clean(value))
        if not re.fullmatch(r"([0-9]{1,18}\.[0-9]{1,9}\.[01](,|\Z))*", text):
            raise ValidationError("These are not the rows of a list.")
        rows = [row.split(".") for row in text.split(",") if row]
        if len(rows) > MAX_PAGE_SIZE:
            raise ValidationError(f"Ask for at most {MAX_PAGE_SIZE} rows.")
        return {
            int(ticket_id): VisibleRow(int(version), unread == "1")
            for ticket_id, version, unread in rows
        }


class ListUpdatesForm(ListForm):
    """The address of a list, what the page shows of it, and since when something is new."""

    after = CursorField()  # newer tickets are new
    read_at = MomentField(required=False)  # later messages are new
    visible = VisibleRowsField(required=False)

    def clean_after(self) -> str:
        return self._clean_cursor("after")


class ExportForm(ListForm):
    """The address of a list, and how its CSV is written."""

    separator = EnumerationField(choices=Separator, required=False)
    sep_line = FlagField(required=False)
    local_times = FlagField(required=False)

    def clean_separator(self) -> Separator:
        return Separator(self.cleaned_data["separator"] or Separator.COMMA)


# The parameters that make up a state of the list, in this order.
LIST_STATE = (
    *("status", "search", "category", "priority", "sentiment", "assignee"),
    *("created_after", "created_before", "needs_review"),
    *("waiting_for", "snoozed", "unread", "spam", "sort"),
)
# Values that mean the same as none.
DEFAULT_STATE = {
    "needs_review": "false",
    "unread": "false",
    "spam": "false",
    "sort": Sort.NEWEST.value,
}
# The address of all tickets needs a parameter, because the bare one opens the default view.
ALL_TICKETS = f"sort={Sort.NEWEST.value}"


def _stripped_state(values: Mapping[str, Any]) -> dict[str, str]:
    state = {name: str(values.get(name, "")).strip() for name in LIST_STATE}
    return {
        name: "" if value == DEFAULT_STATE.get(name) else value for name, value in state.items()
    }


def list_state(values: Mapping[str, str]) -> str:
    """Return the state of the list among these values as a query string, in a fixed order.

    It is "" for all tickets, newest first.
    """
    state = _stripped_state(values)
    return urlencode({name: value for name, value in state.items() if value})


# The views that every desk has, with their states.
WAITING_FOR_US, UNREAD, MINE = "Waiting for us", "Unread by me", "Mine"
DEFAULT_VIEW = WAITING_FOR_US
BUILT_IN_VIEWS: dict[str, dict[str, str]] = {
    WAITING_FOR_US: {
        "waiting_for": WaitingFor.US.value,
        "snoozed": "false",
        "sort": Sort.LONGEST_WAITING.value,
    },
    "Waiting for them": {
        "waiting_for": WaitingFor.REQUESTER.value,
        "sort": Sort.LAST_ACTIVITY.value,
    },
    UNREAD: {"unread": "true", "sort": Sort.LAST_ACTIVITY.value},
    MINE: {"assignee": "me"},
    "Unassigned": {"assignee": "none"},
    "Urgent": {
        "status": "open,in_progress",
        "priority": "high,critical",
        "sort": Sort.PRIORITY.value,
    },
    "Needs review": {"needs_review": "true"},
    "Snoozed": {"snoozed": "true"},
    "Spam": {"spam": "true"},
    "All": {},
}
VIEWS_WITH_ACCOUNT = frozenset({UNREAD, MINE})


class ViewNameField(OneLineField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_VIEW_NAME_CHARS, **kwargs)

    def validate(self, value: str) -> None:
        super().validate(value)
        if value.casefold() in map(str.casefold, BUILT_IN_VIEWS):
            raise ValidationError("This is the name of a built-in view. Choose another name.")


MAX_RAW_QUERY_CHARS = 5000


def parse_list_query(text: str, names: Collection[str], me: User | None) -> ListForm:
    """Return the valid form of a list's query string, read as far as these parameters go.

    Raise ValidationError.
    """
    try:
        values = dict(parse_qsl(text, max_num_fields=50, errors="strict"))
    except ValueError:
        raise ValidationError("This is not a valid filter.") from None
    form = ListForm({name: values.get(name, "") for name in names}, me=me)
    if not form.is_valid():
        raise ValidationError([message for each in form.errors.values() for message in each])
    return form


class SavedViewForm(forms.Form):
    """A name for a state of the list. `query` is the query string of its address."""

    name = ViewNameField(label="Name of the view")
    query = forms.CharField(required=False, max_length=MAX_RAW_QUERY_CHARS)
    shared = SwitchField(required=False, label="Share with all agents")

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, me: User | None = None, **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        self.me = me

    def typed_query(self) -> str:
        """Return the query string as it was sent, cut to a safe length."""
        return str(self.data.get("query", ""))[:MAX_RAW_QUERY_CHARS].removeprefix("?")

    def clean_query(self) -> str:
        form = parse_list_query(self.typed_query(), LIST_STATE, self.me)
        query = list_state(form.data)
        if len(query) > MAX_VIEW_QUERY_CHARS:
            raise ValidationError("This filter is too long to be saved.")
        return query
