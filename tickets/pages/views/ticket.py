"""One ticket: its conversation, its properties and its audit trail."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django_htmx.http import trigger_client_event

from ...access.actors import actor_of
from ...audit.trail import changes_since, entries_since
from ...exceptions import StaleVersion
from ...forms.fields import clean_data
from ...forms.tickets import (
    MessageForm,
    ReadVersionForm,
    SpamForm,
    TicketForm,
    sent_fields,
)
from ...models.ticket import Comment, Ticket
from ...services.comments import send_comment
from ...services.editing import ReadState, own_changes
from ...services.spam import mark_spam
from ...services.tickets import update_ticket
from ...vocabulary import TEXT_FIELDS
from ...web.notices import notify
from .. import audit_text, ticket_page
from ..addresses import next_path
from ..decorators import Request, page
from ..toasts import toast
from .ticket_list import select_options


@page("GET", "POST", agents=True)
def ticket(request: Request, ticket_id: int) -> HttpResponse:
    ticket = Ticket.including_spam.with_people().find(ticket_id)
    return _change(request, ticket) if request.method == "POST" else _page(request, ticket)


@page("POST", agents=True)
def ticket_comments(request: Request, ticket_id: int) -> HttpResponse:
    ticket = Ticket.including_spam.with_people().find(ticket_id)
    form = MessageForm(request.POST)
    if not form.is_valid():
        return _page(request, ticket, status=_status(request, 400), comment_form=form)
    key = form.cleaned_data["form_key"] or secrets.token_hex()
    sent = send_comment(ticket, form.cleaned_data, actor_of(request), key)
    message = _sent_message(sent.comment, resolves=form.cleaned_data["resolve"])
    undo = [sent.resolved] if sent.resolved else []
    if request.htmx:
        response = _page(request, Ticket.including_spam.with_people().find(ticket_id))
        return _draft_stored(toast(response, message, undo), "composer")
    notify(request, message, undo)
    return redirect(f"{ticket.get_absolute_url()}#comment-{sent.comment.pk}")


@page("POST", agents=True)
def ticket_spam(request: Request, ticket_id: int) -> HttpResponse:
    data, actor = clean_data(SpamForm(request.POST)), actor_of(request)
    if data["spam"]:
        edit = mark_spam(ticket_id, actor, blocks_sender=data["block"])
    else:
        edit = update_ticket(ticket_id, {"spam": False}, actor)
    message = _spam_message(edit.ticket, blocks_sender=data["block"])
    return _changed(request, edit.ticket, message, [edit.ticket] if edit.is_new_version else [])


def _sent_message(comment: Comment, *, resolves: bool) -> str:
    if not comment.public:
        return "Note added."
    if not comment.ticket.link_digest:
        return "Reply saved, but the requester cannot see it: the private link is revoked."
    if resolves:
        return "Reply sent and ticket resolved."
    return "Reply sent."


def _change(request: Request, ticket: Ticket) -> HttpResponse:
    fields = sent_fields(request.POST)
    form = TicketForm(request.POST, only=fields)
    if not form.is_valid():
        return _page(request, ticket, status=_status(request, 400), edit_form=form)
    version = clean_data(ReadVersionForm(request.POST))["version"]
    try:
        edit = update_ticket(
            ticket.pk, form.cleaned_data, actor_of(request), read=ReadState(version)
        )
    except StaleVersion as conflict:
        newest = Ticket.including_spam.with_people().find(ticket.pk)
        # No fields: the ticket never had that version, so everything that was sent is in conflict.
        return _conflict(request, newest, form, version, conflict.fields or fields)
    message = _changed_message(edit.ticket, fields)
    response = _changed(request, edit.ticket, message, [edit.ticket] if edit.is_new_version else [])
    return _draft_stored(response, "edit") if fields & set(TEXT_FIELDS) else response


def _conflict(
    request: Request, newest: Ticket, form: TicketForm, version: int, fields: Collection[str]
) -> HttpResponse:
    """Show what somebody else has changed, and keep what was typed."""
    if _is_row(request):
        message = f"#{newest.pk} has changed in the meantime. Check it and choose again."
        return _row(request, newest, message)
    actor = actor_of(request)
    changes = changes_since(newest, version)
    conflicts = []
    for name in (name for name in form.fields if name in fields):
        current = str(getattr(newest, name) or "")
        old, new = changes.get(name, (current, current))  # a confirmation changes no value
        values = {"old": old, "new": new, "yours": form.data.get(name)}
        conflicts.append(
            {"name": name}
            | {key: audit_text.value_text(name, value) for key, value in values.items()}
        )
    own = own_changes(newest, form.cleaned_data, version)
    untouched = {name: getattr(newest, name) for name in TEXT_FIELDS if name not in own}
    edit_form = TicketForm(request.POST.dict() | untouched, only=set(form.fields))
    entries = [
        entry
        for entry in entries_since(newest, version)
        if {name.removesuffix("_source") for name in entry.changes} & set(form.fields)
    ]
    return _page(
        request,
        newest,
        status=_status(request, 409),
        edit_form=edit_form if set(TEXT_FIELDS) & set(form.fields) else None,
        conflicts=conflicts,
        conflict_summary=audit_text.summary(entries, actor.name if actor.known else ""),
    )


def _changed(
    request: Request, saved: Ticket, message: str, undo: Collection[Ticket]
) -> HttpResponse:
    if _is_row(request):
        return _row(request, saved, message, undo)
    if request.htmx:
        return toast(_page(request, saved), message, undo)
    notify(request, message, undo)
    return redirect(next_path(request) or saved.get_absolute_url())


def _spam_message(saved: Ticket, *, blocks_sender: bool) -> str:
    if not saved.spam:
        return f"#{saved.pk} is not spam any more."
    blocked = f" {saved.requester_email} is blocked." if blocks_sender else ""
    return f"#{saved.pk} is marked as spam.{blocked}"


def _changed_message(saved: Ticket, fields: Collection[str]) -> str:
    if len(fields) > 1:
        return f"#{saved.pk}: changes saved."
    (name,) = fields
    if name == "assignee" and saved.assignee is None:
        return f"#{saved.pk} is now unassigned."
    if name == "spam":
        return _spam_message(saved, blocks_sender=False)
    value = audit_text.value_text(name, getattr(saved, name))
    return f"#{saved.pk}: {name} is now {value}."


def _is_row(request: Request) -> bool:
    """Return whether the list asked, for one of its rows."""
    return bool(request.htmx) and (request.htmx.target or "").startswith("row-")


def _row(
    request: Request, ticket: Ticket, message: str, undo: Collection[Ticket] = ()
) -> HttpResponse:
    return toast(render(request, "tickets/_row.html", {"ticket": ticket}), message, undo)


def _status(request: Request, status: int) -> int:
    # htmx does not swap in responses with an error status.
    return 200 if request.htmx else status


def _draft_stored(response: HttpResponse, form: str) -> HttpResponse:
    """Tell the page that it may discard the form's draft."""
    return trigger_client_event(response, "stored", {"form": form})


def _page(request: Request, ticket: Ticket, *, status: int = 200, **context: Any) -> HttpResponse:
    context = {**ticket_page.context(ticket, actor_of(request)), **select_options(), **context}
    if not request.htmx:  # a part of the page leaves these as they are
        context["similar"] = ticket_page.similar_tickets(ticket)
    return render(request, "tickets/ticket.html", context, status=status)
