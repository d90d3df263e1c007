"""The OpenAPI document, compared with the standard, the routes, the forms and real responses."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import validate
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tickets.access.actors import SYSTEM
from tickets.api.openapi.document import document
from tickets.api.urls import urlpatterns
from tickets.forms.files import AttachmentForm
from tickets.forms.lists import FilterForm, PageForm
from tickets.forms.tickets import (
    ClassifyForm,
    CommentForm,
    MergeForm,
    NewTicketForm,
    SuggestTitleForm,
    TicketForm,
)
from tickets.models.ticket import Ticket
from tickets.services.merging import merge_tickets
from tickets.tests.attachments.attaching import attach_content
from tickets.tests.factories import (
    AgentFactory,
    CommentFactory,
    TicketFactory,
    TokenFactory,
    unapply_newest_migration,
)
from tickets.tests.incoming.messages import letter
from tickets.tests.worker import beat
from tickets.web.errors import STATUS_AND_CODE

from .client import LOG, NEW, Api, Upload, one

DOCUMENT = document()
SCHEMAS = DOCUMENT["components"]["schemas"]
PARAMETERS = DOCUMENT["components"]["parameters"]
ROUTES: Any = [pattern.callback for pattern in urlpatterns if hasattr(pattern.callback, "views")]
VIEWS = {(route.path, method): view for route in ROUTES for method, view in route.views.items()}
OPERATIONS = {
    (path, method.upper()): operation
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
    if method != "parameters"
}
INTO = object()  # the number of another ticket
BODIES = {
    "createTicket": NEW,
    "replaceTicket": NEW,
    "updateTicket": {"status": "closed"},
    "mergeTicket": INTO,
    "addComment": {"body": "x"},
    "addAttachment": LOG,
    "classify": {"description": "I was charged twice, refund the invoice!"},
    "suggestTitle": {"description": "I was charged twice."},
    "receiveMessage": letter(),
}
OPERATION_IDS = {
    *("listTickets", "createTicket", "showTicket", "updateTicket", "replaceTicket"),
    *("deleteTicket", "ticketStatistics", "ticketHistory", "listComments", "addComment"),
    *("mergeTicket", "unmergeTicket", "receiveMessage"),
    *("listAttachments", "addAttachment", "getAttachment"),
    *("classify", "suggestTitle", "triageReport", "openapi", "docs", "health", "readiness"),
    "metrics",
}
SCHEMA_NAMES = {
    *("Ticket", "CreatedTicket", "NewTicket", "TicketReplacement", "TicketChanges", "Triage"),
    *("Decision", "Stats", "NewComment", "Comment", "HistoryEntry", "TextToClassify"),
    *("Suggestion", "Evidence", "TextToName", "TitleSuggestion", "TriageReport", "Health"),
    *("Problem", "Merge", "ReceivedMessage", "Attachment", "NewAttachment"),
}
# Keys that are answered and cannot be written.
TICKET_KEYS = {
    *("id", "sentiment", "urgency_score", "triage", "version", "created_at", "updated_at"),
    "track_url",
}
COMMENT_KEYS = {"id", "author", "author_role", "created_at"}
RESOURCE: Any = Resource.from_contents(DOCUMENT, default_specification=DRAFT202012)
REGISTRY: Any = Registry().with_resource("urn:api", RESOURCE)


def assert_documented(response, path, method):
    """Assert that headers, media type and body are as described for this status."""
    status = str(response.status_code)
    described = OPERATIONS[path, method]["responses"][status]
    # These are not always present.
    sometimes = {"Link", "Idempotency-Replayed"}
    assert set(described.get("headers", {})) - sometimes <= set(response.headers)
    if "content" not in described:
        assert response.content == b""
        return
    media = response["Content-Type"].partition(";")[0]
    assert media in described["content"]
    if media in ("text/html", "text/plain", "application/octet-stream"):
        return
    keys = ["paths", path, method.lower(), "responses", status, "content", media, "schema"]
    pointer = "/".join(part.replace("~", "~0").replace("/", "~1") for part in keys)
    validator = Draft202012Validator(
        {"$ref": f"urn:api#/{pointer}"}, registry=REGISTRY, format_checker=FormatChecker()
    )
    assert [error.message for error in validator.iter_errors(response.json())] == []


def test_it_is_served_and_is_openapi(anonymous):
    served = anonymous.get("/api/openapi.json")
    assert served.status_code == 200
    assert served.json() == DOCUMENT
    assert DOCUMENT["openapi"].startswith("3.1.")
    validate(DOCUMENT)


def test_exactly_the_routes_and_methods_are_described():
    assert set(OPERATIONS) == set(VIEWS)


def test_the_names_that_clients_generate_code_from_stay():
    names = [operation["operationId"] for operation in OPERATIONS.values()]
    assert len(set(names)) == len(names)
    assert set(names) >= OPERATION_IDS
    assert set(SCHEMAS) >= SCHEMA_NAMES


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_an_operation_describes_its_callers_and_parameters(path, method):
    view, operation = VIEWS[path, method], OPERATIONS[path, method]
    scope, query = view.endpoint.scope, view.endpoint.query
    assert ({} in operation["security"]) == (scope is None)
    if scope is not None:
        assert {"401", "403"} <= set(operation["responses"])
        assert f"tokens with {scope}" in operation["description"]
    references = [one["$ref"].rpartition("/")[2] for one in operation.get("parameters", [])]
    described = {name for name in references if PARAMETERS[name]["in"] == "query"}
    assert described == set(query.base_fields if query else {})


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("NewTicket", NewTicketForm),
        ("TicketReplacement", TicketForm),
        ("TicketChanges", TicketForm),
        ("NewComment", CommentForm),
        ("Merge", MergeForm),
        ("NewAttachment", AttachmentForm),
        ("TextToClassify", ClassifyForm),
        ("TextToName", SuggestTitleForm),
    ],
)
def test_a_body_is_described_as_its_form_checks_it(name, form):
    described, fields = SCHEMAS[name]["properties"], form.base_fields
    assert set(described) == set(fields)
    if name != "TicketChanges":
        required = {key for key, field in fields.items() if field.required}
        assert set(SCHEMAS[name]["required"]) == required
    for key, field in fields.items():
        schema = described[key]
        assert schema.get("maxLength") == getattr(field, "max_length", None)
        assert ("null" in schema["type"]) == field.json_null
        if hasattr(field, "choices"):
            assert schema["enum"] == [value for value, _ in field.choices]


@pytest.mark.parametrize("form", [FilterForm, PageForm])
def test_a_query_is_described_as_its_form_checks_it(form):
    for name, field in form.base_fields.items():
        schema = PARAMETERS[name]["schema"]
        assert schema.get("maxLength") == getattr(field, "max_length", None)
        assert schema.get("maximum") == getattr(field, "max_value", None)
        assert schema.get("minimum") == getattr(field, "min_value", None)


@pytest.mark.parametrize(
    ("path", "method", "keys"),
    [
        ("/api/tickets/", "POST", TICKET_KEYS),
        ("/api/tickets/{ticket_id}/", "PATCH", TICKET_KEYS),
        ("/api/tickets/{ticket_id}/", "PUT", TICKET_KEYS),
        ("/api/tickets/{ticket_id}/comments/", "POST", COMMENT_KEYS),
    ],
)
def test_a_key_that_is_answered_and_cannot_be_written_is_read_only(
    admin, ticket, path, method, keys
):
    response = admin.send(method, path.format(ticket_id=ticket.pk), dict.fromkeys(keys))
    errors = response.json()["errors"]
    assert errors == {key: ["This key is read-only."] for key in keys}


def test_every_error_code_is_described():
    codes = {code for _, code in STATUS_AND_CODE.values()} | {"server_error"}
    assert set(SCHEMAS["Problem"]["properties"]["code"]["enum"]) == codes


DOCUMENTED = [
    (path, method, int(status))
    for (path, method), operation in OPERATIONS.items()
    for status in operation["responses"]
    # Only readiness can be tested without a ready database.
    if status != "503" or path == "/readyz"
]


# Headers that lead to a status.
HEADERS = {
    304: {"if_none_match": '"1"'},
    409: {"idempotency_key": "x"},
    412: {"if_match": '"999"'},
    415: {"content_type": "text/plain"},
}
TOO_LARGE = b" " * (1024 * 1024 + 1)


@pytest.mark.parametrize(("path", "method", "status"), DOCUMENTED)
def test_each_described_answer_is_produced(settings, ticket, path, method, status):
    CommentFactory(ticket=ticket, author=AgentFactory())
    operation = OPERATIONS[path, method]["operationId"]
    api = caller(operation, method, status)
    prepare(status, settings, api)
    target = merge_before(operation, status, ticket)
    uuid = attach_content(ticket, b"\x00\x01", "data.bin").pk if "{uuid}" in path else None
    address = path.format(ticket_id=10**18 if status == 404 else ticket.pk, uuid=uuid)
    query = "?nonsense=1" if status == 400 else ""
    body = BODIES.get(operation)
    kind = {"content_type": "message/rfc822"} if type(body) is bytes else {}
    if status == 413:
        large = TOO_LARGE * 50 if kind else TOO_LARGE
        body = Upload(large) if isinstance(body, Upload) else large
    body = {"into": target.pk} if body is INTO else body
    if operation == "receiveMessage" and status == 200:
        api.send(method, address, body, **kind)
    response = api.send(method, address + query, body, **kind | HEADERS.get(status, {}))
    assert response.status_code == status, response.content
    assert_documented(response, path, method)


def merge_before(operation, status, ticket):
    """Prepare what concerns merged tickets. Return a ticket to merge into."""
    target, other = TicketFactory(), TicketFactory()
    Ticket.objects.update(requester_email="ada@example.org")
    is_merged = status == 409 and operation not in ("createTicket", "unmergeTicket")
    if is_merged or (operation == "unmergeTicket" and status in (200, 204)):
        merge_tickets(ticket.pk, other.pk, SYSTEM)
    return target


def caller(operation, method, status):
    if status == 403:
        return without_permission(operation, method)
    if status == 429:
        return Api()
    if status == 204 and method != "DELETE":  # changes what it may not read
        return Api(TokenFactory(scopes=["write"]).secret)
    return Api("desk_unknown" if status == 401 else TokenFactory(scopes=["admin", "mail"]).secret)


def prepare(status, settings, api):
    beat()  # for /readyz
    if status == 413:
        settings.ATTACHMENT_TICKET_MB = 0
    if status == 409:
        api.send("POST", "/api/tickets/", NEW | {"title": "Another"}, **HEADERS[409])
    if status == 429:
        settings.CREATE_LIMIT = settings.SUGGEST_LIMIT = 0
    if status == 503:
        unapply_newest_migration()


def without_permission(operation, method):
    if operation in ("classify", "suggestTitle"):
        # Anyone may ask, but a session must send the CSRF token.
        api = Api()
        api.force_login(AgentFactory())
        return api
    return Api(TokenFactory(scopes=["write" if method == "GET" else "read"]).secret)


def test_a_created_ticket_without_what_is_private_is_described(anonymous):
    assert_documented(anonymous.send("POST", "/api/tickets/", NEW), "/api/tickets/", "POST")


def test_a_history_of_every_event_is_described(agent, ticket):
    agent.send("PATCH", one(ticket.pk), {"status": "closed", "assignee": AgentFactory().username})
    comment = CommentFactory(ticket=ticket)
    comment.public = True
    comment.save()
    comment.delete()
    path = "/api/tickets/{ticket_id}/history/"
    response = agent.get(path.format(ticket_id=ticket.pk))
    assert len(response.json()) == 5
    assert_documented(response, path, "GET")
