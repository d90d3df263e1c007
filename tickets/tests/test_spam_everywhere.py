"""Spam is in no list, count, page or export but its own: each of them, one after another."""

import ast
import inspect
import re
from pathlib import Path

import pytest
from django.urls import reverse

from tickets.access.actors import user_actor
from tickets.api.urls import urlpatterns as api_urls
from tickets.pages.urls import urlpatterns as page_urls
from tickets.querysets.tickets import TicketQuerySet
from tickets.services.spam import mark_spam
from tickets.services.tickets import update_ticket
from tickets.tests.factories import (
    AdminFactory,
    CommentFactory,
    PredictionFactory,
    TicketFactory,
)
from tickets.tests.pages.conftest import signed_in

pytestmark = pytest.mark.django_db
TITLE = "Zebra lottery winner"
KIM = "kim@example.org"
ROOT = Path(__file__).resolve().parents[1]

# Every address that shows several tickets, or figures about them. {id} is a ticket that is not
# spam, from the same requester and about the same matter.
LISTS = [
    "/tickets/?sort=newest",
    "/tickets/?waiting_for=us&snoozed=false&sort=longest_waiting",
    "/tickets/?unread=true",
    "/tickets/?status=open",
    "/tickets/?assignee=me",
    "/tickets/?needs_review=true",
    "/tickets/?spam=false",
    "/tickets/?search=zebra",
    "/tickets/?search=from:kim",
    '/tickets/?search=from:"kim@example.org"',
    "/tickets/?search=%23{spam}",
    "/tickets/review/",
    "/tickets/review/?ticket={spam}",
    "/tickets/held/",
    "/tickets/news/",
    "/tickets/export.csv",
    "/tickets/similar/?text=Zebra+lottery+winner",
    "/tickets/{id}/",
    "/tickets/{id}/merge/",
    "/tickets/{id}/similar/",
    "/replies/",
    "/tickets/{id}/replies/",
    "/dashboard/",
    "/dashboard/?days=0",
    "/dashboard/triage/",
    "/dashboard/triage/?days=0",
    "/api/tickets/",
    "/api/tickets/?spam=",
    "/api/tickets/?spam=false",
    "/api/tickets/?search=zebra",
    "/api/tickets/?waiting_for=us",
    "/api/tickets/?waiting_for=requester",
    "/api/tickets/?unread=true",
    "/api/tickets/?needs_review=true",
    *(
        f"/api/tickets/?sort={sort}"
        for sort in ("oldest", "longest_waiting", "last_activity", "priority", "urgency")
    ),
    "/api/tickets/stats/",
    "/api/tickets/stats/?search=zebra",
    "/api/triage/report/",
    "/admin/",
    "/admin/tickets/ticket/",
    "/admin/tickets/ticket/?q=zebra",
    "/admin/tickets/ticket/?q=%23{spam}",
    "/admin/tickets/prediction/",
    "/admin/tickets/feedback/",
    "/admin/tickets/triagemodel/",
]
# Pages and operations about one ticket, about none, or about what a person has sent.
NOT_LISTS = {
    *("submit", "requester-page", "bulk", "undo", "save-view", "delete-view", "ticket-comments"),
    *("presence", "private-link-send", "private-link-revoke", "sign-in", "sign-out", "theme"),
    *("ticket-spam", "snooze", "unmerge", "link", "unlink", "split", "redact"),
    "desk-logo",
    *("change-password", "confirm-password", "sessions", "end-session", "end-sessions"),
    *("own-tokens", "revoke-token", "well-known-password", "forgotten-password", "reset-sent"),
    *("reset-password", "second-step", "second-factors", "add-app", "add-passkey"),
    *("remove-factor", "recovery-codes", "identities", "connect-identity"),
    *("disconnect-identity", "provider-sign-in", "provider-back", "provider-confirm"),
    *("saved-reply", "delete-reply", "insert-reply", "account", "invitation"),
    *(
        "requester-address",
        "requester-close",
        "requester-earlier",
        "ticket-earlier",
        "confirm-address",
        "dead-link",
        "dead-confirmation",
    ),
    *("original", "attachment", "thumbnail", "requester-attachment", "requester-thumbnail"),
    *("clear-bounced", "decide", "participants"),
    *("links", "links-sent", "language", "requester-language"),
    *("attachment", "thumbnail", "requester-attachment", "requester-thumbnail"),
    *("decide", "original", "participants", "clear-bounced", "decide-held", "held-original"),
    *("resend", "security-txt"),
    *(
        "api-classify",
        "api-mail",
        "api-attachment",
        "api-attachments",
        "api-suggest-title",
        "api-ticket",
        "api-history",
        "api-comments",
        "api-merge",
        "api-unmerge",
    ),
    *("api-attachments", "api-attachment", "api-mail"),
    *("api-openapi", "api-docs", "healthz", "readyz", "metrics"),
}


@pytest.fixture
def user(db):
    return AdminFactory(is_staff=True)


@pytest.fixture
def browser(user):
    return signed_in(user)


@pytest.fixture
def desk(user):
    """Return a ticket, and one like it that everything about tickets shows as well."""
    values = {
        "title": TITLE,
        "description": "You are the winner of the zebra lottery.",
        "requester_email": KIM,
        "category_source": "offline",
        "category_confidence": 0.1,
        "assignee": user,
    }
    tickets = TicketFactory(**values), TicketFactory(**values)
    for ticket in tickets:
        CommentFactory(ticket=ticket, author_role="requester", public=True)
        PredictionFactory(ticket=ticket)
        update_ticket(ticket.pk, {"priority": "high"}, user_actor(user))
    return tickets


def content(browser, path, ticket, spam):
    """Return what the address shows, without what changes from one request to the next."""
    response = browser.get(path.format(id=ticket.pk, spam=spam.pk))
    assert response.status_code == 200, path
    text = b"".join(response).decode() if response.streaming else response.content.decode()
    # The ticket's own page says what became of the other one: nothing.
    tokens = (
        r'name="(csrfmiddlewaretoken|form_key|after)" value="[^"]*"|data-(newest|read-at)="[^"]*"'
        r'|after=[^"]*"'  # a signed cursor contains the time
    )
    return re.sub(rf'{tokens}|"?\bsince[^,]*,|W/"[^"]*"|data-etag="[^"]*"', "", text)


@pytest.mark.parametrize("path", LISTS)
def test_a_list_with_spam_is_as_one_without_it(browser, user, desk, path):
    ticket, spam = desk
    mark_spam(spam.pk, user_actor(user))
    content(browser, path, ticket, spam)  # what opening it for the first time marks as read
    hidden = content(browser, path, ticket, spam)
    assert f"/tickets/{spam.pk}/" not in hidden
    spam.refresh_from_db()
    # Deleting it changes nothing more.
    type(spam).including_spam.filter(pk=spam.pk).delete()
    assert content(browser, path, ticket, spam) == hidden


def test_every_address_is_covered():
    names = {route.name for route in [*page_urls, *api_urls] if route.name}
    paths = {re.sub(r"\?.*", "", path).format(id=1, spam=1) for path in LISTS}
    for name in names - NOT_LISTS:
        of_a_ticket = ("ticket", "merge", "reply-picker", "ticket-similar")
        kwargs = {"ticket_id": 1} if name in of_a_ticket else {}
        address = reverse(name, kwargs=kwargs)
        assert {address, f"{address}/"} & paths, f"{name} is in neither LISTS nor NOT_LISTS"


def test_the_list_of_spam_has_spam_only(browser, user, desk):
    _, spam = desk
    mark_spam(spam.pk, user_actor(user))
    for path in (
        "/tickets/?spam=true",
        "/tickets/?spam=true&status=open",
        "/api/tickets/?spam=true",
    ):
        response = browser.get(path)
        rows = response.context["rows"] if path.startswith("/tickets/") else response.json()
        ids = [row["id"] if isinstance(row, dict) else row.ticket.pk for row in rows]
        assert ids == [spam.pk], path
    assert f"/tickets/{spam.pk}/" in content(browser, "/tickets/export.csv?spam=true", *desk)
    assert browser.get("/tickets/news/?spam=true").json()["announcement"] == "1 new ticket"
    assert TITLE in content(browser, "/admin/tickets/ticket/?spam=true", *desk)


def test_one_ticket_is_found_by_its_number(browser, user, desk):
    _, spam = desk
    mark_spam(spam.pk, user_actor(user))
    for path in (
        f"/tickets/{spam.pk}/",
        f"/api/tickets/{spam.pk}/",
        f"/api/tickets/{spam.pk}/history/",
        f"/api/tickets/{spam.pk}/comments/",
        f"/admin/tickets/ticket/{spam.pk}/change/",
        spam.private_link_path(),
    ):
        assert browser.get(path).status_code == 200, path


def test_sql_about_tickets_leaves_spam_out():
    """Raw SQL does not go through the manager, so each statement says it.

    Those of one line are about tickets that were chosen before.
    """
    for path in (ROOT / "querysets").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            statement = node.value if isinstance(node, ast.Constant) else None
            if isinstance(statement, str) and re.search(r"\n.*FROM tickets_ticket\b", statement):
                assert "NOT spam" in statement, path


def test_no_queryset_method_goes_around_the_manager():
    """`_default_manager` has no spam; `_base_manager` and `including_spam` have."""
    source = inspect.getsource(inspect.getmodule(TicketQuerySet))
    # Rows of ids that were filtered before, and one ticket that is locked by its number.
    assert source.count("including_spam") == 2
