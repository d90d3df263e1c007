"""POST /api/mail/: deliver a message that came for the desk."""

import pytest

from tickets.models.incoming import InboundMessage, Mailbox
from tickets.models.ticket import Ticket
from tickets.services.mail.incoming.handling import handle
from tickets.tests.factories import AgentFactory, TokenFactory
from tickets.tests.incoming.messages import letter
from tickets.vocabulary import MAX_DELIVERED_BYTES, MAX_MAIL_BYTES, Scope

from .client import NEW, TICKETS, Api, assert_problem

pytestmark = pytest.mark.django_db
MAIL = "/api/mail/"


@pytest.fixture
def server(db):
    return Api(TokenFactory(scopes=[Scope.MAIL]).secret)


def deliver(api, raw, query="", **headers):
    return api.send("POST", MAIL + query, raw, **{"content_type": "message/rfc822"} | headers)


def test_a_message_is_stored_and_its_verdict_follows(server):
    raw = letter()
    response = deliver(server, raw)
    assert response.status_code == 202
    row = InboundMessage.objects.get()
    assert response.json() == {
        "id": row.pk,
        "state": "stored",
        **dict.fromkeys(["kind", "ticket", "rule", "sender", "verified"]),
        "explanation": [],
    }
    handle(row.pk)
    response = deliver(server, raw)
    assert response.status_code == 200
    answer = response.json()
    assert (answer["id"], answer["state"], answer["kind"]) == (row.pk, "handled", "written")
    assert (answer["rule"], answer["ticket"]) == ("new", Ticket.objects.get().pk)


def test_the_envelope_comes_in_the_query(server):
    box = Mailbox.objects.create(name="Support", address="support@desk.example")
    deliver(server, letter(), "?mailbox=Support&envelope_from=&envelope_to=a@x.org,b@x.org")
    row = InboundMessage.objects.get()
    assert (row.mailbox, row.envelope_from) == (box, "")
    assert row.envelope_to == ["a@x.org", "b@x.org"]
    deliver(server, letter())
    assert InboundMessage.objects.latest("pk").envelope_from is None


@pytest.mark.parametrize(
    ("query", "field"),
    [("?mailbox=Sales", "mailbox"), ("?to=x", "to"), ("?mailbox=a%00b", "mailbox")],
)
def test_a_wrong_query_is_refused(server, query, field):
    assert_problem(deliver(server, letter(), query), 400, "validation_error", field)
    assert not InboundMessage.objects.exists()


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data", ""])
def test_another_media_type_is_refused(server, kind):
    response = deliver(server, letter(), content_type=kind)
    assert_problem(response, 415, "unsupported_media_type")
    assert not InboundMessage.objects.exists()


def test_a_compressed_message_is_refused(server):
    response = deliver(server, letter(), content_encoding="gzip")
    assert_problem(response, 415, "unsupported_media_type")


def test_an_empty_message_is_refused(server):
    assert_problem(deliver(server, b""), 400, "validation_error")


def test_of_a_message_over_25_mib_the_headers_are_stored(server):
    raw = letter("x" * (MAX_MAIL_BYTES - 400))
    assert len(raw) <= MAX_MAIL_BYTES
    assert deliver(server, raw).status_code == 202
    larger = letter("x" * MAX_MAIL_BYTES, subject="Plans")
    assert deliver(server, larger).status_code == 202
    whole, headers = InboundMessage.objects.order_by("pk")
    assert (whole.is_complete, bytes(whole.raw)) == (True, raw)
    assert not headers.is_complete
    assert bytes(headers.raw) == larger[: larger.index(b"\r\n\r\n") + 4]


def test_a_message_over_50_mib_is_refused(server):
    response = deliver(server, letter("x" * MAX_DELIVERED_BYTES))
    assert_problem(response, 413, "payload_too_large")
    assert not InboundMessage.objects.exists()


def test_a_token_for_mail_does_nothing_else(server):
    for method, path, body in (
        ("GET", TICKETS, None),
        ("POST", TICKETS, NEW),
        ("GET", "/api/tickets/stats/", None),
    ):
        assert_problem(server.send(method, path, body), 403, "permission_denied")
    assert not Ticket.objects.exists()


@pytest.mark.parametrize("scope", [Scope.READ, Scope.WRITE, Scope.ADMIN])
def test_other_tokens_deliver_nothing(scope):
    api = Api(TokenFactory(scopes=[scope]).secret)
    assert_problem(deliver(api, letter()), 403, "permission_denied")
    assert not InboundMessage.objects.exists()


def test_a_session_and_a_visitor_deliver_nothing(anonymous):
    assert_problem(deliver(anonymous, letter()), 401, "authentication_required")
    anonymous.force_login(AgentFactory())
    assert deliver(anonymous, letter()).status_code == 403
    assert not InboundMessage.objects.exists()
