"""Work on many tickets by keyboard, and undo it later."""

import re

import pytest
from playwright.sync_api import expect

from tickets.models.ticket import Ticket
from tickets.pages.views import bulk, ticket_list
from tickets.tests.factories import AgentFactory, TicketFactory

from .test_list import menu, rows
from .test_list_keys import expect_on, press

LIST = "/tickets/?sort=newest"


@pytest.fixture
def tickets(transactional_db):
    """The newest first, as the list shows them."""
    return TicketFactory.create_batch(5)[::-1]


@pytest.fixture
def window(desk, tickets):
    AgentFactory(username="hanna")
    window = desk.agent()
    window.goto(LIST)
    return window


def toasts(window):
    return window.locator("#toasts")


# --- the search box ---


@pytest.mark.parametrize("key", ["Enter", "ArrowDown"])
def test_from_the_search_box_to_the_first_row(window, tickets, key):
    match = tickets[3]
    press(window, "/")
    window.keyboard.type(f"#{match.pk} ")
    press(window, key)
    expect(rows(window)).to_have_count(1)
    expect_on(window, match)
    window.wait_for_timeout(500)  # the pause after typing is over
    expect_on(window, match)
    press(window, "/", key)  # the list is there already
    expect_on(window, match)


def test_escape_leads_back_to_the_list_and_keeps_the_text(window, tickets):
    press(window, "j", "j", "/")
    window.keyboard.type("fire")
    expect(rows(window)).to_have_count(5)
    window.wait_for_url(re.compile("search=fire"))
    press(window, "Escape")
    expect(window.get_by_label("Search tickets")).to_have_value("fire")
    expect_on(window, tickets[1])


def test_a_search_that_finds_nothing_in_a_view_leads_to_all_tickets(window, tickets):
    Ticket.objects.update(waiting_since=None)
    window.goto("/tickets/")
    press(window, "/")
    window.keyboard.type("fire")
    press(window, "Enter")
    link = window.get_by_role("link", name="Search all tickets")
    expect(link).to_be_focused()
    press(window, "Enter")
    expect(rows(window)).to_have_count(5)


def test_unknown_filters_of_a_search_are_named(window):
    box = window.get_by_label("Search tickets")
    box.fill("label:x")
    expect(window.locator("#results")).to_contain_text("There is no filter “label:”.")
    box.fill("status:lost")
    expect(window.locator("#results")).to_contain_text("“status:lost” is unknown. Use open,")
    box.fill("fire")
    expect(window.locator("#results .notice")).to_have_count(0)


# --- keys ---


def dispatch(window, **event):
    window.evaluate(
        """(event) => document.activeElement.dispatchEvent(
            new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...event }))""",
        event,
    )


@pytest.mark.parametrize(
    ("key", "code", "is_meant"),
    [
        ("\u043e", "KeyJ", True),  # Russian
        ("ξ", "KeyJ", True),  # Greek
        ("j", "KeyC", True),  # Dvorak: the letter on the key counts
        ("h", "KeyJ", False),
        ("J", "KeyJ", True),
    ],
)
def test_shortcuts_work_on_other_keyboards(window, tickets, key, code, is_meant):
    dispatch(window, key=key, code=code)
    link = window.locator(f"#open-{tickets[0].pk}")
    if is_meant:
        expect(link).to_be_focused()
    else:
        expect(link).not_to_be_focused()


def test_digits_and_symbols_work_on_other_layouts(window, tickets):
    press(window, "j")
    dispatch(window, key="'", code="Digit4")  # French, without Shift
    expect(toasts(window)).to_contain_text("priority is now critical")
    dispatch(window, key="?", code="KeyM", shiftKey=True)  # French
    expect(window.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()


def test_nothing_fires_while_an_input_method_composes(window, tickets):
    dispatch(window, key="j", code="KeyJ", isComposing=True)
    dispatch(window, key="j", code="KeyJ", keyCode=229)
    dispatch(window, key="Process", code="KeyJ")
    expect(window.locator(".c-title a:focus")).to_have_count(0)
    press(window, "/")
    dispatch(window, key="Enter", code="Enter", isComposing=True)
    expect(window.get_by_label("Search tickets")).to_be_focused()


# --- selected rows ---


def test_five_tickets_are_assigned_with_fourteen_keys(window, tickets):
    keys = [*("j", "x") * 5, "e", "h", "Enter"]
    press(window, *keys)
    expect(toasts(window)).to_contain_text("5 tickets changed.")
    assert set(Ticket.objects.values_list("assignee__username", flat=True)) == {"hanna"}
    assert len(keys) <= 14
    expect_on(window, tickets[0])
    expect(window.locator("[name=ticket]:checked")).to_have_count(0)


@pytest.mark.parametrize(
    ("keys", "name", "value"),
    [
        (["s", "ArrowDown", "ArrowDown", "Enter"], "status", "in_progress"),
        (["c", "ArrowDown", "Enter"], "category", "billing"),
        (["4"], "priority", "critical"),
        (["1"], "priority", "low"),
    ],
)
def test_with_selected_rows_a_key_means_all_of_them(window, tickets, keys, name, value):
    press(window, "j", "x", "j", "j", "x", *keys)
    expect(toasts(window)).to_contain_text("2 tickets changed.")
    changed = {ticket.pk for ticket in Ticket.objects.filter(**{name: value})}
    assert changed == {tickets[0].pk, tickets[2].pk}
    press(window, "z")
    expect(toasts(window)).to_contain_text("2 tickets are as they were before.")
    assert not Ticket.objects.filter(**{name: value}).exists()


def test_escape_leaves_the_menu_without_a_change(window, tickets):
    press(window, "j", "x", "s")
    expect(menu(window)).to_have_accessible_name("New status: 1 selected")
    press(window, "ArrowDown", "Escape")
    expect_on(window, tickets[0])
    expect(window.locator("[name=ticket]:checked")).to_have_count(1)
    expect(window.locator("#bulk-status")).to_have_value("")
    assert set(Ticket.objects.values_list("version", flat=True)) == {1}


def test_the_bulk_bar_is_one_tab_away(window, tickets):
    press(window, "j", "x", "Tab")
    expect(window.locator("#bulk-status")).to_be_focused()
    press(window, "Tab")
    expect(window.locator("#bulk-category")).to_be_focused()
    press(window, "Shift+Tab", "Shift+Tab")
    expect_on(window, tickets[0])
    press(window, "x", "Tab")  # nothing is selected any more
    expect(window.locator(f"#category-{tickets[0].pk}")).to_be_focused()


# --- all that match ---


def test_all_that_match_are_selected_and_change_in_steps(window, tickets, monkeypatch):
    monkeypatch.setattr(ticket_list, "PAGE_SIZE", 3)
    monkeypatch.setattr(bulk, "MAX_BULK_TICKETS", 2)
    TicketFactory(category="billing")
    window.goto("/tickets/?category=general")
    every = window.get_by_role("button", name="Select all 5 that match")
    expect(every).to_be_hidden()
    window.get_by_label("Select all on this page").check()
    every.click()
    expect(window.locator("#selected")).to_have_text("All 5 selected.")
    TicketFactory()  # arrives too late
    window.locator("#bulk-priority").select_option("high")
    window.get_by_role("button", name="Apply").click()
    expect(toasts(window)).to_contain_text("1 ticket changed.")
    assert Ticket.objects.filter(priority="high", category="general").count() == 5
    expect(window.locator("[name=ticket]:checked")).to_have_count(0)
    expect(window.locator("#bulk")).to_be_hidden()
    for _ in range(3):
        with window.expect_response("**/tickets/undo/"):
            toasts(window).get_by_role("button", name="Undo").last.click()
    assert not Ticket.objects.filter(priority="high").exists()


def test_one_ticket_less_is_not_all_that_match(window, tickets, monkeypatch):
    monkeypatch.setattr(ticket_list, "PAGE_SIZE", 3)
    window.goto(LIST)
    window.get_by_label("Select all on this page").check()
    window.get_by_role("button", name="Select all 5 that match").click()
    window.locator(f"#pick-{tickets[0].pk}").uncheck()
    expect(window.locator("#selected")).to_have_text("2 selected")
    window.locator("main").focus()
    press(window, "1")
    expect(toasts(window)).to_contain_text("2 tickets changed.")
    assert Ticket.objects.filter(priority="low").count() == 2


# --- toasts and recent changes ---


def test_a_toast_ends_when_its_value_changes_again(window, tickets):
    press(window, "j", "4")
    expect(toasts(window)).to_contain_text("priority is now critical")
    press(window, "1")
    expect(toasts(window)).to_contain_text("priority is now low")
    expect(toasts(window)).not_to_contain_text("critical")


def test_a_toast_of_a_lost_server_ends_when_it_is_back(desk, window, tickets):
    desk.tolerate("ERR_|htmx")
    window.route("**/tickets/?*", lambda route: route.abort(), times=1)
    window.get_by_role("link", name="Closed").click()
    expect(toasts(window)).to_contain_text("can't reach the server")
    window.get_by_role("link", name="Closed").click()
    expect(rows(window)).to_have_count(0)
    expect(toasts(window)).not_to_contain_text("can't reach the server")


def test_recent_changes_can_be_undone_for_ten_minutes(window, tickets):
    window.clock.install()
    window.goto(LIST)
    recent = window.get_by_role("button", name="Recent changes")
    expect(recent).to_be_hidden()
    for key, priority in (("4", "critical"), ("1", "low")):
        press(window, "j", key)
        window.clock.fast_forward(300)
        expect(toasts(window)).to_contain_text(f"priority is now {priority}")
    window.clock.run_for(9 * 60_000)
    expect(toasts(window).get_by_role("button", name="Undo")).to_have_count(0)
    window.goto("/dashboard/")  # on every page
    window.clock.run_for(300)
    recent.click()
    panel = window.get_by_role("region", name="My changes")
    expect(panel.get_by_role("listitem")).to_have_count(2)
    expect(panel.get_by_role("button", name="Undo").first).to_be_focused()
    window.goto(LIST)
    window.clock.run_for(300)
    window.locator("main").focus()
    press(window, "z", "Enter")  # no toast is left, so the list opens
    expect(toasts(window)).to_contain_text("as it was before")
    assert Ticket.objects.get(pk=tickets[1].pk).priority == "medium"
    assert Ticket.objects.get(pk=tickets[0].pk).priority == "critical"
    window.clock.run_for(60_000)
    window.reload()
    window.clock.run_for(300)
    expect(recent).to_be_hidden()


def test_a_recent_change_of_many_says_what_it_set(window, tickets):
    press(window, "j", "x", "j", "x", "4")
    expect(toasts(window)).to_contain_text("Priority critical: 2 tickets changed.")
    window.get_by_role("button", name="Recent changes").click()
    entry = window.locator("#recent-list li")
    expect(entry).to_contain_text("Priority critical: 2 tickets changed.")


# --- pages ---


def test_the_shortcuts_are_in_one_place_on_every_page(window, tickets):
    boxes = set()
    paths = ["/", LIST, f"/tickets/{tickets[0].pk}/", "/tickets/review/", "/dashboard/"]
    for path in [*paths, "/dashboard/triage/"]:
        window.goto(path)
        button = window.get_by_role("button", name="Shortcuts")
        boxes.add(tuple(button.bounding_box().values()))
        window.locator("main").focus()
        press(window, "?")
        expect(window.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
        press(window, "Escape")
    assert len(boxes) == 1


@pytest.mark.parametrize("scripts", [True, False])
def test_a_phone_shows_the_first_ticket_and_filters_behind_a_button(desk, narrow, scripts):
    TicketFactory(category="billing")
    TicketFactory()
    window = desk.agent(**narrow, java_script_enabled=scripts)
    window.goto(LIST)
    expect(rows(window).first).to_be_in_viewport(ratio=1)
    category = window.get_by_label("Category", exact=True)
    expect(category).to_be_hidden()
    window.get_by_role("button", name="Filter and sort").click()
    expect(category).to_be_in_viewport()
    expect(window.get_by_label("Sort")).to_be_in_viewport()
    category.select_option("billing")
    window.get_by_role("button", name="Done").click()
    expect(category).to_be_hidden()
    if not scripts:
        window.get_by_role("button", name="Filter", exact=True).click()
    expect(rows(window)).to_have_count(1)
    assert "category=billing" in window.url


def test_a_phone_does_not_zoom_into_fields(desk, narrow, tickets):
    window = desk.agent(**narrow)
    for path in (LIST, f"/tickets/{tickets[0].pk}/", "/"):
        window.goto(path)
        sizes = window.locator("input, select, textarea").evaluate_all(
            "all => all.map((field) => parseFloat(getComputedStyle(field).fontSize))"
        )
        assert min(sizes) >= 16


def test_large_numbers_are_grouped(window):
    Ticket.objects.bulk_create(
        Ticket(title=f"Many {number}", description="x") for number in range(1200)
    )
    window.goto(LIST)
    expect(window.locator("#result-count")).to_have_text("1,205 tickets")
    expect(window.locator("#tab-open .count")).to_have_text("1,205")
    window.goto("/dashboard/")
    expect(window.locator("#all-tickets")).to_have_text("1,205")
