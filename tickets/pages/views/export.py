"""The list as a table for spreadsheets."""

from __future__ import annotations

from itertools import chain

from django.http import HttpResponseBase, StreamingHttpResponse
from django.utils import timezone

from tickets.access import actor_of
from tickets.forms import ListForm, valid
from tickets.models import Ticket
from tickets.pages.decorators import Request, page
from tickets.pages.spreadsheet import lines


@page("GET", agents=True)
def export(request: Request) -> HttpResponseBase:
    filters = valid(ListForm(request.GET, me=actor_of(request).user))
    parts = lines(Ticket.objects.filtered(filters).in_chunks(), request.build_absolute_uri("/"))
    # The first rows are read here, so that a database that is away is told by the status.
    body = chain([next(parts)], parts)
    day = timezone.now().strftime("%Y-%m-%d")
    return StreamingHttpResponse(
        body,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="tickets-{day}.csv"'},
    )
