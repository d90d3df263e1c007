"""Files in the forms of pages: sent, refused, kept for the next try."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from tickets.forms.files import sign_earlier_file
from tickets.models.attachments import Attachment, StoredFile
from tickets.models.ticket import Comment, Ticket
from tickets.models.workplace import PendingReply
from tickets.services.attachments.attaching import store_unattached
from tickets.services.attachments.storage import storage
from tickets.services.attachments.storing import receive_file
from tickets.tests.attachments.attaching import attach_content
from tickets.tests.factories import AgentFactory

from . import samples
from .test_serving import linked_ticket
from .test_storing import files_in

pytestmark = pytest.mark.django_db
MIB = 1024 * 1024
EARLIER = re.compile(r'name="earlier_files" value="([^"]+)"')


def upload(content=samples.TEXT, name="log.txt"):
    return SimpleUploadedFile(name, content)


@pytest.fixture
def visitor():
    return Client()


@pytest.fixture
def agent():
    client = Client()
    client.force_login(AgentFactory())
    return client


@pytest.fixture
def ticket():
    return linked_ticket()


class Page:
    """A form with files: where it is sent, with which values, and what it makes."""

    def __init__(self, client, path, **values):
        self.client, self.path, self.values = client, path, values

    def send(self, files, **values):
        return self.client.post(self.path, {**self.values, **values, "files": files})


@pytest.fixture(params=["submit", "requester", "reply", "note"])
def page(request, visitor, agent, ticket):
    comments = f"/tickets/{ticket.pk}/comments/"
    return {
        "submit": Page(visitor, "/", description="It is on fire."),
        "requester": Page(visitor, ticket.private_link_path(), body="It is on fire."),
        "reply": Page(agent, comments, body="It is on fire.", public="true"),
        "note": Page(agent, comments, body="It is on fire.", public="false"),
    }[request.param]


def test_files_are_sent_with_a_text(page, in_directory):
    response = page.send([upload(), upload(samples.png(), "photo.png")])
    assert response.status_code == 302
    assert list(Attachment.objects.values_list("name", flat=True)) == ["log.txt", "photo.png"]
    attachment = Attachment.objects.first()
    assert attachment.file.type == "text/plain"
    comment = attachment.comment
    if page.path == "/":
        assert comment is None
    else:
        assert comment.body == "It is on fire."
    assert len(files_in(in_directory)) == 2


def test_a_form_works_without_files(page):
    assert page.send([]).status_code == 302
    assert not Attachment.objects.exists()


def test_a_refused_file_says_why_and_the_form_stays(page):
    files = [upload(), upload(samples.EXE, "holiday.jpg"), upload(b"", "empty.txt")]
    response = page.send(files)
    text = response.content.decode()
    assert response.status_code == 400
    assert "“holiday.jpg” is a program or a script, which we do not accept." in text
    assert "“empty.txt” is empty." in text
    assert "It is on fire." in text
    assert not Attachment.objects.exists()
    # The good one need not be chosen again.
    [signed] = EARLIER.findall(text)
    assert page.send([upload(b"More", "more.txt")], earlier_files=signed).status_code == 302
    assert list(Attachment.objects.values_list("name", flat=True)) == ["log.txt", "more.txt"]


def test_files_stay_when_the_text_is_refused(page):
    response = page.send([upload()], description="", body="")
    [signed] = EARLIER.findall(response.content.decode())
    assert response.status_code == 400
    assert StoredFile.objects.count() == 1
    assert page.send([], earlier_files=signed).status_code == 302
    assert Attachment.objects.get().name == "log.txt"


def test_an_earlier_file_can_be_left_out(page):
    page.send([upload()], description="", body="")
    assert page.send([]).status_code == 302
    assert not Attachment.objects.exists()


@pytest.mark.parametrize("signed", ["1", "WzEsImEiXQ:1abc:def", "é"])
def test_an_earlier_file_cannot_be_guessed(page, signed):
    other = attach_content(linked_ticket(), samples.TEXT, "secret.txt")
    response = page.send([], earlier_files=[signed, str(other.file_id)])
    assert response.status_code == 400
    assert "Some files are no longer here" in response.content.decode()
    assert Attachment.objects.count() == 1


def test_an_earlier_file_that_was_deleted_is_said(page):
    file = receive_file("log.txt")
    file.write(samples.TEXT)
    [row] = store_unattached([file])
    signed = sign_earlier_file(row, "log.txt")
    row.delete()
    response = page.send([], earlier_files=signed)
    assert response.status_code == 400
    assert "Some files are no longer here" in response.content.decode()


def test_11_megabytes_into_a_limit_of_10(page, in_directory):
    response = page.send([upload(b"x" * (11 * MIB), "big.bin"), upload()])
    assert response.status_code == 400
    assert "“big.bin” is larger than 10 MB." in response.content.decode()
    assert len(files_in(in_directory)) == 1  # the other one, for the next try


def test_more_than_20_files(page):
    response = page.send([upload(b"%d" % number, f"{number}.txt") for number in range(21)])
    assert response.status_code == 400
    text = response.content.decode()
    assert "These are more than 20 files." in text
    assert len(EARLIER.findall(text)) == 20


def test_more_than_a_ticket_may_have(page, settings):
    settings.ATTACHMENT_TICKET_MB = 1
    big = [upload(bytes([number]) * 700_000, f"{number}.bin") for number in range(2)]
    response = page.send(big)
    assert response.status_code == 400
    assert "All files of one ticket may have 1 MB together." in response.content.decode()
    assert not Attachment.objects.exists()
    assert not Comment.objects.exists()


def test_a_body_past_the_limit_is_refused_before_it_is_read(page, settings, in_directory):
    settings.ATTACHMENT_TICKET_MB = 1
    response = page.send([upload(b"x" * (2 * MIB), "big.bin")])
    assert response.status_code == 413
    assert "larger than the limit of 1 MB" in response.content.decode()
    assert files_in(in_directory) == []


def test_a_storage_that_is_gone_keeps_the_form(page, settings, tmp_path):
    (tmp_path / "taken").write_text("a file, where the directory should be")
    value = settings.STORAGES["attachments"] | {"OPTIONS": {"location": str(tmp_path / "taken")}}
    settings.STORAGES = settings.STORAGES | {"attachments": value}
    before = Ticket.objects.count()
    response = page.send([upload()])
    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    text = response.content.decode()
    assert "Files cannot be stored or opened right now" in text
    assert "It is on fire." in text
    assert Ticket.objects.count() == before
    assert not Comment.objects.exists()
    assert not StoredFile.objects.exists()


def test_the_same_form_sent_twice_attaches_once(page):
    for _ in range(2):
        response = page.send([upload()], form_key="a-key")
        assert response.status_code == 302
    assert Attachment.objects.count() == 1


def test_another_file_makes_it_another_message(page):
    for content in (b"1", b"2"):
        page.send([upload(content)], form_key="a-key")
    assert Attachment.objects.count() == 2


# --- bodies as no browser sends them ----------------------------------------------------


def body_of(content, *, name="log.txt", headers="", end="--limit--\r\n"):
    return (
        b'--limit\r\nContent-Disposition: form-data; name="description"\r\n\r\nFire.\r\n'
        b'--limit\r\nContent-Disposition: form-data; name="files"; filename="%s"\r\n%s\r\n%s\r\n%s'
        % (name.encode(), headers.encode(), content, end.encode())
    )


def send_raw(client, body, **headers):
    kind = "multipart/form-data; boundary=limit"
    return client.generic("POST", "/", body, content_type=kind, **headers)


def test_the_length_that_a_part_declares_counts_for_nothing(visitor):
    send_raw(visitor, body_of(b"x" * 1000, headers="Content-Length: 3\r\n"))
    assert StoredFile.objects.get().size == 1000


def test_the_declared_type_counts_for_nothing(visitor):
    send_raw(visitor, body_of(samples.HTML, name="a.png", headers="Content-Type: image/png\r\n"))
    assert StoredFile.objects.get().type == "text/html"


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\\\..\\\\boot.ini", "boot.ini"),
        ("a\x00b.txt", "ab.txt"),
        ("photo\u202egnp.txt", "photognp.txt"),
        ("Übersicht für Zoë.txt", "Übersicht für Zoë.txt"),
        ("日本語.txt", "日本語.txt"),
    ],
)
def test_names_are_cleaned(visitor, name, stored):
    send_raw(visitor, body_of(samples.TEXT, name=name))
    assert Attachment.objects.get().name == stored


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--limit",
        b"no boundary at all",
        body_of(b"???", headers="Content-Transfer-Encoding: base64\r\n"),
    ],
)
def test_a_malformed_body_is_the_senders_fault(visitor, body):
    assert send_raw(visitor, body).status_code == 400
    assert not Ticket.objects.exists()


# --- limits of somebody who has not signed in -------------------------------------------


def test_a_visitor_has_a_daily_sum(visitor, settings):
    settings.ATTACHMENT_DAILY_MB = 1
    big = upload(b"x" * 700_000, "big.bin")
    assert visitor.post("/", {"description": "One.", "files": [big]}).status_code == 302
    other = upload(b"y" * 700_000, "other.bin")
    response = visitor.post("/", {"description": "Two.", "files": [other]})
    assert response.status_code == 429
    assert "You have sent too many files today" in response.content.decode()
    assert int(response["Retry-After"]) > 0
    assert Ticket.objects.count() == 1
    assert visitor.post("/", {"description": "Two."}).status_code == 302


def test_a_form_that_is_refused_counts_as_well(visitor, settings):
    settings.ATTACHMENT_DAILY_MB = 1
    for number in range(3):
        big = upload(bytes([number]) * 700_000, "big.bin")
        visitor.post("/", {"description": "", "files": [big]})
    assert StoredFile.objects.count() == 1


def test_agents_have_none(agent, ticket, settings):
    settings.ATTACHMENT_DAILY_MB = 0
    values = {"body": "Look.", "public": "true", "files": [upload()]}
    assert agent.post(f"/tickets/{ticket.pk}/comments/", values).status_code == 302
    assert Attachment.objects.exists()


# --- a script that shows the progress ---------------------------------------------------


def test_a_script_is_told_where_the_ticket_is(visitor):
    values = {"description": "Fire.", "files": [upload()]}
    response = visitor.post("/", values, headers={"HX-Request": "true"})
    assert response["HX-Redirect"] == Ticket.objects.get().private_link_path()


# --- replies that wait ------------------------------------------------------------------


@pytest.fixture
def waiting(settings, agent, ticket):
    settings.REPLY_DELAY_SECONDS = 60
    values = {"body": "Look.", "public": "true", "files": [upload()], "form_key": "k"}
    agent.post(f"/tickets/{ticket.pk}/comments/", values)
    return PendingReply.objects.get()


def test_a_reply_that_waits_carries_its_files(waiting, agent, ticket):
    assert waiting.attachments.get().name == "log.txt"
    assert "log.txt" in agent.get(ticket.get_absolute_url()).content.decode()
    assert "log.txt" not in Client().get(ticket.private_link_path()).content.decode()
    PendingReply.objects.update(due_at=timezone.now())
    assert "log.txt" in Client().get(ticket.private_link_path()).content.decode()
    attachment = Attachment.objects.get()
    assert attachment.comment == Comment.objects.get()
    assert attachment.pending_reply is None


def test_undo_brings_the_files_back(waiting, agent, ticket):
    response = agent.post("/tickets/undo/", {"changes": f"reply:{waiting.pk}"})
    page = agent.get(response.url).content.decode()
    [signed] = EARLIER.findall(page)
    values = {"body": "Look here.", "public": "true", "earlier_files": signed, "form_key": "l"}
    agent.post(f"/tickets/{ticket.pk}/comments/", values)
    reply = PendingReply.objects.latest("pk")
    assert reply.body == "Look here."
    assert reply.attachments.get().name == "log.txt"
    assert len(files_in(storage())) == 1
