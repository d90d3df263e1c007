"""Every page, every role, every method."""

import gzip
from urllib.parse import unquote
from uuid import UUID

import brotli
import pytest
from django.test import Client
from django.urls import URLPattern

from tickets.models.ticket import Comment, Ticket
from tickets.pages.urls import urlpatterns
from tickets.tests.factories import TicketFactory
from tickets.web.compression import compress

# The status of each page for a visitor, a user who is not an agent, and an agent.
GET = {
    "security-txt": (404, 404, 404),  # see test_security_txt.py
    "submit": (200, 200, 200),
    "requester-page": (200, 200, 200),
    "requester-close": (405, 405, 405),
    "requester-earlier": (200, 200, 200),
    "requester-language": (405, 405, 405),
    "requester-address": (405, 405, 405),
    "requester-attachment": (404, 404, 404),
    "requester-thumbnail": (404, 404, 404),
    "dead-link": (404, 404, 404),
    "confirm-address": (404, 404, 404),
    "dead-confirmation": (404, 404, 404),
    "links": (200, 200, 200),
    "links-sent": (200, 200, 200),
    "ticket-list": (302, 403, 302),  # to its default view
    "bulk": (405, 405, 405),
    "review": (302, 403, 200),
    "undo": (405, 405, 405),
    "held-mail": (302, 403, 200),
    "decide-held": (405, 405, 405),
    "held-original": (302, 403, 404),
    "ticket-news": (401, 403, 200),
    "ticket-export": (302, 403, 200),
    "save-view": (405, 405, 405),
    "delete-view": (405, 405, 405),
    "similar": (302, 403, 200),
    "saved-replies": (302, 403, 200),
    "saved-reply": (302, 403, 404),
    "delete-reply": (405, 405, 405),
    "reply-picker": (302, 403, 200),
    "insert-reply": (405, 405, 405),
    "ticket": (302, 403, 200),
    "ticket-similar": (302, 403, 200),
    "ticket-earlier": (302, 403, 200),
    "ticket-comments": (405, 405, 405),
    "attachment": (404, 404, 404),  # see attachments/test_serving.py
    "thumbnail": (404, 404, 404),
    "ticket-spam": (405, 405, 405),
    "presence": (405, 405, 405),
    "snooze": (405, 405, 405),
    "private-link-send": (405, 405, 405),
    "private-link-revoke": (405, 405, 405),
    "merge": (302, 403, 200),
    "unmerge": (405, 405, 405),
    "link": (405, 405, 405),
    "unlink": (405, 405, 405),
    "redact": (302, 403, 200),
    "split": (405, 405, 405),
    "decide": (405, 405, 405),
    "original": (302, 403, 404),
    "participants": (405, 405, 405),
    "clear-bounced": (405, 405, 405),
    "resend": (405, 405, 405),
    "dashboard": (302, 403, 200),
    "triage": (302, 403, 200),
    "account": (302, 302, 200),  # without rights, to the password
    "change-password": (302, 200, 200),
    "confirm-password": (302, 200, 200),
    "second-factors": (302, 200, 200),
    "add-app": (302, 200, 200),
    "add-passkey": (302, 200, 200),
    "recovery-codes": (405, 405, 405),
    "remove-factor": (405, 405, 405),
    "second-step": (302, 302, 302),  # see test_second_factors.py
    "identities": (302, 200, 200),
    "connect-identity": (405, 405, 405),
    "disconnect-identity": (405, 405, 405),
    "provider-confirm": (405, 405, 405),
    "provider-sign-in": (405, 405, 405),
    "provider-back": (404, 404, 404),  # without a provider, see test_provider.py
    "sessions": (302, 200, 200),
    "end-session": (405, 405, 405),
    "end-sessions": (405, 405, 405),
    "own-tokens": (302, 200, 200),
    "revoke-token": (405, 405, 405),
    "well-known-password": (302, 302, 302),
    "forgotten-password": (200, 200, 200),
    "reset-sent": (200, 200, 200),
    "reset-password": (404, 404, 404),  # see test_forgotten.py
    "invitation": (404, 404, 404),  # see test_invitation.py
    "desk-logo": (404, 404, 404),
    "sign-in": (200, 302, 302),
    "sign-out": (405, 405, 405),
    "theme": (405, 405, 405),
    "language": (405, 405, 405),
}
AGENTS_ONLY = [
    *(
        "ticket-list",
        "bulk",
        "undo",
        "similar",
        "ticket",
        "ticket-similar",
        "ticket-earlier",
        "ticket-comments",
        "presence",
        "snooze",
        "dashboard",
        "triage",
    ),
    *("private-link-send", "private-link-revoke", "review", "ticket-spam"),
    *("ticket-export", "save-view", "delete-view", "account"),
    *("change-password", "confirm-password", "sessions", "end-session", "end-sessions"),
    *("own-tokens", "revoke-token"),
    *("identities", "connect-identity", "disconnect-identity", "provider-confirm"),
    *("second-factors", "add-app", "add-passkey", "recovery-codes", "remove-factor"),
    *("saved-replies", "saved-reply", "delete-reply", "reply-picker", "insert-reply"),
    *("merge", "unmerge", "link", "unlink", "split", "redact"),
    *("decide", "original", "participants", "clear-bounced", "resend"),
    *("held-mail", "decide-held", "held-original"),
]
METHODS = {
    "security-txt": {"GET"},
    "submit": {"GET", "POST"},
    "requester-page": {"GET", "POST"},
    "requester-close": {"POST"},
    "requester-earlier": {"GET"},
    "requester-address": {"POST"},
    "requester-language": {"POST"},
    "requester-attachment": {"GET"},
    "requester-thumbnail": {"GET"},
    "dead-link": {"GET", "POST"},
    "confirm-address": {"GET", "POST"},
    "dead-confirmation": {"GET", "POST"},
    "links": {"GET", "POST"},
    "links-sent": {"GET"},
    "ticket-list": {"GET"},
    "bulk": {"POST"},
    "review": {"GET", "POST"},
    "undo": {"POST"},
    "held-mail": {"GET"},
    "decide-held": {"POST"},
    "held-original": {"GET"},
    "ticket-news": {"GET"},
    "ticket-export": {"GET"},
    "save-view": {"POST"},
    "delete-view": {"POST"},
    "similar": {"GET"},
    "saved-replies": {"GET", "POST"},
    "saved-reply": {"GET", "POST"},
    "delete-reply": {"POST"},
    "reply-picker": {"GET"},
    "insert-reply": {"POST"},
    "ticket": {"GET", "POST"},
    "ticket-similar": {"GET"},
    "ticket-earlier": {"GET"},
    "ticket-comments": {"POST"},
    "attachment": {"GET"},
    "thumbnail": {"GET"},
    "ticket-spam": {"POST"},
    "presence": {"POST"},
    "snooze": {"POST"},
    "private-link-send": {"POST"},
    "private-link-revoke": {"POST"},
    "merge": {"GET", "POST"},
    "unmerge": {"POST"},
    "link": {"POST"},
    "unlink": {"POST"},
    "redact": {"GET", "POST"},
    "split": {"POST"},
    "decide": {"POST"},
    "original": {"GET"},
    "participants": {"POST"},
    "clear-bounced": {"POST"},
    "resend": {"POST"},
    "dashboard": {"GET"},
    "triage": {"GET"},
    "account": {"GET", "POST"},
    "change-password": {"GET", "POST"},
    "confirm-password": {"GET", "POST"},
    "second-factors": {"GET"},
    "add-app": {"GET", "POST"},
    "add-passkey": {"GET", "POST"},
    "recovery-codes": {"POST"},
    "remove-factor": {"POST"},
    "second-step": {"GET", "POST"},
    "identities": {"GET"},
    "connect-identity": {"POST"},
    "disconnect-identity": {"POST"},
    "provider-confirm": {"POST"},
    "provider-sign-in": {"POST"},
    "provider-back": {"GET"},
    "sessions": {"GET"},
    "end-session": {"POST"},
    "end-sessions": {"POST"},
    "own-tokens": {"GET", "POST"},
    "revoke-token": {"POST"},
    "well-known-password": {"GET"},
    "forgotten-password": {"GET", "POST"},
    "reset-sent": {"GET"},
    "reset-password": {"GET", "POST"},
    "invitation": {"GET", "POST"},
    "desk-logo": {"GET"},
    "sign-in": {"GET", "POST"},
    "sign-out": {"POST"},
    "theme": {"POST"},
    "language": {"POST"},
}
NOT_PAGES = {"similar", "reply-picker", "ticket-news", "ticket-export"}  # parts, a number, a file
ROUTES = {route.name: route for route in urlpatterns if route.name}  # but not the catch-alls


def address(name, ticket):
    route: URLPattern = ROUTES[name]
    path = "/" + str(route.pattern).replace("<int:view_id>", "1").replace("<int:reply_id>", "1")
    path = path.replace("<str:key>/<str:token>", "MQ/a-b").replace("<int:comment_id>", "1")
    path = path.replace("<int:session_id>", "1").replace("<int:token_id>", "1")
    path = path.replace("<int:factor_id>", "1").replace("<int:identity_id>", "1")
    path = path.replace("<int:message_id>", "1").replace("<int:email_id>", "1")
    path = path.replace("<path:path>", "a/b").replace("<str:token>", "expired")
    path = path.replace("<str:name>", "none.png").replace("<uuid:uuid>", str(UUID(int=1)))
    return path.replace("<str:secret>", ticket.link_secret).replace(
        "<int:ticket_id>", str(ticket.pk)
    )


def test_the_tables_list_every_page():
    assert set(ROUTES) == set(GET) == set(METHODS)


@pytest.mark.parametrize("name", GET)
def test_each_role_gets_its_status(name, ticket, visitor, user, agent):
    path = address(name, ticket)
    assert tuple(client.get(path).status_code for client in (visitor, user, agent)) == GET[name]


@pytest.mark.parametrize("name", AGENTS_ONLY)
def test_visitors_are_redirected_to_sign_in_and_back(name, ticket, visitor):
    path = address(name, ticket)
    is_post_only = "GET" not in METHODS[name]
    response = visitor.post(path) if is_post_only else visitor.get(f"{path}?a=b")
    assert response.status_code == 302
    next_path = "/tickets/" if is_post_only else f"{path}%3Fa%3Db"
    assert response.url == f"/sign-in/?next={next_path}"


@pytest.mark.parametrize(
    ("referer", "next_path"),
    [
        ("http://testserver/tickets/?status=open", "/tickets/%3Fstatus%3Dopen"),
        ("http://evil.example/tickets/7/", "/tickets/"),
        ("http://[", "/tickets/"),
    ],
)
def test_after_sign_in_a_form_leads_back_to_its_page(ticket, visitor, referer, next_path):
    path = address("ticket-comments", ticket)
    response = visitor.post(path, {"body": ""}, headers={"Referer": referer})
    assert response.url == f"/sign-in/?next={next_path}"
    sign_in = visitor.post(path, {"body": "Hello"}, headers={"Referer": referer})
    assert f'name="next" value="{unquote(next_path)}"' in sign_in.content.decode()


@pytest.mark.parametrize("name", AGENTS_ONLY)
def test_htmx_redirects_the_whole_page_to_sign_in(name, ticket, visitor):
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/tickets/?status=open"}
    send = visitor.get if "GET" in METHODS[name] else visitor.post
    response = send(address(name, ticket), headers=headers)
    assert response["HX-Redirect"] == "/sign-in/?next=/tickets/%3Fstatus%3Dopen"


@pytest.mark.parametrize("name", ["ticket", "ticket-comments"])
@pytest.mark.parametrize("role", ["visitor", "user"])
def test_only_agents_can_write(name, role, ticket, request):
    client = request.getfixturevalue(role)
    values = {"version": 1, "status": "closed", "body": "Hello", "public": "true"}
    assert client.post(address(name, ticket), values).status_code in (302, 403)
    assert Ticket.objects.get().status == "open"
    assert not Comment.objects.exists()


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods_are_refused(name, method, ticket, agent):
    response = agent.generic(method, address(name, ticket))
    assert response.status_code == 405
    assert METHODS[name] <= set(response["Allow"].split(", "))
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize("name", [name for name in METHODS if "GET" in METHODS[name]])
def test_head_has_the_status_of_get(name, ticket, agent):
    path = address(name, ticket)
    assert agent.head(path).status_code == agent.get(path).status_code


@pytest.mark.parametrize("name", ["ticket-list", "ticket", "dashboard"])
def test_caches_do_not_store_agents_pages(name, ticket, agent):
    assert agent.get(address(name, ticket))["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("name", ["submit", "sign-in"])
def test_caches_ask_again_for_public_pages(name, ticket, visitor):
    assert visitor.get(address(name, ticket))["Cache-Control"] == "private, no-cache"


def test_open_mode_makes_everybody_an_agent(open_mode, visitor):
    ticket = TicketFactory()
    assert visitor.get("/tickets/?sort=newest").status_code == 200
    visitor.post(f"/tickets/{ticket.pk}/", {"version": 1, "status": "closed"})
    assert Ticket.objects.get().status == "closed"


@pytest.mark.parametrize("name", [*(name for name in GET if name not in NOT_PAGES), "nothing"])
def test_every_page_warns_of_open_mode(name, open_mode, ticket, visitor):
    path = address(name, ticket) if name in GET else "/nothing"
    page = visitor.get(path, follow=True).content  # an account needs to be signed in
    assert b"Open demo." in page


def test_no_warning_outside_open_mode(ticket, visitor):
    assert b"Open demo." not in visitor.get("/").content


def test_a_deactivated_account_is_signed_out(agent, agent_user):
    agent_user.is_active = False
    agent_user.save()
    assert agent.get("/tickets/?sort=newest").status_code == 302


def test_every_page_has_a_character_set_and_the_content_security_policy(ticket, agent):
    for name in GET:
        response = agent.get(address(name, ticket))
        kind = response.headers.get("Content-Type", "")
        assert not kind.startswith("text/") or "charset=utf-8" in kind
        policy = response["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        for nothing in ("object-src", "base-uri", "frame-ancestors"):
            assert f"{nothing} 'none'" in policy
        assert "unsafe" not in policy


@pytest.mark.parametrize(
    ("accepted", "coding", "decompress"),
    [
        ("gzip, deflate", "gzip", gzip.decompress),
        ("gzip, deflate, br, zstd", "br", brotli.decompress),
    ],
)
def test_pages_are_compressed(agent, ticket, accepted, coding, decompress):
    response = agent.get("/tickets/?sort=newest", headers={"Accept-Encoding": accepted})
    assert response["Content-Encoding"] == coding
    assert "Accept-Encoding" in response["Vary"]
    assert int(response["Content-Length"]) == len(response.content)
    assert decompress(response.content).rstrip().endswith(b"</html>")


@pytest.mark.parametrize("padding", [1, 100, 256])
def test_the_size_of_a_page_does_not_tell_its_content(padding):
    compressed = compress(b"A page. " * 100, padding)
    assert brotli.decompress(compressed) == b"A page. " * 100
    assert len(compressed) == len(compress(b"A page. " * 100, 1)) + padding - 1


def test_the_navigation_fits_the_role(visitor, user, agent):
    links = [b'href="/tickets/"', b'href="/dashboard/"', b'action="/sign-out/"']
    for client, count in ((visitor, 0), (user, 1), (agent, 3)):
        page = client.get("/").content
        assert sum(link in page for link in links) == count


def test_an_unknown_host_is_refused(db):
    response = Client().get("/", headers={"Host": "evil.example"})
    assert response.status_code == 400
