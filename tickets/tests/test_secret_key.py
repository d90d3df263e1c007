"""Changing SECRET_KEY: what goes on working, and what is made anew with the present key."""

import io

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from tickets.access.actors import user_actor
from tickets.forms.fields import SuggestionField
from tickets.models.incoming import Mailbox
from tickets.models.mail import Email
from tickets.models.second_factors import SecondFactor
from tickets.models.ticket import Ticket
from tickets.services import addresses, invitations, private_links
from tickets.services.doctor import signature
from tickets.services.mail import check_ids, rendering, signed_addresses
from tickets.services.triage import predictions
from tickets.tests.factories import AgentFactory, TicketFactory
from tickets.tests.mailing import reply
from tickets.tests.worker import work
from tickets.triage.results import Classification
from tickets.vocabulary import FactorKind, MailKind

pytestmark = pytest.mark.django_db(transaction=True)

OLD, NEW = (
    "the key of last year, which is long enough",
    "the key of this year, which is long enough",
)
DESK = "support@desk.example"


@pytest.fixture(autouse=True)
def old_key(settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = OLD, []


@pytest.fixture
def change(settings):
    """Return a function that changes the key, which stays a fallback unless it is dropped."""

    def change(*, drop=False):
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [] if drop else [OLD]

    return change


@pytest.fixture
def ticket(mail_server):
    return TicketFactory(requester_email="kim@example.org")


@pytest.fixture
def mailbox():
    return Mailbox.objects.create(name="support", address=DESK, password="hunter2")


def adopt():
    output = io.StringIO()
    call_command("adopt_secret_key", stdout=output, stderr=io.StringIO())
    return output.getvalue()


def stored_password():
    with connection.cursor() as cursor:
        cursor.execute("SELECT password FROM tickets_mailbox")
        return cursor.fetchone()[0]


# --- while the former key is a fallback --------------------------------------------------


def test_a_session_goes_on_and_outlives_the_former_key(change):
    browser = Client()
    browser.force_login(AgentFactory())
    change()
    assert browser.get("/tickets/review/").status_code == 200
    change(drop=True)
    assert browser.get("/tickets/review/").status_code == 200


def test_a_session_without_a_request_since_ends_with_the_former_key(change):
    browser = Client()
    browser.force_login(AgentFactory())
    change(drop=True)
    assert browser.get("/tickets/review/").status_code == 302


def test_a_private_link_works_and_messages_repeat_it(change, ticket, mail_server):
    path = ticket.private_link_path()
    change()
    assert Client().get(path).status_code == 200
    reply(ticket, user_actor(AgentFactory()))
    work()
    text = mail_server.messages[0].get_body(["plain"]).get_content()
    assert path in text
    assert Ticket.objects.get().private_link_path() == path


def test_signed_addresses_lead_to_what_they_did(change, ticket):
    private_links.send_private_link(ticket, user_actor(AgentFactory()))
    email = Email.objects.get()
    address = signed_addresses.ticket_address(DESK, ticket)
    bounces = signed_addresses.bounce_address(DESK, email)
    notice = signed_addresses.notice_address(DESK, email)
    check = check_ids.new_check_id("desk.example")
    change()
    assert signed_addresses.ticket_address(DESK, ticket) != address
    assert signed_addresses.ticket_of([address]) == ticket
    assert signed_addresses.returned_email([bounces]) == email
    assert signed_addresses.answered_notice([notice]) == email
    assert check_ids.is_check_id(check)
    change(drop=True)
    assert signed_addresses.ticket_of([address]) is None
    assert signed_addresses.returned_email([bounces]) is None
    assert not check_ids.is_check_id(check)


def test_whatever_else_is_signed_works(change, ticket):
    agent = AgentFactory()
    invitation = invitations.INVITATION.key(agent)
    suggestion = predictions.save_suggestion(Classification(), "It fails.")
    doctor = signature.new_signature()
    addresses.request_address(ticket, "kim.new@example.org")
    email = Email.objects.get(kind=MailKind.CONFIRM)
    token = rendering.check_link(email, ticket).rstrip("/").rpartition("/")[2]
    change()
    assert invitations.INVITATION.account(*invitation) == agent
    assert SuggestionField().clean(suggestion) is not None
    assert signature.is_valid(doctor)
    assert addresses.find_check(token)[0] == email


def test_the_password_of_a_mailbox_can_be_read(change, mailbox):
    change()
    assert Mailbox.objects.get().password == "hunter2"
    change(drop=True)
    assert Mailbox.objects.get().password == ""


# --- what the command makes anew ----------------------------------------------------------


def test_then_the_former_key_can_be_dropped(change, ticket, mailbox):
    path, before = ticket.private_link_path(), stored_password()
    change()
    assert adopt() == (
        "1 secrets are encrypted with SECRET_KEY, and 1 private links are carried over.\n"
    )
    change(drop=True)
    assert stored_password() != before
    assert Mailbox.objects.get().password == "hunter2"
    carried = Ticket.objects.get()
    assert carried.private_link_path() == path
    assert carried.link_digest == ticket.link_digest
    assert Client().get(path).status_code == 200
    assert "0 private links are carried over" in adopt()


def test_a_second_factor_outlives_the_former_key_too(change):
    SecondFactor.objects.create(
        account=AgentFactory(), kind=FactorKind.APP, name="phone", secret="JBSWY3DPEHPK3PXP"
    )
    change()
    assert "1 secrets are encrypted with SECRET_KEY" in adopt()
    change(drop=True)
    assert SecondFactor.objects.get().secret == "JBSWY3DPEHPK3PXP"


def test_a_carried_link_is_replaced_and_carried_again_like_any_other(change, ticket, settings):
    path = ticket.private_link_path()
    change()
    adopt()
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a third key", [NEW]
    assert "1 private links are carried over" in adopt()
    settings.SECRET_KEY_FALLBACKS = []
    ticket = Ticket.objects.get()
    assert ticket.private_link_path() == path
    agent = user_actor(AgentFactory())
    private_links.revoke_private_link(ticket, agent)
    replaced = private_links.send_private_link(ticket, agent)
    assert replaced.private_link_path() != path
    assert Client().get(path).status_code == 404
    assert Client().get(replaced.private_link_path()).status_code == 200


def test_neither_the_database_nor_the_key_alone_shows_a_carried_link(change, ticket, settings):
    secret = ticket.link_secret
    change()
    adopt()
    row = Ticket.objects.get()
    assert secret not in (row.link_nonce, row.link_digest)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key", [OLD]
    assert row.link_secret != secret
    change()
    row.link_nonce = Ticket(link_nonce=ticket.link_nonce).link_nonce
    settings.SECRET_KEY_FALLBACKS = []
    assert row.link_secret != secret


def test_addresses_that_were_signed_since_survive_it(change, ticket):
    before = signed_addresses.ticket_address(DESK, ticket)
    change()
    since = signed_addresses.ticket_address(DESK, ticket)
    adopt()
    assert signed_addresses.ticket_of([before]) == ticket
    change(drop=True)
    assert signed_addresses.ticket_of([since]) == ticket


def test_revoked_links_stay_revoked_and_many_tickets_take_many_batches(change, monkeypatch):
    monkeypatch.setattr("tickets.services.secret_key.BATCH", 2)
    tickets = [TicketFactory() for _ in range(5)]
    paths = [each.private_link_path() for each in tickets]
    private_links.revoke_private_link(tickets[0], user_actor(AgentFactory()))
    change()
    assert "4 private links are carried over" in adopt()
    change(drop=True)
    assert [Client().get(path).status_code for path in paths] == [404, 200, 200, 200, 200]
    assert [each.private_link_path() for each in Ticket.objects.order_by("pk")][1:] == paths[1:]


def test_what_no_key_can_read_is_left_alone_and_counted(change, ticket, mailbox):
    before = stored_password(), ticket.link_nonce
    change(drop=True)
    output = adopt()
    assert "1 secrets were made with a key that is not here" in output
    assert "1 private links were made with a key that is not here" in output
    assert (stored_password(), Ticket.objects.get().link_nonce) == before
