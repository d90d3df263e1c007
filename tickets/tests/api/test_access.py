"""Who may do what: every address, role and method of the URLconf.

An address or a method without a row fails the first test.
"""

from typing import Any

import pytest

from tickets.api.urls import urlpatterns
from tickets.tests.attachments.attaching import attach_content
from tickets.tests.factories import (
    AdminFactory,
    AgentFactory,
    TicketFactory,
    TokenFactory,
    UserFactory,
)
from tickets.tests.incoming.messages import letter
from tickets.tests.worker import beat
from tickets.vocabulary import Scope

from .client import LOG, NEW, Api, nothing_stored

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
TEXT = {"description": "x"}
INTO = object()  # a body with the number of another ticket
# (path, method): what to send, what success is, and which scope it needs (None: anybody).
ROWS = {
    ("/api/tickets/", "GET"): (None, 200, Scope.READ),
    ("/api/tickets/", "POST"): (NEW, 201, None),
    ("/api/tickets/stats/", "GET"): (None, 200, Scope.READ),
    ("/api/triage/report/", "GET"): (None, 200, Scope.READ),
    ("/api/tickets/classify/", "POST"): (TEXT, 200, None),
    ("/api/tickets/suggest-title/", "POST"): (TEXT, 200, None),
    ("/api/tickets/{ticket_id}/", "GET"): (None, 200, Scope.READ),
    ("/api/tickets/{ticket_id}/", "PATCH"): ({"status": "closed"}, 200, Scope.WRITE),
    ("/api/tickets/{ticket_id}/", "PUT"): (NEW, 200, Scope.WRITE),
    ("/api/tickets/{ticket_id}/", "DELETE"): (None, 204, Scope.ADMIN),
    ("/api/tickets/{ticket_id}/history/", "GET"): (None, 200, Scope.READ),
    ("/api/tickets/{ticket_id}/comments/", "GET"): (None, 200, Scope.READ),
    ("/api/tickets/{ticket_id}/comments/", "POST"): ({"body": "x"}, 201, Scope.WRITE),
    ("/api/tickets/{ticket_id}/attachments/", "GET"): (None, 200, Scope.READ),
    ("/api/tickets/{ticket_id}/attachments/", "POST"): (LOG, 201, Scope.WRITE),
    ("/api/tickets/{ticket_id}/attachments/{uuid}/", "GET"): (None, 200, Scope.READ),
    ("/api/tickets/{ticket_id}/merge/", "POST"): (INTO, 200, Scope.WRITE),
    ("/api/tickets/{ticket_id}/unmerge/", "POST"): (None, 409, Scope.WRITE),
    ("/api/mail/", "POST"): (letter(), 202, Scope.MAIL),
    ("/api/openapi.json", "GET"): (None, 200, None),
    ("/api/docs/", "GET"): (None, 200, None),
    ("/healthz", "GET"): (None, 200, None),
    ("/readyz", "GET"): (None, 200, None),
    ("/metrics", "GET"): (None, 200, Scope.ADMIN),
}
PATHS = sorted({path for path, _ in ROWS})
READ, WRITE, ADMIN, MAIL = Scope.READ, Scope.WRITE, Scope.ADMIN, Scope.MAIL
# What each role may do; None stands for what anybody may.
ROLES: Any = {
    "anonymous": {None},
    "a signed-in user": {None},
    "a signed-in agent": {None, READ, WRITE},
    "a signed-in admin": {None, READ, WRITE, ADMIN},
    "a token to read": {None, READ},
    "a token to write": {None, WRITE},
    "an admin's token": {None, READ, WRITE, ADMIN},
    "a token for mail": {None, MAIL},
    "an agent's own token for everything": {None, READ, WRITE},
    "a user's own token for everything": {None},
    "anybody in the open demo": {None, READ, WRITE},
}
SUGGESTIONS = {"/api/tickets/classify/", "/api/tickets/suggest-title/"}
NOT_KNOWN = {"anonymous", "anybody in the open demo"}


def caller(role, settings):
    scopes = {
        "a token to read": [READ],
        "a token to write": [WRITE],
        "an admin's token": [ADMIN],
        "a token for mail": [MAIL],
        "an agent's own token for everything": [READ, WRITE, ADMIN],
        "a user's own token for everything": [READ, WRITE, ADMIN],
    }
    owners = {"an agent's own token for everything": AgentFactory}
    owners["a user's own token for everything"] = UserFactory
    signed_in = {
        "a signed-in user": UserFactory,
        "a signed-in agent": AgentFactory,
        "a signed-in admin": AdminFactory,
    }
    if role in scopes:
        owner = owners[role]() if role in owners else None
        return Api(TokenFactory(scopes=scopes[role], user=owner).secret)
    settings.ACCESS_MODE = "open" if role == "anybody in the open demo" else "token"
    api = Api()
    if role in signed_in:
        api.force_login(signed_in[role]())
        api.cookies["csrftoken"] = "x" * 32
        api.defaults["HTTP_X_CSRFTOKEN"] = "x" * 32
    return api


def address_of(path):
    """Return the path of a new ticket, and of its file if it names one."""
    ticket = TicketFactory()
    beat()  # for /readyz
    uuid = attach_content(ticket, b"E 41", "log.txt").pk if "{uuid}" in path else None
    return path.format(ticket_id=ticket.pk, uuid=uuid)


def filled(body):
    return {"into": TicketFactory().pk, "same_requester": True} if body is INTO else body


def send(api, method, address, body):
    kind = {"content_type": "message/rfc822"} if type(body) is bytes else {}
    return api.send(method, address, body, **kind)


def expected(role, path, method):
    """Return the status that `docs/api.md` promises."""
    _, success, scope = ROWS[path, "GET" if method == "HEAD" else method]
    if (path, method) == ("/api/tickets/", "POST") and "token" in role:
        # Anyone may create, but a token only with `write`.
        scope = WRITE
    if path in SUGGESTIONS and "token" in role and not {READ, WRITE} & ROLES[role]:
        return 403
    if scope in ROLES[role]:
        # Who changes a ticket but may not read it gets nothing of it.
        return 204 if success == 200 and scope == WRITE and READ not in ROLES[role] else success
    return 401 if role in NOT_KNOWN else 403


def test_every_address_and_method_has_a_row():
    routes: Any = [
        pattern.callback for pattern in urlpatterns if hasattr(pattern.callback, "views")
    ]
    assert {(route.path, method) for route in routes for method in route.views} == set(ROWS)
    # The last pattern answers 404, and that of the doctor does so too, to others.
    assert [pattern.name for pattern in urlpatterns][-1] is None
    assert len(urlpatterns) == len(routes) + 2


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_do_just_this(settings, db, role, path):
    api = caller(role, settings)
    for method in METHODS:
        address = address_of(path)
        known = ROWS.get((path, "GET" if method == "HEAD" else method))
        body = filled(known[0]) if known else NEW
        status = expected(role, path, method) if known else 405
        if status < 400:
            assert send(api, method, address, body).status_code == status, method
            continue
        with nothing_stored():
            response = send(api, method, address, body)
        assert response.status_code == status, method
        assert response["Content-Type"] == "application/problem+json"
        if status == 405:
            assert set(response["Allow"].split(", ")) == answered(path)
        if status == 401:
            assert response["WWW-Authenticate"] == "Bearer"


def answered(path):
    methods = {method for row, method in ROWS if row == path}
    return methods | ({"HEAD"} if "GET" in methods else set())


@pytest.mark.parametrize(("path", "method"), ROWS)
def test_a_path_answers_with_and_without_its_trailing_slash(db, path, method):
    other = path.rstrip("/") if path.endswith("/") else f"{path}/"
    body, success, _ = ROWS[path, method]
    body = filled(body)
    api = Api(TokenFactory(scopes=[ADMIN, MAIL]).secret)
    address = address_of(other)
    assert send(api, method, address, body).status_code == success
    wrong = "PUT" if method != "PUT" else "POST"
    if wrong not in answered(path):
        assert send(api, wrong, address, body).status_code == 405
