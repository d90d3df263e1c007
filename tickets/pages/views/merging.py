"""Merge, link and split tickets."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render

from ...access.actors import actor_of
from ...exceptions import InvalidInput, MergeRefused, NotFound, TicketMerged
from ...forms.fields import clean_data
from ...forms.tickets import MergeForm
from ...models.ticket import Ticket
from ...services import merging, relations, splitting
from ...web.notices import notify
from .. import merge_page
from ..decorators import Request, page


@page("GET", "POST", agents=True)
def merge(request: Request, ticket_id: int) -> HttpResponse:
    """Choose a ticket, look at it, and merge."""
    ticket = Ticket.including_spam.with_people().find(ticket_id)
    if request.method == "POST":
        return _merge(request, ticket)
    if not request.GET:
        return _page(request, ticket, MergeForm())
    form = MergeForm(request.GET)
    if not form.is_valid():
        return _page(request, ticket, form, status=400)
    return _preview(request, ticket, form, form.cleaned_data["into"])


def _merge(request: Request, ticket: Ticket) -> HttpResponse:
    form = MergeForm(request.POST)
    if not form.is_valid():
        return _page(request, ticket, form, status=400)
    number, confirmed = form.cleaned_data["into"], form.cleaned_data["same_requester"]
    actor = actor_of(request)
    try:
        merged = merging.merge_tickets(ticket.pk, number, actor, same_requester=confirmed)
    except (InvalidInput, MergeRefused) as refused:
        for message in refused.errors.get("into", [refused.detail]):
            form.add_error("into" if isinstance(refused, InvalidInput) else None, message)
        return _preview(request, ticket, form, number, status=409)
    text = f"#{ticket.pk} is part of this ticket now."
    if silenced := merging.not_carried_over(merged.source, merged.target):
        text += f" It sends no replies to {', '.join(each.address for each in silenced)}."
    notify(request, text, [merged.source])
    return redirect(merged.target)


def _preview(
    request: Request, ticket: Ticket, form: MergeForm, number: int, *, status: int = 200
) -> HttpResponse:
    try:
        other = Ticket.including_spam.with_people().find(number)
    except NotFound:
        if not form.errors:
            form.add_error("into", f"There is no ticket #{number}.")
        return _page(request, ticket, form, status=max(status, 400))
    except TicketMerged as merged:
        if not form.errors:
            form.add_error("into", f"{merged.detail} That one is shown below.")
        other = Ticket.including_spam.with_people().find(merged.into)
    if other == ticket:
        if not form.errors:
            form.add_error("into", "This is the same ticket.")
        return _page(request, ticket, form, status=max(status, 400))
    preview = merge_page.preview(ticket, other)
    return _page(request, ticket, form, status=status, preview=preview)


def _page(request: Request, ticket: Ticket, form: MergeForm, **context: Any) -> HttpResponse:
    status = context.pop("status", 200)
    context = {"ticket": ticket, "form": form, **merge_page.candidates(ticket), **context}
    return render(request, "tickets/merge.html", context, status=status)


@page("POST", agents=True)
def unmerge(request: Request, ticket_id: int) -> HttpResponse:
    ticket = merging.unmerge_ticket(ticket_id, actor_of(request))
    notify(request, f"#{ticket.pk} stands on its own again.")
    return redirect(ticket)


@page("POST", agents=True)
def link(request: Request, ticket_id: int) -> HttpResponse:
    ticket = Ticket.including_spam.find(ticket_id)
    number = clean_data(MergeForm(request.POST))["into"]
    relations.link_tickets(ticket.pk, number, actor_of(request))
    notify(request, f"#{ticket.pk} is related to #{number} now.")
    return redirect(ticket)


@page("POST", agents=True)
def unlink(request: Request, ticket_id: int) -> HttpResponse:
    ticket = Ticket.including_spam.find(ticket_id)
    number = clean_data(MergeForm(request.POST))["into"]
    relations.unlink_tickets(ticket.pk, number, actor_of(request))
    notify(request, f"#{ticket.pk} is no longer related to #{number}.")
    return redirect(ticket)


@page("POST", agents=True)
def split(request: Request, ticket_id: int, comment_id: int) -> HttpResponse:
    """Move a message to a new ticket. The page stays on the ticket that it was on."""
    new = splitting.split_comment(ticket_id, comment_id, actor_of(request))
    text = f"The message is #{new.ticket.pk} now."
    if not new.ticket.link_digest:
        text += " It was internal, so the requester has no link to it."
    notify(request, text, [new.ticket] if new.is_new and new.ticket.version == 1 else [])
    return redirect(new.source)
