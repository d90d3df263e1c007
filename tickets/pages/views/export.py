"""Export the list as CSV."""

from __future__ import annotations

from itertools import chain

from django.http import HttpResponseBase, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone

from ...access import security_log
from ...access.actors import actor_of
from ...forms.fields import clean_data
from ...forms.lists import ExportForm
from ...models.ticket import Ticket
from ...transactions import read_in_batches
from ...vocabulary import SecurityEvent
from ..decorators import Request, page
from ..spreadsheet import Layout, csv_chunks


@page("GET", agents=True)
def export(request: Request) -> HttpResponseBase:
    filters = clean_data(ExportForm(request.GET, me=actor_of(request).user))
    zone = timezone.get_current_timezone() if filters["local_times"] else None
    tickets = read_in_batches(Ticket.objects.filtered(filters).exported(zone))
    layout = Layout(filters["separator"], bool(filters["sep_line"]), zone)
    chunks = csv_chunks(tickets, request.build_absolute_uri(reverse("ticket-list")), layout)
    # Read the first rows here, so that the status tells if the database is unavailable.
    body = chain([next(chunks)], chunks)
    security_log.note(SecurityEvent.EXPORTED)
    day = timezone.localdate().isoformat()
    return StreamingHttpResponse(
        body,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="tickets-{day}.csv"'},
    )
