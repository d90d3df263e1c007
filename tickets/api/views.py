"""The JSON API's views: read, one call, answer. Errors are raised, see `config/middleware.py`."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from ..access.actors import Actor
from ..access.throttling import throttle_anonymous, throttle_key
from ..exceptions import InvalidInput, NotFound, Unavailable
from ..forms.lists import FilterForm, PageForm
from ..forms.periods import ReportForm
from ..forms.tickets import ClassifyForm, CommentForm, NewTicketForm, SuggestTitleForm, TicketForm
from ..models.ticket import Ticket
from ..models.triage import Prediction
from ..services import comments, housekeeping, tickets
from ..services.triage import predictions
from ..triage import engine
from ..vocabulary import Scope, Status
from . import http, openapi, serializers
from .http import answer, endpoint, read_form, read_object
from .openapi.readable import readable

# --- tickets ------------------------------------------------------------------------


@endpoint(Scope.READ, query=PageForm)
def list_tickets(request: HttpRequest, actor: Actor, filters: dict[str, Any]) -> HttpResponse:
    found = Ticket.objects.filtered(filters).with_people()
    page = found.page(filters["limit"], filters["cursor"])
    response = answer([serializers.ticket(ticket) for ticket in page.rows])
    links = http.page_links(request, next=page.older, prev=page.newer)
    if links:
        response["Link"] = links
    return response


@endpoint()
def create_ticket(request: HttpRequest, actor: Actor) -> HttpResponse:
    actor.require_creating()
    throttle_anonymous(request, actor, "create", settings.CREATE_LIMIT)
    key = http.idempotency_key(request)
    body = read_object(request)
    data = _new_ticket(body, actor)
    ticket, shown, replayed = _create(key, body, data, actor)
    if ticket is not None:
        # Added to each answer, since the private link is never stored with the first one.
        shown["track_url"] = request.build_absolute_uri(ticket.track_path())
    response = answer(shown, 201)
    response["Location"] = f"/api/tickets/{shown['id']}/"
    response["ETag"] = f'"{shown["version"]}"'
    if replayed:
        response["Idempotency-Replayed"] = "true"
    return response


def _new_ticket(body: dict[str, Any], actor: Actor) -> dict[str, Any]:
    # Told before the name is looked up, so that nobody learns who is an agent here.
    if body.get("assignee") is not None and not actor.can(Scope.WRITE):
        raise InvalidInput(errors={"assignee": ["Only agents may assign a ticket."]})
    if body.get("status") not in (None, Status.OPEN) and not actor.can(Scope.WRITE):
        raise InvalidInput(errors={"status": ["A new ticket is open; only agents may set more."]})
    return read_form(body, NewTicketForm, read_only=serializers.READ_ONLY)


def _create(
    key: str | None, body: dict[str, Any], data: dict[str, Any], actor: Actor
) -> tuple[Ticket | None, dict[str, Any], bool]:
    """The new ticket, how it is shown, and whether it was there under this key already."""

    def create() -> Ticket:
        return tickets.create_ticket(data, actor)

    def show(ticket: Ticket) -> dict[str, Any]:
        return serializers.ticket(ticket, private=actor.can(Scope.WRITE))

    if key is not None:
        return tickets.create_ticket_once(key, actor.identity, body, create, show)
    ticket = create()
    return ticket, show(ticket), False


@endpoint(Scope.READ)
def show_ticket(request: HttpRequest, actor: Actor, ticket_id: int) -> HttpResponse:
    ticket = Ticket.objects.with_people().find(ticket_id)
    if http.is_known(request, ticket.etag):
        return _with_etag(HttpResponse(status=304), ticket)
    return _shown(ticket)


@endpoint(Scope.WRITE)
def update_ticket(request: HttpRequest, actor: Actor, ticket_id: int) -> HttpResponse:
    body = read_object(request)
    changes = read_form(body, TicketForm, read_only=serializers.READ_ONLY, partial=True)
    version = _expected_version(request, ticket_id)
    return _shown(tickets.update_ticket(ticket_id, changes, actor, version=version))


@endpoint(Scope.WRITE)
def replace_ticket(request: HttpRequest, actor: Actor, ticket_id: int) -> HttpResponse:
    data = read_form(read_object(request), TicketForm, read_only=serializers.READ_ONLY)
    version = _expected_version(request, ticket_id)
    return _shown(tickets.replace_ticket(ticket_id, data, actor, version=version))


@endpoint(Scope.ADMIN)
def delete_ticket(request: HttpRequest, actor: Actor, ticket_id: int) -> HttpResponse:
    tickets.delete_ticket(ticket_id, actor, version=_expected_version(request, ticket_id))
    return HttpResponse(status=204)


def _expected_version(request: HttpRequest, ticket_id: int) -> int | None:
    """The version that the ticket must have when it is written, by `If-Match`; None: any."""
    wanted = http.wanted_versions(request)
    if wanted is None:
        return None
    ticket = Ticket.objects.find(ticket_id)
    # No ticket has version 0; the service checks again, under the ticket's lock.
    return ticket.version if ticket.version in wanted else 0


def _shown(ticket: Ticket) -> HttpResponse:
    return _with_etag(answer(serializers.ticket(ticket)), ticket)


def _with_etag(response: HttpResponse, ticket: Ticket) -> HttpResponse:
    response["ETag"] = ticket.etag
    return response


@endpoint(Scope.READ, query=FilterForm)
def stats(request: HttpRequest, actor: Actor, filters: dict[str, Any]) -> HttpResponse:
    return answer(Ticket.objects.filtered(filters).stats())


@endpoint(Scope.READ)
def history(request: HttpRequest, actor: Actor, ticket_id: int) -> HttpResponse:
    ticket = Ticket.objects.find(ticket_id)
    return answer([serializers.history_entry(entry) for entry in ticket.history()])


# --- comments -----------------------------------------------------------------------


@endpoint(Scope.READ)
def list_comments(request: HttpRequest, actor: Actor, ticket_id: int) -> HttpResponse:
    comments = Ticket.objects.find(ticket_id).comments.select_related("author")
    return answer([serializers.comment(comment) for comment in comments])


@endpoint(Scope.WRITE)
def add_comment(request: HttpRequest, actor: Actor, ticket_id: int) -> HttpResponse:
    data = read_form(read_object(request), CommentForm, read_only=serializers.COMMENT_READ_ONLY)
    ticket = Ticket.objects.find(ticket_id)
    return answer(serializers.comment(comments.add_comment(ticket, data, actor)), 201)


# --- triage -------------------------------------------------------------------------


@endpoint()
def classify(request: HttpRequest, actor: Actor) -> HttpResponse:
    throttle_anonymous(request, actor, "suggest", settings.SUGGEST_LIMIT)
    body = read_object(request)
    read_form(body, ClassifyForm)
    # The texts as they were sent, so that the evidence's positions are the caller's.
    found = engine.classify(
        body["description"],
        body.get("title", ""),
        client=throttle_key(request, actor),
        seconds=http.patience(request),
    )
    return answer(serializers.classification(found, predictions.save_suggestion(found)))


@endpoint()
def suggest_title(request: HttpRequest, actor: Actor) -> HttpResponse:
    throttle_anonymous(request, actor, "suggest", settings.SUGGEST_LIMIT)
    data = read_form(read_object(request), SuggestTitleForm)
    found = engine.suggest_title(
        data["description"], client=throttle_key(request, actor), seconds=http.patience(request)
    )
    return answer(serializers.title(found))


@endpoint(Scope.READ, query=ReportForm)
def triage_report(request: HttpRequest, actor: Actor, filters: dict[str, Any]) -> HttpResponse:
    return answer(serializers.report(Prediction.objects.report(**filters)))


# --- the API itself -----------------------------------------------------------------


@endpoint()
def openapi_document(request: HttpRequest, actor: Actor) -> HttpResponse:
    return answer(openapi.DOCUMENT)


@endpoint()
def docs(request: HttpRequest, actor: Actor) -> HttpResponse:
    return render(request, "api_docs.html", {"api": readable(openapi.DOCUMENT)})


@csrf_exempt
def unknown(request: HttpRequest) -> HttpResponse:
    raise NotFound


def healthz(request: HttpRequest) -> HttpResponse:
    """The process is alive. Asks nothing of the database."""
    http.read_query(request, None)
    return answer({"status": "ok"})


def readyz(request: HttpRequest) -> HttpResponse:
    """The database answers and has every migration."""
    http.read_query(request, None)
    if not housekeeping.database_is_ready():
        raise Unavailable("The database lacks migrations.")
    return answer({"status": "ready"})
