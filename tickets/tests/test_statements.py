"""How many statements each route takes. A route that is not declared here fails."""

from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tickets.api.endpoints import Route
from tickets.api.urls import urlpatterns
from tickets.models.attachments import Attachment
from tickets.tests.api.client import LOG, NEW, Api
from tickets.tests.factories import AgentFactory, CommentFactory, TicketFactory, TokenFactory
from tickets.tests.incoming.messages import letter
from tickets.tests.pages.test_access import ROUTES, address
from tickets.tests.worker import beat
from tickets.vocabulary import Scope

pytestmark = pytest.mark.django_db

DECIDED = NEW | {"category": "billing", "priority": "high"}
# The most statements of each route of the API, one of which finds the token. Those that are held
# back count as well, and savepoints: `test_round_trips.py` counts what travels.
API = {
    ("api-attachment", "GET"): 3,
    ("api-attachments", "GET"): 5,
    ("api-attachments", "POST"): 19,
    ("api-classify", "POST"): 10,
    ("api-comments", "GET"): 4,
    ("api-comments", "POST"): 16,
    ("api-docs", "GET"): 1,
    ("api-history", "GET"): 7,
    ("api-mail", "POST"): 8,
    ("api-merge", "POST"): 30,
    ("api-openapi", "GET"): 1,
    ("api-stats", "GET"): 2,
    ("api-suggest-title", "POST"): 1,
    ("api-ticket", "DELETE"): 52,
    ("api-ticket", "GET"): 2,
    ("api-ticket", "PATCH"): 8,
    ("api-ticket", "PUT"): 14,
    ("api-tickets", "GET"): 2,
    ("api-tickets", "POST"): 8,
    ("api-triage-report", "GET"): 3,
    ("api-unmerge", "POST"): 38,
    ("healthz", "GET"): 0,
    ("metrics", "GET"): 17,
    ("readyz", "GET"): 3,
}
BODIES = {
    ("api-tickets", "POST"): DECIDED,
    ("api-classify", "POST"): NEW,
    ("api-suggest-title", "POST"): {"description": NEW["description"]},
    ("api-ticket", "PATCH"): {"priority": "low"},
    ("api-ticket", "PUT"): DECIDED,
    ("api-comments", "POST"): {"body": "We look into it.", "public": True},
    ("api-attachments", "POST"): LOG,
    ("api-mail", "POST"): letter(),
}
# The most statements of each page for an agent, two of which find the session and the account. An
# address that only takes POST refuses to be read.
PAGES = {
    "account": 4,
    "attachment": 5,
    "change-password": 3,
    "confirm-password": 3,
    "end-session": 0,
    "end-sessions": 0,
    "forgotten-password": 3,
    "own-tokens": 4,
    "reset-password": 1,
    "reset-sent": 3,
    "revoke-token": 0,
    "connect-identity": 0,
    "disconnect-identity": 0,
    "identities": 4,
    "provider-back": 1,
    "provider-confirm": 0,
    "provider-sign-in": 0,
    "add-app": 4,
    "add-passkey": 8,
    "recovery-codes": 0,
    "remove-factor": 0,
    "second-factors": 6,
    "second-step": 1,
    "sessions": 4,
    "well-known-password": 0,
    "bulk": 0,
    "clear-bounced": 0,
    "confirm-address": 3,
    "dashboard": 7,
    "dead-confirmation": 3,
    "dead-link": 3,
    "decide": 0,
    "decide-held": 0,
    "delete-reply": 0,
    "delete-view": 0,
    "desk-logo": 0,
    "held-mail": 5,
    "held-original": 4,
    "insert-reply": 0,
    "invitation": 1,
    "language": 0,
    "link": 0,
    "links": 3,
    "links-sent": 3,
    "merge": 9,
    "original": 5,
    "participants": 0,
    "presence": 0,
    "private-link-revoke": 0,
    "private-link-send": 0,
    "redact": 4,
    "reply-picker": 6,
    "requester-address": 0,
    "requester-attachment": 4,
    "requester-close": 0,
    "requester-earlier": 9,
    "requester-language": 0,
    "requester-page": 13,
    "requester-thumbnail": 4,
    "resend": 0,
    "review": 6,
    "save-view": 0,
    "security-txt": 0,
    "saved-replies": 4,
    "saved-reply": 4,
    "sign-in": 2,
    "sign-out": 0,
    "similar": 3,
    "snooze": 0,
    "split": 0,
    "submit": 3,
    "theme": 0,
    "thumbnail": 5,
    "ticket": 12,
    "ticket-comments": 0,
    "ticket-earlier": 9,
    "ticket-export": 5,
    "ticket-list": 3,
    "ticket-news": 5,
    "ticket-similar": 8,
    "ticket-spam": 0,
    "triage": 8,
    "undo": 0,
    "unlink": 0,
    "unmerge": 0,
}


def api_routes():
    routes = [(each.name, each.callback) for each in urlpatterns]
    return [
        (name, method) for name, view in routes if isinstance(view, Route) for method in view.views
    ]


def api_path(name, ticket):
    [path] = [each.callback.path for each in urlpatterns if each.name == name]
    file = Attachment.objects.first()
    return path.format(ticket_id=ticket.pk, uuid=file.uuid if file else UUID(int=1))


def statements_of(request):
    with CaptureQueriesContext(connection) as captured:
        response = request()
        if response.streaming:
            list(response.streaming_content)
    return response.status_code, len(captured)


def test_every_route_of_the_api_is_declared():
    assert set(api_routes()) == set(API)


def test_every_page_is_declared():
    assert set(ROUTES) == set(PAGES)


@pytest.mark.parametrize(("name", "method"), api_routes())
def test_a_route_of_the_api_takes_no_more_statements(name, method):
    scope = Scope.MAIL if name == "api-mail" else Scope.ADMIN
    api = Api(TokenFactory(user=None, scopes=[scope]).secret)
    tickets = TicketFactory.create_batch(2, requester_email="ada@example.org")
    ticket, other = tickets
    CommentFactory.create_batch(3, ticket=ticket)
    beat()  # for /readyz
    if name == "api-attachment":
        api.send("POST", api_path("api-attachments", ticket), LOG)
    if name == "api-unmerge":
        Api(TokenFactory(scopes=[Scope.ADMIN]).secret).send(
            "POST", api_path("api-merge", ticket), {"into": other.pk}
        )
    body = {"into": other.pk} if name == "api-merge" else BODIES.get((name, method))
    kind = {"content_type": "message/rfc822"} if name == "api-mail" else {}
    api.get("/api/tickets/")  # notes the use of the token, once a minute
    path = api_path(name, ticket)
    status, count = statements_of(lambda: api.send(method, path, body or b"", **kind))
    assert status < 300
    assert count <= API[name, method]


@pytest.mark.parametrize("name", ROUTES)
def test_a_page_takes_no_more_statements(name):
    ticket = TicketFactory(requester_email="ada@example.org")
    TicketFactory.create_batch(3, requester_email="ada@example.org")
    CommentFactory.create_batch(3, ticket=ticket)
    client = Client()
    client.force_login(AgentFactory())
    path = address(name, ticket)
    client.get(path)  # notes that the ticket was read
    status, count = statements_of(lambda: client.get(path))
    assert status != 500
    assert count <= PAGES[name]
