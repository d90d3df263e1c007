"""Who gets a file, and with which headers."""

import pytest
from django.test import Client

from tickets.access.actors import SYSTEM
from tickets.models.attachments import Attachment, StoredFile
from tickets.models.incoming import InboundMessage
from tickets.models.workplace import PendingReply
from tickets.services.attachments.processing import process_file
from tickets.services.attachments.storage import storage
from tickets.services.private_links import revoke_private_link
from tickets.tests.api.client import Api, one
from tickets.tests.attachments.attaching import attach_content
from tickets.tests.factories import (
    AgentFactory,
    CommentFactory,
    TicketFactory,
    TokenFactory,
    UserFactory,
)
from tickets.vocabulary import InboundState, Scope, ThreadRule

from . import samples

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket():
    return linked_ticket()


def linked_ticket(**values):
    ticket = TicketFactory(**values)
    ticket.issue_link()
    ticket.save()
    return ticket


@pytest.fixture
def agent():
    client = Client()
    client.force_login(AgentFactory())
    return client


def agents_path(file, part=""):
    return f"/tickets/{file.ticket_id}/attachments/{file.pk}/{part}"


def private_path(ticket, file, part=""):
    return f"/t/{ticket.link_secret}/attachments/{file.pk}/{part}"


def content_of(response):
    return b"".join(response.streaming_content)


HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def test_agents_and_the_requester_get_a_file_to_save(ticket, agent):
    file = attach_content(ticket, samples.TEXT, "log “1”.txt")
    for response in (agent.get(agents_path(file)), Client().get(private_path(ticket, file))):
        assert response.status_code == 200
        assert content_of(response) == samples.TEXT
        assert {name: response[name] for name in HEADERS} == HEADERS
        assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''log%20")
        assert response["Content-Length"] == str(len(samples.TEXT))


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (samples.SVG, "logo.svg"),
        (samples.SVG, "logo.png"),
        (samples.XML_SVG, "logo.svg"),
        (samples.HTML, "photo.png"),
        (samples.HTML, "page.html"),
        (samples.PDF_AND_HTML, "invoice.pdf"),
        (samples.GIF_AND_SCRIPT, "a.gif"),
    ],
)
def test_a_file_that_could_run_in_a_browser_is_only_saved(ticket, content, name):
    file = attach_content(ticket, content, name)
    process_file(file.file_id)
    response = Client().get(private_path(ticket, file))
    assert response["Content-Disposition"].startswith("attachment")
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "html" not in response["Content-Type"]
    assert "svg" not in response["Content-Type"]
    assert "xml" not in response["Content-Type"]
    assert Client().get(private_path(ticket, file, "thumbnail/")).status_code == 404


def test_a_name_cannot_add_a_header(ticket, agent):
    file = attach_content(ticket, samples.TEXT, 'a"; filename="b.html\r\nX-Evil: 1')
    response = agent.get(agents_path(file))
    assert "X-Evil" not in response
    assert "\n" not in response["Content-Disposition"]


def test_a_thumbnail_is_shown(ticket, agent):
    file = attach_content(ticket, samples.png(), "photo.png")
    process_file(file.file_id)
    for path in (agents_path(file, "thumbnail/"), private_path(ticket, file, "thumbnail/")):
        response = agent.get(path)
        assert response["Content-Type"] == "image/webp"
        assert response["Content-Disposition"].startswith("inline")
        assert {name: response[name] for name in HEADERS} == HEADERS
        assert content_of(response).startswith(b"RIFF")


def test_nobody_else_gets_a_file(ticket):
    file = attach_content(ticket, samples.png(), "photo.png")
    process_file(file.file_id)
    visitor, user = Client(), Client()
    user.force_login(UserFactory())
    for client in (visitor, user):
        for part in ("", "thumbnail/"):
            assert client.get(agents_path(file, part)).status_code == 404


def test_a_private_link_opens_no_file_of_another_ticket(ticket):
    other = linked_ticket()
    file = attach_content(other, samples.png(), "photo.png")
    process_file(file.file_id)
    for part in ("", "thumbnail/"):
        assert Client().get(private_path(ticket, file, part)).status_code == 404
        assert Client().get(private_path(other, file, part)).status_code == 200
    missing = Client().get(
        f"/t/{ticket.link_secret}/attachments/{'0' * 8}-0000-4000-8000-{'0' * 12}/"
    )
    assert missing.status_code == 404


def test_a_revoked_link_opens_no_file(ticket):
    file = attach_content(ticket, samples.TEXT, "log.txt")
    path = private_path(ticket, file)
    revoke_private_link(ticket, SYSTEM)
    assert Client().get(path).status_code == 404


def test_the_requester_gets_files_of_public_messages_only(ticket, agent):
    note = CommentFactory(ticket=ticket)
    reply = CommentFactory(ticket=ticket, public=True)
    waiting = PendingReply.objects.create(ticket=ticket, body="Soon.")
    held = InboundMessage.objects.create(
        sha256="1" * 64, raw=b"", state=InboundState.HELD, rule=ThreadRule.REFERENCES, ticket=ticket
    )
    of_waiting = attach_content(ticket, b"3", "waiting.txt")
    Attachment.objects.filter(pk=of_waiting.pk).update(pending_reply=waiting)
    files = {
        "description": attach_content(ticket, b"0", "description.txt"),
        "note": attach_content(ticket, b"1", "note.txt", comment=note),
        "reply": attach_content(ticket, b"2", "reply.txt", comment=reply),
        "waiting": of_waiting,
        "held": attach_content(ticket, b"4", "held.txt", message=held),
    }
    page = Client().get(ticket.private_link_path()).content.decode()
    for name, file in files.items():
        is_public = name in ("description", "reply")
        assert Client().get(private_path(ticket, file)).status_code == (200 if is_public else 404)
        assert (file.name in page) == is_public, name
        assert agent.get(agents_path(file)).status_code == 200
    agents_page = agent.get(ticket.get_absolute_url()).content.decode()
    assert all(name in agents_page for name in ("note.txt", "reply.txt", "description.txt"))


def test_the_page_shows_name_size_and_thumbnail(ticket, agent):
    file = attach_content(ticket, samples.png(), "photo.png")
    process_file(file.file_id)
    page = agent.get(ticket.get_absolute_url()).content.decode()
    assert f'src="{agents_path(file, "thumbnail/")}"' in page
    assert "photo.png" in page
    assert "bytes" in page
    requesters_page = Client().get(ticket.private_link_path()).content.decode()
    assert f'src="{private_path(ticket, file, "thumbnail/")}"' in requesters_page


def test_a_new_thumbnail_is_news_for_an_open_page(ticket):
    file = attach_content(ticket, samples.png(), "photo.png")
    before = Client().get(ticket.private_link_path())["ETag"]
    process_file(file.file_id)
    assert Client().get(ticket.private_link_path())["ETag"] != before


def test_bytes_that_are_gone_are_an_error_of_ours(ticket, agent):
    file = attach_content(ticket, samples.TEXT, "log.txt")
    storage().delete(file.file.name)
    response = agent.get(agents_path(file))
    assert response.status_code == 503
    assert "Files cannot be stored or opened right now" in response.content.decode()


@pytest.mark.parametrize("scopes", [[Scope.WRITE], [Scope.MAIL]])
def test_a_token_without_read_gets_no_file(ticket, scopes):
    file = attach_content(ticket, samples.TEXT, "log.txt")
    api = Api(TokenFactory(scopes=scopes).secret)
    assert api.get(one(ticket.pk, f"attachments/{file.pk}/")).status_code == 403
    # Pages know no tokens.
    assert api.get(agents_path(file)).status_code == 404


def test_a_bucket_serves_files_until_it_is_gone(ticket, agent, settings, in_bucket):
    file = attach_content(ticket, samples.TEXT, "log.txt")
    assert content_of(agent.get(agents_path(file))) == samples.TEXT
    value = settings.STORAGES["attachments"]
    gone = value | {"OPTIONS": value["OPTIONS"] | {"endpoint_url": "http://127.0.0.1:9"}}
    settings.STORAGES = settings.STORAGES | {"attachments": gone}
    assert agent.get(agents_path(file)).status_code == 503


def test_the_names_in_the_storage_tell_nothing(ticket):
    attach_content(ticket, samples.TEXT, "secret-project.txt")
    row = StoredFile.objects.get()
    assert "secret" not in row.name
    assert row.sha256 not in row.name
