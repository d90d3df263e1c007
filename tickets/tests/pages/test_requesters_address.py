"""A requester's own address, and the private links by email. Mail goes to a server on loopback."""

import re
from datetime import timedelta

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone

from tickets import requester_texts as texts
from tickets.access.actors import SYSTEM
from tickets.models.mail import Email
from tickets.models.ticket import Ticket
from tickets.services import comments, private_links, tickets
from tickets.services.mail import rendering
from tickets.services.merging import merge_tickets
from tickets.tests.factories import TicketFactory
from tickets.tests.mailing import mail_jobs
from tickets.tests.worker import work, work_now
from tickets.vocabulary import MAX_ADDRESS_CHECKS_PER_DAY, MAX_LINK_MAILS_PER_HOUR

pytestmark = pytest.mark.django_db(transaction=True)
EVIL = "Buy pills at pills.example"
NEW = "kim.new@example.org"


@pytest.fixture
def visitor():
    # As a browser on a page without referrer.
    return Client(enforce_csrf_checks=True, headers={"Origin": "null"})


@pytest.fixture
def ticket(mail_server):
    return TicketFactory(title=EVIL, description=EVIL, requester_email="kim@example.org")


def enter(visitor, ticket, address=NEW):
    path = f"{ticket.private_link_path()}address/"
    return visitor.post(path, {"requester_email": address}, follow=True)


def plain(message):
    return message.get_body(["plain"]).get_content()


def link_in(message):
    return re.search(r"http://\S+?(/(?:confirm|t)/\S+)", plain(message))[1]


def address_of(ticket):
    return Ticket.objects.get(pk=ticket.pk).requester_email


# --- a new address ---


def test_a_new_address_is_used_once_it_is_confirmed(mail_server, visitor, ticket):
    page = enter(visitor, ticket).content.decode()
    assert str(texts.ADDRESS_CHECK_SENT) in page
    assert "k…@example.org waits to be confirmed" in page
    assert NEW not in page
    work()
    [message] = mail_server.messages
    assert message["To"] == NEW
    assert address_of(ticket) == "kim@example.org"
    path = link_in(message)
    page = visitor.get(path)
    assert NEW in page.content.decode()
    assert page["Referrer-Policy"] == "no-referrer"
    assert address_of(ticket) == "kim@example.org"  # mail programs open links too
    page = visitor.post(path, follow=True)
    assert page.redirect_chain[-1][0] == ticket.private_link_path()
    assert str(texts.ADDRESS_CONFIRMED) in page.content.decode()
    assert "waits to be confirmed" not in page.content.decode()
    assert address_of(ticket) == NEW


def test_a_ticket_without_an_address_gets_one(mail_server, visitor):
    ticket = TicketFactory()
    assert b"We have no address" in visitor.get(ticket.private_link_path()).content
    enter(visitor, ticket)
    work()
    visitor.post(link_in(mail_server.messages[0]))
    assert address_of(ticket) == NEW
    work()
    assert len(mail_server.messages) == 1  # nobody to tell that it has changed
    comments.add_comment(ticket, {"body": "Hello", "public": True}, SYSTEM)
    work()
    assert mail_server.messages[1]["To"] == NEW


def test_the_confirmation_carries_nothing_that_a_stranger_typed(mail_server, visitor, ticket):
    enter(visitor, ticket)
    work()
    [message] = mail_server.messages
    whole = message.as_string() + plain(message) + message.get_body(["html"]).get_content()
    assert "pills" not in whole
    assert message["Subject"] == "Confirm your email address"
    assert message["In-Reply-To"] is None
    assert ticket.link_secret not in whole
    assert message["Auto-Submitted"] == "auto-generated"


def test_the_former_address_is_told(mail_server, visitor, ticket):
    enter(visitor, ticket)
    work()
    visitor.post(link_in(mail_server.messages[0]))
    work()
    message = mail_server.messages[1]
    assert message["To"] == "kim@example.org"
    assert message["Subject"] == "Your email address has changed"
    assert link_in(message) == ticket.private_link_path()
    assert NEW not in plain(message)
    assert "pills" not in message.as_string() + plain(message)


def test_the_change_is_the_requesters_act(mail_server, visitor, ticket, agent):
    enter(visitor, ticket)
    work()
    visitor.post(link_in(mail_server.messages[0]))
    page = agent.get(f"/tickets/{ticket.pk}/").content.decode()
    assert re.search(
        r"The requester</strong>\s+changed requester.{1,9}s email from kim@example.org to", page
    )


def confirmation_link(mail_server, visitor, ticket):
    enter(visitor, ticket)
    work()
    return link_in(mail_server.messages[-1])


def assert_dead(visitor, path, ticket, address="kim@example.org"):
    for response in (visitor.get(path), visitor.post(path)):
        assert response.status_code == 404
        assert b"This link does not work" in response.content
        assert b"/tickets/" not in response.content
    assert address_of(ticket) == address


def test_a_link_works_once(mail_server, visitor, ticket):
    path = confirmation_link(mail_server, visitor, ticket)
    visitor.post(path)
    tickets.update_ticket(ticket.pk, {"requester_email": "kim@example.org"}, SYSTEM)
    assert_dead(visitor, path, ticket)


def test_a_link_works_for_a_day(mail_server, visitor, ticket, monkeypatch):
    path = confirmation_link(mail_server, visitor, ticket)
    now = signing.time.time()
    monkeypatch.setattr(signing.time, "time", lambda: now + 24 * 3600 + 60)
    assert_dead(visitor, path, ticket)


def test_only_the_newest_link_works(mail_server, visitor, ticket):
    path = confirmation_link(mail_server, visitor, ticket)
    enter(visitor, ticket, "kim.third@example.org")
    assert_dead(visitor, path, ticket)
    work()
    visitor.post(link_in(mail_server.messages[-1]))
    assert address_of(ticket) == "kim.third@example.org"


@pytest.mark.parametrize("replace", [True, False])
def test_a_link_ends_with_the_private_link(mail_server, visitor, ticket, replace):
    path = confirmation_link(mail_server, visitor, ticket)
    private_links.revoke_private_link(ticket, SYSTEM)
    if replace:
        private_links.send_private_link(ticket, SYSTEM)
    assert_dead(visitor, path, ticket)


def test_a_confirmation_after_a_merge_brings_no_revoked_link_back(mail_server, visitor, ticket):
    target = tickets.create_ticket(
        {"title": "Other", "description": "Text", "requester_email": ticket.requester_email}, SYSTEM
    )
    path = confirmation_link(mail_server, visitor, ticket)
    private_links.revoke_private_link(target, SYSTEM)
    merge_tickets(ticket.pk, target.pk, SYSTEM)
    assert visitor.post(path)["Location"] == ticket.private_link_path()
    target.refresh_from_db()
    assert (target.requester_email, target.link_digest) == (NEW, None)


@pytest.mark.parametrize("change", [lambda t: t[:-1], lambda t: "x" + t, lambda t: "A" * 500])
def test_a_forged_link_does_nothing(mail_server, visitor, ticket, change):
    path = confirmation_link(mail_server, visitor, ticket)
    token = path.split("/")[2]
    assert_dead(visitor, f"/confirm/{change(token)}/", ticket)


def test_another_signature_is_no_confirmation(visitor, ticket):
    email = Email.objects.create(ticket=ticket, kind="confirm", event="x", address=NEW)
    token = signing.dumps([email.pk, ticket.link_digest], salt="another")
    assert_dead(visitor, f"/confirm/{token}/", ticket)
    right = signing.dumps([email.pk, ticket.link_digest], salt=rendering.CHECK_SALT)
    assert visitor.get(f"/confirm/{right}/").status_code == 200


def test_an_address_gets_few_confirmations_whatever_ticket_asks(mail_server, visitor, settings):
    addresses = ["victim@example.org", "Victim@Example.org", "victim+x@example.org"]
    for number in range(2 * MAX_ADDRESS_CHECKS_PER_DAY):
        page = enter(visitor, TicketFactory(), addresses[number % 3])
    work()
    assert len(mail_server.messages) == MAX_ADDRESS_CHECKS_PER_DAY
    assert page.status_code == 429
    assert str(texts.ADDRESS_LIMITED) in page.content.decode()


def test_a_ticket_sends_few_confirmations_whatever_address_it_names(mail_server, visitor, ticket):
    for number in range(2 * MAX_ADDRESS_CHECKS_PER_DAY):
        page = enter(visitor, ticket, f"victim{number}@example.org")
    work_now()
    # Those that were entered before the last are not sent any more.
    assert Email.objects.count() == MAX_ADDRESS_CHECKS_PER_DAY
    assert len(mail_server.messages) == 1
    assert page.status_code == 429


def test_a_client_is_limited(visitor, ticket, settings):
    settings.CREATE_LIMIT = 1
    enter(visitor, ticket)
    response = enter(visitor, ticket, "other@example.org")
    assert response.status_code == 429
    assert response["Retry-After"]
    assert Email.objects.count() == 1


def test_two_clicks_send_one_confirmation(mail_server, visitor, ticket):
    for _ in range(2):
        enter(visitor, ticket)
    work()
    assert len(mail_server.messages) == 1


def test_the_present_address_needs_no_confirmation(visitor, ticket):
    page = enter(visitor, ticket, "kim@example.org").content.decode()
    assert str(texts.ADDRESS_SAME) in page
    assert not Email.objects.exists()


@pytest.mark.parametrize("address", ["", "nobody", "a@b", "a@example.org\r\nBcc: c@example.org"])
def test_an_invalid_address_is_refused_and_comes_back(visitor, ticket, address):
    response = enter(visitor, ticket, address)
    assert response.status_code == 400
    assert b'id="requester_email-error"' in response.content
    assert not Email.objects.exists()


# --- an agent sets the address ---


def test_an_address_that_an_agent_sets_gets_the_link_only_when_asked_for(mail_server, agent):
    ticket = TicketFactory()
    path = f"/tickets/{ticket.pk}/"
    agent.post(path, {"version": 1, "requester_email": "kim@example.org"})
    work_now()
    assert mail_server.messages == []
    assert b"Send the link" in agent.get(path).content
    agent.post(f"{path}link/send/")
    work()
    [message] = mail_server.messages
    assert (message["To"], link_in(message)) == ("kim@example.org", ticket.private_link_path())


# --- the private links of an address ---


def ask(visitor, address="kim@example.org"):
    response = visitor.post("/links/", {"requester_email": address}, follow=True)
    return response.status_code, re.sub(rb"<code>\w+</code>", b"", response.content)


def test_an_address_is_mailed_the_links_of_its_tickets(mail_server, visitor, ticket):
    old = timezone.now() - timedelta(days=200)
    answered = TicketFactory(requester_email="KIM@example.org", title="The printer burns")
    comments.add_comment(answered, {"body": "Which one?", "public": True}, SYSTEM)
    recent = TicketFactory(requester_email="kim@example.org", status="closed")
    old_active = TicketFactory(requester_email="kim@example.org", created_at=old)
    left_out = [
        TicketFactory(requester_email="kim@example.org", status="resolved", created_at=old),
        TicketFactory(requester_email="kim@example.org"),
        TicketFactory(requester_email="kim@example.organ"),
        TicketFactory(requester_email="akim@example.org"),
    ]
    private_links.revoke_private_link(left_out[1], SYSTEM)
    work_now()
    mail_server.messages.clear()
    ask(visitor)
    work()
    work()
    [message] = mail_server.messages
    assert (message["To"], message["Subject"]) == ("kim@example.org", "Links to your tickets")
    for text in (plain(message), message.get_body(["html"]).get_content()):
        for each in (ticket, answered, recent, old_active):
            assert each.link_secret in text
        for each in left_out:
            assert each.link_secret not in text
        assert "The printer burns" in text
        assert "pills" not in text  # nobody has answered it, so a stranger may have written it


def test_the_answer_is_the_same_for_every_address(visitor, ticket, mail_server):
    answers = {ask(visitor, each) for each in ("kim@example.org", "nobody@example.org")}
    assert len(answers) == 1
    work()
    assert Email.objects.count() == 1


@pytest.mark.parametrize("domain", ["pr\u0131mes.org", "prime\u015f.org", "prime\u00df.org"])
def test_a_domain_that_looks_alike_gets_no_links(visitor, mail_server, domain):
    victim, _ = (
        tickets.create_ticket(
            {"title": "Door", "description": "Text", "requester_email": f"kim@{name}"}, SYSTEM
        )
        for name in ("primes.org", domain)
    )
    own_tickets = Ticket.objects.with_link_for(f"kim@{domain}")
    assert [each.requester_email for each in own_tickets] == [f"kim@{domain}"]
    assert list(Ticket.objects.with_link_for("KIM@primes.org")) == [victim]


def test_no_job_contains_the_address(visitor, ticket, mail_server):
    ask(visitor)
    ask(visitor, "nobody@example.org")
    arguments = [job.args for job in mail_jobs().order_by("id")]
    assert arguments == [{"ticket_id": ticket.pk}, {"ticket_id": None}]


def test_an_address_gets_few_emails_with_links(visitor, ticket, mail_server, monkeypatch):
    monkeypatch.setattr("tickets.access.throttling.MAX_LINK_REQUESTS_PER_MINUTE", 100)
    answers = {ask(visitor) for _ in range(MAX_LINK_MAILS_PER_HOUR + 3)}
    work()
    work()
    assert len(mail_server.messages) == MAX_LINK_MAILS_PER_HOUR
    assert len(answers) == 1


def test_a_client_asks_a_few_times_a_minute(visitor, mail_server):
    statuses = [ask(visitor, f"kim{number}@example.org")[0] for number in range(7)]
    assert statuses == [200] * 5 + [429] * 2


def test_a_link_that_is_revoked_meanwhile_is_not_sent(visitor, ticket, mail_server):
    private_links.send_links(ticket_id=ticket.pk)
    private_links.revoke_private_link(ticket, SYSTEM)
    work()
    assert mail_server.messages == []
    assert Email.objects.get().state == "dropped"


def test_an_invalid_address_is_refused(visitor, mail_server):
    response = visitor.post("/links/", {"requester_email": "nobody"})
    assert response.status_code == 400
    assert b'value="nobody"' in response.content
    assert b'id="links_email-error"' in response.content


def test_the_submit_page_and_the_private_page_offer_it(visitor, ticket):
    for path in ("/", ticket.private_link_path(), "/t/dead/"):
        assert b'action="/links/"' in visitor.get(path).content
