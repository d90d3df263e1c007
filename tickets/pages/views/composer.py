"""What an agent writes on a ticket's page: replies and internal notes."""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect
from django_htmx.http import HttpResponseClientRedirect

from ...access.actors import actor_of
from ...exceptions import UnreadMessages
from ...forms.tickets import MessageForm
from ...models.ticket import Ticket
from ...services.attachments.storing import storing
from ...services.replies import (
    SeenMessages,
    SentMessage,
    reply_token,
    send_due_replies,
    send_message,
    unseen_messages,
)
from ...services.undo import undo_token
from ...web.errors import with_retry_after
from ...web.notices import notify
from ...web.wording import plural
from ..decorators import Request, page
from ..files import FILE_ERRORS, add_file_error, earlier_files
from ..toasts import toast
from .ticket import draft_stored, error_status, list_query, page_response, sent_message


@page("POST", agents=True, files=True)
def ticket_comments(request: Request, ticket_id: int) -> HttpResponse:
    ticket = Ticket.with_merged.with_people().find(ticket_id)
    send_due_replies(ticket)
    form = MessageForm(request.POST, files=request.FILES)
    if not form.is_valid():
        return _refused(request, ticket, form, 400)
    data = form.cleaned_data
    key = data["form_key"] or secrets.token_hex()
    seen = None
    if data["seen_comment"] is not None:
        seen = SeenMessages(data["seen_comment"], data["seen_replies"])
    try:
        with storing(data["files"]):
            sent = send_message(ticket, data, actor_of(request), key, seen)
    except UnreadMessages:
        return _ask_again(request, ticket_id, form, seen)
    except FILE_ERRORS as error:
        response = _refused(request, ticket, form, add_file_error(form, error))
        return with_retry_after(response, error)
    return _sent(request, ticket_id, sent, resolves=data["resolve"])


def _refused(
    request: Request, ticket: Ticket, form: MessageForm, status: int, **context: Any
) -> HttpResponse:
    return page_response(
        request,
        ticket,
        status=error_status(request, status),
        comment_form=form,
        earlier_files=earlier_files(request, form),
        **context,
    )


def _ask_again(
    request: Request, ticket_id: int, form: MessageForm, seen: SeenMessages | None
) -> HttpResponse:
    """Show what others wrote, and keep the text. The page then counts as having shown it."""
    assert seen is not None
    ticket = Ticket.including_spam.with_people().find(ticket_id)
    unseen = unseen_messages(ticket, seen, actor_of(request))
    return _refused(request, ticket, form, 409, unseen=unseen)


def _sent(request: Request, ticket_id: int, sent: SentMessage, *, resolves: bool) -> HttpResponse:
    ticket = Ticket.including_spam.with_people().find(sent.ticket_id)
    taken = _taken(sent)
    seconds = 0
    if sent.pending is not None:
        seconds = settings.REPLY_DELAY_SECONDS
        message = f"The reply is sent in {plural(seconds, 'second')}.{taken}"
        token = reply_token(sent.pending)
        anchor = f"reply-{sent.pending.pk}"
    else:
        assert sent.comment is not None
        message = sent_message(sent.comment, resolves=resolves) + taken
        token = undo_token([sent.changed]) if sent.changed else ""
        anchor = f"comment-{sent.comment.pk}"
    if ticket.pk != ticket_id:
        merged = f"#{ticket_id} was merged into this ticket while you wrote."
        notify(request, f"{merged} {message}", token=token)
        url = f"{ticket.get_absolute_url()}#{anchor}"
        if request.htmx:
            return draft_stored(HttpResponseClientRedirect(url), "composer")
        return redirect(url)
    if request.htmx:
        response = page_response(request, ticket)
        return draft_stored(toast(response, message, token=token, seconds=seconds), "composer")
    notify(request, message, token=token)
    return redirect(f"{ticket.get_absolute_url()}{list_query(request)}#{anchor}")


def _taken(sent: SentMessage) -> str:
    """Say what else the reply did to the ticket."""
    if "assignee" in sent.changes:
        return " The ticket is now yours."
    return ""
