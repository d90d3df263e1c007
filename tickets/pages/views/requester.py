"""The requester's page. Whoever has its address may read and reply, nobody else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import get_conditional_response
from django.views.decorators.csrf import csrf_exempt

from ...access.actors import actor_of
from ...access.throttling import throttle_anonymous
from ...exceptions import NotFound, RateLimited
from ...forms.tickets import ReplyForm
from ...models.ticket import Comment, Ticket, digest
from ...services.comments import add_reply
from ...vocabulary import AuthorRole, Status
from ...web.notices import notify
from ..decorators import Request, page

UNKNOWN_LINK = "This link does not work. Check your email for a newer one."


# The address itself authorises a reply, so no other site can forge one. Browsers also send
# `Origin: null` from a page without referrer, which the CSRF check would refuse.
@csrf_exempt
@page("GET", "POST")
def requester_page(request: Request, secret: str) -> HttpResponse:
    ticket = Ticket.including_spam.filter(link_digest=digest(secret)).first()
    if ticket is None:
        raise NotFound(UNKNOWN_LINK)
    if request.method == "POST":
        response = _reply(request, ticket)
    else:
        response = _page(request, ticket, ReplyForm())
    # Neither a cache nor another site nor a search engine may learn the address.
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response


def _reply(request: Request, ticket: Ticket) -> HttpResponse:
    form = ReplyForm(request.POST)
    if not form.is_valid():
        return _page(request, ticket, form, status=400)
    try:
        throttle_anonymous(request, actor_of(request), "create", settings.CREATE_LIMIT)
    except RateLimited as error:
        form.add_error(None, error.detail)
        response = _page(request, ticket, form, status=429)
        response["Retry-After"] = str(error.retry_after)
        return response
    add_reply(ticket, form.cleaned_data)
    reopened = " Your ticket is open again." if ticket.is_finished else ""
    notify(request, f"Reply sent.{reopened}")
    return redirect(request.path)


def _page(request: Request, ticket: Ticket, form: ReplyForm, status: int = 200) -> HttpResponse:
    comments = list(ticket.comments.filter(public=True))
    etag = _etag(ticket, comments)
    unchanged = None if form.is_bound else get_conditional_response(request, etag)
    if unchanged is not None:
        return unchanged
    context = {
        "ticket": ticket,
        "comments": comments,
        "form": form,
        "etag": etag,
        "progress": _progress(ticket, comments),
        "steps": _steps(ticket),
    }
    response = render(request, "tickets/requester.html", context, status=status)
    response["ETag"] = etag
    return response


def _etag(ticket: Ticket, comments: Iterable[Comment]) -> str:
    """Return a tag for what the page shows, and nothing else: it must not reveal other changes."""
    content = [
        *(ticket.title, ticket.description, ticket.status, bool(ticket.requester_email)),
        *((comment.pk, comment.author_role, comment.body) for comment in comments),
    ]
    return f'"{digest(repr(content))[:32]}"'


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the ticket stands, and what that means for the requester."""

    headline: str
    meaning: str
    icon: str


def _progress(ticket: Ticket, comments: Sequence[Comment]) -> Progress:
    is_answered = bool(comments) and comments[-1].author_role == AuthorRole.AGENT
    by_email = ", and we will email it to you" if ticket.requester_email else ""
    where = f"Our reply will appear on this page{by_email}."
    icon = f"status-{ticket.status}"
    match ticket.status:
        case Status.RESOLVED:
            meaning = "If something is still not right, just reply below."
            return Progress("This is resolved", meaning, icon)
        case Status.CLOSED:
            meaning = "If you still need help, just reply below."
            return Progress("This is closed", meaning, icon)
        case _ if is_answered:
            meaning = "If something is missing or unclear, reply below."
            return Progress("We have replied", meaning, "category-general")
        case Status.IN_PROGRESS:
            meaning = f"You do not need to do anything. {where}"
            return Progress("We are working on it", meaning, icon)
        case _:
            return Progress("We have your message", f"We will look at it soon. {where}", icon)


def _steps(ticket: Ticket) -> list[tuple[str, str]]:
    """Return a ticket's steps, each with its state: "done", "now" or "" for later."""
    names = ["Open", "In progress", "Closed" if ticket.status == Status.CLOSED else "Resolved"]
    current = {Status.OPEN: 0, Status.IN_PROGRESS: 1}.get(Status(ticket.status), 2)
    return [
        (name, "done" if number < current else "now" if number == current else "")
        for number, name in enumerate(names)
    ]
