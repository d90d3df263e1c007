"""One change to several tickets of the list."""

from __future__ import annotations

from collections.abc import Collection

from django.http import HttpResponse
from django.shortcuts import redirect, resolve_url
from django.template.defaultfilters import pluralize
from django_htmx.http import trigger_client_event

from tickets import services
from tickets.access import actor_of
from tickets.exceptions import InvalidInput
from tickets.forms import BulkForm, valid
from tickets.pages.addresses import own_path
from tickets.pages.decorators import Request, page
from tickets.pages.toasts import note, numbers, refusal, toast


@page("POST", agents=True)
def bulk(request: Request) -> HttpResponse:
    form = BulkForm(request.POST)
    try:
        ids = valid(form)["ticket"]
    except InvalidInput as error:
        if request.htmx:
            return refusal(error)
        raise
    saved = services.update_tickets(ids, form.changes, actor_of(request))
    changed = [ticket for ticket in saved if ticket.renewed]
    words = told(len(changed), len(saved) - len(changed), set(ids) - {row.pk for row in saved})
    if request.htmx:
        # The list fetches what it shows then: another tab, perhaps, than the one it was sent from.
        response = trigger_client_event(HttpResponse(status=204), "tickets-changed")
        return toast(response, words, undo=changed)
    note(request, words, undo=changed)
    return redirect(own_path(request, request.POST.get("next", "")) or resolve_url("ticket-list"))


def told(changed: int, alike: int, missing: Collection[int]) -> str:
    """What became of it: "3 tickets changed. 1 was so already." """
    parts = [f"{changed} ticket{pluralize(changed)} changed."] if changed or not alike else []
    if alike:
        parts.append(f"{alike} {pluralize(alike, 'was,were')} so already.")
    if missing:
        parts.append(f"There is no {numbers(sorted(missing))}.")
    return " ".join(parts)
