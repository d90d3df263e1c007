"""Files by the API."""

import pytest

from tickets.models.attachments import Attachment, StoredFile
from tickets.tests.attachments.attaching import attach_content
from tickets.tests.factories import CommentFactory, TicketFactory

from .client import LOG, Upload, assert_problem, one, upload


def test_a_file_is_attached_listed_and_got_back(agent, ticket):
    response = agent.send("POST", one(ticket.pk, "attachments/"), LOG)
    assert response.status_code == 201
    file = response.json()
    assert (file["name"], file["size"], file["type"]) == ("log.txt", 4, "text/plain")
    assert (file["comment"], file["public"], file["state"]) == (None, True, "not_needed")
    assert response["Location"] == one(ticket.pk, f"attachments/{file['uuid']}/")
    assert file["url"] == f"http://testserver{response['Location']}"
    assert agent.get(one(ticket.pk, "attachments/")).json() == [file]
    content = agent.get(response["Location"])
    assert b"".join(content.streaming_content) == b"E 42"
    assert content["Content-Disposition"] == 'attachment; filename="log.txt"'


def test_a_file_belongs_to_a_comment_that_is_named(agent, ticket):
    note = CommentFactory(ticket=ticket)
    file = agent.send(
        "POST", one(ticket.pk, "attachments/"), upload(b"E 42", comment=str(note.pk))
    ).json()
    assert (file["comment"], file["public"]) == (note.pk, False)
    assert note.attachments.count() == 1


def test_a_comment_of_another_ticket_is_refused(agent, ticket):
    note = CommentFactory(ticket=TicketFactory())
    body = upload(b"E 42", comment=str(note.pk))
    response = agent.send("POST", one(ticket.pk, "attachments/"), body)
    assert_problem(response, 400, "validation_error", "comment")
    assert not StoredFile.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (upload(b""), "file"),
        (upload(b"E 42", name="run.exe"), "file"),
        (upload(b"E 42", comment="x"), "comment"),
        (upload(b"E 42", public="true"), "public"),
        (
            Upload(b'--limit\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n--limit--'),
            "file",
        ),
        (Upload(LOG.removesuffix(b"--limit--\r\n") + LOG), "file"),
    ],
)
def test_a_bad_form_names_what_is_wrong(agent, ticket, body, field):
    response = agent.send("POST", one(ticket.pk, "attachments/"), body)
    assert_problem(response, 400, "validation_error", field)
    assert not Attachment.objects.exists()


def test_a_file_past_the_limit_is_refused(agent, ticket, settings):
    settings.ATTACHMENT_MAX_MB = 1
    body = upload(b"x" * (1024 * 1024 + 1), "big.bin")
    response = agent.send("POST", one(ticket.pk, "attachments/"), body)
    problem = assert_problem(response, 400, "validation_error", "file")
    assert problem["errors"]["file"] == ["“big.bin” is larger than 1 MB."]


def test_a_body_past_the_limit_of_a_ticket_is_not_read(agent, ticket, settings):
    settings.ATTACHMENT_TICKET_MB = 1
    body = upload(b"x" * (2 * 1024 * 1024 + 1), "big.bin")
    response = agent.send("POST", one(ticket.pk, "attachments/"), body)
    assert_problem(response, 413, "payload_too_large")


def test_json_is_the_wrong_type(agent, ticket):
    response = agent.send("POST", one(ticket.pk, "attachments/"), {"file": "x"})
    assert_problem(response, 415, "unsupported_media_type")


def test_a_file_of_another_ticket_is_not_found(agent, ticket):
    file = attach_content(TicketFactory(), b"E 42", "log.txt")
    assert_problem(agent.get(one(ticket.pk, f"attachments/{file.pk}/")), 404, "not_found")
    assert_problem(agent.get(one(ticket.pk, "attachments/abc/")), 404, "not_found")


def test_the_files_of_a_note_are_not_public(agent, ticket):
    attach_content(ticket, b"1", "a.txt", comment=CommentFactory(ticket=ticket))
    attach_content(ticket, b"2", "b.txt", comment=CommentFactory(ticket=ticket, public=True))
    listed = agent.get(one(ticket.pk, "attachments/")).json()
    assert [(file["name"], file["public"]) for file in listed] == [
        ("a.txt", False),
        ("b.txt", True),
    ]
