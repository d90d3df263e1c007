"""Spam in a browser: marked by a key or a click, blocked, taken back."""

import pytest
from playwright.sync_api import expect

from tickets.models.spam import BlockedAddress
from tickets.models.ticket import Ticket
from tickets.tests.factories import TicketFactory

KIM = "kim@example.org"


@pytest.fixture
def ticket(db):
    return TicketFactory(requester_email=KIM)


@pytest.fixture
def window(desk, ticket):
    window = desk.agent()
    window.goto(f"/tickets/{ticket.pk}/")
    return window


def is_spam(ticket):
    return Ticket.including_spam.get(pk=ticket.pk).spam


def test_one_key_marks_a_ticket_and_takes_it_back(window, ticket):
    window.get_by_label("Your reply to the requester").fill("Half a sentence")
    window.locator("main").focus()
    window.keyboard.press("!")
    expect(window.locator("#toasts")).to_contain_text(f"#{ticket.pk} is marked as spam.")
    expect(window.locator("#spam-notice")).to_contain_text("no email goes out for it")
    expect(window.locator("#history")).to_contain_text("marked it as spam")
    assert is_spam(ticket)
    expect(window.get_by_label("Your reply to the requester")).to_have_value("Half a sentence")
    window.locator("main").focus()
    window.keyboard.press("!")
    expect(window.locator("#toasts")).to_contain_text("is not spam any more")
    expect(window.locator("#spam-notice")).to_have_count(0)
    assert not is_spam(ticket)
    assert not BlockedAddress.objects.exists()


def test_the_key_does_nothing_while_somebody_writes(window, ticket):
    window.get_by_label("Your reply to the requester").press_sequentially("Hello!")
    window.wait_for_timeout(300)
    expect(window.get_by_label("Your reply to the requester")).to_have_value("Hello!")
    assert not is_spam(ticket)


def test_a_click_marks_and_blocks_and_undo_takes_both_back(window, ticket):
    window.get_by_label(f"Block {KIM} too").check()
    window.get_by_role("button", name="Mark as spam").click()
    expect(window.locator("#toasts")).to_contain_text(f"{KIM} is blocked.")
    expect(window.locator("#spam-notice")).to_contain_text("what it sends next is spam too")
    assert BlockedAddress.objects.get().address == KIM
    window.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(window.locator("#spam-notice")).to_have_count(0)
    expect(window.get_by_role("button", name="Mark as spam")).to_be_visible()
    assert not is_spam(ticket)
    assert not BlockedAddress.objects.exists()


def test_z_undoes_the_key(window, ticket):
    window.keyboard.press("!")
    expect(window.locator("#spam-notice")).to_be_visible()
    window.keyboard.press("z")
    expect(window.locator("#spam-notice")).to_have_count(0)
    assert not is_spam(ticket)


def test_not_spam_is_a_button(window, ticket):
    window.keyboard.press("!")
    window.get_by_role("button", name="Not spam").click()
    expect(window.locator("#spam-notice")).to_have_count(0)
    assert not is_spam(ticket)


def test_the_ticket_page_works_without_scripts(desk, ticket):
    window = desk.agent(java_script_enabled=False)
    window.goto(f"/tickets/{ticket.pk}/")
    window.get_by_label(f"Block {KIM} too").check()
    window.get_by_role("button", name="Mark as spam").click()
    expect(window.locator("#toasts")).to_contain_text(f"{KIM} is blocked.")
    window.get_by_role("button", name="Not spam").click()
    expect(window.locator("#toasts")).to_contain_text("is not spam any more")
    assert not is_spam(ticket)
    assert BlockedAddress.objects.exists()


@pytest.mark.parametrize("scripts", [True, False])
def test_selected_tickets_are_marked_in_the_list_and_taken_back(desk, scripts):
    tickets = [TicketFactory() for _ in range(3)]
    window = desk.agent(java_script_enabled=scripts)
    window.goto("/tickets/")
    for ticket in tickets[:2]:
        window.get_by_label(f"Select #{ticket.pk}").check()
    window.get_by_role("button", name="Spam", exact=True).click()
    expect(window.locator("#toasts")).to_contain_text("2 tickets marked as spam.")
    expect(window.locator("tbody tr")).to_have_count(1)
    expect(window.locator("#result-count")).to_contain_text("1 ticket")
    window.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(window.locator("tbody tr")).to_have_count(3)
    assert Ticket.objects.count() == 3


def test_the_view_spam_gives_them_back(desk):
    tickets = [TicketFactory(spam=True) for _ in range(2)]
    window = desk.agent()
    window.goto("/tickets/")
    expect(window.locator("tbody tr")).to_have_count(0)
    window.get_by_role("link", name="Spam", exact=True).click()
    expect(window.locator("tbody tr")).to_have_count(2)
    tab = window.get_by_role("link", name="Open 2")
    tab.click()  # a tab keeps the view
    expect(tab).to_have_attribute("aria-current", "page")
    expect(window.locator("tbody tr")).to_have_count(2)
    window.get_by_label(f"Select #{tickets[0].pk}").check()
    window.get_by_role("button", name="Not spam").click()
    expect(window.locator("#toasts")).to_contain_text("1 ticket marked as not spam.")
    expect(window.locator("tbody tr")).to_have_count(1)
    window.get_by_role("link", name="All", exact=True).click()
    expect(window.locator("tbody tr")).to_have_count(1)
    assert not is_spam(tickets[0])


def test_the_requesters_tickets_lead_to_each_other_and_to_a_search(desk, ticket):
    newest = [TicketFactory(requester_email=KIM) for _ in range(6)][-1]
    TicketFactory(requester_email="akim@example.org")
    window = desk.agent()
    window.goto(f"/tickets/{ticket.pk}/")
    section = window.get_by_role("region", name="Other tickets of this requester")
    expect(section.get_by_role("listitem")).to_have_count(5)
    section.get_by_role("link", name=newest.title).click()
    window.wait_for_url(f"**/tickets/{newest.pk}/")
    section.get_by_role("link", name="All 7").click()
    expect(window.locator("tbody tr")).to_have_count(7)


def test_on_a_phone_they_follow_the_conversation(desk, ticket, narrow):
    other = TicketFactory(requester_email=KIM)
    window = desk.agent(**narrow)
    window.goto(f"/tickets/{ticket.pk}/")
    section = window.get_by_role("region", name="Other tickets of this requester")
    expect(section.get_by_role("link", name=other.title)).to_be_visible()
    expect(window.get_by_role("button", name="Mark as spam")).to_be_visible()
    assert not window.evaluate("document.documentElement.scrollWidth > innerWidth")
