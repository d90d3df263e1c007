"""The public form: anyone may send a ticket."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, override
from django_htmx.http import HttpResponseClientRedirect

from ... import requester_texts as texts
from ...access.actors import REQUESTER, Actor, actor_of
from ...access.throttling import client_network, count_ticket, throttle_anonymous
from ...exceptions import NotFound, RateLimited
from ...forms.fields import RenderedAtField, clean_data
from ...forms.tickets import SimilarForm, SubmitForm
from ...models.private_link import digest
from ...models.ticket import Ticket
from ...services.attachments.storing import storing
from ...services.tickets import create_ticket, create_ticket_once
from ...web.errors import with_retry_after
from ...web.notices import notify
from ..decorators import Request, page
from ..files import (
    FILE_ERRORS,
    add_file_error,
    count_files,
    earlier_files,
)

FORM_KEY = "form_key"
FORM_KEY_SECONDS = 3600
MAX_SIMILAR = 3
# What makes two submissions of one form the same ticket.
CONTENT = ("title", "description", "category", "priority", "requester_email")


@page("GET", "POST", public=True, files=True)
def submit(request: Request) -> HttpResponse:
    form = (
        SubmitForm(request.POST, files=request.FILES) if request.method == "POST" else SubmitForm()
    )
    if not form.is_bound:
        return _page(request, form)
    if not form.is_valid():
        return _page(request, form, status=400)
    actor = actor_of(request)
    try:
        throttle_anonymous(request, actor, "create")
        count_ticket(request, actor)
    except RateLimited as error:
        form.add_error(None, error.detail)
        return with_retry_after(_page(request, form, status=429), error)
    files = form.cleaned_data["files"]
    try:
        count_files(request, files)
        with storing(files):
            ticket = _create_once(form, actor, client_network(request, actor))
    except FILE_ERRORS as error:
        status = add_file_error(form, error)
        return with_retry_after(_page(request, form, status=status), error)
    with override(ticket.language):  # that of the page to come
        notify(request, texts.TICKET_RECEIVED)
    path = ticket.private_link_path()
    # A script that shows the progress of an upload would fetch the page behind a redirect itself.
    return HttpResponseClientRedirect(path) if request.htmx else redirect(path)


@page("GET", agents=True)
def similar(request: Request) -> HttpResponse:
    """Show an agent who types a new ticket whether it is known already."""
    text = clean_data(SimilarForm(request.GET))["text"]
    tickets = Ticket.objects.similar_to(text, MAX_SIMILAR)
    return render(request, "tickets/_similar.html", {"tickets": tickets})


def _create_once(form: SubmitForm, actor: Actor, client: str) -> Ticket:
    """Create the ticket once per form key and content.

    A resubmission returns the existing ticket unless it has since been resolved or closed.
    """
    data = form.cleaned_data
    # After a reload another suggestion may have filled in the values that were accepted.
    content = {name: "" if name in data["accepted"] else data[name] for name in CONTENT}
    if data["files"]:
        content["files"] = [file.sha256 for file in data["files"]]
    # Other content under the same form key is another ticket, so it is part of the key.
    key = f"{data[FORM_KEY] or secrets.token_hex()} {digest(repr(content))}"
    # Somebody who has not signed in writes as a requester here, in the open demo too.
    author = actor if actor.known else REQUESTER
    held_because = "" if actor.known else data["held_because"]
    result = create_ticket_once(
        key,
        "page",
        content,
        lambda: create_ticket(
            data,
            author,
            accepted=data["accepted"],
            page_language=get_language(),
            held_because=held_because,
            client=client,
        ),
        lambda ticket: {"id": ticket.pk},
        until_finished=True,
    )
    if result.ticket is None:
        raise NotFound(texts.TICKET_DELETED)
    return result.ticket


def _page(request: Request, form: SubmitForm, status: int = 200) -> HttpResponse:
    # A cookie keeps the key: after a reload or Back the same content must find its ticket, even
    # if the browser fetches the page again.
    key = request.COOKIES.get(FORM_KEY) or secrets.token_urlsafe(16)
    context = {
        "form": form,
        "form_key": key,
        # A form that is shown again keeps its time: correcting one word takes no time.
        "rendered_at": form["rendered_at"].value() or RenderedAtField.stamp(),
        "accepted": [] if form.errors.get("kept") else form["kept"].value() or [],
        "suggestion_id": "" if form.errors.get("suggestion_id") else form["suggestion_id"].value(),
        "categories": texts.CATEGORIES.items(),
        "priorities": texts.PRIORITIES.items(),
        "earlier_files": earlier_files(request, form),
    }
    response = render(request, "tickets/submit.html", context, status=status)
    response.set_cookie(
        FORM_KEY,
        key,
        max_age=FORM_KEY_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=settings.HTTPS,
    )
    return response
