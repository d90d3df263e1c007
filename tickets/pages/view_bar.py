"""The row of views above the list: the built-in ones and the saved ones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TypedDict

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from ..access.actors import Actor, actor_of, may_change
from ..forms.lists import BUILT_IN_VIEWS, VIEWS_WITH_ACCOUNT, ListForm, list_state
from ..models.workplace import SavedView
from ..querysets.statements import Parameter, Statement
from ..web.notices import notify
from .addresses import list_address

MAX_VIEWS = 100


@dataclass(frozen=True, slots=True)
class ViewLink:
    """One view, built-in or saved."""

    name: str
    url: str
    is_current: bool
    is_saved: bool = False
    owner: str = ""  # the colleague who shares it
    is_private: bool = False
    deletable_id: int | None = None  # its id, if the actor may delete it


class ViewBar(TypedDict):
    """The context of `_views.html`."""

    views: list[ViewLink]
    built_in_view: str  # the name of the one that is shown; "" if it is another list
    current_view: ViewLink | None  # the one that is shown, if the actor may delete it
    view_query: str
    has_account: bool


def view_links(actor: Actor, query: dict[str, str]) -> ViewBar:
    """Return the views at this state of the list."""
    state = list_state(query)
    links = []
    for name, filters in BUILT_IN_VIEWS.items():
        if actor.user or name not in VIEWS_WITH_ACCOUNT:
            built_in = list_state(filters)
            links.append(ViewLink(name, list_address(built_in), built_in == state))
    for view in _saved_views(actor.user is not None).models({"account": actor.account}):
        is_own = view.owner == actor.user
        links.append(
            ViewLink(
                view.name,
                list_address(view.query),
                view.query == state,
                is_saved=True,
                owner="" if is_own or view.owner is None else view.owner.get_username(),
                is_private=not view.shared,
                deletable_id=view.pk if may_change(view, actor) else None,
            )
        )
    current = next((link for link in links if link.is_current and link.deletable_id), None)
    return {
        "views": links,
        "built_in_view": next(
            (link.name for link in links if link.is_current and not link.is_saved), ""
        ),
        "current_view": current,
        "view_query": state,
        "has_account": actor.user is not None,
    }


@cache
def _saved_views(has_account: bool) -> Statement:
    views = SavedView.objects.visible_to(Parameter("account") if has_account else None)
    return Statement(views.select_related("owner")[:MAX_VIEWS], prepared=True)


def redirect_without_assignee(request: HttpRequest, form: ListForm) -> HttpResponse | None:
    """Open a saved view whose assignee no longer exists, or is "me" without an account.

    Return a redirect to the list without the assignee, or None if neither is the case.
    """
    if form.is_valid() or set(form.errors) != {"assignee"}:
        return None
    query = form.typed_state()
    visible = SavedView.objects.visible_to(actor_of(request).user)
    if not visible.filter(query=list_state(query)).exists():
        return None
    reason = f"“{query['assignee']}” is no longer an agent"
    if "me" in query["assignee"].split(","):
        reason = form.no_account.rstrip(".")
    notify(request, f"{reason}. This list is not filtered by assignee.")
    return redirect(list_address(list_state({**query, "assignee": ""})))
