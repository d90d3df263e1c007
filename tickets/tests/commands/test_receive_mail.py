"""`manage.py receive_mail`, run as a mail server's pipe runs it: a process of its own."""

import os
import subprocess
import sys

import pytest
from django.conf import settings as django_settings
from django.db import connection

from tickets.models.incoming import InboundMessage, Mailbox
from tickets.models.ticket import Ticket
from tickets.tests.incoming.messages import letter
from tickets.tests.worker import work
from tickets.vocabulary import MAX_MAIL_BYTES

pytestmark = pytest.mark.django_db(transaction=True)


def pipe(raw, *options, **environment):
    """Hand a message to the command; return its exit code and what it says."""
    database = connection.settings_dict
    address = "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database)
    if database["HOST"].startswith("/"):
        address = "postgresql://{USER}@/{NAME}?host={HOST}&port={PORT}".format(**database)
    ended = subprocess.run(
        [sys.executable, "manage.py", "receive_mail", *options],
        input=raw,
        cwd=django_settings.BASE_DIR,
        env=os.environ | {"SECRET_KEY": "x" * 50, "DATABASE_URL": address} | environment,
        capture_output=True,
        check=False,
        timeout=60,
    )
    return ended.returncode, ended.stderr.decode()


def test_a_message_is_stored_and_a_worker_makes_a_ticket_of_it():
    box = Mailbox.objects.create(name="Support", address="support@desk.example")
    raw = letter()
    options = ("--mailbox", "Support", "--from", "kim@example.org", "--to", "a@x.org", "b@x.org")
    assert pipe(raw, *options) == (0, "")
    row = InboundMessage.objects.get()
    assert (bytes(row.raw), row.mailbox) == (raw, box)
    assert (row.envelope_from, row.envelope_to) == ("kim@example.org", ["a@x.org", "b@x.org"])
    work()
    assert Ticket.objects.get().requester_email == "kim@example.org"
    assert pipe(raw, *options)[0] == 0
    assert InboundMessage.objects.count() == 1


def test_an_empty_sender_is_the_null_return_path():
    assert pipe(letter(), "--from", "")[0] == 0
    assert InboundMessage.objects.get().envelope_from == ""


@pytest.mark.parametrize(
    "options",
    [["--mailbox", "Nobody"], ["--unknown"], ["--from"]],
    ids=["unknown mailbox", "unknown option", "no value"],
)
def test_a_wrong_option_leaves_the_message_with_the_mail_server(options):
    code, errors = pipe(letter(), *options)
    assert code == 75
    assert errors
    assert not InboundMessage.objects.exists()


def test_it_names_the_mailbox_that_does_not_exist():
    assert "There is no mailbox named Nobody" in pipe(letter(), "--mailbox", "Nobody")[1]


@pytest.mark.parametrize(
    "environment",
    [
        {"DATABASE_URL": "postgresql://desk@127.0.0.1:1/desk"},
        {"DATABASE_URL": "nonsense"},
        {"REPLY_DELAY_SECONDS": "soon"},
    ],
    ids=["no database", "no address", "no settings"],
)
def test_without_a_database_the_message_stays_with_the_mail_server(environment):
    code, errors = pipe(letter(), **environment)
    assert code == 75, errors
    assert errors
    assert not InboundMessage.objects.exists()


def test_a_huge_message_is_read_to_its_end():
    assert pipe(letter("x" * (MAX_MAIL_BYTES + 3_000_000)))[0] == 0
    assert not InboundMessage.objects.get().is_complete
