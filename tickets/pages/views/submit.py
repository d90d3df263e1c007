"""The front door: anyone sends a ticket."""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from tickets import services
from tickets.access import REQUESTER, Actor, actor_of, throttle_anonymous
from tickets.exceptions import NotFound, RateLimited
from tickets.forms import SubmitForm
from tickets.models import Category, Priority, Ticket, digest
from tickets.pages.decorators import Request, page

FORM_KEY = "form_key"
KEY_KEPT_FOR = 3600  # seconds
SIMILAR_SHOWN = 3
TYPED = ("title", "description", "category", "priority", "requester_email")


@page("GET", "POST")
def submit(request: Request) -> HttpResponse:
    form = SubmitForm(request.POST) if request.method == "POST" else SubmitForm()
    if not form.is_bound:
        return _show(request, form)
    if not form.is_valid():
        return _show(request, form, status=400)
    actor = actor_of(request)
    try:
        throttle_anonymous(request, actor, "create", settings.CREATE_LIMIT)
    except RateLimited as error:
        form.add_error(None, error.detail)
        response = _show(request, form, status=429)
        response["Retry-After"] = str(error.retry_after)
        return response
    ticket = _create_once(request, form.cleaned_data, actor)
    messages.success(request, "Thank you, your ticket has arrived.")
    return redirect(ticket.track_path())


@page("GET", agents=True)
def similar(request: Request) -> HttpResponse:
    """For an agent who types a new ticket: is it known already?"""
    tickets = Ticket.objects.similar_to(request.GET.get("text", ""), SIMILAR_SHOWN)
    return render(request, "tickets/_similar.html", {"tickets": tickets})


def _create_once(request: Request, data: dict[str, Any], actor: Actor) -> Ticket:
    """The ticket of these words from this form, made only the first time that they are sent; anew
    once it is done, since a form keeps its key and nobody looks at a ticket that is done."""
    # What a suggestion filled in may differ when the same words are sent again after a reload.
    typed = {name: "" if name in data["kept"] else data[name] for name in TYPED}
    # Other words under the same form are another ticket, so they are part of its key.
    key = f"{request.POST.get(FORM_KEY) or secrets.token_hex()} {digest(repr(typed))}"
    ticket, _answer, _replayed = services.create_ticket_once(
        key,
        "page",
        typed,
        # Who has not signed in writes as a requester here, in the open demo as elsewhere.
        lambda: services.create_ticket(
            data, actor if actor.known else REQUESTER, kept=data["kept"]
        ),
        lambda ticket: {"id": ticket.pk},
        until_done=True,
    )
    if ticket is None:
        raise NotFound("This ticket was sent before and has been deleted since.")
    return ticket


def _show(request: Request, form: SubmitForm, status: int = 200) -> HttpResponse:
    # Kept in a cookie: after a reload or Back the same words must still find their ticket,
    # even where the browser asks for the page anew.
    key = request.COOKIES.get(FORM_KEY) or secrets.token_urlsafe(16)
    context = {
        "form": form,
        "form_key": key,
        "kept": [] if form.errors.get("kept") else form["kept"].value() or [],
        "suggestion_id": "" if form.errors.get("suggestion_id") else form["suggestion_id"].value(),
        "categories": Category.values,
        "priorities": Priority.values,
    }
    response = render(request, "tickets/submit.html", context, status=status)
    response.set_cookie(
        FORM_KEY, key, max_age=KEY_KEPT_FOR, httponly=True, samesite="Lax", secure=settings.HTTPS
    )
    return response
