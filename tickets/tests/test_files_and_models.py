"""No file goes to a model, by whichever way it came and whoever is asked."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tickets.access.actors import SYSTEM
from tickets.models.attachments import Attachment
from tickets.models.ticket import Ticket
from tickets.services.mail.incoming.receive import receive
from tickets.services.splitting import split_comment
from tickets.tests.api.client import TICKETS, Api, one, upload
from tickets.tests.factories import AdminFactory, TokenFactory
from tickets.tests.worker import work
from tickets.vocabulary import MAX_TEXT_CHARS, Scope
from tools.fake_llm import FakeLLM

pytestmark = pytest.mark.django_db(transaction=True)

MARKER = "zanzibar4711"  # in the names and the contents of files, and nowhere else
CONTENT = f"The safe opens with {MARKER}.".encode()
TEXT = "I was charged twice for my invoice of March, please refund one of them. From the {way}."
PROVIDERS = {
    "gemini": {"GEMINI_API_KEY": "key", "GEMINI_BACKEND": "rest"},
    "gemini by Google's package": {"GEMINI_API_KEY": "key", "GEMINI_BACKEND": "sdk"},
    "openai": {"OPENAI_API_KEY": "key"},
    "groq": {"GROQ_API_KEY": "key"},
    "anthropic": {"ANTHROPIC_API_KEY": "key"},
    "local": {"LLM_MODEL": "fake-model"},
}
ADDRESSES = {
    "gemini": "GEMINI_BASE_URL",
    "openai": "OPENAI_BASE_URL",
    "groq": "GROQ_BASE_URL",
    "anthropic": "ANTHROPIC_BASE_URL",
    "local": "LLM_BASE_URL",
}


@pytest.fixture(params=PROVIDERS)
def model(request, settings):
    """A model server that keeps every request, asked by each provider."""
    provider = request.param.split()[0]
    with FakeLLM() as server:
        settings.LLM_ENABLED, settings.LLM_PROVIDER, settings.LLM_TIMEOUT = True, provider, 20.0
        settings.LLM_MAX_INPUT_CHARS = 2 * MAX_TEXT_CHARS
        address = server.url if provider in ("gemini", "anthropic") else f"{server.url}/v1"
        setattr(settings, ADDRESSES[provider], address)
        for name, value in PROVIDERS[request.param].items():
            setattr(settings, name, value)
        yield server


def submit_by_form():
    file = SimpleUploadedFile(f"{MARKER}.txt", CONTENT)
    response = Client().post("/", {"description": TEXT.format(way="form"), "files": [file]})
    assert response.status_code == 302
    ticket = Ticket.objects.get()
    answer = SimpleUploadedFile(f"{MARKER}.log", CONTENT * 2)
    values = {"body": TEXT.format(way="answer"), "files": [answer]}
    assert Client().post(ticket.private_link_path(), values).status_code == 302
    return ticket


def create_by_api():
    api = Api(TokenFactory(scopes=[Scope.READ, Scope.WRITE]).secret)
    values = {"title": "Charged twice", "description": TEXT.format(way="program")}
    ticket = api.send("POST", TICKETS, values).json()
    body = upload(CONTENT, name=f"{MARKER}.csv")
    assert api.send("POST", one(ticket["id"], "attachments/"), body).status_code == 201


def write_by_mail():
    """Send a message with a file, whose text is too long and ends with the marker."""
    text = TEXT.format(way="mail") + "\r\n" + "Again and again.\r\n" * 1200 + MARKER
    assert len(text) > MAX_TEXT_CHARS
    receive(
        "From: kim@example.org\r\nTo: support@desk.example\r\nSubject: Invoice\r\n"
        "Message-ID: <1@example.org>\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
        f"--x\r\n\r\n{text}\r\n"
        f"--x\r\nContent-Disposition: attachment; filename={MARKER}.txt\r\n\r\n".encode()
        + CONTENT
        + b"\r\n--x--\r\n"
    )


def test_no_file_goes_to_a_model(model):
    ticket = submit_by_form()
    create_by_api()
    write_by_mail()
    work()
    split_comment(ticket.pk, ticket.comments.get().pk, SYSTEM)
    work()
    requests = json.dumps(model.log)
    for way in ("form", "answer", "program", "mail"):
        assert f"From the {way}." in requests
    assert "Again and again" in requests
    assert MARKER not in requests
    named = Attachment.objects.filter(name__contains=MARKER).count()
    assert (named, Attachment.objects.count()) == (4, 5)  # one is the whole of the long text


def test_no_file_goes_to_a_model_when_a_person_asks(model):
    """Who types or edits is shown suggestions at once."""
    ticket = submit_by_form()
    api = Api(TokenFactory(user=AdminFactory(), scopes=[Scope.READ, Scope.WRITE]).secret)
    text = {"description": TEXT.format(way="pen")}
    for part in ("classify/", "suggest-title/"):
        assert api.send("POST", f"{TICKETS}{part}", text).status_code == 200
    changed = {"description": TEXT.format(way="edit")}
    assert api.send("PATCH", one(ticket.pk), changed).status_code == 200
    work()
    requests = json.dumps(model.log)
    assert "From the pen." in requests
    assert "From the edit." in requests
    assert MARKER not in requests
