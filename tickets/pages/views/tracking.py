"""The requester's private page. Whoever has the address may read and reply, nobody else."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt

from tickets import services
from tickets.access import actor_of, throttle_anonymous
from tickets.exceptions import NotFound, RateLimited
from tickets.forms import ReplyForm
from tickets.models import Ticket, digest
from tickets.pages.decorators import Request, page


# The address itself is what authorises a reply, so no other site can forge one; and browsers
# send `Origin: null` from a page without referrer, which the CSRF check would refuse.
@csrf_exempt
@page("GET", "POST")
def track(request: Request, secret: str) -> HttpResponse:
    ticket = Ticket.objects.filter(link_digest=digest(secret)).first()
    if ticket is None:
        raise NotFound
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
        return _show(request, ticket, form, status=429)
    services.add_reply(ticket, form.cleaned_data)
    messages.success(request, "Your reply was sent.")
    return redirect(ticket.track_path())


def _show(request: Request, ticket: Ticket, form: ReplyForm, status: int = 200) -> HttpResponse:
    comments = ticket.comments.filter(public=True)
    context = {"ticket": ticket, "comments": comments, "form": form}
    return render(request, "tickets/track.html", context, status=status)


def _private(response: HttpResponse) -> HttpResponse:
    """Neither a cache nor another site nor a search engine may learn the address."""
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response
