"""Whose turn it is in the list, its orders, and what others do while it is open."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tickets.access.actors import user_actor
from tickets.models.ticket import Ticket
from tickets.models.workplace import SavedView, TicketRead
from tickets.services.comments import add_comment, add_reply
from tickets.services.tickets import update_ticket
from tickets.tests.factories import AgentFactory, TicketFactory

from .test_list import cell, choose, expect_value, menu, option, rows

POLL = 11_000  # milliseconds; open pages ask more often


@pytest.fixture
def me(db):
    return AgentFactory(username="me.myself", date_joined=timezone.now() - timedelta(days=9))


@pytest.fixture
def window(desk, me):
    window = desk.window()
    desk.sign_in_by_form(window, me)
    return window


@pytest.fixture
def maria(db):
    return user_actor(AgentFactory(username="maria"))


def hours_ago(hours, **values):
    return TicketFactory(created_at=timezone.now() - timedelta(hours=hours), **values)


def titles(window):
    return [
        text.removesuffix("(unread)").strip()
        for text in rows(window).get_by_role("link").all_inner_texts()
    ]


def view(window, name):
    return window.get_by_role("navigation", name="Views").get_by_role("link", name=name, exact=True)


# --- views and orders ---


@pytest.mark.parametrize("scripts", [True, False])
def test_the_list_opens_with_what_waits_for_us_the_longest_wait_first(desk, me, scripts):
    short, long = hours_ago(1), hours_ago(3)
    hours_ago(2, status="closed")
    hours_ago(2, waiting_since=None)
    hours_ago(2, snoozed_until=timezone.now() + timedelta(hours=1))
    window = desk.window(java_script_enabled=scripts)
    desk.sign_in_by_form(window, me)
    window.get_by_role("link", name="Tickets", exact=True).click()
    expect(view(window, "Waiting for us")).to_have_attribute("aria-current", "page")
    expect(rows(window)).to_have_count(2)
    assert titles(window) == [long.title, short.title]
    expect(cell(window, "age", long)).to_have_text("waiting 3 h")


def test_each_view_is_one_click_away(window, me):
    mine = hours_ago(1, assignee=me, waiting_since=None)
    snoozed = hours_ago(1, snoozed_until=timezone.now() + timedelta(hours=1))
    high = hours_ago(1, priority="high")
    critical = hours_ago(2, priority="critical")
    for ticket in (mine, snoozed, high):
        TicketRead.objects.mark_read(ticket, me)
    for name, tickets in {
        "Waiting for us": [critical, high],
        "Waiting for them": [mine],
        "Unread by me": [critical],
        "Mine": [mine],
        "Urgent": [critical, high],
        "Snoozed": [snoozed],
    }.items():
        view(window, name).click()
        expect(view(window, name)).to_have_attribute("aria-current", "page")
        expect(rows(window)).to_have_count(len(tickets))
        assert titles(window) == [ticket.title for ticket in tickets], name
    expect(cell(window, "age", snoozed)).to_contain_text("Snoozed")
    view(window, "All").click()
    expect(rows(window)).to_have_count(4)
    window.reload()
    expect(rows(window)).to_have_count(4)


@pytest.mark.parametrize("scripts", [True, False])
def test_an_order_is_chosen_and_kept_in_a_view(desk, me, scripts):
    calm, urgent = hours_ago(1, urgency_score=5), hours_ago(2, urgency_score=95)
    window = desk.window(java_script_enabled=scripts)
    desk.sign_in(window, me)
    window.goto("/tickets/?status=open")
    assert titles(window) == [calm.title, urgent.title]
    window.get_by_label("Sort").select_option("Urgency")
    if not scripts:
        window.get_by_role("button", name="Filter").click()
    window.wait_for_url(re.compile("sort=urgency"))
    expect(rows(window).first).to_contain_text(urgent.title)
    window.get_by_text("Save this view").click()
    window.get_by_label("View name").fill("Burning")
    window.get_by_role("button", name="Save view").click()
    expect(window.locator("#toasts")).to_contain_text("Burning")
    assert SavedView.objects.get().query == "status=open&sort=urgency"
    view(window, "All").click()
    expect(window.get_by_label("Sort")).to_have_value("newest")
    assert titles(window) == [calm.title, urgent.title]
    # The saved one has a lock and "private" after its name.
    window.get_by_role("link", name=re.compile("^Burning")).click()
    expect(window.get_by_label("Sort")).to_have_value("urgency")
    assert titles(window) == [urgent.title, calm.title]


def test_filters_within_a_view_keep_whose_turn_it_is(window):
    hours_ago(1, category="billing")
    hours_ago(1, category="billing", waiting_since=None)
    window.goto("/tickets/")
    window.get_by_label("Category", exact=True).select_option("billing")
    window.wait_for_url(re.compile("category=billing&waiting_for=us&snoozed=false&sort=longest"))
    expect(rows(window)).to_have_count(1)
    expect(window.locator("#results")).to_contain_text("Not snoozed")
    window.get_by_role("link", name="Whoever's turn it is").click()
    expect(rows(window)).to_have_count(2)


# --- rows ---


def test_a_row_shows_what_is_new_and_who_wrote_last(window, me, maria):
    read, unread = hours_ago(1), hours_ago(2)
    TicketRead.objects.mark_read(read, me)
    window.goto("/tickets/?sort=newest")
    weights = (
        rows(window)
        .get_by_role("link")
        .evaluate_all("links => links.map((link) => Number(getComputedStyle(link).fontWeight))")
    )
    assert weights[1] >= 600 > weights[0]
    names = [read.title, f"{unread.title} (unread)"]
    for link, name in zip(rows(window).get_by_role("link").all(), names, strict=True):
        expect(link).to_have_accessible_name(name)
    expect(cell(window, "title", read)).to_contain_text("Requester wrote 1 h ago")
    add_comment(read, {"body": "Which tray?", "public": True}, maria)
    add_comment(unread, {"body": "Smoke again.", "public": False}, user_actor(me))
    window.reload()
    expect(cell(window, "title", read)).to_contain_text("maria replied just now")
    expect(cell(window, "title", unread)).to_contain_text("You noted just now")
    expect(window.get_by_role("link", name="(unread)")).to_have_count(1)


# --- while the list is open ---


@pytest.fixture
def open_list(window):
    """Open the list at a time that the test moves."""

    def go(address):
        window.clock.install()
        window.goto(address)
        return window

    return go


def wait(window):
    window.clock.fast_forward(POLL)


def test_a_new_answer_shows_in_its_row_and_is_announced(open_list, me):
    first, second = hours_ago(1), hours_ago(2, waiting_since=None)
    for ticket in (first, second):
        TicketRead.objects.mark_read(ticket, me)
    window = open_list("/tickets/?sort=newest")
    boxes = [row.bounding_box() for row in rows(window).all()]
    add_reply(second, {"body": "It still smokes."})
    wait(window)
    expect(window.get_by_role("button", name="1 new answer")).to_be_visible()
    expect(window.locator(f"#open-{second.pk}")).to_have_accessible_name(f"{second.title} (unread)")
    expect(cell(window, "age", second)).to_contain_text("waiting")
    expect(cell(window, "title", second)).to_contain_text("Requester wrote just now")
    assert [row.bounding_box() for row in rows(window).all()] == boxes


def test_an_answer_to_a_ticket_that_is_not_shown_is_announced(open_list, maria):
    waiting, answered = hours_ago(1), hours_ago(2, waiting_since=None)
    window = open_list("/tickets/")
    expect(rows(window)).to_have_count(1)
    add_comment(waiting, {"body": "Ours.", "public": False}, maria)
    add_reply(answered, {"body": "It still smokes."})
    TicketFactory()
    wait(window)
    button = window.get_by_role("button", name="1 new ticket, 1 new answer")
    expect(button).to_be_visible()
    expect(rows(window)).to_have_count(1)
    button.click()
    expect(rows(window)).to_have_count(3)
    expect(button).to_be_hidden()
    # The longest wait comes first, so what is new is below.
    expect(rows(window).nth(1).get_by_role("link")).to_be_focused()
    wait(window)
    expect(window.get_by_role("button", name="new ticket")).to_have_count(0)


def test_changes_of_others_show_in_place(open_list, maria):
    tickets = [hours_ago(hours) for hours in (1, 2, 3)]
    window = open_list("/tickets/?status=open")
    order = titles(window)
    update_ticket(tickets[1].pk, {"status": "closed", "priority": "critical"}, maria)
    update_ticket(tickets[2].pk, {"assignee": maria.user}, maria)
    wait(window)
    expect_value(window, "status", tickets[1], "closed")
    expect(cell(window, "priority", tickets[1])).to_contain_text("Critical")
    expect(cell(window, "assignee", tickets[2])).to_contain_text("maria")
    expect(window.locator("#tab-closed .count")).to_have_text("1")
    assert titles(window) == order
    # A choice after that is one over what is shown now.
    choose(window, "status", tickets[1], "in_progress")
    window.clock.fast_forward(300)
    expect(window.locator("#toasts")).to_contain_text("status is now in progress")


def test_the_focus_and_the_selection_stay_in_a_row_that_changes(open_list, maria):
    ticket, _ = hours_ago(1), hours_ago(2)
    window = open_list("/tickets/?sort=newest")
    for key in ("j", "x"):
        window.keyboard.press(key)
    update_ticket(ticket.pk, {"title": "Another title", "status": "closed"}, maria)
    wait(window)
    expect(window.locator(f"#open-{ticket.pk}")).to_contain_text("Another title")
    expect(window.locator(f"#open-{ticket.pk}")).to_be_focused()
    expect(window.locator(f"#pick-{ticket.pk}")).to_be_checked()
    window.keyboard.press("j")
    expect(rows(window).nth(1).get_by_role("link")).to_be_focused()


def test_a_choice_that_is_being_saved_is_not_overwritten(open_list, maria):
    ticket = hours_ago(1)
    window = open_list("/tickets/?sort=newest")
    held = []
    window.route(f"**/tickets/{ticket.pk}/", lambda route: held.append(route))
    choose(window, "priority", ticket, "critical")
    window.clock.fast_forward(300)
    while not held:
        window.wait_for_timeout(20)
    update_ticket(ticket.pk, {"category": "billing"}, maria)
    with window.expect_response("**/tickets/news/**"):
        wait(window)
    expect(rows(window).first).to_have_attribute("aria-busy", "true")
    held[0].continue_()
    expect(window.locator("#toasts")).to_contain_text("priority is now critical")
    expect_value(window, "category", ticket, "billing")
    stored = Ticket.objects.get()
    assert (stored.priority, stored.category) == ("critical", "billing")


@pytest.mark.parametrize(("changed", "is_same"), [("status", True), ("priority", False)])
def test_an_open_menu_stays_open(open_list, maria, changed, is_same):
    ticket = hours_ago(1)
    window = open_list("/tickets/?sort=newest")
    for key in ("j", "s", "ArrowDown"):
        window.keyboard.press(key)
    box = menu(window).bounding_box()
    value = {"status": "closed", "priority": "critical"}[changed]
    update_ticket(ticket.pk, {changed: value}, maria)
    with window.expect_response("**/tickets/news/**"):
        wait(window)
    expect_value(window, changed, ticket, value)
    expect(menu(window)).to_be_focused()
    assert menu(window).bounding_box() == box
    expect(option(window, "Open")).to_have_attribute("aria-selected", "true")
    expect(window.locator(f"#status-{ticket.pk}")).to_have_attribute("aria-expanded", "true")
    window.keyboard.press("Enter")
    window.clock.fast_forward(300)
    message = "changed in the meantime" if is_same else "status is now in progress"
    expect(window.locator("#toasts")).to_contain_text(message)
    expect_value(window, "status", ticket, "closed" if is_same else "in_progress")
    expect(window.locator(f"#open-{ticket.pk}")).to_be_focused()


def test_what_is_read_in_another_tab_is_read_here(open_list, me):
    ticket = hours_ago(1)
    window = open_list("/tickets/?sort=newest")
    link = window.locator(f"#open-{ticket.pk}")
    expect(link).to_have_accessible_name(f"{ticket.title} (unread)")
    TicketRead.objects.mark_read(ticket, me)
    wait(window)
    expect(link).to_have_accessible_name(ticket.title)
