"""The security log: one line for each event that `docs/security.md` lists."""

import logging
import re

import pytest
from django.conf import settings
from django.test import Client

from tickets.access.actors import SYSTEM
from tickets.services.accounts import create_token, revoke_token
from tickets.services.invitations import INVITATION
from tickets.services.personal_data.addresses import keyed_hash
from tickets.tests.factories import PASSWORD, AdminFactory, AgentFactory, TicketFactory
from tickets.vocabulary import Scope, SecurityEvent
from tickets.web.request_log import AddRequest

pytestmark = pytest.mark.django_db
PEER = "203.0.113.7"


@pytest.fixture
def log(caplog):
    caplog.set_level(logging.INFO, logger="tickets.security")

    def lines():
        """Return the event, the subject and the level of each line, and forget them."""
        noted = [
            (each.event, each.subject, each.levelname)
            for each in caplog.records
            if each.name == "tickets.security"
        ]
        caplog.clear()
        return noted

    return lines


@pytest.fixture
def visitor():
    return Client(REMOTE_ADDR=PEER)


@pytest.fixture
def admin(log):
    client = Client(REMOTE_ADDR=PEER)
    client.force_login(AdminFactory(username="boss", is_staff=True))
    log()
    return client


def sign_in(client, username, password):
    return client.post("/sign-in/", {"username": username, "password": password})


def test_signing_in_and_out(visitor, log):
    AgentFactory(username="lena")
    sign_in(visitor, "lena", PASSWORD)
    assert log() == [("signed_in", "lena", "INFO")]
    visitor.post("/sign-out/")
    assert log() == [("signed_out", "lena", "INFO")]


def test_a_name_without_an_account_is_not_written_down(visitor, log):
    AgentFactory(username="lena")
    sign_in(visitor, "lena", "wrong")
    sign_in(visitor, PASSWORD, "lena")
    assert log() == [("sign_in_failed", "lena", "WARNING"), ("sign_in_failed", "", "WARNING")]


def test_a_locked_account_and_the_refusals(visitor, log):
    AgentFactory(username="lena")
    for _ in range(settings.AXES_FAILURE_LIMIT):
        sign_in(visitor, "lena", "wrong")
    events = [event for event, _, _ in log()]
    assert events.count("sign_in_failed") == settings.AXES_FAILURE_LIMIT
    assert "account_locked" in events
    assert events[-1] == "rate_limited"


def test_a_refused_token_and_a_missing_right(visitor, log):
    visitor.get("/api/tickets/", headers={"Authorization": "Bearer desk_unknown"})
    assert log() == [("token_refused", "", "WARNING")]
    visitor.force_login(AgentFactory(username="lena"))
    log()
    assert visitor.delete(f"/api/tickets/{TicketFactory().pk}/").status_code == 403
    assert log() == [("forbidden", "", "WARNING")]


def test_tokens(log):
    token = create_token("Reports", [Scope.READ], SYSTEM).token
    revoke_token(token, SYSTEM)
    assert log() == [("token_created", "Reports", "INFO"), ("token_revoked", "Reports", "INFO")]


def test_an_export(admin, log):
    TicketFactory()
    assert admin.get("/tickets/export.csv").status_code == 200
    assert log() == [("exported", "", "INFO")]


def test_a_persons_data_without_the_address(admin, log, caplog):
    page, kim = "/admin/tickets/erasedaddress/person/", "kim@example.org"
    admin.post(page, {"address": kim, "action": "export"})
    admin.post(page, {"address": kim, "action": "erase", "again": kim})
    known = keyed_hash(kim)
    assert kim not in caplog.text
    assert log() == [("person_exported", known, "INFO"), ("person_erased", known, "INFO")]


def test_a_password_by_invitation(log):
    user = AgentFactory(username="lena")
    INVITATION.accept(*INVITATION.key(user), PASSWORD)
    assert log() == [("password_set", "lena", "INFO")]


def test_accounts_in_the_back_office(admin, log, caplog):
    new = {"username": "lena", "password1": PASSWORD, "password2": PASSWORD}
    new |= {"usable_password": "true", "role": "agent"}
    page = admin.post("/admin/auth/user/add/", new)
    assert page.status_code == 302, page.content.decode()
    assert log() == [("account_created", "lena", "INFO")]
    user = AgentFactory(username="zoe")
    values = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    admin.post(f"/admin/auth/user/{user.pk}/password/", values)
    assert log() == [("account_changed", "zoe", "INFO")]
    admin.post(
        "/admin/auth/user/", {"action": "deactivate", "index": "0", "_selected_action": [user.pk]}
    )
    assert "Deactivated" in caplog.text
    assert log() == [("account_changed", "zoe", "INFO")]
    admin.post(f"/admin/auth/user/{user.pk}/delete/", {"post": "yes"})
    assert log() == [("account_deleted", "zoe", "INFO")]
    admin.post("/admin/auth/group/add/", {"name": "Night shift"})
    assert log() == [("group_changed", "Night shift", "INFO")]


def test_a_private_link_is_logged_once_for_each_network(log):
    ticket = TicketFactory()
    path = ticket.private_link_path()
    for address in (PEER, "203.0.113.200", PEER):
        assert Client(REMOTE_ADDR=address).get(path).status_code == 200
    assert log() == [("link_opened", f"ticket #{ticket.pk}", "INFO")]
    for address in ("198.51.100.1", "2001:db8:1::1", "2001:db8:1:ffff::1"):
        Client(REMOTE_ADDR=address).get(path)
    assert [event for event, _, _ in log()] == ["link_opened"] * 2


def test_a_line_says_whose_request_it_was(log, caplog, visitor):
    visitor.get("/api/tickets/", headers={"Authorization": "Bearer desk_unknown"})
    [event] = [each for each in caplog.records if each.name == "tickets.security"]
    assert AddRequest().filter(event)
    assert event.getMessage() == "token refused"


def test_the_document_lists_each_event():
    text = (settings.BASE_DIR / "docs" / "security.md").read_text(encoding="utf-8")
    section = text.split("\n## The security log\n")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.M)) == set(SecurityEvent.values)
