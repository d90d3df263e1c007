"""Nothing of a marker that was in every field is left, but for what docs/security.md lists."""

import logging
import re
from pathlib import Path

import pytest

from tickets.services.personal_data.people import erase_person

from .leftovers import ADDRESS, MARK, MarkedDesk, columns_with, files_with

pytestmark = pytest.mark.django_db(transaction=True)
SECURITY = Path(__file__).resolve().parents[3] / "docs" / "security.md"
# What a deleted ticket leaves. docs/security.md says why, and what removes it.
STAYS = {
    "axes_accessattempt.username",
    "tickets_blockedaddress.address",
    "tickets_blockedaddressevent.address",
    "tickets_bouncedaddress.address",
    "tickets_bouncedaddress.diagnostic",
    "tickets_bouncedaddress.folded",
    "tickets_prediction.evidence",  # of suggestions that were never sent
    "tickets_savedview.query",
}


@pytest.fixture
def desk(settings, caplog):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.REPLY_DELAY_SECONDS = 10
    caplog.set_level(logging.INFO)
    return MarkedDesk().fill()


def test_the_marker_is_everywhere_at_first(desk, files):
    columns = columns_with(MARK)
    for column in (
        *("tickets_ticket.title", "tickets_ticket.description", "tickets_ticket.requester_email"),
        *("tickets_ticketevent.title", "tickets_ticketevent.requester_email"),
        *("tickets_comment.body", "tickets_commentevent.body", "tickets_pendingreply.body"),
        *("tickets_participant.address", "tickets_participantevent.address"),
        *("tickets_attachment.name", "tickets_attachmentevent.name"),
        *("tickets_inboundmessage.raw", "tickets_inboundmessage.text", "tickets_email.address"),
        *("tickets_inboundmessage.subject", "tickets_inboundmessage.sender_name"),
        *("tickets_inboundmessage.envelope_from", "tickets_ticketdocument.document"),
        *("django_admin_log.object_repr", "tickets_idempotencykey.answer"),
        *STAYS,
    ):
        assert column in columns, column
    assert files_with(files, MARK)
    # Each of them is in the table of the documents.
    text = SECURITY.read_text().split("## Where personal data lies")[1].split("\n## ")[0]
    tables = {column.partition(".")[0] for column in columns}
    assert tables - set(re.findall(r"`(\w+)`", text)) == set()


def test_deleted_tickets_leave_only_what_is_listed(desk, files, caplog, settings):
    desk.delete_all()
    assert columns_with(MARK) - STAYS == set()
    assert files_with(files, MARK) == []
    # The files of the database have what it has not overwritten yet.
    directories = [path for path in settings.DATA_DIR.iterdir() if path.name != "postgres"]
    assert [each for path in directories for each in files_with(path, MARK)] == []
    assert MARK not in caplog.text


def test_of_an_erased_person_nothing_is_left_but_what_is_named(desk, files, caplog):
    erased = erase_person(ADDRESS, desk.actor)
    assert ADDRESS not in repr(erased)
    desk.admin.get("/tickets/")
    assert columns_with(ADDRESS) == {"tickets_savedview.query"}
    assert erased.views == ["Kim"]
    assert ADDRESS not in caplog.text
