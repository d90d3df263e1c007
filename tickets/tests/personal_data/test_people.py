"""Export and erase all that the desk has of one address."""

import io
import json
from datetime import timedelta
from zipfile import ZipFile

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from tickets.access.actors import SYSTEM
from tickets.audit.trail import audit_trail
from tickets.exceptions import InvalidInput
from tickets.models.events import ErasedAddress, Erasure
from tickets.models.incoming import InboundMessage, Mailbox
from tickets.models.mail import BouncedAddress, Email
from tickets.models.participants import Participant
from tickets.models.sign_ins import SignIn
from tickets.models.spam import BlockedAddress
from tickets.models.ticket import Comment, Ticket
from tickets.models.triage import Prediction, TicketVector
from tickets.services.addresses import request_address
from tickets.services.comments import add_comment, add_reply
from tickets.services.counts import recount
from tickets.services.mail import rendering
from tickets.services.merging import merge_tickets
from tickets.services.participants import add_participant
from tickets.services.personal_data.addresses import keyed_hash
from tickets.services.personal_data.emptying import empty_ticket
from tickets.services.personal_data.export import export_person
from tickets.services.personal_data.people import erase_person
from tickets.services.personal_data.replay import read_erasures, replay
from tickets.services.tickets import create_ticket, delete_ticket, update_ticket
from tickets.tests.attachments.attaching import attach_content
from tickets.tests.factories import AdminFactory, AgentFactory, PredictionFactory, TicketFactory
from tickets.tests.incoming.messages import DESK, answer_to, deliver, letter, sent_email
from tickets.tests.incoming.test_loops import bounce
from tickets.vocabulary import MailKind

from .leftovers import columns_with

pytestmark = pytest.mark.django_db
KIM = "kim@example.org"
ADDED = {"title": "Charged twice", "description": "My zqxw invoice.", "requester_email": KIM}


def ticket_of_kim(**values):
    return create_ticket(ADDED | values, SYSTEM)


# --- erasing ----------------------------------------------------------------------------


def test_a_ticket_stays_with_its_numbers_times_and_values():
    ticket = ticket_of_kim(category="billing", priority="high")
    add_comment(ticket, {"body": "zqxw answer", "public": True}, SYSTEM)
    add_reply(ticket, {"body": "zqxw thanks"})
    update_ticket(ticket.pk, {"status": "closed"}, SYSTEM)
    names = ("category", "priority", "status", "created_at", "first_response_at", "resolved_at")
    before = Ticket.objects.values(*names).get()
    judged = list(Prediction.objects.values_list("pk", "value", "final_value"))
    count = Comment.objects.count()
    erased = erase_person(KIM, SYSTEM)
    assert erased.tickets == [ticket.pk]
    assert Ticket.objects.values(*names).get() == before
    assert list(Prediction.objects.values_list("pk", "value", "final_value")) == judged
    assert set(Comment.objects.values_list("body", flat=True)) == {"[erased]"}
    assert Comment.objects.count() == count
    stored = Ticket.objects.get()
    assert (stored.title, stored.description, stored.requester_email) == (
        *("[erased]", "[erased]"),
        "",
    )
    assert stored.link_digest is None
    assert columns_with("zqxw") == set()
    assert recount() == 0


def test_the_history_says_who_did_what_when_and_no_text(admin_user):
    ticket = ticket_of_kim()
    update_ticket(ticket.pk, {"title": "zqxw", "priority": "low"}, SYSTEM)
    empty_ticket(ticket.pk, SYSTEM)
    entries = audit_trail(ticket)
    assert [entry.event for entry in entries] == ["created", "changed", "erased"]
    assert "priority" in entries[1].changes
    assert "title" not in entries[1].changes
    row = Erasure.objects.get()
    assert (row.ticket_number, row.kind, row.actor) == (ticket.pk, "erased", "system")


@pytest.fixture
def admin_user(db):
    return AdminFactory(is_staff=True, username="boss")


def test_what_triage_learned_and_compared_goes():
    ticket = ticket_of_kim(category="billing", priority="high")
    TicketVector.objects.create(ticket=ticket, encoder="x", text_digest="x", vector=b"x")
    PredictionFactory(ticket=ticket, evidence=[{"text": "zqxw"}])
    empty_ticket(ticket.pk, SYSTEM)
    assert not TicketVector.objects.exists()
    assert not any(Prediction.objects.values_list("evidence", flat=True))


def test_tickets_of_others_lose_only_what_this_person_sent():
    mailbox = Mailbox.objects.create(name="Support", address=DESK)
    ticket = TicketFactory(requester_email="ada@example.org", description="Mine stays.")
    add_participant(ticket, KIM, SYSTEM, name="Kim")
    row = deliver(letter("zqxw too", to=answer_to(ticket)), mailbox, KIM, [DESK])
    assert row.comment_id is not None
    own = add_comment(ticket, {"body": "Ours stays.", "public": True}, SYSTEM)
    erased = erase_person(KIM, SYSTEM)
    assert (erased.tickets, erased.elsewhere) == ([], [ticket.pk])
    assert Comment.objects.get(pk=row.comment_id).body == "[erased]"
    assert Comment.objects.get(pk=own.pk).body == "Ours stays."
    assert not Participant.objects.exists()
    ticket.refresh_from_db()
    assert (ticket.description, ticket.requester_email) == ("Mine stays.", "ada@example.org")
    assert columns_with("zqxw") == columns_with(KIM) == set()


def test_what_mail_servers_said_about_the_address_goes():
    mailbox = Mailbox.objects.create(name="Support", address=DESK)
    ticket = TicketFactory(requester_email="ada@example.org")
    add_participant(ticket, KIM, SYSTEM)
    sent_email(ticket, participant=Participant.objects.get(), address=KIM)
    report = deliver(bounce(recipient=KIM), mailbox, envelope_from="")
    assert report.ticket == ticket
    assert KIM in f"{report.text} {report.explanation}"
    erase_person(KIM, SYSTEM)
    assert columns_with(KIM) == set()


def test_a_former_address_goes_from_the_history_of_a_ticket():
    ticket = ticket_of_kim()
    update_ticket(ticket.pk, {"requester_email": "ada@example.org"}, SYSTEM)
    assert erase_person(KIM, SYSTEM).tickets == []
    assert columns_with(KIM) == set()
    ticket.refresh_from_db()
    assert ticket.title == "Charged twice"


def test_lists_of_addresses_forget_it():
    BouncedAddress.objects.create(address=KIM, folded=KIM)
    BlockedAddress.objects.create(address=KIM)
    erase_person("Kim@Example.ORG", SYSTEM)
    assert columns_with(KIM) == set()


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("Kim@Example.org", "kim@example.org"),
        ("kim@stra\u00dfe.example", "kim@xn--strae-oqa.example"),
        ("kim@xn--strae-oqa.example", "kim@stra\u00dfe.example"),
        ("k.im+desk@googlemail.com", "kim@gmail.com"),
    ],
)
def test_every_spelling_of_an_address_is_found(written, address):
    ticket = TicketFactory(requester_email=written)
    assert erase_person(address, SYSTEM).tickets == [ticket.pk]
    assert columns_with(written.lower()) == set()


@pytest.mark.parametrize("other", ["akim@example.org", "kim@example.org.net", "k_m@example.org"])
def test_nobody_else_is_erased(other):
    ticket = TicketFactory(requester_email=other)
    assert erase_person(KIM, SYSTEM).tickets == []
    ticket.refresh_from_db()
    assert ticket.requester_email == other


def test_merged_tickets_go_together():
    source, target = ticket_of_kim(), ticket_of_kim()
    merge_tickets(source.pk, target.pk, SYSTEM)
    assert erase_person(KIM, SYSTEM).tickets == sorted([source.pk, target.pk])
    assert columns_with("zqxw") == set()


def test_it_names_what_somebody_has_to_look_at():
    agent = AgentFactory(username="kim", email=KIM)
    ticket = TicketFactory(requester_email="ada@example.org", description=f"Write to {KIM}.")
    erased = erase_person(KIM, SYSTEM)
    assert erased.mentions == [ticket.pk]
    assert erased.accounts == ["kim"]
    agent.refresh_from_db()
    assert agent.email == KIM
    assert f"#{ticket.pk}" in " ".join(erased.sentences)


def test_the_link_that_would_confirm_an_erased_address_opens_nothing(mail_server):
    ticket = TicketFactory(requester_email="lou@example.net")
    request_address(ticket, KIM)
    path = rendering.check_link(Email.objects.get(kind=MailKind.CONFIRM), ticket)
    assert Client().get(path).status_code == 200
    erased = erase_person(KIM, SYSTEM)
    assert erased.sentences == ["Emails to this address that no longer name it: 1."]
    assert Client().post(path).status_code == 404
    ticket.refresh_from_db()
    assert ticket.requester_email == "lou@example.net"


def test_an_answer_to_an_erased_conversation_opens_a_ticket():
    mailbox = Mailbox.objects.create(name="Support", address=DESK)
    row = deliver(letter("Hello."), mailbox)
    empty_ticket(row.ticket_id, SYSTEM)
    again = deliver(letter("Me again.", in_reply_to=row.message_id), mailbox)
    assert again.ticket_id not in (None, row.ticket_id)


def test_what_is_no_address_is_refused():
    with pytest.raises(InvalidInput):
        erase_person("kim", SYSTEM)


# --- exporting --------------------------------------------------------------------------


def exported(address):
    file = io.BytesIO()
    export_person(address, file)
    return ZipFile(file)


def test_an_export_has_tickets_conversations_mail_and_files():
    mailbox = Mailbox.objects.create(name="Support", address=DESK)
    row = deliver(letter("By mail."), mailbox)
    ticket = ticket_of_kim()
    add_comment(ticket, {"body": "A note.", "public": False}, SYSTEM)
    attachment = attach_content(ticket, b"E 42", "../log.txt")
    other = TicketFactory(requester_email="ada@example.org")
    archive = exported(KIM)
    data = json.loads(archive.read("data.json"))
    assert data["address"] == KIM
    assert [each["id"] for each in data["tickets"]] == sorted([row.ticket_id, ticket.pk])
    assert [each["body"] for each in data["comments"]] == ["A note."]
    assert [each["id"] for each in data["messages"]] == [row.pk]
    [file] = data["files"]
    assert archive.read(file["path"]) == b"E 42"
    assert ".." not in file["path"]
    assert str(attachment.pk) in file["path"]
    assert archive.read(f"messages/{row.pk}.eml") == bytes(InboundMessage.objects.get().raw)
    assert f'"id": {other.pk}' not in archive.read("data.json").decode()


def test_an_export_of_nobody_is_empty():
    data = json.loads(exported("nobody@example.net").read("data.json"))
    assert not any(value for name, value in data.items() if name not in ("address", "exported_at"))


# --- the command ------------------------------------------------------------------------


def test_the_command_exports_to_a_file_that_only_we_can_read(tmp_path, capsys):
    ticket_of_kim()
    target = tmp_path / "kim.zip"
    call_command("person", "export", KIM, str(target))
    assert target.stat().st_mode & 0o777 == 0o600
    assert ZipFile(target).namelist() == ["data.json"]
    assert "1 tickets" in capsys.readouterr().err
    with pytest.raises(CommandError, match="exists"):
        call_command("person", "export", KIM, str(target))


def test_the_command_asks_before_it_erases(monkeypatch, capsys):
    ticket = ticket_of_kim()
    monkeypatch.setattr("builtins.input", lambda prompt: "yes")
    with pytest.raises(CommandError, match="Nothing was erased"):
        call_command("person", "erase", KIM)
    assert Ticket.objects.get().title == "Charged twice"
    monkeypatch.setattr("builtins.input", lambda prompt: KIM)
    call_command("person", "erase", KIM)
    assert Ticket.objects.get().title == "[erased]"
    assert f"#{ticket.pk}" in capsys.readouterr().err


def test_the_command_refuses_what_is_no_address():
    with pytest.raises(CommandError, match="not an email address"):
        call_command("person", "erase", "kim", "--no-input")


# --- the back office --------------------------------------------------------------------

PAGE = "/admin/tickets/erasedaddress/person/"


@pytest.fixture
def admin(admin_user):
    client = Client()
    client.force_login(admin_user)
    return client


def test_an_admin_finds_exports_and_erases(admin):
    ticket = ticket_of_kim()
    assert PAGE in admin.get("/admin/tickets/erasedaddress/").text
    assert "Whose data?" in admin.get(PAGE).text
    assert "Tickets: 1" in admin.post(PAGE, {"address": KIM}).text
    response = admin.post(PAGE, {"address": KIM, "action": "export"})
    archive = ZipFile(io.BytesIO(b"".join(response.streaming_content)))
    assert json.loads(archive.read("data.json"))["tickets"][0]["id"] == ticket.pk
    wrong = {"address": KIM, "action": "erase", "again": "ada@example.org"}
    assert "Nothing was erased" in admin.post(PAGE, wrong).text
    assert Ticket.objects.get().title == "Charged twice"
    right = wrong | {"again": KIM}
    response = admin.post(PAGE, right, follow=True)
    assert f"#{ticket.pk}" in response.text
    assert "boss" in response.text
    assert Ticket.objects.get().title == "[erased]"
    assert KIM not in response.text
    assert Erasure.objects.filter(actor="boss", kind="erased").exists()


def test_whoever_typed_the_password_long_ago_types_it_again(admin):
    SignIn.objects.update(confirmed_at=timezone.now() - timedelta(days=1))
    assert admin.get(PAGE).url.startswith("/account/")
    ticket_of_kim()
    admin.post(PAGE, {"address": KIM, "action": "erase", "again": KIM})
    assert Ticket.objects.get().title == "Charged twice"


def test_an_invalid_address_is_refused(admin):
    assert "not an email address" in admin.post(PAGE, {"address": "kim", "action": "erase"}).text


def test_agents_cannot_open_it():
    client = Client()
    client.force_login(AgentFactory(is_staff=True))
    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, {"address": KIM, "action": "export"}).status_code == 403


# --- after a restore --------------------------------------------------------------------


def test_what_was_erased_is_erased_again_and_newer_tickets_stay():
    """The rows of the lists meet a database in which all is as before."""
    ours = [ticket_of_kim() for _ in range(3)]
    redacted = TicketFactory(description="zqxw")
    now = timezone.now() + timedelta(seconds=1)
    row = {"actor": "boss", "account": None, "events": 1, "comment_numbers": None, "fields": None}
    erasures = read_erasures()
    erasures.tickets += [
        {**row, "ticket_number": ours[0].pk, "kind": "deleted", "erased_at": now},
        {**row, "ticket_number": ours[1].pk, "kind": "erased", "fields": ["title"]}
        | {"erased_at": now},
        {**row, "ticket_number": redacted.pk, "kind": "redacted", "fields": ["title"]}
        | {"erased_at": now},
        # A number that was given out again.
        {**row, "ticket_number": ours[2].pk, "kind": "deleted"}
        | {"erased_at": now - timedelta(days=1)},
    ]
    lines = replay(erasures)
    assert lines == ["Tickets again: deleted 1, erased 1, redacted 1."]
    titles = dict(Ticket.objects.values_list("pk", "title"))
    assert ours[0].pk not in titles
    assert titles[ours[1].pk] == "[erased]"
    assert titles[ours[2].pk] == "Charged twice"
    assert Ticket.objects.get(pk=redacted.pk).description == "[redacted]"
    assert Erasure.objects.filter(actor="boss").count() == 4
    assert replay(erasures) == []


def test_what_is_merged_now_is_named():
    source, target = ticket_of_kim(), ticket_of_kim()
    merge_tickets(source.pk, target.pk, SYSTEM)
    row = {"actor": "boss", "account": None, "events": 1, "comment_numbers": None, "fields": None}
    row |= {"ticket_number": source.pk, "kind": "deleted", "erased_at": timezone.now()}
    erasures = read_erasures()
    erasures.tickets.append(row)
    assert replay(erasures) == [f"Merged now, so look at them yourself: #{source.pk}."]
    assert Ticket.with_merged.count() == 2


@pytest.mark.parametrize("changes_key", [False, True])
def test_somebody_who_was_erased_is_erased_again(settings, changes_key):
    ticket_of_kim()
    hash_of_kim = keyed_hash(KIM)
    if changes_key:
        former, settings.SECRET_KEY = settings.SECRET_KEY, "another key"
        settings.SECRET_KEY_FALLBACKS = [former]
    erasures = read_erasures()
    erasures.addresses.append(
        {"keyed_hash": hash_of_kim, "actor": "boss", "account": None, "erased_at": timezone.now()}
    )
    assert replay(erasures) == ["People erased again: 1."]
    assert columns_with(KIM) == set()
    assert ErasedAddress.objects.filter(keyed_hash=hash_of_kim, actor="boss").exists()


def test_the_lists_are_read_as_they_are_stored():
    ticket = ticket_of_kim()
    erase_person(KIM, SYSTEM)
    deleted = TicketFactory()
    delete_ticket(deleted.pk, SYSTEM)
    erasures = read_erasures()
    assert {row["ticket_number"] for row in erasures.tickets} == {ticket.pk, deleted.pk}
    assert [row["keyed_hash"] for row in erasures.addresses] == [keyed_hash(KIM)]
