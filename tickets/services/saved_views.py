"""Saved views of the ticket list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from ..access.actors import Actor, may_change
from ..exceptions import InvalidInput, NotFound, PermissionDenied
from ..models.workplace import SavedView
from ..vocabulary import MAX_SAVED_VIEWS

SAME_NAME = "A view with this name already exists. Choose another name, or delete that view."


def save_view(data: Mapping[str, Any], actor: Actor) -> SavedView:
    """Save a state of the list under a name. An actor without an account shares it with all."""
    if SavedView.objects.filter(owner=actor.user).count() >= MAX_SAVED_VIEWS:
        message = f"You have {MAX_SAVED_VIEWS} views, which is the limit. Delete one first."
        raise InvalidInput(errors={"name": [message]})
    name_is_used = InvalidInput(errors={"name": [SAME_NAME]})
    if SavedView.objects.named(data["name"], actor.user).exists():
        raise name_is_used
    try:
        with transaction.atomic():
            return SavedView.objects.create(
                name=data["name"],
                query=data["query"],
                shared=data["shared"] or actor.user is None,
                owner=actor.user,
            )
    except IntegrityError:
        raise name_is_used from None


def delete_view(view_id: int, actor: Actor) -> SavedView:
    """Delete the actor's own view, or one without an owner. Admins may delete any shared view."""
    view: SavedView | None = SavedView.objects.visible_to(actor.user).filter(pk=view_id).first()
    if view is None:
        raise NotFound
    if not may_change(view, actor):
        raise PermissionDenied("This view belongs to somebody else.")
    view.delete()
    return view
