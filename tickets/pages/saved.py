"""The row of views above the list: those that every desk has, and the saved ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from tickets.access import Actor, actor_of
from tickets.forms import LIST_STATE, ListForm, list_state
from tickets.models import SavedView
from tickets.pages.toasts import note
from tickets.services import may_delete

MOST_SHOWN = 100
MINE = ("Mine", {"assignee": "me"})
EVERYWHERE: tuple[tuple[str, dict[str, str]], ...] = (
    ("Unassigned", {"assignee": "none"}),
    ("Urgent", {"status": "open,in_progress", "priority": "high,critical"}),
    ("Needs review", {"needs_review": "true"}),
)


@dataclass(frozen=True, slots=True)
class Chip:
    """One view; `deletable` holds the number of a saved one that the actor may delete."""

    name: str
    url: str
    current: bool
    saved: bool = False
    deletable: int | None = None


def views(actor: Actor, query: dict[str, str]) -> dict[str, Any]:
    """What `_views.html` shows at this state of the list."""
    here = list_state(query)
    built_in = [("All", {}), *([MINE] if actor.user else []), *EVERYWHERE]
    chips = [_chip(name, list_state(state), here) for name, state in built_in]
    for view in SavedView.objects.seen_by(actor.user)[:MOST_SHOWN]:
        deletable = view.pk if may_delete(view, actor) else None
        chips.append(_chip(view.name, view.query, here, saved=True, deletable=deletable))
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


def _chip(name: str, query: str, here: str, **more: Any) -> Chip:
    return Chip(name, address(query), query == here, **more)
