"""The menu that opens on the cells of the list."""

import pytest
from playwright.sync_api import expect

from tickets.models.ticket import Ticket
from tickets.tests.factories import AgentFactory, TicketFactory

from .test_list import cell, expect_value, menu, option, rows, status_of, value_of
from .test_list_keys import expect_on, press

AGENTS = [f"agent-{letter}" for letter in "abcdefghij"]


@pytest.fixture
def tickets(transactional_db):
    """The newest first, as the list shows them."""
    return TicketFactory.create_batch(3)[::-1]


@pytest.fixture
def window(desk, tickets):
    window = desk.agent()
    window.goto("/tickets/?sort=newest")
    return window


@pytest.fixture
def many_agents(transactional_db):
    for name in [*AGENTS, "hanna"]:
        AgentFactory(username=name)


def active(window):
    """The value that the keys have reached, as a screen reader knows it."""
    return window.evaluate(
        "document.getElementById("
        'document.activeElement.getAttribute("aria-activedescendant"))?.textContent'
    )


def no_version_changed():
    return set(Ticket.objects.values_list("version", flat=True)) == {1}


def expect_inside(window):
    box = window.locator("#menu").bounding_box()
    width, height = window.viewport_size["width"], window.viewport_size["height"]
    assert box["x"] >= 0
    assert box["y"] >= 0
    assert box["x"] + box["width"] <= width
    assert box["y"] + box["height"] <= height
    assert window.evaluate("document.documentElement.scrollWidth") == width


def test_a_click_opens_it_and_a_second_one_closes_it(window, tickets):
    chip = status_of(window, tickets[0])
    expect(chip).to_have_role("button")
    expect(chip).to_have_attribute("aria-haspopup", "listbox")
    expect(chip).to_have_attribute("aria-expanded", "false")
    for _ in range(2):
        chip.click()
        expect(menu(window)).to_have_accessible_name(f"Status of #{tickets[0].pk}")
        expect(chip).to_have_attribute("aria-expanded", "true")
        texts = menu(window).get_by_role("option").all_inner_texts()
        assert texts == ["Open", "In progress", "Resolved", "Closed"]
        expect(menu(window).get_by_role("option", selected=True)).to_have_text("Open")
        chip.click()
        expect(menu(window)).to_be_hidden()
        expect(chip).to_have_attribute("aria-expanded", "false")
    # The whole cell is its target, and another cell moves it.
    corner = cell(window, "category", tickets[0]).bounding_box()
    window.mouse.click(corner["x"] + 5, corner["y"] + 8)
    expect(menu(window)).to_have_accessible_name(f"Category of #{tickets[0].pk}")
    window.locator("h1").click()
    expect(menu(window)).to_be_hidden()
    assert no_version_changed()


@pytest.mark.parametrize("key", ["Enter", " "])
def test_a_cell_is_changed_by_keys_alone(window, tickets, key):
    press(window, "j", "Tab")
    chip = value_of(window, "category", tickets[0])
    expect(chip).to_be_focused()
    press(window, key)
    expect(menu(window)).to_be_focused()
    assert active(window) == "General"
    press(window, "Home", "ArrowUp")
    assert active(window) == "Billing"
    press(window, "End", "ArrowDown")
    assert active(window) == "General"
    press(window, "t")
    assert active(window) == "Technical"
    press(window, key)
    expect(window.locator("#toasts")).to_contain_text("category is now technical")
    expect_value(window, "category", tickets[0], "technical")
    expect(chip).to_be_focused()
    press(window, "z")
    expect_value(window, "category", tickets[0], "general")


@pytest.mark.parametrize(("key", "next_name"), [("Escape", "category"), ("Tab", "assignee")])
def test_leaving_it_changes_nothing(window, tickets, key, next_name):
    press(window, "j", "Tab", "Enter", "ArrowUp", key)
    expect(menu(window)).to_be_hidden()
    expect(value_of(window, next_name, tickets[0])).to_be_focused()
    window.wait_for_timeout(300)
    assert no_version_changed()


def test_many_people_are_filtered_by_typing(window, tickets, many_agents):
    window.reload()
    press(window, "j", "e")
    box = window.get_by_role("combobox", name=f"Assignee of #{tickets[0].pk}")
    expect(box).to_be_focused()
    assert active(window) == "Unassigned"
    size = window.locator("#menu").bounding_box()
    window.keyboard.type("HAN")
    expect(menu(window).get_by_role("option")).to_have_text(["hanna"])
    assert active(window) == "hanna"
    assert window.locator("#menu").bounding_box() == size
    window.keyboard.type("x")
    expect(window.get_by_text("No match")).to_be_visible()
    press(window, "Enter")
    expect(box).to_be_focused()
    for _ in "HANx":
        press(window, "Backspace")
    expect(menu(window).get_by_role("option")).to_have_count(len(AGENTS) + 3)
    window.keyboard.type("agent-")
    press(window, "ArrowDown", "Enter")
    expect(window.locator("#toasts")).to_contain_text("assignee is now agent-b")
    expect_on(window, tickets[0])


def test_a_value_that_is_on_its_way_is_checked(window, tickets):
    held = []
    window.route(f"**/tickets/{tickets[0].pk}/", lambda route: held.append(route), times=1)
    press(window, "j", "4")
    while not held:
        window.wait_for_timeout(20)
    expect(rows(window).first).to_have_attribute("aria-busy", "true")
    expect_value(window, "priority", tickets[0], "medium")  # until it is stored
    value_of(window, "priority", tickets[0]).click()
    expect(option(window, "Critical")).to_have_attribute("aria-selected", "true")
    held[0].continue_()
    # The answer replaces the cell under the open menu.
    expect_value(window, "priority", tickets[0], "critical")
    expect(menu(window)).to_be_focused()
    option(window, "Low").click()
    expect_value(window, "priority", tickets[0], "low")
    expect(value_of(window, "priority", tickets[0])).to_be_focused()


def test_it_opens_on_the_rows_of_another_list(window, tickets):
    TicketFactory(status="closed")
    window.get_by_role("link", name="Closed").click()
    expect(rows(window)).to_have_count(1)
    window.get_by_role("button", name="Status of").click()
    option(window, "Resolved").click()
    expect(window.locator("#toasts")).to_contain_text("status is now resolved")


def test_a_click_on_a_cell_means_its_row_though_others_are_selected(window, tickets):
    press(window, "j", "x")
    value_of(window, "priority", tickets[1]).click()
    option(window, "High").click()
    expect_value(window, "priority", tickets[1], "high")
    expect_value(window, "priority", tickets[0], "medium")


@pytest.mark.parametrize("width", [360, 1280])
def test_it_stays_inside_the_window(desk, tickets, many_agents, width):
    TicketFactory.create_batch(20)
    window = desk.agent(viewport={"width": width, "height": 600})
    window.goto("/tickets/?sort=newest")
    for name in ("status", "assignee", "priority"):
        # At the top, in the middle and at the lower edge of the window.
        for block in ("start", "center", "end"):
            chip = window.locator(f"tbody tr:nth-child(9) .c-{name} button")
            chip.evaluate("(chip, block) => chip.scrollIntoView({ block })", block)
            chip.focus()
            press(window, "Enter")
            expect(menu(window)).to_be_visible()
            expect_inside(window)
            box = window.locator("#menu").bounding_box()
            row = chip.bounding_box()
            is_below = box["y"] > row["y"] + row["height"]
            assert is_below or box["y"] + box["height"] < row["y"]
            assert is_below == (block != "end") or name == "assignee"
            press(window, "Escape")
            expect(chip).to_be_focused()


def test_a_finger_changes_a_value(desk, tickets, many_agents):
    window = desk.agent(viewport={"width": 360, "height": 780}, has_touch=True, is_mobile=True)
    window.goto("/tickets/?sort=newest")
    chip = value_of(window, "assignee", tickets[0])
    assert chip.bounding_box()["height"] >= 24
    chip.tap()
    # No keyboard comes up over the values.
    expect(menu(window)).to_be_focused()
    expect_inside(window)
    option(window, "hanna").tap()
    expect(window.locator("#toasts")).to_contain_text("assignee is now hanna")
    expect_value(window, "assignee", tickets[0], "hanna")


def test_a_finger_beside_the_menu_only_closes_it(desk, tickets):
    window = desk.agent(viewport={"width": 360, "height": 780}, has_touch=True, is_mobile=True)
    window.goto("/tickets/?sort=newest")
    chip = value_of(window, "status", tickets[0])
    chip.tap()
    expect(menu(window)).to_be_visible()
    # The other values stand partly below the menu.
    below = value_of(window, "priority", tickets[0]).bounding_box()
    window.touchscreen.tap(below["x"] + 5, below["y"] + 5)
    expect(menu(window)).to_be_hidden()
    value_of(window, "priority", tickets[0]).tap()
    expect(menu(window)).to_be_visible()


def test_a_status_is_changed_with_four_keys(window, tickets):
    pressed = ["j", "s", "r", "Enter"]
    press(window, *pressed)
    expect(window.locator("#toasts")).to_contain_text("status is now resolved")
    assert len(pressed) == 4  # see docs/ui.md
