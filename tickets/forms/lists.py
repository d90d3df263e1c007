"""Filters, pages and saved views of the ticket list."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict
from urllib.parse import parse_qsl, urlencode

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from ..exceptions import InvalidInput
from ..querysets.cursors import ORDERS, read_cursor
from ..querysets.search import asks_for_me
from ..vocabulary import (
    DEFAULT_PAGE_SIZE,
    MAX_PAGE_SIZE,
    MAX_SEARCH_CHARS,
    MAX_VIEW_NAME_CHARS,
    MAX_VIEW_QUERY_CHARS,
    Category,
    Priority,
    Sentiment,
    Sort,
    Status,
    WaitingFor,
)
from .fields import (
    AgentField,
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


class FilterForm(forms.Form):
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
    """The address of the list's page, which also filters by sentiment.

    `seen` is a cursor of the newest first: what is newer than it is left out.
    """

    sentiment = ListField(Sentiment.values)
    seen = CursorField()

    def clean_seen(self) -> str:
        return self._clean_cursor("seen")

    def typed_state(self) -> dict[str, str]:
        """Return the filters as they were typed, so that a date comes back the same."""
        return {name: str(self.data.get(name, "")).strip() for name in LIST_STATE}


class NewTicketsForm(ListForm):
    """The address of a list, and the cursor from which tickets are new."""

    after = CursorField()

    def clean_after(self) -> str:
        return self._clean_cursor("after")


# The parameters that make up a state of the list, in this order.
LIST_STATE = (
    *("status", "search", "category", "priority", "sentiment", "assignee"),
    *("created_after", "created_before", "needs_review", "spam"),
)


def list_state(values: Mapping[str, str]) -> str:
    """Return the filters among these values as a query string, always in the same order."""
    state = {name: str(values.get(name, "")).strip() for name in LIST_STATE}
    for name in ("needs_review", "spam"):
        if state[name] == "false":
            state[name] = ""
    return urlencode({name: value for name, value in state.items() if value})


# The views that every desk has, with their filters.
MINE = "Mine"
BUILT_IN_VIEWS: dict[str, dict[str, str]] = {
    "All": {},
    MINE: {"assignee": "me"},
    "Unassigned": {"assignee": "none"},
    "Urgent": {"status": "open,in_progress", "priority": "high,critical"},
    "Needs review": {"needs_review": "true"},
    "Spam": {"spam": "true"},
}


class ViewNameField(OneLineField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_VIEW_NAME_CHARS, **kwargs)

    def validate(self, value: str) -> None:
        super().validate(value)
        if value.casefold() in map(str.casefold, BUILT_IN_VIEWS):
            raise ValidationError("This is the name of a built-in view. Choose another name.")


MAX_RAW_QUERY_CHARS = 5000


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
        text = self.typed_query()
        try:
            values = dict(parse_qsl(text, max_num_fields=50, errors="strict"))
        except ValueError:
            raise ValidationError("This is not a valid filter.") from None
        form = ListForm({name: values.get(name, "") for name in LIST_STATE}, me=self.me)
        if not form.is_valid():
            raise ValidationError([message for each in form.errors.values() for message in each])
        query = list_state(values)
        if len(query) > MAX_VIEW_QUERY_CHARS:
            raise ValidationError("This filter is too long to be saved.")
        return query
