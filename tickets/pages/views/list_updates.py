"""What has happened to a list since a page read it. Open pages ask regularly."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.utils.cache import get_conditional_response

from ...access.actors import Actor, actor_of
from ...exceptions import PermissionDenied
from ...forms.fields import clean_data
from ...forms.lists import ListUpdatesForm, VisibleRow
from ...models.private_link import digest
from ...models.ticket import Ticket
from ...web.wording import plural
from ..decorators import Request, page
from ..templatetags.rows import ticket_row
from ..ticket_rows import ticket_rows

MAX_COUNT = 100


@page("GET", from_replica=True, unattended=True)
def list_updates(request: Request) -> HttpResponse:
    """Count new tickets and answers, and send the rows that differ from those on the page."""
    actor = actor_of(request)
    if actor.known and not actor.is_agent:
        raise PermissionDenied
    if not actor.is_agent:
        # A script asks. A redirect to the sign-in page would be no use to it.
        headers = {"WWW-Authenticate": "Bearer"}
        return HttpResponse("Sign in.", status=401, content_type="text/plain", headers=headers)
    filters = clean_data(ListUpdatesForm(request.GET, me=actor.user))
    announcement = _announcement(filters)
    changed = _changed_rows(filters["visible"], actor)
    etag = f'W/"{digest(f"{announcement} {changed}")[:16]}"'
    response: HttpResponse | None = get_conditional_response(request, etag=etag)
    if response is None:
        payload = {"announcement": announcement, "rows": _render(changed, actor, filters["search"])}
        response = JsonResponse(payload)
    response["ETag"] = etag
    return response


def _announcement(filters: Mapping[str, Any]) -> str:
    """Say what is new: "3 new tickets, 1 new answer"; "" if nothing is."""
    tickets = Ticket.objects.filtered(filters)
    counts = {"new ticket": tickets.newer_than(filters["after"], MAX_COUNT + 1)}
    if filters["read_at"]:
        counts["new answer"] = tickets.answered_since(filters["read_at"], MAX_COUNT + 1)
    return ", ".join(
        plural(count, noun) if count <= MAX_COUNT else f"{MAX_COUNT}+ {noun}s"
        for noun, count in counts.items()
        if count
    )


def _changed_rows(visible: Mapping[int, VisibleRow], actor: Actor) -> dict[int, VisibleRow]:
    """Return what is stored about the tickets of which the page shows something else."""
    stored = Ticket.with_merged.filter(pk__in=visible).with_unread(actor.user).only("version")
    current = {
        ticket.pk: VisibleRow(ticket.version, ticket.is_unread) for ticket in stored.order_by("pk")
    }
    return {pk: row for pk, row in current.items() if row != visible[pk]}


def _render(ticket_ids: Collection[int], actor: Actor, search: str) -> str:
    if not ticket_ids:
        return ""
    tickets = Ticket.with_merged.filter(pk__in=ticket_ids).for_rows(actor.user)
    rows = ticket_rows(tickets, actor, search)
    return "".join(map(ticket_row, rows))
