"""Keep a ticket out of what waits for us until a time."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from ...access.actors import actor_of
from ...exceptions import InvalidInput
from ...forms.fields import clean_data
from ...forms.snooze import SnoozeForm
from ...models.ticket import Ticket
from ...services.tickets import update_ticket
from ...web.notices import notify
from ..decorators import Request, page
from ..toasts import error_messages, refusal, toast
from .ticket import list_query, page_response


@page("POST", agents=True)
def snooze(request: Request, ticket_id: int) -> HttpResponse:
    ticket = Ticket.including_spam.find(ticket_id)
    address = ticket.get_absolute_url() + list_query(request)
    try:
        changes = clean_data(SnoozeForm(request.POST))
    except InvalidInput as error:
        if request.htmx:
            return refusal(error)
        notify(request, " ".join(error_messages(error)), level=messages.ERROR)
        return redirect(address)
    edit = update_ticket(ticket.pk, changes, actor_of(request))
    until = changes["snoozed_until"]
    message = f"#{ticket.pk} is {'snoozed' if until else 'no longer snoozed'}."
    undo = [edit.ticket] if edit.is_new_version else []
    if request.htmx:
        return toast(page_response(request, edit.ticket), message, undo)
    notify(request, message, undo)
    return redirect(address)
