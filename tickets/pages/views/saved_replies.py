"""Saved replies: the page on which agents manage them, and the picker on a ticket."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render

from ...access.actors import Actor, actor_of, may_change
from ...exceptions import InvalidInput
from ...forms.fields import clean_data
from ...forms.saved_replies import ReplySearchForm, SavedReplyForm
from ...models.ticket import Ticket
from ...models.workplace import SavedReply
from ...services import saved_replies
from ...web.notices import notify
from ..decorators import Request, page

MAX_REPLIES = 1000  # on the page
MAX_OFFERED = 20  # in the picker


@page("GET", "POST", agents=True)
def replies(request: Request) -> HttpResponse:
    """List the saved replies, and create one."""
    actor = actor_of(request)
    if request.method != "POST":
        return _list(request, actor, SavedReplyForm())
    form = SavedReplyForm(request.POST)
    try:
        reply = saved_replies.create_reply(clean_data(form), actor)
    except InvalidInput as error:
        return _list(request, actor, _with_errors(form, error), status=400)
    notify(request, f"Reply \u201c{reply.name}\u201d saved.")
    return redirect("saved-replies")


@page("GET", "POST", agents=True)
def reply(request: Request, reply_id: int) -> HttpResponse:
    """Change a saved reply."""
    actor = actor_of(request)
    stored = saved_replies.changeable_reply(reply_id, actor)
    form = SavedReplyForm(
        {"name": stored.name, "body": stored.body, "shared": stored.shared}
        if request.method != "POST"
        else request.POST
    )
    if request.method == "POST":
        try:
            saved = saved_replies.update_reply(reply_id, clean_data(form), actor)
        except InvalidInput as error:
            return _form(request, stored, _with_errors(form, error), status=400)
        notify(request, f"Reply \u201c{saved.name}\u201d saved.")
        return redirect("saved-replies")
    return _form(request, stored, form)


@page("POST", agents=True)
def delete(request: Request, reply_id: int) -> HttpResponse:
    deleted = saved_replies.delete_reply(reply_id, actor_of(request))
    notify(request, f"Reply \u201c{deleted.name}\u201d deleted.")
    return redirect("saved-replies")


@page("GET", agents=True)
def picker(request: Request, ticket_id: int) -> HttpResponse:
    """Offer the replies that match a search, those that fit the ticket first."""
    ticket = Ticket.including_spam.find(ticket_id)
    user = actor_of(request).user
    search = clean_data(ReplySearchForm(request.GET))["search"]
    offered = SavedReply.objects.visible_to(user).matching(search)
    text = f"{ticket.title} {ticket.title} {ticket.description}"  # the title counts twice
    context = {
        "ticket": ticket,
        "replies": offered.fitting_first(text, user, MAX_OFFERED),
        "search": search,
    }
    return render(request, "tickets/_reply_options.html", context)


@page("POST", agents=True)
def insert(request: Request, ticket_id: int, reply_id: int) -> HttpResponse:
    """Answer with the text for this ticket."""
    ticket = Ticket.including_spam.find(ticket_id)
    return JsonResponse({"text": saved_replies.insert_reply(reply_id, ticket, actor_of(request))})


def _list(request: Request, actor: Actor, form: SavedReplyForm, status: int = 200) -> HttpResponse:
    visible = SavedReply.objects.visible_to(actor.user).select_related("owner")
    rows = [(each, may_change(each, actor)) for each in visible.most_used_first()[:MAX_REPLIES]]
    return _render(request, {"rows": rows, "form": form, "has_account": actor.user}, status)


def _form(
    request: Request, stored: SavedReply, form: SavedReplyForm, status: int = 200
) -> HttpResponse:
    has_account = stored.owner_id is not None
    return _render(request, {"stored": stored, "form": form, "has_account": has_account}, status)


def _render(request: Request, context: dict[str, Any], status: int) -> HttpResponse:
    context["variables"] = saved_replies.VARIABLES.items()
    return render(request, "tickets/saved_replies.html", context, status=status)


def _with_errors(form: SavedReplyForm, error: InvalidInput) -> SavedReplyForm:
    for name, messages in error.errors.items():
        if name not in form.errors:
            form.add_error(name, messages)
    return form
