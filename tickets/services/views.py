"""Saved views of the ticket list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from ..access import Actor
from ..exceptions import InvalidInput, NotFound, PermissionDenied
from ..models import SavedView, Scope

MOST_VIEWS = 50  # of one owner
SAME_NAME = "There is a view of this name already: choose another, or delete that one."


def save_view(data: Mapping[str, Any], actor: Actor) -> SavedView:
    """Keep a state of the list under a name. Without an account, everybody sees it."""
    own = SavedView.objects.filter(owner=actor.user)
    if own.count() >= MOST_VIEWS:
        raise InvalidInput(errors={"name": [f"{MOST_VIEWS} views are the most: delete one."]})
    taken = InvalidInput(errors={"name": [SAME_NAME]})
    if SavedView.objects.named(data["name"], actor.user).exists():
        raise taken
    shared = data["shared"] or actor.user is None
    try:
        with transaction.atomic():
            return SavedView.objects.create(
                name=data["name"], query=data["query"], shared=shared, owner=actor.user
            )
    except IntegrityError:
        raise taken from None


def delete_view(view_id: int, actor: Actor) -> SavedView:
    """Forget a view of one's own, or one that nobody owns; admins any that is shared."""
    view = SavedView.objects.seen_by(actor.user).filter(pk=view_id).first()
    if view is None:
        raise NotFound
    if not may_delete(view, actor):
        raise PermissionDenied("This view is somebody else's.")
    view.delete()
    return view


def may_delete(view: SavedView, actor: Actor) -> bool:
    owners = (None, actor.user.pk if actor.user else None)
    return view.owner_id in owners or actor.can(Scope.ADMIN)
