"""The template context of every page."""

from __future__ import annotations

from typing import TypedDict

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from ..access.actors import Actor, actor_of
from ..services.mail.smtp import is_set_up
from .shortcuts import GENERAL, Shortcut


class Site(TypedDict):
    actor: SimpleLazyObject[Actor]  # evaluated only if used, because that reads the session
    general_shortcuts: tuple[Shortcut, ...]  # of pages that have none of their own
    sends_mail: bool  # what a page promises depends on it


def site(request: HttpRequest) -> Site:
    actor = SimpleLazyObject(lambda: actor_of(request))
    return {"actor": actor, "general_shortcuts": GENERAL, "sends_mail": is_set_up()}
