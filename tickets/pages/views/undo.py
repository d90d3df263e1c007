"""Undo what was just done."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, resolve_url
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from ...access.actors import actor_of
from ...exceptions import AlreadySent
from ...forms.bulk import UndoForm
from ...forms.fields import clean_data
from ...services.replies import take_back
from ...services.undo import UndoResult, version_token
from ...services.undo import undo as undo_changes
from ...web.notices import notify
from ..addresses import next_path
from ..decorators import Request, page
from ..toasts import ticket_numbers, toast


@page("POST", agents=True)
def undo(request: Request) -> HttpResponse:
    changes = clean_data(UndoForm(request.POST))["changes"]
    if isinstance(changes, int):
        return _take_reply_back(request, changes)
    result = undo_changes(changes, actor_of(request))
    message, again = result_message(result), version_token(result.left)
    if request.htmx:
        response = trigger_client_event(HttpResponse(status=204), "tickets-changed")
        return toast(response, message, token=again)
    notify(request, message, token=again)
    return redirect(next_path(request) or resolve_url("ticket-list"))


def _take_reply_back(request: Request, reply_id: int) -> HttpResponse:
    """Go to the reply's ticket, where its text is in the box again."""
    try:
        reply = take_back(reply_id, actor_of(request))
    except AlreadySent as error:
        if request.htmx:
            return toast(HttpResponse(status=204), error.detail)
        notify(request, error.detail)
        return redirect(next_path(request) or resolve_url("ticket-list"))
    address = f"{resolve_url('ticket', reply.ticket_id)}?reply={reply.pk}#body"
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


def result_message(result: UndoResult) -> str:
    parts = []
    if len(result.restored) == 1:
        (restored,) = result.restored
        parts.append(
            f"#{restored.ticket.pk} is as it was before."
            if restored.is_complete
            else f"#{restored.ticket.pk}: that change was undone. Later changes stand."
        )
    elif result.restored:
        parts.append(f"{len(result.restored)} tickets are as they were before.")
    if result.skipped:
        numbers = ticket_numbers(result.skipped)
        parts.append(f"Not undone, because changed since or deleted: {numbers}.")
    if result.left:
        parts.append(f"Then the database failed. Undo again for the other {len(result.left)}.")
    return " ".join(parts)
