"""How many keys an agent's tasks take, from the list on. `docs/ui.md` has the numbers."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tickets.models.ticket import Comment, Ticket
from tickets.models.workplace import PendingReply, SavedReply
from tickets.tests.factories import TicketFactory

from .test_list_keys import expect_on


class Keyboard:
    """Presses keys and counts them. A combination is one key, a text is none."""

    def __init__(self, window):
        self.window, self.count = window, 0

    def press(self, *pressed):
        for key in pressed:
            self.window.keyboard.press(key)
            self.count += 1

    def write(self, text):
        self.window.keyboard.type(text)


@pytest.fixture(autouse=True)
def as_in_production(settings):
    settings.REPLY_DELAY_SECONDS, settings.REPLY_TAKES_TICKET = 10, True


@pytest.fixture
def waiting(transactional_db):
    """Tickets that wait for us, the longest wait first, as the list shows them."""
    since = timezone.now() - timedelta(days=1)
    return [
        TicketFactory(
            title=f"Chair {number} wobbles",
            description="The chair wobbles whenever somebody sits down on the chair.",
            created_at=since + timedelta(minutes=number),
        )
        for number in range(20)
    ]


@pytest.fixture
def window(desk, waiting):
    window = desk.window()
    desk.sign_in_by_form(window)  # which leads to the list of what waits
    return window


@pytest.fixture
def keyboard(window):
    return Keyboard(window)


def expect_open(window, ticket):
    window.wait_for_url(f"**/tickets/{ticket.pk}/?list=*")
    expect(window.get_by_role("heading", level=1)).to_have_text(ticket.title)
    window.wait_for_load_state()  # from then on the keys work


def test_a_ticket_is_found_by_a_word_and_answered_with_five_keys(window, keyboard):
    ticket = TicketFactory(description="My espresso tastes of soap.")
    keyboard.press("/")
    keyboard.write("espresso")
    keyboard.press("Enter")
    expect_on(window, ticket)
    keyboard.press("Enter")
    expect_open(window, ticket)
    keyboard.press("r")
    keyboard.write("Rinse it twice.")
    keyboard.press("Control+Enter")
    expect(window.locator("#talk .pending")).to_contain_text("Rinse it twice.")
    assert keyboard.count <= 5
    reply = PendingReply.objects.get()
    assert (reply.ticket, reply.body, reply.is_waiting) == (ticket, "Rinse it twice.", True)


def test_a_ticket_is_resolved_with_a_saved_reply_by_five_keys(window, keyboard, waiting):
    SavedReply.objects.create(name="Chairs", body="The chair wobbles? Turn it over.", shared=True)
    SavedReply.objects.create(name="Lamps", body="Change the bulb.", shared=True, uses=9)
    ticket = waiting[0]
    keyboard.press("j", "Enter")
    expect_open(window, ticket)
    keyboard.press(";")
    expect(window.locator("#reply-results [aria-selected=true]")).to_contain_text("Chairs")
    keyboard.press("Enter")
    expect(window.locator("#body")).to_have_value("The chair wobbles? Turn it over.")
    keyboard.press("Control+Shift+Enter")
    expect(window.locator("#talk .pending")).to_contain_text("replies and resolves")
    assert keyboard.count <= 5
    expect(window.locator("#toasts")).to_contain_text("Reply sent and ticket resolved.")
    ticket.refresh_from_db()
    assert ticket.status == "resolved"
    assert [comment.body for comment in ticket.comments.all()] == [
        "The chair wobbles? Turn it over."
    ]
    # Nothing else was resolved or answered.
    assert Ticket.objects.filter(status="open").count() == len(waiting) - 1
    assert Comment.objects.count() == 1


def test_twenty_waiting_tickets_are_answered_with_three_keys_each(window, keyboard, waiting):
    keyboard.press("j", "Enter")
    assert keyboard.count == 2
    for number, ticket in enumerate(waiting, 1):
        expect_open(window, ticket)
        before = keyboard.count
        keyboard.press("r")
        keyboard.write(f"Answer to #{ticket.pk}")
        keyboard.press("Control+Enter")
        expect(window.locator("#talk .ours")).to_contain_text(f"Answer to #{ticket.pk}")
        if number < len(waiting):
            expect(window.locator("#next-offer")).to_contain_text(waiting[number].title)
            keyboard.press("j")
        assert keyboard.count - before <= 3
    expect(window.locator("#next-offer")).to_have_count(0)
    assert keyboard.count == 2 + 3 * 20 - 1
    answers = dict(PendingReply.objects.values_list("ticket_id", "body"))
    assert answers == {ticket.pk: f"Answer to #{ticket.pk}" for ticket in waiting}
    keyboard.press("u")
    window.wait_for_url(re.compile(r"/tickets/\?.*waiting_for=us"))


def test_the_key_that_resolves_never_sends_a_note(window, keyboard, waiting):
    keyboard.press("j", "Enter")
    expect_open(window, waiting[0])
    keyboard.press("n")
    keyboard.write("Among us")
    keyboard.press("Control+Shift+Enter")
    expect(window.locator("#toasts")).to_contain_text("Only a reply can resolve the ticket.")
    expect(window.locator("#body")).to_have_value("Among us")
    assert not Comment.objects.exists()
    assert not PendingReply.objects.exists()
    keyboard.press("Control+Enter")
    expect(window.locator("#talk .internal")).to_contain_text("Among us")
    assert not Comment.objects.filter(public=True).exists()


def test_the_key_that_resolves_sends_a_reply_to_a_ticket_that_is_resolved(
    window, keyboard, waiting
):
    Ticket.objects.filter(pk=waiting[0].pk).update(status="resolved")
    window.goto(f"/tickets/{waiting[0].pk}/")
    keyboard.press("r")
    keyboard.write("It was the screw.")
    keyboard.press("Control+Shift+Enter")
    expect(window.locator("#talk .pending")).to_contain_text("It was the screw.")
    assert Ticket.objects.get(pk=waiting[0].pk).status == "resolved"
