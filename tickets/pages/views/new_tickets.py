"""How many tickets have arrived since a list was read. Open pages ask regularly."""

from __future__ import annotations

from django.http import HttpResponse, JsonResponse
from django.utils.cache import get_conditional_response

from ...access.actors import actor_of
from ...exceptions import PermissionDenied
from ...forms.fields import clean_data
from ...forms.lists import NewTicketsForm
from ...models.ticket import Ticket
from ..decorators import Request, page

MAX_COUNT = 100


@page("GET")
def new_tickets(request: Request) -> HttpResponse:
    actor = actor_of(request)
    if actor.known and not actor.is_agent:
        raise PermissionDenied
    if not actor.is_agent:
        # A script asks. A redirect to the sign-in page would be no use to it.
        headers = {"WWW-Authenticate": "Bearer"}
        return HttpResponse("Sign in.", status=401, content_type="text/plain", headers=headers)
    filters = clean_data(NewTicketsForm(request.GET, me=actor.user))
    count = Ticket.objects.filtered(filters).newer_than(filters["after"], MAX_COUNT + 1)
    etag = f'W/"{count}"'
    payload = {"count": min(count, MAX_COUNT), "more": count > MAX_COUNT}
    response = JsonResponse(payload, headers={"ETag": etag})
    return get_conditional_response(request, etag=etag, response=response) or response
