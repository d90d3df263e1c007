"""Bearer tokens: which are accepted, and what only looks like one."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tickets.access.actors import SYSTEM
from tickets.audit.trail import audit_trail
from tickets.models.ticket import Ticket
from tickets.models.tokens import ApiToken
from tickets.services import accounts
from tickets.tests.factories import AgentFactory, TicketFactory, TokenFactory, UserFactory

from .client import CLASSIFY, NEW, SUGGEST_TITLE, TICKETS, Api, assert_problem, nothing_stored

NOW = timezone.now()
DEAD = {
    "expired": {"expires_at": NOW - timedelta(seconds=1)},
    "revoked": {"revoked_at": NOW - timedelta(seconds=1)},
}
ANYBODYS = [
    ("POST", TICKETS),
    ("POST", CLASSIFY),
    ("POST", SUGGEST_TITLE),
    ("GET", "/api/openapi.json"),
]


@pytest.mark.parametrize(("method", "path"), [("GET", TICKETS), *ANYBODYS])
@pytest.mark.parametrize("state", DEAD)
def test_an_unusable_token_is_refused_even_where_anyone_may_call(db, state, method, path):
    api = Api(TokenFactory(**DEAD[state]).secret)
    with nothing_stored():
        response = api.send(method, path, NEW)
    assert_problem(response, 401, "authentication_required")
    assert response["WWW-Authenticate"] == "Bearer"


def test_the_token_of_an_inactive_user_is_refused(db):
    token = TokenFactory(user=AgentFactory(is_active=False))
    assert Api(token.secret).get(TICKETS).status_code == 401


def test_a_token_does_no_more_than_its_user_may(db):
    user = UserFactory()
    api = Api(TokenFactory(user=user, scopes=["admin"]).secret)
    assert_problem(api.get(TICKETS), 403, "permission_denied")


def test_a_revoked_token_stops_at_once(db):
    new = accounts.create_token("console", ["read"], SYSTEM, days=1)
    api = Api(new.secret)
    assert api.get(TICKETS).status_code == 200
    accounts.revoke_token(new.token, SYSTEM)
    assert_problem(api.get(TICKETS), 401, "authentication_required")


@pytest.mark.parametrize(
    "header",
    [
        *("", "Bearer", "Bearer ", "Bearer  ", "{secret}", "Basic {secret}", "Token {secret}"),
        *("Bearer {secret}x", "Bearer x{secret}", "Bearer {secret} {secret}", "Bearer {SECRET}"),
        *("Bearer,{secret}", "Bearer={secret}", 'Bearer "{secret}"', "Basic eDp5", "Bearer \xff"),
        *("Bearer " + "x" * 4000, "Bearer desk_' OR 1=1 --", "Bearer None", "Bearer null"),
    ],
)
def test_anything_but_a_token_is_refused(db, header):
    token = TokenFactory(scopes=["admin"])
    authorization = header.replace("{secret}", token.secret).replace(
        "{SECRET}", token.secret.upper()
    )
    with nothing_stored():
        response = Api().send("POST", TICKETS, NEW, authorization=authorization)
    assert_problem(response, 401, "authentication_required")


@pytest.mark.parametrize("header", ["bearer {}", "BEARER {}", "Bearer   {}", " Bearer {} "])
def test_the_scheme_may_be_written_in_any_case(db, header):
    secret = TokenFactory().secret
    assert Api().get(TICKETS, headers={"Authorization": header.format(secret)}).status_code == 200


def test_a_request_with_a_token_ignores_the_session(db):
    api = Api()
    api.force_login(AgentFactory())
    assert api.get(TICKETS).status_code == 200
    assert api.get(TICKETS, headers={"Authorization": "Bearer x"}).status_code == 401
    reader = TokenFactory(scopes=["read"]).secret
    response = api.send("POST", TICKETS, NEW, authorization=f"Bearer {reader}")
    assert_problem(response, 403, "permission_denied")
    writer = TokenFactory(scopes=["write"]).secret
    # Needs no CSRF token, because the session does not act.
    assert api.send("POST", TICKETS, NEW, authorization=f"Bearer {writer}").status_code == 201


def test_the_open_demo_still_checks_tokens(settings, db):
    settings.ACCESS_MODE = "open"
    assert Api("desk_made-up").get(TICKETS).status_code == 401
    response = Api(TokenFactory(scopes=["read"]).secret).send("POST", TICKETS, NEW)
    assert_problem(response, 403, "permission_denied")


def test_the_use_is_recorded_once_a_minute(db):
    token = TokenFactory()
    Api(token.secret).get(TICKETS)
    token.refresh_from_db()
    first = token.last_used_at
    assert timezone.now() - first < timedelta(minutes=1)
    Api(token.secret).get(TICKETS)
    token.refresh_from_db()
    assert token.last_used_at == first
    ApiToken.objects.update(last_used_at=first - timedelta(seconds=61))
    Api(token.secret).get(TICKETS)
    token.refresh_from_db()
    assert token.last_used_at > first


def test_the_secret_is_not_stored(db):
    token = TokenFactory()
    assert token.secret not in str(ApiToken.objects.values().get())


def test_the_audit_trail_names_the_token(db):
    Api(TokenFactory(name="nightly import").secret).create()
    assert audit_trail(Ticket.objects.get())[0].actor == "token nightly import"


@pytest.mark.parametrize(
    ("method", "body"), [("PATCH", {}), ("PATCH", {"status": "closed"}), ("PUT", NEW)]
)
def test_who_may_not_read_learns_nothing_by_writing(db, method, body):
    ticket = TicketFactory(requester_email="kim@example.org", description="A secret.")
    api = Api(TokenFactory(scopes=["write"]).secret)
    response = api.send(method, f"/api/tickets/{ticket.pk}/", body)
    assert (response.status_code, response.content) == (204, b"")
    ticket.refresh_from_db()
    assert response["ETag"] == f'"{ticket.version}"'
