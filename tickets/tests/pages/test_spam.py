"""Spam on the pages, without scripts."""

import re

import pytest

from tickets.access.actors import SYSTEM
from tickets.models.spam import BlockedAddress
from tickets.models.ticket import Ticket
from tickets.services.comments import add_reply
from tickets.services.splitting import split_comment
from tickets.tests.factories import TicketFactory

KIM = "kim@example.org"


@pytest.fixture
def ticket(db):
    return TicketFactory(requester_email=KIM)


def mark(agent, ticket, **values):
    return agent.post(f"/tickets/{ticket.pk}/spam/", values, follow=True)


def mark_as_spam(ticket):
    Ticket.objects.filter(pk=ticket.pk).update(spam=True)


def stored(ticket):
    return Ticket.including_spam.get(pk=ticket.pk)


def notices(response):
    return [notice.text for notice in response.context["notices"]]


def test_an_agent_marks_a_ticket_and_takes_it_back(agent, ticket):
    page = mark(agent, ticket, spam="true")
    assert stored(ticket).spam
    assert notices(page) == [f"#{ticket.pk} is marked as spam."]
    text = page.content.decode()
    assert 'id="not-spam"' in text
    assert 'id="mark-spam"' not in text
    assert "marked it as spam" in text
    assert "is blocked" not in text
    page = mark(agent, ticket, spam="false")
    assert not stored(ticket).spam
    assert "marked it as not spam" in page.content.decode()


def test_the_notice_offers_undo(agent, ticket):
    mark(agent, ticket, spam="true", block="true")
    agent.post("/tickets/undo/", {"changes": f"{ticket.pk}:2"})
    assert not stored(ticket).spam
    assert not BlockedAddress.objects.exists()


def test_the_sender_is_blocked_if_that_is_chosen(agent, agent_user, ticket):
    page = mark(agent, ticket, spam="true", block="true")
    blocked = BlockedAddress.objects.get()
    assert (blocked.address, blocked.blocked_by) == (KIM, agent_user)
    assert notices(page) == [f"#{ticket.pk} is marked as spam. {KIM} is blocked."]
    text = page.content.decode()
    assert "is blocked, so what it sends next is spam too" in text
    assert "blocked the requester&#x27;s address" in text


def test_the_page_says_that_no_mail_goes_out(agent, ticket):
    mark(agent, ticket, spam="true")
    text = agent.get(f"/tickets/{ticket.pk}/").content.decode()
    assert "No email goes out for spam: replies are shown" in text
    assert "/link/send/" not in text


def test_without_an_address_nobody_can_be_blocked(agent):
    ticket = TicketFactory()
    assert 'id="block-sender"' not in agent.get(f"/tickets/{ticket.pk}/").content.decode()
    response = agent.post(f"/tickets/{ticket.pk}/spam/", {"spam": "true", "block": "true"})
    assert response.status_code == 400
    assert not stored(ticket).spam


def test_several_tickets_are_marked_at_once_and_taken_back(agent, ticket):
    other = TicketFactory()
    data = {"ticket": [ticket.pk, other.pk]}
    page = agent.post("/tickets/bulk/", data | {"spam": "true"}, follow=True)
    assert notices(page) == ["2 tickets marked as spam."]
    assert page.context["rows"] == []
    page = agent.get("/tickets/?spam=true")
    assert {row.ticket.pk for row in page.context["rows"]} == {ticket.pk, other.pk}
    page = agent.post("/tickets/bulk/", data | {"spam": "false"}, follow=True)
    assert notices(page) == ["2 tickets marked as not spam."]
    page = agent.post("/tickets/bulk/", data | {"spam": "false"}, follow=True)
    assert notices(page) == ["2 tickets were already not spam."]
    assert Ticket.objects.count() == 2


def test_the_list_offers_what_fits_its_view(agent, ticket):
    assert '<button type="submit" class="button" id="bulk-spam" name="spam" value="true"' in (
        agent.get("/tickets/?sort=newest").content.decode()
    )
    spam = agent.get("/tickets/?spam=true").content.decode()
    assert 'id="bulk-spam" name="spam" value="false"' in spam
    assert '<input type="hidden" name="spam" value="true" form="filters">' in spam


def test_a_blocked_sender_sees_what_everybody_sees(visitor, agent):
    """The form, the page and a reply: word for word, but for numbers and secrets."""
    data = {"title": "Hello", "description": "A text.", "requester_email": KIM}

    def send():
        page = visitor.post("/", data, follow=True)
        path = page.redirect_chain[-1][0]
        visitor.post(path, {"body": "More."})
        ticket = Ticket.including_spam.latest("pk")
        ticket.status = "closed"
        ticket.save()
        reply = visitor.post(path, {"body": "And more."}, follow=True)
        return [
            answer.content.decode()
            .replace(path, "")
            .replace(f"#{ticket.pk}", "")
            .replace(f'data-ticket="{ticket.pk}"', "")
            for answer in (page, reply)
        ], ticket

    before, plain = send()
    BlockedAddress.objects.create(address=KIM)
    visitor.cookies.clear()
    after, spam = send()

    def without_times(texts):
        return [re.sub(r'data-etag="[^"]*"|<time.*?</time>', "", text) for text in texts]

    assert without_times(after) == without_times(before)
    plain.refresh_from_db()
    assert (stored(plain).spam, stored(spam).spam) == (False, True)


def test_the_requester_of_spam_chooses_the_language_as_everybody_does(visitor, ticket):
    mark_as_spam(ticket)
    path = ticket.private_link_path()
    visitor.post(f"{path}language/", {"language": "de"})
    assert '<html lang="de"' in visitor.get(path).content.decode()


def test_a_requester_does_not_see_that_a_moved_message_is_spam(visitor, ticket):
    message = add_reply(ticket, {"body": "Buy this."})
    new = split_comment(ticket.pk, message.pk, SYSTEM).ticket
    path = ticket.private_link_path()
    before = visitor.get(path)
    mark_as_spam(new)
    after = visitor.get(path)
    assert new.private_link_path() in after.content.decode()
    assert after["ETag"] == before["ETag"]


def test_a_reply_of_a_blocked_sender_takes_the_ticket_out_of_the_list(visitor, agent, ticket):
    BlockedAddress.objects.create(address=KIM)
    page = visitor.post(ticket.private_link_path(), {"body": "More."}, follow=True)
    assert notices(page) == ["Reply sent."]
    assert stored(ticket).spam
    text = agent.get(f"/tickets/{ticket.pk}/").content.decode()
    assert "wrote from a blocked address, so it is spam" in text


# --- the requester's other tickets ---


def other_tickets(agent, ticket):
    context = agent.get(f"/tickets/{ticket.pk}/").context["requester_tickets"]
    return [other.pk for other in context.tickets], context.count


def test_the_requesters_other_tickets_stand_beside_the_conversation(agent, ticket):
    first = TicketFactory(requester_email="KIM@example.org", status="closed")
    second = TicketFactory(requester_email=KIM)
    TicketFactory(requester_email="akim@example.org")
    TicketFactory()
    TicketFactory(requester_email=KIM, spam=True)
    assert other_tickets(agent, ticket) == ([second.pk, first.pk], 0)
    text = agent.get(f"/tickets/{ticket.pk}/").content.decode()
    assert f"#{first.pk}, closed" in text
    assert 'id="all-requester-tickets"' not in text


def test_more_than_five_are_a_link_to_a_search(agent, ticket):
    newest = [TicketFactory(requester_email=KIM) for _ in range(11)][:5:-1]
    TicketFactory(requester_email="akim@example.org")
    assert other_tickets(agent, ticket) == ([other.pk for other in newest], 12)
    text = agent.get(f"/tickets/{ticket.pk}/").content.decode()
    link = "/tickets/?search=from%3A%22kim%40example.org%22"
    assert f'href="{link}">All 12</a>' in text
    assert len(agent.get(link).context["rows"]) == 12


def test_no_more_than_a_hundred_are_counted(agent, ticket):
    tickets = [TicketFactory.build(requester_email=KIM) for _ in range(100)]
    Ticket.objects.bulk_create(tickets[:99])
    assert ">All 100</a>" in agent.get(f"/tickets/{ticket.pk}/").content.decode()
    Ticket.objects.bulk_create(tickets[99:])
    assert ">All 100+</a>" in agent.get(f"/tickets/{ticket.pk}/").content.decode()


def test_a_ticket_without_an_address_has_no_others(agent):
    ticket = TicketFactory()
    TicketFactory()
    assert other_tickets(agent, ticket) == ([], 0)
    assert "Other tickets of this requester" not in (
        agent.get(f"/tickets/{ticket.pk}/").content.decode()
    )


def test_they_are_read_by_an_index(ticket):
    from django.db import connection

    TicketFactory.create_batch(40, requester_email="lou@example.org")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE tickets_ticket")
        for plan in ("seqscan", "sort", "bitmapscan"):
            cursor.execute(f"SET LOCAL enable_{plan} = off")
    assert "ticket_of_requester" in Ticket.objects.requested_from(KIM)[:6].explain()
    assert "ticket_of_requester" in Ticket.objects.search(f'from:"{KIM}"').explain()
