"""Create, list, read, change and delete tickets."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from ...access.actors import Actor
from ...access.client_addresses import client_address
from ...access.throttling import client_network, count_ticket
from ...exceptions import InvalidInput
from ...forms.lists import FilterForm, PageFilters, PageForm, TicketFilters
from ...forms.tickets import NewTicketForm, TicketForm
from ...models.ticket import Ticket
from ...querysets.figures import Stats
from ...services import tickets
from ...services.tickets import IdempotentCreate
from ...vocabulary import Scope, Status
from .. import http, serializers
from ..endpoints import endpoint
from ..http import BodyRules, JsonBody, JsonObject, answer, answer_json
from ..shapes import CreatedTicketJson, PublicTicketJson, TicketJson


@endpoint(
    tag="tickets",
    scope=Scope.READ,
    from_replica=True,
    query=PageForm,
    returns=list[TicketJson],
    success="One page. Link leads to the neighbouring pages: next is older, prev newer. A page of a"
    " search may have few tickets or none and still lead to the next one.",
    headers=("Link",),
)
def list_tickets(request: HttpRequest, actor: Actor, filters: PageFilters) -> HttpResponse:
    """List tickets, newest first or in another order.

    Filters are combined with AND. An empty value means no filter.
    """
    page = Ticket.objects.rendered_page(filters, actor.user)
    response = answer_json(f"[{','.join(row.json for row in page.rows)}]")
    links = http.page_links(request, next=page.older, prev=page.newer)
    if links:
        response["Link"] = links
    return response


@endpoint(
    tag="tickets",
    throttle="create",
    request_headers=("Idempotency-Key",),
    body=BodyRules("NewTicket", NewTicketForm, read_only=CreatedTicketJson),
    returns=CreatedTicketJson,
    status=201,
    success="The new ticket with the requester's private link.",
    headers=("Location", "ETag", "Idempotency-Replayed"),
)
def create_ticket(request: HttpRequest, actor: Actor, body: JsonBody) -> HttpResponse:
    """Create a ticket.

    A token needs write. Only agents may set an assignee or another status than open.
    """
    actor.require_creating()
    key = http.idempotency_key(request)
    _require_agent_keys(body.raw, actor)
    result = _create(key, body, actor, request)
    payload = dict(result.answer)
    if result.ticket is not None:
        # Added to each answer, because the private link is never stored with the first one.
        path = result.ticket.private_link_path()
        payload["track_url"] = request.build_absolute_uri(path) if result.has_first_link else None
    response = answer(payload, 201)
    response["Location"] = f"/api/tickets/{result.answer['id']}/"
    response["ETag"] = f'"{result.answer["version"]}"'
    if result.is_replay:
        response["Idempotency-Replayed"] = "true"
    return response


def _require_agent_keys(body: JsonObject, actor: Actor) -> None:
    """Raise InvalidInput for keys that only agents may set.

    This comes before the username is looked up, so that nobody learns who is an agent.
    """
    if actor.can(Scope.WRITE):
        return
    if body.get("assignee") is not None:
        raise InvalidInput(errors={"assignee": ["Only agents may assign a ticket."]})
    if body.get("status") not in (None, Status.OPEN):
        message = "A new ticket is open. Only agents may set another status."
        raise InvalidInput(errors={"status": [message]})


def _create(
    key: str | None, body: JsonBody, actor: Actor, request: HttpRequest
) -> IdempotentCreate[PublicTicketJson]:
    data = body.clean()
    count_ticket(request, actor)

    def create() -> Ticket:
        return tickets.create_ticket(data, actor, client=client_network(request, actor))

    def serialize(ticket: Ticket) -> PublicTicketJson:
        if not actor.can(Scope.WRITE):
            return serializers.public_ticket(ticket)
        return serializers.ticket(ticket, unread=False)  # what an agent reports is not news

    if key is not None:
        caller = actor.identity if actor.known else f"{actor.identity} {client_address(request)}"
        return tickets.create_ticket_once(key, caller, body.raw, create, serialize)
    ticket = create()
    return IdempotentCreate(ticket, serialize(ticket), is_replay=False)


@endpoint(
    tag="tickets",
    scope=Scope.READ,
    request_headers=("If-None-Match",),
    returns=TicketJson,
    success="The ticket.",
    headers=("ETag",),
)
def show_ticket(request: HttpRequest, actor: Actor, ticket_id: int) -> HttpResponse:
    """Read a ticket.

    A merged one is answered as it was, with merged_into set.
    """
    ticket = Ticket.with_merged.find_rendered(ticket_id, actor.user)
    etag = f'"{ticket.version}"'
    is_known = http.has_version(request, etag)
    response = HttpResponse(status=304) if is_known else answer_json(ticket.json)
    response["ETag"] = etag
    return response


@endpoint(
    tag="tickets",
    scope=Scope.WRITE,
    request_headers=("If-Match",),
    body=BodyRules(
        "TicketChanges",
        TicketForm,
        "Only the keys sent change.",
        partial=True,
        read_only=CreatedTicketJson,
    ),
    returns=TicketJson,
    success="The ticket.",
    for_readers=True,
    headers=("ETag",),
)
def update_ticket(
    request: HttpRequest, actor: Actor, body: JsonBody, ticket_id: int
) -> HttpResponse:
    """Change a ticket.

    Only the keys sent change. A category or a priority that is sent counts as a person's
    decision, which triage leaves alone.
    """
    changes = body.clean(lambda: _current(ticket_id, actor))
    version = _expected_version(request, ticket_id)
    edit = tickets.update_ticket(ticket_id, changes, actor, version=version)
    return answer_ticket(edit.ticket, actor)


@endpoint(
    tag="tickets",
    scope=Scope.WRITE,
    request_headers=("If-Match",),
    body=BodyRules(
        "TicketReplacement",
        TicketForm,
        "Keys left out return to their defaults, but requester_email and assignee keep their"
        " values. Triage chooses the category and the priority if they are left out.",
        read_only=CreatedTicketJson,
    ),
    returns=TicketJson,
    success="The ticket.",
    for_readers=True,
    headers=("ETag",),
)
def replace_ticket(
    request: HttpRequest, actor: Actor, body: JsonBody, ticket_id: int
) -> HttpResponse:
    """Replace a ticket."""
    left_out = tickets.KEPT_FIELDS - body.raw.keys()
    values = body.clean(lambda: _current(ticket_id, actor))
    data = {name: value for name, value in values.items() if name not in left_out}
    version = _expected_version(request, ticket_id)
    edit = tickets.replace_ticket(ticket_id, data, actor, version=version)
    return answer_ticket(edit.ticket, actor)


@endpoint(
    tag="tickets",
    scope=Scope.ADMIN,
    request_headers=("If-Match",),
    status=204,
    success="The ticket is deleted, with those that were merged into it and their audit trails."
    " Who deleted which number and when stays in the database.",
)
def delete_ticket(request: HttpRequest, actor: Actor, ticket_id: int) -> HttpResponse:
    """Delete a ticket."""
    tickets.delete_ticket(ticket_id, actor, version=_expected_version(request, ticket_id))
    return HttpResponse(status=204)


def _expected_version(request: HttpRequest, ticket_id: int) -> int | None:
    """Return the version that the ticket must have by `If-Match`; None allows any."""
    versions = http.allowed_versions(request)
    if versions is None:
        return None
    ticket = Ticket.including_spam.find(ticket_id)
    # No ticket has version 0. The service checks again, under the ticket's lock.
    return ticket.version if ticket.version in versions else 0


def answer_ticket(ticket: Ticket, actor: Actor) -> HttpResponse:
    """Answer a change with the ticket. Who may not read gets nothing of it but its version."""
    if not actor.can(Scope.READ):
        return _with_etag(HttpResponse(status=204), ticket)
    return _with_etag(answer(_serialize(ticket, actor)), ticket)


def _current(ticket_id: int, actor: Actor) -> TicketJson:
    return _serialize(Ticket.including_spam.with_people().find(ticket_id), actor)


def _serialize(ticket: Ticket, actor: Actor) -> TicketJson:
    return serializers.ticket(ticket, unread=ticket.is_unread_by(actor.user))


def _with_etag(response: HttpResponse, ticket: Ticket) -> HttpResponse:
    response["ETag"] = ticket.etag
    return response


@endpoint(
    tag="tickets",
    scope=Scope.READ,
    from_replica=True,
    query=FilterForm,
    returns=Stats,
    success="The statistics.",
)
def ticket_statistics(request: HttpRequest, actor: Actor, filters: TicketFilters) -> HttpResponse:
    """Get statistics of the tickets that match the filters."""
    return answer(Ticket.objects.statistics(filters))
