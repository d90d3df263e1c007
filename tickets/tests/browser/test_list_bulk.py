"""Selecting rows of the list, and changing them at once, in a browser."""

import pytest
from playwright.sync_api import expect

from tickets.models.ticket import Ticket
from tickets.tests.factories import AgentFactory, TicketFactory

from .test_list import choose, expect_value


@pytest.fixture
def tickets(transactional_db):
    """The newest first, as the list shows them."""
    return TicketFactory.create_batch(5)[::-1]


@pytest.fixture
def window(desk, tickets):
    window = desk.agent()
    window.goto("/tickets/?sort=newest")
    return window


def box(window, ticket):
    return window.get_by_label(f"Select #{ticket.pk}", exact=True)


def bar(window):
    return window.get_by_role("form", name="Change the selected tickets")


def expect_selected(window, count):
    if count:
        expect(bar(window)).to_contain_text(f"{count} selected")
    else:
        expect(bar(window)).to_be_hidden()


def closed():
    return set(Ticket.objects.filter(status="closed").values_list("pk", flat=True))


def test_selecting_shows_the_bar_and_moves_nothing(window, tickets):
    last_row = window.locator("tbody tr").last.bounding_box()
    expect_selected(window, 0)
    box(window, tickets[0]).check()
    expect_selected(window, 1)
    assert window.locator("tbody tr").last.bounding_box() == last_row
    box(window, tickets[0]).uncheck()
    expect_selected(window, 0)


def test_a_range_is_selected_with_shift(window, tickets):
    box(window, tickets[1]).check()
    box(window, tickets[3]).click(modifiers=["Shift"])
    expect_selected(window, 3)
    expect(box(window, tickets[2])).to_be_checked()
    expect(box(window, tickets[4])).not_to_be_checked()
    box(window, tickets[2]).click(modifiers=["Shift"])
    expect_selected(window, 1)


def test_all_on_the_page_are_selected_and_let_go(window):
    window.get_by_label("Select all on this page").check()
    expect_selected(window, 5)
    bar(window).get_by_role("button", name="Clear").click()
    expect_selected(window, 0)


def test_the_selected_change_and_change_back(window, tickets):
    AgentFactory(username="hanna")
    window.reload()
    for ticket in tickets[:3]:
        box(window, ticket).check()
    bar(window).get_by_label("New status").select_option("closed")
    bar(window).get_by_label("New assignee").select_option("hanna")
    bar(window).get_by_role("button", name="Apply").click()
    expect(window.locator("#toasts")).to_contain_text("3 tickets changed.")
    expect(window.locator("tbody .status-closed")).to_have_count(3)
    expect(window.locator("#tab-closed .count")).to_have_text("3")
    expect_selected(window, 0)
    expect(window.locator(f"#open-{tickets[0].pk}")).to_be_focused()
    assert closed() == {ticket.pk for ticket in tickets[:3]}
    window.get_by_role("button", name="Undo").click()
    expect(window.locator("#toasts")).to_contain_text("3 tickets are as they were before.")
    expect(window.locator("tbody .status-closed")).to_have_count(0)
    expect(window.locator("#tab-open .count")).to_have_text("5")
    assert closed() == set()
    window.reload()
    expect(window.locator("tbody .status-closed")).to_have_count(0)


def test_rows_that_no_longer_fit_leave_and_come_back(window, tickets):
    window.get_by_role("link", name="Open", exact=False).first.click()
    window.wait_for_url("**status=open*")
    for ticket in tickets[:2]:
        box(window, ticket).check()
    bar(window).get_by_label("New status").select_option("closed")
    bar(window).get_by_role("button", name="Apply").click()
    expect(window.locator("tbody tr")).to_have_count(3)
    # The focus went to a neighbour, not to nowhere.
    expect(window.locator(f"#open-{tickets[2].pk}")).to_be_focused()
    window.keyboard.press("z")
    expect(window.locator("tbody tr")).to_have_count(5)
    window.go_back()
    window.wait_for_url(lambda url: "status" not in url)
    expect(window.locator("tbody tr")).to_have_count(5)


def test_the_selection_survives_a_change_in_place(window, tickets):
    for ticket in tickets[:2]:
        box(window, ticket).check()
    choose(window, "priority", tickets[0], "low")
    expect(window.locator("#toasts")).to_contain_text("priority is now low")
    expect_selected(window, 2)
    expect(box(window, tickets[0])).to_be_checked()
    window.get_by_role("button", name="Undo").click()
    expect(window.locator("#toasts")).to_contain_text("as it was before")
    expect_value(window, "priority", tickets[0], "medium")
    expect_selected(window, 2)
    expect(box(window, tickets[1])).to_be_checked()


def test_nothing_chosen_is_told_and_the_selection_stays(window, tickets):
    box(window, tickets[0]).check()
    bar(window).get_by_role("button", name="Apply").click()
    expect(window.locator("#toasts")).to_contain_text("Choose what to change.")
    expect_selected(window, 1)


def test_while_the_desk_is_away_nothing_is_claimed_and_nothing_lost(desk, window, tickets):
    desk.tolerate("ERR_|htmx")
    window.route("**/tickets/bulk/", lambda route: route.abort())
    box(window, tickets[0]).check()
    bar(window).get_by_label("New status").select_option("closed")
    bar(window).get_by_role("button", name="Apply").click()
    expect(window.locator("#toasts")).to_contain_text("can't reach the server")
    expect_selected(window, 1)
    expect(bar(window).get_by_label("New status")).to_have_value("closed")
    window.unroute("**/tickets/bulk/")
    bar(window).get_by_role("button", name="Apply").click()
    expect(window.locator("#toasts")).to_contain_text("1 ticket changed.")
    assert closed() == {tickets[0].pk}


def test_another_tab_meanwhile_shows_what_became_of_it(window, tickets):
    held = []
    window.route("**/tickets/bulk/", lambda route: held.append(route))
    box(window, tickets[0]).check()
    bar(window).get_by_label("New status").select_option("closed")
    bar(window).get_by_role("button", name="Apply").click()
    while not held:
        window.wait_for_timeout(20)
    expect(window.locator("#toasts .toast")).to_have_count(0)
    window.get_by_role("link", name="Closed").click()
    window.wait_for_url("**status=closed*")
    expect(window.locator("#results")).to_contain_text("No matching tickets")
    held[0].continue_()
    expect(window.locator("#toasts")).to_contain_text("1 ticket changed.")
    expect(window.locator("tbody tr")).to_have_count(1)


def test_what_is_selected_and_chosen_meanwhile_is_the_next_change(window, tickets):
    held = []
    window.route("**/tickets/bulk/", lambda route: held.append(route), times=1)
    box(window, tickets[0]).check()
    bar(window).get_by_label("New status").select_option("closed")
    bar(window).get_by_role("button", name="Apply").click()
    while not held:
        window.wait_for_timeout(20)
    box(window, tickets[1]).check()
    bar(window).get_by_label("New priority").select_option("critical")
    held[0].continue_()
    expect(window.locator("#toasts")).to_contain_text("1 ticket changed.")
    expect_selected(window, 1)
    expect(box(window, tickets[1])).to_be_checked()
    expect(bar(window).get_by_label("New status")).to_have_value("")
    expect(bar(window).get_by_label("New priority")).to_have_value("critical")


def test_it_works_without_a_script(desk, tickets):
    window = desk.agent(java_script_enabled=False)
    window.goto("/tickets/?status=open")
    for ticket in tickets[:2]:
        box(window, ticket).check()
    bar(window).get_by_label("New status").select_option("closed")
    bar(window).get_by_role("button", name="Apply").click()
    expect(window.locator("#toasts")).to_contain_text("2 tickets changed.")
    expect(window.locator("tbody tr")).to_have_count(3)
    window.get_by_role("button", name="Undo").click()
    expect(window.locator("tbody tr")).to_have_count(5)
    assert closed() == set()
