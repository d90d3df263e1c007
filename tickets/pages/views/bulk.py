"""Make one change to several tickets of the list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.text import capfirst
from django_htmx.http import trigger_client_event

from ...access.actors import actor_of
from ...exceptions import InvalidInput
from ...forms.bulk import BulkForm
from ...forms.fields import clean_data
from ...models.ticket import Ticket
from ...services.tickets import BulkEdit, update_tickets
from ...vocabulary import MAX_BULK_TICKETS
from ...web.notices import notify
from ...web.wording import plural
from .. import audit_text
from ..addresses import next_path
from ..decorators import Request, page
from ..toasts import refusal, ticket_numbers, toast


@page("POST", agents=True)
def bulk(request: Request) -> HttpResponse:
    actor = actor_of(request)
    form = BulkForm(request.POST, me=actor.user)
    try:
        data = clean_data(form)
    except InvalidInput as error:
        if request.htmx:
            return refusal(error)
        raise
    ticket_ids, below = _selection(data)
    result = update_tickets(ticket_ids, form.changes, actor)
    message = result_message(result, form.changes)
    if request.htmx and below and not result.left:
        # The page sends the same change again, for the next step.
        response = trigger_client_event(
            HttpResponse(status=204), "bulk-continues", {"below": below}
        )
        return toast(response, message, undo=result.changed) if ticket_ids else response
    if request.htmx:
        # The list then fetches what it shows now, which may be another tab than before.
        detail = {"left": result.left}
        response = trigger_client_event(HttpResponse(status=204), "tickets-changed", detail)
        return toast(response, message, undo=result.changed)
    notify(request, message, undo=result.changed)
    return redirect(next_path(request) or resolve_url("ticket-list"))


def _selection(data: Mapping[str, Any]) -> tuple[list[int], int | None]:
    """Return the ids of one step, and below which id the next one begins; None after the last."""
    filters = data["matching"]
    if not filters:
        return data["ticket"], None
    tickets = Ticket.objects.filtered(filters).not_newer_than(filters["seen"])
    step = tickets.step_below(data["below"], MAX_BULK_TICKETS)
    return step.ids, step.below


def result_message(result: BulkEdit, changes: Mapping[str, object]) -> str:
    """Say what happened: "Status resolved: 3 tickets changed. 1 ticket was already resolved."."""
    parts = []
    if result.changed or not result.unchanged:
        tickets = plural(len(result.changed), "ticket")
        if changes.keys() == {"spam"}:
            parts.append(f"{tickets} marked as {_state(changes)}.")
        else:
            what = capfirst(", ".join(_value(name, value) for name, value in changes.items()))
            parts.append(f"{what}: {tickets} changed.")
    if result.unchanged:
        count = len(result.unchanged)
        was = "was" if count == 1 else "were"
        state = _state(changes)
        parts.append(f"{plural(count, 'ticket')} {was} already {state}.")
    if result.missing:
        parts.append(f"Not found: {ticket_numbers(sorted(result.missing))}.")
    if result.merged:
        parts.append(f"Merged into other tickets: {ticket_numbers(sorted(result.merged))}.")
    if result.left:
        parts.append(left_message(result))
    return " ".join(parts)


def left_message(result: BulkEdit) -> str:
    was = "was" if len(result.left) == 1 else "were"
    return f"Then the database failed: {plural(len(result.left), 'ticket')} {was} not changed."


def _value(name: str, value: object) -> str:
    """Name a new value: "priority high", "assignee hanna", "unassigned", "spam"."""
    if name == "spam":
        return _state({name: value})
    text = audit_text.value_text(name, value)
    return f"{name} {text}" if value else text


def _state(changes: Mapping[str, object]) -> str:
    """Name the state that the changes lead to, within a sentence."""
    if len(changes) > 1:
        return "up to date"
    ((name, value),) = changes.items()
    if name == "spam":
        return "spam" if value else "not spam"
    if name == "assignee":
        return f"assigned to {value}" if value else "unassigned"
    return str(value).replace("_", " ")
