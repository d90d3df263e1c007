"""What the lists are narrowed to, the place in them, and what is kept of their address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from ..exceptions import InvalidInput
from ..models import Category, Priority, SavedView, Sentiment, Status
from ..querysets import asks_for_me, read_cursor
from .fields import (
    AgentField,
    ListField,
    MomentField,
    NumberField,
    OneLineField,
    SwitchField,
    YesField,
)

SEARCH_LENGTH = 200
PAGE_DEFAULT, PAGE_MOST = 100, 500
QUERY_LENGTH = 2000


class AssigneesField(ListField):
    """Usernames; `none` stands for tickets without an assignee, `me` for who asks."""

    def clean(self, value: Any) -> list[str]:
        names = super().clean(value)
        wanted = set(names) - {"none", "me"}
        known = set(User.objects.filter(username__in=wanted).values_list("username", flat=True))
        if wanted - known:
            raise ValidationError(AgentField.no_agent)
        return names


class FilterForm(forms.Form):
    """What a list or the statistics are narrowed to; an empty value means no filter.

    `me` is the account that asks, if it is one.
    """

    takes_me = True  # whoever reads a query passes the account that sent it
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


# The views that every desk has: their names, and what they narrow the list to.
MINE = "Mine"
BUILT_IN_VIEWS: dict[str, dict[str, str]] = {
    "All": {},
    MINE: {"assignee": "me"},
    "Unassigned": {"assignee": "none"},
    "Urgent": {"status": "open,in_progress", "priority": "high,critical"},
    "Needs review": {"needs_review": "true"},
}


class ViewNameField(OneLineField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=SavedView.NAME_LENGTH, **kwargs)

    def validate(self, value: str) -> None:
        super().validate(value)
        if value.casefold() in map(str.casefold, BUILT_IN_VIEWS):
            raise ValidationError("Every desk has a view of this name: choose another.")


class SavedViewForm(forms.Form):
    """A name for a state of the list. `query` is what follows the "?" of its address."""

    name = ViewNameField(label="Name of the view")
    query = forms.CharField(required=False, max_length=5000)
    shared = SwitchField(required=False, label="Share with all agents")

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
