"""Every page of the desk and of the back office, every role: a refusal changes nothing.

The addresses come from the URLconf. One without a row fails. What pages do for those who may is
tested beside each; `api/test_access.py` is the table of the API.
"""

from collections.abc import Iterator
from uuid import UUID

import pytest
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tickets.tests.factories import (
    AdminFactory,
    AgentFactory,
    CommentFactory,
    TicketFactory,
    TokenFactory,
    UserFactory,
)

from .whole_database import nothing_written

pytestmark = pytest.mark.django_db

# --- who may ------------------------------------------------------------------------------

ANYBODY, AGENT = "anybody", "agent"  # of pages
ACCOUNT = "account"  # of whoever has one: nobody in the open demo
STAFF, WORKER, ADMIN = "staff", "worker", "admin"  # of the back office; a worker is an agent there
PAGES = {
    # Some have a secret in their address, and open to whoever has it.
    ANYBODY: [
        *("submit", "sign-in", "sign-out", "theme", "language", "links", "links-sent"),
        *("invitation", "confirm-address", "dead-link", "dead-confirmation", "desk-logo"),
        "security-txt",
        *("requester-page", "requester-close", "requester-earlier", "requester-language"),
        *("requester-address", "requester-attachment", "requester-thumbnail"),
        *(
            "second-step",
            "provider-sign-in",
            "provider-back",
            "forgotten-password",
            "reset-sent",
            "reset-password",
            "well-known-password",
        ),
    ],
    ACCOUNT: [
        *("account", "change-password", "confirm-password", "sessions", "end-sessions"),
        *("end-session", "own-tokens", "revoke-token", "second-factors", "add-app"),
        *("add-passkey", "recovery-codes", "remove-factor", "identities", "connect-identity"),
        *("disconnect-identity", "provider-confirm"),
    ],
    AGENT: [
        *("ticket-list", "ticket-news", "ticket-export", "bulk", "undo", "similar", "review"),
        *("save-view", "delete-view", "saved-replies", "saved-reply", "delete-reply"),
        *("reply-picker", "insert-reply", "ticket", "ticket-similar", "ticket-earlier"),
        *("ticket-comments", "attachment", "thumbnail", "presence", "ticket-spam", "snooze"),
        *("private-link-send", "private-link-revoke", "merge", "unmerge", "link", "unlink"),
        *("split", "held-mail", "decide-held", "held-original", "decide", "original"),
        *("participants", "clear-bounced", "resend", "redact", "dashboard", "triage"),
    ],
}
MODELS = {
    WORKER: ["tickets_ticket"],
    ADMIN: [
        *("tickets_erasure", "tickets_inboundmessage", "tickets_bouncedaddress", "tickets_email"),
        *("tickets_mailbox", "tickets_blockedaddress", "tickets_apitoken", "tickets_prediction"),
        *("tickets_feedback", "tickets_triagemodel", "tickets_savedview", "auth_user"),
        *("tickets_signinlock", "tickets_erasedaddress"),
        *("auth_group", "procrastinate_procrastinatejob"),
    ],
}
ACTIONS = ["changelist", "add", "history", "delete", "change"]
BACK_OFFICE: dict[str, list[str | None]] = {
    ANYBODY: ["login", "logout"],
    # None: redirects to the page of an object.
    STAFF: [None, "index", "password_change", "password_change_done", "jsi18n", "view_on_site"],
    WORKER: [f"{model}_{action}" for model in MODELS[WORKER] for action in ACTIONS],
    ADMIN: [
        *(f"{model}_{action}" for model in MODELS[ADMIN] for action in ACTIONS),
        *("tickets_inboundmessage_raw", "tickets_erasedaddress_person"),
        "auth_user_password_change",
    ],
}
# Nobody may delete a ticket but an admin. What each list offers to whom is in its own tests.
BACK_OFFICE[WORKER].remove("tickets_ticket_delete")
BACK_OFFICE[ADMIN].append("tickets_ticket_delete")
BACK_OFFICE[STAFF] += ["app_list", "autocomplete"]

ROLES = {
    "visitor": {ANYBODY},
    "visitor of the open demo": {ANYBODY, AGENT},
    "token of every scope": {ANYBODY},
    "agent whose account was closed": {ANYBODY},
    "account without a group": {ANYBODY, ACCOUNT},
    "agent": {ANYBODY, ACCOUNT, AGENT},
    "admin without staff status": {ANYBODY, ACCOUNT, AGENT},
    "staff without a group": {ANYBODY, ACCOUNT, STAFF},
    "agent with staff status": {ANYBODY, ACCOUNT, AGENT, STAFF, WORKER},
    "admin": {ANYBODY, ACCOUNT, AGENT, STAFF, WORKER, ADMIN},
    "superuser": {ANYBODY, ACCOUNT, AGENT, STAFF, WORKER, ADMIN},
}


def browser_of(role, settings):
    settings.ACCESS_MODE = "open" if "open demo" in role else "token"
    scopes = ["read", "write", "admin", "mail"]
    accounts = {
        "agent whose account was closed": lambda: AgentFactory(is_staff=True),
        "account without a group": UserFactory,
        "agent": lambda: AgentFactory(is_staff=False),
        "admin without staff status": lambda: AdminFactory(is_staff=False),
        "staff without a group": lambda: UserFactory(is_staff=True),
        "agent with staff status": lambda: AgentFactory(is_staff=True),
        "admin": lambda: AdminFactory(is_staff=True),
        "superuser": lambda: AgentFactory(is_staff=True, is_superuser=True),
    }
    if role == "token of every scope":
        secret = TokenFactory(scopes=scopes, user=AdminFactory(is_staff=True)).secret
        return Client(headers={"Authorization": f"Bearer {secret}"})
    client = Client()
    if role in accounts:
        account = accounts[role]()
        client.force_login(account)
        if "closed" in role:
            type(account).objects.filter(pk=account.pk).update(is_active=False)
    return client


# --- the addresses ------------------------------------------------------------------------


def routes(patterns=None, prefix="", namespace="") -> Iterator[tuple[str, str | None, str]]:
    """Return the path, the name and the namespace of every page."""
    for each in get_resolver().url_patterns if patterns is None else patterns:
        path = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from routes(each.url_patterns, path, each.namespace or namespace)
        elif isinstance(each, URLPattern) and not path.startswith(API):
            yield path, each.name, namespace


API = ("^api", "api/", "^healthz", "^readyz", "^metrics", "healthz", "readyz", "metrics")


def who_may(name, namespace):
    for who, names in (BACK_OFFICE if namespace else PAGES).items():
        if name in names:
            return who
    raise AssertionError(f"{namespace}:{name} has no row: who may open it?")


@pytest.fixture
def addresses():
    """Every page as (path, who may open it), of objects that exist where it matters."""
    ticket = TicketFactory()
    comment = CommentFactory(ticket=ticket)
    values = {
        "<int:ticket_id>": ticket.pk,
        "<int:comment_id>": comment.pk,
        "<str:secret>": ticket.link_secret,
        "<path:content_type_id>": ContentType.objects.get_for_model(ticket).pk,
        "<path:object_id>": ticket.pk,
        "<uuid:uuid>": UUID(int=1),
        "<str:key>/<str:token>": "MQ/a-b",
        "<int:session_id>": 1,
        "<int:token_id>": 1,
        "<int:factor_id>": 1,
        "<int:identity_id>": 1,
        "<path:path>": "a/b",
        "<str:token>": "expired",
        "<str:name>": "none.png",
        "^(?P<app_label>tickets|procrastinate|auth)/$": "tickets/",
    }
    pages = []
    for path, name, namespace in routes():
        if path.endswith("(?P<url>.*)$") or path == "admin/tickets/lesson/":
            continue  # redirect to a page, or say that there is none
        for part, value in values.items():
            path = path.replace(part, str(value))
        for part in ("<int:view_id>", "<int:reply_id>", "<int:message_id>", "<int:email_id>"):
            path = path.replace(part, "1")
        path = path.replace("<int:pk>", "1").replace("<id>", "1")
        assert "<" not in path, path
        pages.append((f"/{path}", who_may(name, namespace)))
    return pages


def test_the_table_names_nothing_that_is_gone():
    names = {(name, bool(namespace)) for _, name, namespace in routes()}
    listed = {(name, False) for each in PAGES.values() for name in each}
    listed |= {(name, True) for each in BACK_OFFICE.values() for name in each}
    assert listed - names == set()


def is_refusal(response):
    """Return whether it is one: no access, or a way to the sign-in page. Files are not there."""
    to_sign_in = response.status_code == 302 and (
        "/sign-in/" in response.url or "/admin/login/" in response.url
    )
    return to_sign_in or response.status_code in (401, 403, 405)


@pytest.mark.parametrize("role", ROLES)
def test_who_may_not_changes_nothing(role, addresses, settings):
    client = browser_of(role, settings)
    refused = [path for path, who in addresses if who not in ROLES[role]]
    assert refused or role in ("admin", "superuser")
    for path in refused:
        for method in ("GET", "POST"):
            with nothing_written():
                response = client.generic(method, path)
            nothing_there = response.status_code == 404 or getattr(response, "url", "") == "/admin/"
            assert is_refusal(response) or nothing_there, (method, path, response)


@pytest.mark.parametrize("role", ROLES)
def test_who_may_is_not_refused(role, addresses, settings):
    client = browser_of(role, settings)
    for path, who in addresses:
        is_form = path.startswith("/admin/") and path.endswith(FORMS)  # which some lists lack
        if who in ROLES[role] and path not in NOT_WITHOUT_MORE and not is_form:
            response = client.get(path)
            is_post_only = response.status_code == 405
            assert is_post_only or not is_refusal(response), (path, response)
            assert response.status_code < 500, (path, response)


# They sign out, lead to the sign-in page, and ask for a query.
FORMS = ("/add/", "/change/", "/delete/", "/history/", "/raw/", "/password/")
NOT_WITHOUT_MORE = (
    "/admin/logout/",
    "/admin/login/",
    "/admin/autocomplete/",
    "/sign-in/second/",
    "/sign-in/provider/back/",
)


def test_the_groups_decide():
    """Whoever leaves a group loses its pages with the next request."""
    agent, client = AgentFactory(is_staff=True), Client()
    client.force_login(agent)
    assert client.get("/tickets/?sort=newest").status_code == 200
    agent.groups.remove(*Group.objects.all())
    assert client.get("/tickets/?sort=newest").status_code == 403
    assert client.get("/admin/tickets/ticket/").status_code == 403
