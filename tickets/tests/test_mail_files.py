"""The files of a reply travel with its email, up to a size."""

import hashlib

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from tickets.access.actors import user_actor
from tickets.models.attachments import Attachment, StoredFile
from tickets.services.mail import outbox
from tickets.tests.factories import AgentFactory, CommentFactory, TicketFactory
from tickets.tests.worker import work
from tickets.vocabulary import ScanState

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _storage(settings, tmp_path):
    backend = "django.core.files.storage.FileSystemStorage"
    attachments = {"BACKEND": backend, "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = settings.STORAGES | {"attachments": attachments}


@pytest.fixture
def comment(mail_server):
    author = user_actor(AgentFactory()).user
    ticket = TicketFactory(requester_email="kim@example.org")
    return CommentFactory(ticket=ticket, author=author, public=True)


def attach(comment, name, content=b"%PDF-1.4", media_type="application/pdf", **values):
    stored = StoredFile.objects.create(
        sha256=hashlib.sha256(name.encode()).hexdigest(),
        size=len(content),
        name=storages["attachments"].save(name.replace("/", "-"), ContentFile(content)),
        type=media_type,
        **values,
    )
    return Attachment.objects.create(ticket=comment.ticket, comment=comment, file=stored, name=name)


def send(mail_server, comment):
    outbox.comment_added(comment)
    work()
    return mail_server.messages[-1]


def attached(message):
    return [(part.get_filename(), part.get_content()) for part in message.iter_attachments()]


def texts(message):
    parts = [message.get_body([kind]).get_content() for kind in ("plain", "html")]
    return "".join(parts)


def test_the_files_of_the_reply_are_attached(mail_server, comment):
    attach(comment, "Rechnung für Müller, Kim.pdf", b"%PDF-1.4 \x00\xff")
    attach(comment, "readme.txt", b"One\r\nTwo\n", "text/plain")
    attach(CommentFactory(public=False), "secret.txt", b"INTERNAL", "text/plain")
    message = send(mail_server, comment)
    pdf, text = message.iter_attachments()
    assert pdf.get_filename() == "Rechnung für Müller, Kim.pdf"
    assert (pdf.get_content_type(), pdf.get_content()) == ("application/pdf", b"%PDF-1.4 \x00\xff")
    assert text.get_payload(decode=True) == b"One\r\nTwo\n"
    assert "on your ticket" not in texts(message)


def test_files_past_the_limit_are_named(mail_server, comment, settings):
    settings.EMAIL_ATTACHMENTS_MB = 1
    attach(comment, "large <b>.bin", b"x" * (1024 * 1024 + 1), "application/zip")
    attach(comment, "first.bin", b"x" * 700_000, "application/zip")
    attach(comment, "second.bin", b"x" * 700_000, "application/zip")
    attach(comment, "small.bin", b"x" * 100_000, "application/zip")
    message = send(mail_server, comment)
    assert [name for name, _ in attached(message)] == ["first.bin", "small.bin"]
    assert "These files are on your ticket's page:\n    large <b>.bin\n    second.bin\n" in (
        message.get_body(["plain"]).get_content().replace("\r\n", "\n")
    )
    assert "large &lt;b&gt;.bin" in message.get_body(["html"]).get_content()
    assert comment.ticket.private_link_path() in texts(message)


def test_a_participant_learns_what_is_missing(mail_server, comment, settings):
    settings.EMAIL_ATTACHMENTS_MB = 0
    comment.ticket.participants.create(address="lou@example.org", folded="lou@example.org")
    attach(comment, "large.bin")
    send(mail_server, comment)
    [copy] = [message for message in mail_server.messages if message["To"] == "lou@example.org"]
    assert "These files could not be attached:" in texts(copy)


def test_what_the_scanner_has_not_passed_stays_here(mail_server, comment):
    attach(comment, "waiting.pdf", scan_state=ScanState.WAITING)
    attach(comment, "virus.pdf", scan_state=ScanState.REFUSED)
    attach(comment, "clean.pdf", scan_state=ScanState.CLEAN)
    message = send(mail_server, comment)
    assert [name for name, _ in attached(message)] == ["clean.pdf"]
    assert "waiting.pdf" in texts(message)
    assert "virus.pdf" not in message.as_string() + texts(message)


def test_a_file_that_is_gone_stops_no_reply(mail_server, comment):
    row = attach(comment, "gone.pdf")
    storages["attachments"].delete(row.file.name)
    message = send(mail_server, comment)
    assert attached(message) == []
    assert "gone.pdf" in texts(message)


@pytest.mark.parametrize("media_type", ["message/rfc822", "multipart/mixed", "nonsense", ""])
def test_no_file_is_read_as_part_of_the_message(mail_server, comment, media_type):
    attach(comment, "mail.eml", b"Subject: x\r\n\r\ny", media_type)
    message = send(mail_server, comment)
    [part] = message.iter_attachments()
    assert part.get_content_type() == "application/octet-stream"
    assert part.get_content() == b"Subject: x\r\n\r\ny"


def test_a_name_adds_no_header(mail_server, comment):
    attach(comment, 'a"; b=c\r\nBcc: victim@example.org')
    message = send(mail_server, comment)
    assert message["Bcc"] is None
    [part] = message.iter_attachments()
    assert part["Bcc"] is None
