"""The files of mail on a ticket's page: who attached them, and which are not on the ticket."""

import re

import pytest

from tickets.models.incoming import Mailbox
from tickets.models.participants import Participant
from tickets.tests.incoming.messages import AUTHSERV, DESK, answer_to, deliver, ticket_of_kim

pytestmark = pytest.mark.django_db

WITH_FILE = """\
From: {sender}
To: {to}
{more}Subject: Files
Message-ID: <files-{name}@example.org>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/plain

See the file.
--b
Content-Type: application/octet-stream
Content-Disposition: attachment; filename="{name}"

0123456789
--b--
"""


@pytest.fixture(autouse=True)
def _mailbox(db):
    Mailbox.objects.create(name="Support", address=DESK, authserv_id=AUTHSERV)


@pytest.fixture
def ticket():
    return ticket_of_kim()


def with_file(ticket, name, *, sender="kim@example.org", more=""):
    raw = WITH_FILE.format(to=answer_to(ticket), name=name, sender=sender, more=more)
    return deliver(raw.encode())


def visible(agent, ticket):
    """Return the text of the ticket's page without what is folded."""
    html = agent.get(ticket.get_absolute_url()).content.decode()
    unfolded = re.sub(r"<details.*?</details>", "", html, flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", unfolded).split())


def test_a_file_that_was_refused_is_named_without_unfolding_anything(agent, ticket):
    with_file(ticket, "setup.exe")
    assert "The file setup.exe was not attached: “setup.exe” is a program" in visible(agent, ticket)


def test_the_files_of_a_held_message_are_named_until_it_is_accepted(agent, ticket):
    row = with_file(ticket, "report.pdf", sender="lou@example.net")
    assert "The file report.pdf waits with the message." in visible(agent, ticket)
    agent.post(f"/tickets/{ticket.pk}/messages/{row.pk}/", {"decision": "accept"})
    page = visible(agent, ticket)
    assert "report.pdf" in page
    assert "waits with the message" not in page


def test_the_files_of_an_automatic_message_are_named(agent, ticket):
    with_file(ticket, "report.pdf", more="Auto-Submitted: auto-replied\n")
    assert "The file report.pdf waits with the message." in visible(agent, ticket)


def test_a_file_is_attached_by_its_author_also_if_people_join(agent, ticket):
    with_file(ticket, "report.pdf", more="Cc: lou@example.net\n")
    assert Participant.objects.of(ticket).exists()
    page = visible(agent, ticket)
    assert "The requester attached “report.pdf”" in page
    assert "The system added lou@example.net" in page
