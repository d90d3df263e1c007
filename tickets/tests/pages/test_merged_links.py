"""After a merge: what the links open that somebody got who only named the requester's address."""

import json
import re

import pytest

from tickets.access.actors import SYSTEM, user_actor
from tickets.models.attachments import Attachment
from tickets.models.mail import Email
from tickets.models.ticket import Ticket
from tickets.services import comments, private_links, tickets
from tickets.services.merging import merge_tickets, unmerge_ticket
from tickets.services.splitting import split_comment
from tickets.tests.attachments.attaching import attach_content
from tickets.tests.factories import AgentFactory
from tickets.tests.incoming.messages import deliver, letter
from tickets.tests.worker import work

pytestmark = pytest.mark.django_db(transaction=True)
VICTIM, MALLORY = "kim@example.org", "mallory@example.com"
SECRET = "My card ends in 4242."


def sent(visitor, description, address=VICTIM):
    """Return a ticket that somebody sent by the form."""
    values = {"title": "Refund", "description": description, "requester_email": address}
    response = visitor.post("/", values)
    assert response.status_code == 302
    return Ticket.objects.latest("pk")


def posted(visitor, address=VICTIM):
    """Return a ticket that somebody sent to the API without a token, and its link."""
    values = {"title": "Again", "description": "Please refund", "requester_email": address}
    answer = visitor.post("/api/tickets/", json.dumps(values), content_type="application/json")
    return Ticket.objects.get(pk=answer.json()["id"]), answer.json()["track_url"]


def mailed(sender=VICTIM):
    deliver(letter(sender=sender))
    work()
    return Ticket.objects.latest("pk")


def by_agent(address=VICTIM):
    values = {"title": "Call", "description": "They called.", "requester_email": address}
    return tickets.create_ticket(values, user_actor(AgentFactory()))


def path_of(ticket):
    return Ticket.with_merged.get(pk=ticket.pk).private_link_path()


def merge(source, target, **options):
    merge_tickets(source.pk, target.pk, SYSTEM, **options)


@pytest.fixture(autouse=True)
def _in_directory(settings, tmp_path):
    local = "tickets.services.attachments.local.LocalStorage"
    attachments = {"BACKEND": local, "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = settings.STORAGES | {"attachments": attachments}


@pytest.fixture
def victims():
    """A ticket of the victim, which nobody else has the link of."""
    values = {"title": "My refund", "description": SECRET, "requester_email": VICTIM}
    ticket = tickets.create_ticket(values, user_actor(AgentFactory()))
    attach_content(ticket, b"4242", "secret.txt")
    return ticket


@pytest.fixture(params=["form", "api"])
def strangers(request, visitor):
    """A ticket of somebody who names the victim's address."""
    return sent(visitor, "Please refund") if request.param == "form" else posted(visitor)[0]


def assert_says_nothing(response):
    text = response.content.decode()
    assert response.status_code == 404
    assert "This ticket is part of another one" in text
    for part in (SECRET, "My refund", "secret.txt", VICTIM, "4242"):
        assert part not in text
    assert "ETag" not in response
    return text


def test_a_strangers_link_opens_nothing_after_a_merge(visitor, victims, strangers):
    path = path_of(strangers)
    merge(strangers, victims)
    text = assert_says_nothing(visitor.get(path))
    assert 'action="/links/"' in text or "We send no email" in text
    file = Attachment.objects.get()
    for answer in (
        visitor.get(f"{path}attachments/{file.pk}/"),
        visitor.get(f"{path}attachments/{file.pk}/thumbnail/"),
        visitor.get(f"{path}earlier/", {"until": 5}),
        visitor.post(path, {"body": "Tell me all"}),
        visitor.post(f"{path}close/"),
        visitor.post(f"{path}language/", {"language": "de"}),
        visitor.post(f"{path}address/", {"requester_email": MALLORY}),
    ):
        assert answer.status_code == 404
        assert SECRET not in answer.content.decode()
    victims.refresh_from_db()
    assert (victims.status, victims.language, victims.requester_email) == ("open", "en", VICTIM)
    assert not victims.comments.filter(body="Tell me all")
    assert not Email.objects.filter(kind="confirm")


def test_it_opens_its_own_ticket_again_after_undo(visitor, victims, strangers):
    path = path_of(strangers)
    merge(strangers, victims)
    unmerge_ticket(strangers.pk, SYSTEM)
    page = visitor.get(path)
    assert page.status_code == 200
    assert SECRET not in page.content.decode()


def test_it_speaks_the_language_of_its_ticket(visitor, victims):
    ticket = sent(visitor, "Bitte erstatten Sie mir das Geld, das ich gestern bezahlt habe.")
    path = path_of(ticket)
    merge(ticket, victims)
    page = visitor.get(path)
    assert page["Content-Language"] == "de"
    assert "Diese Anfrage ist Teil einer anderen" in page.content.decode()


def test_a_confirmation_asked_for_before_changes_nothing(mail_server, visitor, victims, strangers):
    path = path_of(strangers)
    visitor.post(f"{path}address/", {"requester_email": MALLORY})
    work()
    to_mallory = [each for each in mail_server.messages if each["To"] == MALLORY]
    text = to_mallory[0].get_body(["plain"]).get_content()
    confirmation = re.search(r"http://\S+?(/confirm/\S+)", text)[1]
    merge(strangers, victims)
    for answer in (visitor.get(confirmation), visitor.post(confirmation)):
        assert answer.status_code == 404
        assert "Location" not in answer
    victims.refresh_from_db()
    assert victims.requester_email == VICTIM


def test_the_form_and_the_api_sent_again_open_nothing(visitor, victims):
    values = {"title": "Refund", "description": "Please refund", "requester_email": VICTIM}
    values["form_key"] = "k" * 22
    first = visitor.post("/", values)
    merge(Ticket.objects.latest("pk"), victims)
    again = visitor.post("/", values)
    assert again["Location"] == first["Location"]
    assert_says_nothing(visitor.get(again["Location"]))


@pytest.mark.parametrize("target", ["form", "api"])
def test_a_strangers_link_opens_nothing_that_is_merged_into_its_ticket(visitor, victims, target):
    ticket = sent(visitor, "Please refund") if target == "form" else posted(visitor)[0]
    path = path_of(ticket)
    merge(victims, ticket)
    answer = visitor.get(path)
    assert answer.status_code == 404
    assert SECRET not in answer.content.decode()
    assert SECRET in visitor.get(path_of(ticket)).content.decode()  # which mail brings
    assert SECRET in visitor.get(path_of(victims)).content.decode()


def test_links_that_were_only_mailed_stay_after_a_merge(visitor):
    first, second, third = mailed(), by_agent(), by_agent()
    paths = [path_of(each) for each in (first, second, third)]
    merge(first, second)
    merge(second, third)
    for path in paths:
        assert "They called." in visitor.get(path).content.decode()


def test_what_was_mailed_by_somebody_else_before_opens_nothing(visitor, victims):
    ticket = mailed(MALLORY)
    path = path_of(ticket)
    tickets.update_ticket(ticket.pk, {"requester_email": VICTIM}, SYSTEM)
    merge(ticket, victims)
    assert_says_nothing(visitor.get(path))


def test_a_link_that_replaced_a_strangers_opens_the_target(visitor, victims, strangers):
    private_links.revoke_private_link(strangers, SYSTEM)
    private_links.send_private_link(strangers, SYSTEM)
    merge(strangers, victims)
    assert SECRET in visitor.get(path_of(strangers)).content.decode()


def test_tickets_without_an_address_open_each_other(visitor):
    source, target = sent(visitor, "No address", ""), sent(visitor, "None either", "")
    path = path_of(source)
    merge(source, target, same_requester=True)
    assert "None either" in visitor.get(path).content.decode()


def test_a_strangers_link_without_an_address_does_not_open_one_with(visitor, victims):
    ticket = sent(visitor, "It is me", "")
    path = path_of(ticket)
    merge(ticket, victims, same_requester=True)
    assert_says_nothing(visitor.get(path))


def test_a_message_that_became_a_ticket_opens_nothing_either(visitor, victims, strangers):
    comments.add_reply(strangers, {"body": "And another thing"})
    comment = strangers.comments.get()
    split = split_comment(strangers.pk, comment.pk, SYSTEM).ticket
    path = path_of(split)
    assert path in visitor.get(path_of(strangers)).content.decode()
    merge(split, victims)
    assert_says_nothing(visitor.get(path))


def test_a_message_that_became_the_target_shows_a_stranger_nothing(visitor, victims, strangers):
    comments.add_reply(strangers, {"body": "And another thing"})
    split = split_comment(strangers.pk, strangers.comments.get().pk, SYSTEM).ticket
    path = path_of(split)
    merge(victims, split)
    assert visitor.get(path).status_code == 404
    assert path_of(split) not in visitor.get(path_of(strangers)).content.decode()


def test_a_message_that_comes_back_keeps_the_links(visitor, strangers):
    comments.add_reply(strangers, {"body": "And another thing"})
    split = split_comment(strangers.pk, strangers.comments.get().pk, SYSTEM).ticket
    paths = path_of(strangers), path_of(split)
    merge(split, strangers)
    for path in paths:
        assert "And another thing" in visitor.get(path).content.decode()


def test_an_address_asked_for_by_the_sources_link_ends_with_the_merge(mail_server, visitor):
    source, target = sent(visitor, "No address", ""), sent(visitor, "None either", "")
    path = path_of(source)
    merge(source, target, same_requester=True)
    visitor.post(f"{path}address/", {"requester_email": MALLORY})
    work()
    text = mail_server.messages[0].get_body(["plain"]).get_content()
    answer = visitor.post(re.search(r"http://\S+?(/confirm/\S+)", text)[1])
    assert answer["Location"] == path  # the link that was used to ask
    target.refresh_from_db()
    assert target.requester_email == MALLORY
    unmerge_ticket(source.pk, SYSTEM)
    target.refresh_from_db()
    assert target.requester_email == ""


def test_agents_read_that_nobody_has_proven_the_address(agent, victims, strangers):
    page = agent.get(f"/tickets/{strangers.pk}/merge/", {"into": victims.pk}).content.decode()
    assert f"Nobody has proven that #{strangers.pk} is from" in page
    assert f"Nobody has proven that #{victims.pk} is from" not in page
    assert f"#{strangers.pk} will lead there" in page
