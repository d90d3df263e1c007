"""The requester's private page. Whoever has the address may read and reply, nobody else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import get_conditional_response
from django.views.decorators.csrf import csrf_exempt

from tickets import services
from tickets.access import actor_of, throttle_anonymous
from tickets.exceptions import NotFound, RateLimited
from tickets.forms import ReplyForm
from tickets.models import AuthorRole, Comment, Status, Ticket, digest
from tickets.pages.decorators import Request, page

GONE = "This link opens nothing. Perhaps a newer one was sent to you: look among your e-mails."


# The address itself is what authorises a reply, so no other site can forge one; and browsers
# send `Origin: null` from a page without referrer, which the CSRF check would refuse.
@csrf_exempt
@page("GET", "POST")
def track(request: Request, secret: str) -> HttpResponse:
    ticket = Ticket.objects.filter(link_digest=digest(secret)).first()
    if ticket is None:
        raise NotFound(GONE)
    if request.method == "POST":
        return _private(_reply(request, ticket))
    return _private(_show(request, ticket, ReplyForm()))


def _reply(request: Request, ticket: Ticket) -> HttpResponse:
    form = ReplyForm(request.POST)
    if not form.is_valid():
        return _show(request, ticket, form, status=400)
    try:
        throttle_anonymous(request, actor_of(request), "create", settings.CREATE_LIMIT)
    except RateLimited as error:
        form.add_error(None, error.detail)
        response = _show(request, ticket, form, status=429)
        response["Retry-After"] = str(error.retry_after)
        return response
    services.add_reply(ticket, form.cleaned_data)
    opened = " The ticket is open again." if ticket.is_done else ""
    messages.success(request, f"Your reply was sent.{opened}")
    return redirect(request.path)


def _show(request: Request, ticket: Ticket, form: ReplyForm, status: int = 200) -> HttpResponse:
    comments = list(ticket.comments.filter(public=True))
    etag = _etag(ticket, comments)
    unchanged = None if form.is_bound else get_conditional_response(request, etag)
    if unchanged is not None:
        return unchanged
    headline, meaning = _standing(ticket, comments)
    context = {
        "ticket": ticket,
        "comments": comments,
        "form": form,
        "etag": etag,
        "headline": headline,
        "meaning": meaning,
        "steps": _steps(ticket),
    }
    response = render(request, "tickets/requester.html", context, status=status)
    response["ETag"] = etag
    return response


def _etag(ticket: Ticket, comments: Iterable[Comment]) -> str:
    """Stands for what the page shows and for nothing else: it must not tell of other changes."""
    shown = [
        *(ticket.title, ticket.description, ticket.status, bool(ticket.requester_email)),
        *((comment.pk, comment.author_role, comment.body) for comment in comments),
    ]
    return f'"{digest(repr(shown))[:32]}"'


def _standing(ticket: Ticket, comments: Sequence[Comment]) -> tuple[str, str]:
    """The status in plain words, and what it means for whoever waits."""
    answered = bool(comments) and comments[-1].author_role == AuthorRole.AGENT
    match ticket.status:
        case Status.RESOLVED:
            return "This is resolved", "If something is still not right, just reply below."
        case Status.CLOSED:
            return "This is closed", "There is nothing left to do. If there is, just reply below."
        case _ if answered:
            return "We have answered", "If something is missing or unclear, reply below."
        case Status.IN_PROGRESS:
            return "Somebody is working on it", f"You need not do anything. {_where(ticket)}"
        case _:
            return "We have your message", f"Somebody will look at it soon. {_where(ticket)}"


def _where(ticket: Ticket) -> str:
    also = ", and we tell you by e-mail" if ticket.requester_email else ""
    return f"The answer appears on this page{also}."


def _steps(ticket: Ticket) -> list[tuple[str, str]]:
    """The way of a ticket, each step with how far it is: "done", "now" or "" for later."""
    names = ["Open", "In progress", "Closed" if ticket.status == Status.CLOSED else "Resolved"]
    here = {Status.OPEN: 0, Status.IN_PROGRESS: 1}.get(Status(ticket.status), 2)
    return [
        (name, "done" if place < here else "now" if place == here else "")
        for place, name in enumerate(names)
    ]


def _private(response: HttpResponse) -> HttpResponse:
    """Neither a cache nor another site nor a search engine may learn the address."""
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response
