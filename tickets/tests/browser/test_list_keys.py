"""The list by keys alone."""

import pytest
from playwright.sync_api import expect

from tickets.models.ticket import Ticket
from tickets.tests.factories import TicketFactory

from .test_list import expect_value, menu


@pytest.fixture
def tickets(transactional_db):
    """The newest first, as the list shows them."""
    return TicketFactory.create_batch(3)[::-1]


@pytest.fixture
def window(desk, tickets):
    window = desk.agent()
    window.goto("/tickets/?sort=newest")
    return window


def press(window, *keys):
    for key in keys:
        window.keyboard.press(key)


def expect_on(window, ticket):
    expect(window.locator(f"#open-{ticket.pk}")).to_be_focused()


def test_j_and_k_walk_the_rows_and_stop_at_the_ends(window, tickets):
    first, second, third = tickets
    press(window, "j")
    expect_on(window, first)
    press(window, "j", "j", "j")
    expect_on(window, third)
    press(window, "k")
    expect_on(window, second)
    press(window, "k", "k")
    expect_on(window, first)


def test_from_the_list_to_a_ticket_and_a_status_and_back(window, tickets):
    first, second, _ = tickets
    press(window, "j", "j", "Enter")
    window.wait_for_url(f"**/tickets/{second.pk}/")
    window.go_back()
    expect_on(window, second)
    press(window, "s")
    expect(menu(window)).to_be_focused()
    press(window, "ArrowDown", "Enter")
    expect(window.locator("#toasts")).to_contain_text("status is now in progress")
    expect_value(window, "status", second, "in_progress")
    expect_on(window, second)
    press(window, "z")
    expect(window.locator("#toasts")).to_contain_text(f"#{second.pk} is as it was before.")
    expect_value(window, "status", second, "open")
    expect_on(window, second)
    press(window, "k")
    expect_on(window, first)


@pytest.mark.parametrize(("key", "name"), [("s", "status"), ("c", "category"), ("e", "assignee")])
def test_a_key_opens_a_choice_and_escape_leaves_it_as_it_was(window, tickets, key, name):
    press(window, "j", key)
    expect(menu(window)).to_have_accessible_name(f"{name.capitalize()} of #{tickets[0].pk}")
    press(window, "ArrowDown", "Escape")
    expect(menu(window)).to_be_hidden()
    expect_on(window, tickets[0])
    window.wait_for_timeout(500)
    assert set(Ticket.objects.values_list("version", flat=True)) == {1}


@pytest.mark.parametrize(("key", "priority"), [("1", "low"), ("3", "high"), ("4", "critical")])
def test_digits_set_the_priority(window, tickets, key, priority):
    press(window, "j", key)
    expect(window.locator("#toasts")).to_contain_text(f"priority is now {priority}")
    expect_on(window, tickets[0])
    assert Ticket.objects.get(pk=tickets[0].pk).priority == priority


def test_x_selects_and_slash_searches(window, tickets):
    press(window, "j", "x", "j", "x")
    expect(window.locator("#selected")).to_have_text("2 selected")
    press(window, "x")
    expect(window.locator("#selected")).to_have_text("1 selected")
    press(window, "/")
    expect(window.locator("#search")).to_be_focused()
    expect(window.locator("#search")).to_have_value("")


def test_keys_never_fire_inside_a_field(window, tickets):
    press(window, "j", "/")
    window.keyboard.type("jx4")
    expect(window.locator("#search")).to_have_value("jx4")
    expect(window.locator("#results")).to_contain_text("No matching tickets")
    window.locator("#search").fill("")
    expect(window.locator("tbody tr")).to_have_count(3)
    press(window, "j", "c", "x")
    expect(window.locator("[name=ticket]:checked")).to_have_count(0)


def test_keys_can_be_turned_off_for_good(window):
    press(window, "?")
    switch = window.get_by_label("Use keyboard shortcuts")
    expect(switch).to_be_visible()
    switch.uncheck()
    press(window, "Escape")
    press(window, "j", "x")
    expect(window.locator("[name=ticket]:checked")).to_have_count(0)
    window.reload()
    press(window, "j", "x")
    expect(window.locator("[name=ticket]:checked")).to_have_count(0)
    window.get_by_role("button", name="Shortcuts").click()
    window.get_by_label("Use keyboard shortcuts").check()
    press(window, "Escape")
    press(window, "j", "x")
    expect(window.locator("[name=ticket]:checked")).to_have_count(1)


def test_the_row_stays_in_view(window):
    TicketFactory.create_batch(40)
    window.reload()
    for _ in range(30):
        press(window, "j")
    inside = """() => {
        const { top, bottom } = document.activeElement.getBoundingClientRect();
        return top >= 0 && bottom <= innerHeight && document.activeElement.id !== "";
    }"""
    assert window.evaluate(inside)


@pytest.mark.parametrize(("keys", "name"), [(["2"], "priority"), (["c", "Enter"], "category")])
def test_choosing_the_present_value_confirms_it(window, tickets, keys, name):
    press(window, "j", *keys)
    expect(window.locator("#toasts")).to_contain_text(f"Confirmed #{tickets[0].pk}: {name}")
    tickets[0].refresh_from_db()
    assert tickets[0].decided_by("human") == [name]
    press(window, "z")
    expect(window.locator("#toasts")).to_contain_text("is as it was before")
    tickets[0].refresh_from_db()
    assert not tickets[0].decided_by("human")
