"""Going through a list of tickets, snoozing, long conversations, and drafts."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tickets.models.ticket import Ticket
from tickets.models.workplace import TicketRead
from tickets.services import comments
from tickets.tests.factories import PASSWORD, AgentFactory, CommentFactory, TicketFactory

from .test_composer import box, press, send


@pytest.fixture
def user(db):
    return AgentFactory()


@pytest.fixture
def window(desk, user):
    window = desk.window()
    desk.sign_in(window, user)
    return window


# --- the list that the ticket was opened from ---


@pytest.fixture
def billing(db):
    """Tickets of a list, the newest first, with another one between them."""
    tickets = []
    for number in range(4):
        category = "technical" if number == 1 else "billing"
        at = timezone.now() - timedelta(hours=number)
        tickets.append(TicketFactory(title=f"Invoice {number}", category=category, created_at=at))
    return [tickets[0], tickets[2], tickets[3]]


def open_from_list(window, ticket, query="category=billing"):
    window.goto(f"/tickets/?{query}")
    window.get_by_role("link", name=ticket.title).click()
    expect_open(window, ticket)


def expect_open(window, ticket):
    expect(window.get_by_role("heading", level=1)).to_have_text(ticket.title)
    window.wait_for_load_state()  # from then on the keys work


def test_j_and_k_go_through_the_list(window, billing):
    first, second, third = billing
    open_from_list(window, first)
    press(window, "j")
    expect_open(window, second)
    press(window, "j")
    expect_open(window, third)
    press(window, "j")
    expect(window.locator("#toasts")).to_contain_text("This is the last ticket of the list.")
    window.reload()
    press(window, "k")
    expect_open(window, second)
    press(window, "u")
    window.wait_for_url(re.compile(r"/tickets/\?category=billing"))


def test_a_ticket_that_was_not_opened_from_a_list_has_no_neighbours(window, billing):
    window.goto(f"/tickets/{billing[0].pk}/")
    press(window, "j")
    expect(window.locator("#toasts")).to_contain_text("Open a ticket from the list")


@pytest.mark.parametrize("delay", [0, 60])
def test_a_reply_offers_the_next_ticket(window, settings, billing, delay):
    settings.REPLY_DELAY_SECONDS, settings.REPLY_TAKES_TICKET = delay, True
    first, second, _ = billing
    query = "assignee=none&status=open&category=billing"  # the reply takes it out of this list
    open_from_list(window, first, query)
    expect(window.locator("#next-offer")).to_have_count(0)
    send(window)
    expect(window.locator("#next-offer")).to_contain_text(second.title)
    press(window, "j")
    expect_open(window, second)


def test_the_next_ticket_follows_although_the_reply_moved_this_one(window, billing):
    first, second, third = reversed(billing)
    Ticket.objects.filter(category="technical").delete()
    open_from_list(window, first, "sort=longest_waiting")
    send(window)
    window.reload()
    press(window, "j")
    expect_open(window, second)
    send(window)
    press(window, "j")
    expect_open(window, third)


def test_the_list_is_kept_without_javascript(desk, user, billing):
    window = desk.window(java_script_enabled=False)
    desk.sign_in(window, user)
    first, second, third = billing
    open_from_list(window, first)
    box(window).fill("Lift it")
    window.get_by_role("button", name="Send reply").click()
    window.locator("#next-offer").get_by_role("link").click()
    expect_open(window, second)
    window.get_by_label("Status", exact=True).select_option("closed")
    window.locator("#property-status").get_by_role("button", name="Set").click()
    window.get_by_role("link", name="Next").first.click()
    expect_open(window, third)
    window.get_by_role("link", name="Previous").click()
    expect_open(window, second)


# --- snooze ---


def test_a_ticket_is_snoozed_by_key_and_undone(window):
    ticket = TicketFactory()
    window.goto(f"/tickets/{ticket.pk}/")
    press(window, "h")
    expect(window.get_by_role("button", name="Later today")).to_be_focused()
    press(window, "Tab")
    expect(window.get_by_role("button", name="Tomorrow morning")).to_be_focused()
    press(window, "Enter")
    expect(window.locator("#heading")).to_contain_text("Snoozed until")
    expect(window.locator("#snooze-summary")).to_be_focused()
    ticket.refresh_from_db()
    assert ticket.is_snoozed
    press(window, "z")
    expect(window.locator("#heading")).not_to_contain_text("Snoozed")
    ticket.refresh_from_db()
    assert ticket.snoozed_until is None


def test_a_time_is_meant_in_the_browsers_zone(desk, user):
    ticket = TicketFactory()
    window = desk.window(timezone_id="America/New_York", locale="en-GB")
    desk.sign_in(window, user)
    window.goto(f"/tickets/{ticket.pk}/")
    press(window, "h")
    window.get_by_label("Date and time").fill("2040-01-15T09:30")
    window.get_by_role("button", name="Snooze until then").click()
    expect(window.locator("#heading")).to_contain_text("Snoozed until")
    expect(window.locator("#heading")).to_contain_text("09:30")
    ticket.refresh_from_db()
    assert ticket.snoozed_until == datetime(2040, 1, 15, 14, 30, tzinfo=UTC)
    window.get_by_role("button", name="Wake up").click()
    expect(window.locator("#heading")).not_to_contain_text("Snoozed")


def test_a_time_that_has_passed_is_refused(window):
    ticket = TicketFactory()
    window.goto(f"/tickets/{ticket.pk}/")
    press(window, "h")
    window.get_by_label("Date and time").fill("2020-01-15T09:30")
    window.get_by_role("button", name="Snooze until then").click()
    expect(window.locator("#toasts")).to_contain_text("Choose a time in the future.")
    assert Ticket.objects.get().snoozed_until is None


def test_snoozing_works_without_javascript(desk, user):
    ticket = TicketFactory()
    window = desk.window(java_script_enabled=False)
    desk.sign_in(window, user)
    window.goto(f"/tickets/{ticket.pk}/")
    window.locator("#snooze-summary").click()
    window.get_by_role("button", name="Next week").click()
    expect(window.locator("#heading")).to_contain_text("Snoozed until")
    window.get_by_role("button", name="Undo").click()
    expect(window.locator("#heading")).not_to_contain_text("Snoozed")


def test_the_requester_wakes_a_snoozed_ticket(window):
    ticket = TicketFactory(snoozed_until=timezone.now() + timedelta(days=1))
    comments.add_reply(ticket, {"body": "Hello?"})
    window.goto(f"/tickets/{ticket.pk}/")
    expect(window.locator("#heading")).not_to_contain_text("Snoozed")


# --- whose turn it is ---


def test_it_shows_whose_turn_it_is_and_for_how_long(window):
    ticket = TicketFactory(created_at=timezone.now() - timedelta(hours=2, minutes=10))
    window.goto(f"/tickets/{ticket.pk}/")
    expect(window.locator("#heading")).to_contain_text(re.compile(r"Waiting for us for 2.h 10.min"))
    send(window)
    expect(window.locator("#heading")).to_contain_text("Waiting for the requester")
    window.get_by_label("Status", exact=True).select_option("closed")
    expect(window.locator("#heading")).not_to_contain_text("Waiting")


# --- long conversations ---


@pytest.fixture
def long_conversation(user):
    start = timezone.now() - timedelta(days=2)
    ticket = TicketFactory(created_at=start)
    for number in range(36):
        role = "requester" if number % 2 else "agent"
        CommentFactory(
            ticket=ticket,
            body=f"Message {number}. " + "It is a long story. " * 30,
            public=True,
            author_role=role,
            created_at=start + timedelta(minutes=number + 1),
        )
    ticket.last_activity_at = start + timedelta(minutes=36)
    ticket.save()
    return ticket


def test_the_middle_is_folded_and_unfolds(window, long_conversation):
    window.goto(f"/tickets/{long_conversation.pk}/")
    expect(window.get_by_text("31 earlier")).to_be_visible()
    expect(window.get_by_text("Message 3.")).not_to_be_visible()
    expect(window.get_by_text("Message 35.")).to_be_attached()
    expect(window.get_by_role("link", name="Write")).to_be_in_viewport()
    window.get_by_text("31 earlier").click()
    expect(window.get_by_text("Message 3.")).to_be_visible()


def test_it_opens_at_the_first_unread_message(window, user, long_conversation):
    read_at = long_conversation.created_at + timedelta(minutes=26, seconds=1)
    TicketRead.objects.create(ticket=long_conversation, account=user, read_at=read_at)
    window.goto(f"/tickets/{long_conversation.pk}/")
    expect(window.get_by_text("Message 26.")).to_be_in_viewport()
    expect(window.locator("#unread")).to_be_in_viewport()
    expect(window.get_by_text("25 earlier")).to_be_attached()
    # Nothing is folded under the reader's eyes.
    window.get_by_label("Priority").select_option("high")
    expect(window.locator("#toasts")).to_contain_text("priority is now high")
    expect(window.get_by_text("Message 26.")).to_be_visible()
    expect(window.get_by_text("25 earlier")).to_be_attached()
    window.reload()
    expect(window.get_by_text("31 earlier")).to_be_attached()


@pytest.mark.parametrize("width", [360, 1280])
def test_the_way_to_the_composer_lies_over_no_action(window, long_conversation, width):
    window.set_viewport_size({"width": width, "height": 640})
    window.goto(f"/tickets/{long_conversation.pk}/")
    edge = window.get_by_role("link", name="Write").bounding_box()["x"]
    actions = window.locator(".message-head :is(a, button):visible").all()
    boxes = [action.bounding_box() for action in actions]
    assert len(boxes) >= 10  # two for each message that is not folded
    assert [box for box in boxes if box["x"] + box["width"] > edge] == []


def test_the_composer_is_one_click_away(window, long_conversation):
    window.goto(f"/tickets/{long_conversation.pk}/")
    window.get_by_role("link", name="Write").click()
    expect(box(window)).to_be_focused()
    expect(box(window)).to_be_in_viewport()


def test_on_a_phone_the_message_is_above_the_properties(desk, user, narrow):
    window = desk.window(**narrow)
    desk.sign_in(window, user)
    ticket = TicketFactory()
    window.goto(f"/tickets/{ticket.pk}/")

    def top(selector):
        return window.locator(selector).bounding_box()["y"]

    assert top("#talk") < top("#composer") < top(".properties") < top("#history")
    expect(window.get_by_text(ticket.description).first).to_be_in_viewport()


# --- drafts ---


def test_a_draft_survives_the_tab_and_is_listed(desk, window, user):
    ticket = TicketFactory()
    window.goto(f"/tickets/{ticket.pk}/")
    press(window, "n")
    window.keyboard.type("Half a note")
    context = window.context
    window.close()
    second = context.new_page()
    second.goto(f"/tickets/{ticket.pk}/")
    expect(box(second)).to_have_value("Half a note")
    expect(second.locator("#mode-note")).to_be_checked()
    expect(second.locator("#drafts")).to_contain_text("Half a note")
    expect(second.locator("#drafts")).to_contain_text("Note")
    second.locator("#drafts").get_by_role("button", name="Discard").click()
    expect(box(second)).to_have_value("")
    expect(second.locator("#drafts")).to_be_hidden()
    second.reload()
    expect(box(second)).to_have_value("")


def test_a_draft_that_was_sent_is_no_longer_listed(window):
    ticket = TicketFactory()
    window.goto(f"/tickets/{ticket.pk}/")
    box(window).fill("Half a sentence")
    window.reload()
    expect(window.locator("#drafts")).to_contain_text("Half a sentence")
    window.get_by_role("button", name="Send reply").click()
    expect(window.locator("#talk")).to_contain_text("Half a sentence")
    expect(window.locator("#drafts")).to_be_hidden()


STORED_DRAFTS = "Object.keys(localStorage).filter(key => key.startsWith('draft:'))"


def sign_in(window, user):
    window.goto("/sign-in/")
    window.get_by_label("User name").fill(user.username)
    window.get_by_label("Password").fill(PASSWORD)
    window.get_by_role("button", name="Sign in").click()
    window.wait_for_url("**/tickets/?**")


def test_a_tab_that_stays_open_after_signing_out_stores_no_draft(desk, window, user):
    desk.tolerate("401")
    ticket = TicketFactory()
    window.goto(f"/tickets/{ticket.pk}/")
    tab = window.context.new_page()
    tab.goto(f"/tickets/{ticket.pk}/")
    press(tab, "n")
    tab.keyboard.type("Before")
    window.get_by_role("button", name="Sign out").click()
    window.wait_for_url("**/")
    tab.keyboard.type(" and after")
    assert window.evaluate(STORED_DRAFTS) == []
    # Another account's pages do not bring it back, its own do: the text is not lost.
    sign_in(window, AgentFactory())
    tab.keyboard.type(" another")
    assert window.evaluate(STORED_DRAFTS) == []
    window.get_by_role("button", name="Sign out").click()
    window.wait_for_url("**/")
    sign_in(window, user)
    tab.keyboard.type(" signed in")
    tab.reload()
    expect(box(tab)).to_have_value("Before and after another signed in")


def test_drafts_are_gone_after_signing_out(window, user):
    ticket = TicketFactory()
    window.goto(f"/tickets/{ticket.pk}/")
    box(window).fill("Half a sentence")
    window.get_by_role("button", name="Sign out").click()
    window.wait_for_url("**/")
    assert window.evaluate(STORED_DRAFTS) == []
    sign_in(window, user)
    window.goto(f"/tickets/{ticket.pk}/")
    expect(box(window)).to_have_value("")


STORED = "[...Object.keys(localStorage), ...Object.keys(sessionStorage)]"


def test_nothing_of_tickets_is_stored_after_signing_out(window, user):
    ticket = TicketFactory()
    window.goto("/tickets/")
    window.goto(f"/tickets/{ticket.pk}/")
    window.evaluate("localStorage.setItem('keys', 'off')")  # a preference, which stays
    box(window).fill("Half a sentence")
    window.get_by_label("Priority", exact=True).select_option("critical")
    expect(window.locator("#toasts")).to_contain_text("priority is now critical")
    assert len(window.evaluate(STORED)) > 2
    window.get_by_role("button", name="Sign out").click()
    window.wait_for_url("**/")
    expect(window.get_by_role("link", name="Sign in")).to_be_visible()
    assert set(window.evaluate(STORED)) - {"toasts"} == {"keys"}
    assert window.evaluate("sessionStorage.getItem('toasts')") in (None, "[]")
