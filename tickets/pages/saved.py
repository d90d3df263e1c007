"""The row of views above the list: those that every desk has, and the saved ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from tickets.access import Actor, actor_of
from tickets.forms import BUILT_IN_VIEWS, LIST_STATE, MINE, ListForm, list_state
from tickets.models import SavedView
from tickets.pages.toasts import note
from tickets.services import may_delete

MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Chip:
    """One view. Of a saved one: `owner` is the colleague who shares it, `private` that nobody
    else sees it, and `deletable` its number where the actor may delete it."""

    name: str
    url: str
    current: bool
    saved: bool = False
    owner: str = ""
    private: bool = False
    deletable: int | None = None


def views(actor: Actor, query: dict[str, str]) -> dict[str, Any]:
    """What `_views.html` shows at this state of the list."""
    here = list_state(query)
    chips = [
        _chip(name, list_state(state), here)
        for name, state in BUILT_IN_VIEWS.items()
        if actor.user or name != MINE
    ]
    seen = SavedView.objects.seen_by(actor.user).select_related("owner")
    chips += [_saved(view, actor, here) for view in seen[:MOST_SHOWN]]
    current = next((chip for chip in chips if chip.current and chip.deletable), None)
    return {
        "views": chips,
        "current_view": current,
        "view_query": here,
        "has_account": actor.user is not None,
    }


def way_around(request: HttpRequest, form: ListForm) -> HttpResponse | None:
    """A saved view that names an account which is gone, or one's own where one has none, opens
    without it, and says so."""
    if form.is_valid() or set(form.errors) != {"assignee"}:
        return None
    query = {name: request.GET.get(name, "").strip() for name in LIST_STATE}
    seen = SavedView.objects.seen_by(actor_of(request).user)
    if not seen.filter(query=list_state(query)).exists():
        return None
    why = f"“{query['assignee']}” is no agent any more"
    if "me" in query["assignee"].split(","):
        why = form.no_account.rstrip(".")
    note(request, f"{why}: this is the list without the name.")
    return redirect(address(list_state({**query, "assignee": ""})))


def address(query: str) -> str:
    return reverse("ticket-list") + (f"?{query}" if query else "")


def _saved(view: SavedView, actor: Actor, here: str) -> Chip:
    colleague = view.owner if view.owner != actor.user else None
    return _chip(
        view.name,
        view.query,
        here,
        saved=True,
        owner=colleague.get_username() if colleague else "",
        private=not view.shared,
        deletable=view.pk if may_delete(view, actor) else None,
    )


def _chip(name: str, query: str, here: str, **more: Any) -> Chip:
    return Chip(name, address(query), query == here, **more)
