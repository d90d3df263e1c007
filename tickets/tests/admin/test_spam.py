"""Spam and blocked senders in the back office."""

import pytest
from django.urls import reverse

from tickets.models.spam import BlockedAddress
from tickets.models.ticket import Ticket
from tickets.tests.factories import TicketFactory

LIST = "/admin/tickets/ticket/"
BLOCKED = "/admin/tickets/blockedaddress/"


def test_admins_block_an_address(admin, admin_user):
    admin.post(f"{BLOCKED}add/", {"address": " K.im+x@GoogleMail.com "})
    blocked = BlockedAddress.objects.get()
    assert (blocked.address, blocked.blocked_by) == ("kim@gmail.com", admin_user)
    text = admin.get(BLOCKED).content.decode()
    assert "kim@gmail.com" in text
    assert admin_user.username in text


@pytest.mark.parametrize("address", ["", "kim", "kim@gmail.com", "kim@exa mple.org"])
def test_what_is_no_address_or_blocked_already_is_refused(admin, address):
    BlockedAddress.objects.create(address="kim@gmail.com")
    response = admin.post(f"{BLOCKED}add/", {"address": address})
    assert response.status_code == 200
    assert response.context["errors"]
    assert BlockedAddress.objects.count() == 1


def test_admins_unblock(admin):
    ticket = TicketFactory()
    rows = [
        BlockedAddress.objects.create(address=f"{name}@example.org", ticket=ticket)
        for name in ("kim", "lee", "mo")
    ]
    data = {"action": "unblock", "_selected_action": [row.pk for row in rows[:2]]}
    response = admin.post(BLOCKED, data, follow=True)
    assert "Unblocked: 2 addresses." in response.content.decode()
    assert BlockedAddress.objects.get() == rows[2]
    admin.post(f"{BLOCKED}{rows[2].pk}/delete/", {"post": "yes"})
    assert not BlockedAddress.objects.exists()


def test_agents_do_not_manage_them(agent):
    assert agent.get(BLOCKED).status_code == 403
    assert agent.post(f"{BLOCKED}add/", {"address": "kim@example.org"}).status_code == 403


def test_the_list_shows_spam_only_if_asked(agent):
    ticket, spam = TicketFactory(), TicketFactory(spam=True)
    assert list(agent.get(LIST).context["cl"].result_list) == [ticket]
    assert list(agent.get(f"{LIST}?spam=true").context["cl"].result_list) == [spam]
    path = reverse("admin:tickets_ticket_change", args=[spam.pk])
    assert agent.get(path).status_code == 200


def test_actions_mark_tickets_and_take_them_back(agent):
    ticket = TicketFactory()
    data = {"index": "0", "_selected_action": [ticket.pk]}
    response = agent.post(LIST, data | {"action": "spam:true"}, follow=True)
    assert "Marked as spam: 1 ticket." in response.content.decode()
    assert not Ticket.objects.exists()
    agent.post(f"{LIST}?spam=true", data | {"action": "spam:false"})
    assert Ticket.objects.get() == ticket
