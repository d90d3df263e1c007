"""How many tickets have come since a list was read; asked again and again by open pages."""

from __future__ import annotations

from django.http import HttpResponse, JsonResponse
from django.utils.cache import get_conditional_response

from tickets.access import actor_of
from tickets.exceptions import PermissionDenied
from tickets.forms import NewsForm, valid
from tickets.models import Ticket
from tickets.pages.decorators import Request, page

MOST_TOLD = 100


@page("GET")
def news(request: Request) -> HttpResponse:
    actor = actor_of(request)
    if actor.known and not actor.is_agent:
        raise PermissionDenied
    if not actor.is_agent:
        # Not the door: whoever asks is a script, and stops here.
        return _signed_out()
    filters = valid(NewsForm(request.GET, me=actor.user))
    count = Ticket.objects.filtered(filters).newer_than(filters["after"], MOST_TOLD + 1)
    told = {"count": min(count, MOST_TOLD), "more": count > MOST_TOLD}
    tag = f'W/"{count}"'
    response = JsonResponse(told, headers={"ETag": tag})
    return get_conditional_response(request, etag=tag, response=response) or response


def _signed_out() -> HttpResponse:
    headers = {"WWW-Authenticate": "Bearer"}
    return HttpResponse("Sign in.", status=401, content_type="text/plain", headers=headers)
