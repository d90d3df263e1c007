"""Taking back what was just done."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, resolve_url
from django_htmx.http import trigger_client_event

from tickets import services
from tickets.access import actor_of
from tickets.forms import UndoForm, valid
from tickets.models import Ticket
from tickets.pages.addresses import own_path
from tickets.pages.decorators import Request, page
from tickets.pages.toasts import numbers, toast


@page("POST", agents=True)
def undo(request: Request) -> HttpResponse:
    restored, left = services.undo(valid(UndoForm(request.POST))["changes"], actor_of(request))
    words = told(restored, left)
    if request.htmx:
        response = trigger_client_event(HttpResponse(status=204), "tickets-changed")
        return toast(response, words)
    messages.success(request, words)
    back = own_path(request, request.POST.get("next", ""))
    return redirect(back or resolve_url("ticket-list"))


def told(restored: list[Ticket], left: list[int]) -> str:
    """What became of it, in a sentence or two."""
    parts = []
    if len(restored) == 1:
        whole = restored[0].restored_whole
        words = "is as it was before." if whole else "takes that change back; later ones stay."
        parts.append(f"#{restored[0].pk} {words}")
    elif restored:
        parts.append(f"{len(restored)} tickets are as they were before.")
    if left:
        parts.append(f"Changed since, or gone, and left alone: {numbers(left)}.")
    return " ".join(parts)
