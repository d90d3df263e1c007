"""One Dovecot for the tests of a process, and mailboxes on it.

It comes from the system (Debian: `apt install dovecot-imapd`). Without it these tests are skipped;
REQUIRE_DOVECOT=1 makes that a failure.
"""

import os
import secrets

import pytest

from tickets.models.incoming import Mailbox
from tickets.tests.imap_server import DOVECOT, PASSWORD, Dovecot


@pytest.fixture(scope="session")
def needs_dovecot():
    if DOVECOT is None:
        reason = "IMAP TESTS DID NOT RUN: Dovecot is missing (Debian: apt install dovecot-imapd)."
        if os.environ.get("REQUIRE_DOVECOT") == "1":
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(scope="session")
def running_dovecot(needs_dovecot):
    server = Dovecot().start()
    yield server
    server.remove()


@pytest.fixture
def dovecot(running_dovecot, trust):
    """Return the server, which may be stopped and started. Its certificate is trusted."""
    trust(running_dovecot)
    yield running_dovecot
    if running_dovecot.process is None:
        running_dovecot.start()


@pytest.fixture
def trust(monkeypatch):
    return lambda server: monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))


@pytest.fixture
def user():
    """Return a user name that no other test has."""
    return f"kim-{secrets.token_hex(4)}"


@pytest.fixture
def mailbox(db, dovecot, user):
    return create_mailbox(dovecot, user)


def create_mailbox(server, user, **values):
    defaults = {
        "name": user,
        "address": f"{user}@example.org",
        "host": server.host,
        "port": server.port,
        "username": user,
        "password": PASSWORD,
    }
    return Mailbox.objects.create(**defaults | values)
