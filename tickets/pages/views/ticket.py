"""One ticket: its conversation, its properties and its audit trail."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django_htmx.http import trigger_client_event

from ...access.actors import actor_of
from ...audit.trail import changes_since, entries_since
from ...exceptions import StaleVersion
from ...forms.fields import clean_data
from ...forms.tickets import (
    EarlierForm,
    MessageForm,
    ReadVersionForm,
    SpamForm,
    TicketForm,
    TicketPageForm,
    sent_fields,
)
from ...models.ticket import Comment, Ticket
from ...models.workplace import PendingReply, TicketRead
from ...services.editing import ReadState, own_changes
from ...services.replies import send_due_replies
from ...services.spam import mark_spam
from ...services.tickets import update_ticket
from ...vocabulary import TEXT_FIELDS, LearnedField
from ...web.notices import notify
from .. import audit_text, ticket_page
from ..decorators import Request, page
from ..files import attached_files
from ..list_position import list_position
from ..templatetags.rows import ticket_row
from ..ticket_parts import TicketParts, ticket_parts
from ..ticket_rows import ticket_rows
from ..toasts import toast
from .ticket_list import select_options


@page("GET", "POST", agents=True)
def ticket(request: Request, ticket_id: int) -> HttpResponse:
    ticket = Ticket.including_spam.with_people().find(ticket_id)
    parts: TicketParts | None = ticket_parts(ticket, actor_of(request))
    if parts and "pending" in parts and send_due_replies(ticket):
        ticket = Ticket.including_spam.with_people().find(ticket_id)
        parts = None
    if request.method == "POST":
        return _change(request, ticket)
    query = clean_data(TicketPageForm(request.GET))
    own_replies = PendingReply.objects.of(ticket).filter(author=actor_of(request).user)
    if query["reply"] and (reply := own_replies.taken_back().filter(pk=query["reply"]).first()):
        form = MessageForm({"body": reply.body, "public": True})  # in the box again
        files = attached_files(reply.attachments.select_related("file"))
        return page_response(request, ticket, comment_form=form, earlier_files=files)
    response = page_response(request, ticket, parts=parts)
    if query["sent"] and request.htmx:
        for reply in own_replies.filter(pk=query["sent"], comment__isnull=False):
            _say_sent(response, reply)
    return response


def _say_sent(response: HttpResponse, reply: PendingReply) -> None:
    """Tell the page that has waited for it that the reply is sent, and offer Undo of the rest."""
    assert reply.comment is not None
    version = reply.resolved_in or reply.taken_in
    toast(
        response,
        sent_message(reply.comment, resolves=reply.resolved_in is not None)
        + (" The ticket stays active: the requester wrote again." if _stays_active(reply) else ""),
        token=f"{reply.ticket_id}:{version}" if version else "",
    )


def _stays_active(reply: PendingReply) -> bool:
    return reply.resolve and reply.resolved_in is None and not reply.ticket.is_finished


@page("POST", agents=True)
def ticket_spam(request: Request, ticket_id: int) -> HttpResponse:
    data, actor = clean_data(SpamForm(request.POST)), actor_of(request)
    if data["spam"]:
        edit = mark_spam(ticket_id, actor, blocks_sender=data["block"])
    else:
        edit = update_ticket(ticket_id, {"spam": False}, actor)
    message = _spam_message(edit.ticket, blocks_sender=data["block"])
    undo = [edit.ticket] if edit.is_new_version else []
    return _changed(request, edit.ticket, message, undo, about=f"spam-{ticket_id}")


def sent_message(comment: Comment, *, resolves: bool) -> str:
    if not comment.public:
        return "Note added."
    if not comment.ticket.link_digest:
        return "Reply saved, but the requester cannot see it: the private link is revoked."
    return "Reply sent and ticket resolved." if resolves else "Reply sent."


def _change(request: Request, ticket: Ticket) -> HttpResponse:
    fields = sent_fields(request.POST)
    form = TicketForm(request.POST, only=fields)
    if not form.is_valid():
        return page_response(request, ticket, status=error_status(request, 400), edit_form=form)
    version = clean_data(ReadVersionForm(request.POST))["version"]
    try:
        edit = update_ticket(
            ticket.pk, form.cleaned_data, actor_of(request), read=ReadState(version)
        )
    except StaleVersion as conflict:
        newest = Ticket.including_spam.with_people().find(ticket.pk)
        # No fields: the ticket never had that version, so everything that was sent is in conflict.
        return _conflict(request, newest, form, version, conflict.fields or fields)
    message = _changed_message(ticket, edit.ticket, fields)
    about = f"{next(iter(fields))}-{ticket.pk}" if len(fields) == 1 else ""
    undo = [edit.ticket] if edit.is_new_version else []
    response = _changed(request, edit.ticket, message, undo, about)
    return draft_stored(response, "edit") if fields & set(TEXT_FIELDS) else response


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
    return page_response(
        request,
        newest,
        status=error_status(request, 409),
        edit_form=edit_form if set(TEXT_FIELDS) & set(form.fields) else None,
        conflicts=conflicts,
        conflict_summary=audit_text.summary(entries, actor.name if actor.known else ""),
    )


def _changed(
    request: Request, saved: Ticket, message: str, undo: Collection[Ticket], about: str
) -> HttpResponse:
    if _is_row(request):
        return _row(request, saved, message, undo, about)
    if request.htmx:
        return toast(page_response(request, saved), message, undo, about)
    notify(request, message, undo)
    return redirect(saved.get_absolute_url() + list_query(request))


def _spam_message(saved: Ticket, *, blocks_sender: bool) -> str:
    if not saved.spam:
        return f"#{saved.pk} is not spam any more."
    blocked = f" {saved.requester_email} is blocked." if blocks_sender else ""
    return f"#{saved.pk} is marked as spam.{blocked}"


def _changed_message(before: Ticket, saved: Ticket, fields: Collection[str]) -> str:
    confirmed = [
        f"{name} {audit_text.value_text(name, getattr(saved, name))}"
        for name in LearnedField.values
        if name in fields and getattr(saved, name) == getattr(before, name)
    ]
    if len(confirmed) == len(fields):
        return f"Confirmed #{saved.pk}: {', '.join(confirmed)}."
    if len(fields) > 1:
        return f"#{saved.pk}: changes saved."
    (name,) = fields
    if name == "assignee" and saved.assignee is None:
        return f"#{saved.pk} is now unassigned."
    if name == "spam":
        return _spam_message(saved, blocks_sender=False)
    value = audit_text.value_text(name, getattr(saved, name))
    label = audit_text.VALUE_NAMES.get(name, name)
    return f"#{saved.pk}: {label} is now {value}."


def _is_row(request: Request) -> bool:
    """Return whether the list asked, for one of its rows."""
    return bool(request.htmx) and (request.htmx.target or "").startswith("row-")


def _row(
    request: Request,
    ticket: Ticket,
    message: str,
    undo: Collection[Ticket] = (),
    about: str = "",
) -> HttpResponse:
    actor = actor_of(request)
    fresh = Ticket.including_spam.for_rows(actor.user).find(ticket.pk)
    [row] = ticket_rows([fresh], actor)
    return toast(HttpResponse(ticket_row(row)), message, undo, about)


def error_status(request: Request, status: int) -> int:
    # htmx does not swap in responses with an error status.
    return 200 if request.htmx else status


def draft_stored(response: HttpResponse, form: str) -> HttpResponse:
    """Tell the page that it may discard the form's draft."""
    return trigger_client_event(response, "stored", {"form": form})


def page_response(
    request: Request,
    ticket: Ticket,
    *,
    status: int = 200,
    parts: TicketParts | None = None,
    **context: Any,
) -> HttpResponse:
    """Return the ticket's page, and note that the account has read it."""
    actor = actor_of(request)
    parts = parts or ticket_parts(ticket, actor)
    position = list_position(request, ticket, actor.user)
    context = {
        **ticket_page.context(ticket, actor, parts),
        **select_options(),
        "position": position,
        **context,
    }
    if not request.htmx:  # a part of the page leaves these as they are
        context |= {"has_similar": True, **ticket_page.twin_context(ticket, parts)}
    response = render(request, "tickets/ticket.html", context, status=status)
    is_news = parts.read_until is None or parts.read_until < ticket.last_activity_at
    if actor.user is not None and is_news and not _is_ahead(request):
        TicketRead.objects.mark_read(ticket, actor.user)
    return response


@page("GET", agents=True)
def ticket_similar(request: Request, ticket_id: int) -> HttpResponse:
    """Show similar tickets: as a part of the ticket's page, or without scripts as a page."""
    ticket = Ticket.including_spam.find(ticket_id)
    template = "_similar_tickets" if request.htmx else "similar"
    response = render(request, f"tickets/{template}.html", ticket_page.similar_context(ticket))
    patch_vary_headers(response, ["HX-Request"])
    return response


@page("GET", agents=True)
def ticket_earlier(request: Request, ticket_id: int) -> HttpResponse:
    """Show messages that the ticket's page leaves out of a long conversation."""
    ticket = Ticket.including_spam.with_people().find(ticket_id)
    until = clean_data(EarlierForm(request.GET))["until"]
    return render(request, "tickets/earlier.html", ticket_page.earlier_context(ticket, until))


def list_query(request: Request) -> str:
    """Return the query that keeps the page's list, "" if it has none."""
    values = {name: request.GET[name] for name in ("list", "at") if name in request.GET}
    return "?" + urlencode(values) if values else ""


def _is_ahead(request: Request) -> bool:
    """Return whether nobody looks at the answer: a HEAD, or a browser that prefetches."""
    purpose = request.headers.get("Sec-Purpose") or request.headers.get("Purpose") or ""
    return request.method == "HEAD" or "prefetch" in purpose
