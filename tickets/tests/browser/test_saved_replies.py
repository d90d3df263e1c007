"""Saved replies in a browser: the page without scripts, and the picker by keyboard."""

import pytest
from playwright.sync_api import expect

from tickets.models.workplace import SavedReply
from tickets.tests.factories import TicketFactory

from .conftest import EVIL


@pytest.fixture
def replies():
    rows = [
        ("Opening hours", "We are here from nine to five.", 5),
        ("Printer fire", "Please pull the plug of the printer, {requester}. See {number}.", 0),
        ("Thanks", "Thank you!", 9),
    ]
    return [
        SavedReply.objects.create(name=name, body=body, uses=uses, shared=True)
        for name, body, uses in rows
    ]


@pytest.fixture
def burning():
    return TicketFactory(
        title="The printer is on fire",
        description="Smoke comes from the printer, and the plug is hot. Which plug do I pull?",
        requester_email="ada@example.org",
    )


@pytest.fixture
def window(desk, burning, replies):
    window = desk.agent()
    window.goto(f"/tickets/{burning.pk}/")
    return window


def box(window):
    return window.locator("#body")


def options(window):
    return window.locator("#reply-results [role=option]")


def option(window, name):
    return options(window).and_(window.get_by_role("option", name=name))


def test_a_key_opens_the_picker_and_enter_inserts_what_fits(window, burning):
    window.keyboard.press(";")
    expect(window.get_by_label("Search saved replies")).to_be_focused()
    expect(options(window)).to_have_count(3)
    expect(option(window, "Printer fire")).to_have_attribute("aria-selected", "true")
    window.keyboard.press("Enter")
    text = f"Please pull the plug of the printer, ada@example.org. See #{burning.pk}."
    expect(box(window)).to_have_value(text)
    expect(box(window)).to_be_focused()
    assert SavedReply.objects.get(name="Printer fire").uses == 1


def test_it_is_searched_and_chosen_by_keyboard(window):
    window.get_by_role("button", name="Saved replies").focus()
    window.keyboard.press("Enter")
    expect(options(window)).to_have_count(3)
    window.keyboard.press("ArrowDown")
    expect(option(window, "Thanks")).to_have_attribute("aria-selected", "true")
    window.keyboard.type("nine")
    expect(options(window)).to_have_count(1)
    window.keyboard.press("Enter")
    expect(box(window)).to_have_value("We are here from nine to five.")


def test_what_was_typed_before_stays(window):
    box(window).fill("Hello Ada,")
    window.keyboard.press("Escape")
    window.keyboard.press(";")
    option(window, "Thanks").click()
    expect(box(window)).to_have_value("Hello Ada,\n\nThank you!")


def test_escape_closes_the_picker_and_changes_nothing(window):
    window.keyboard.press(";")
    expect(options(window)).to_have_count(3)
    window.keyboard.press("Escape")
    expect(window.get_by_label("Search saved replies")).to_be_hidden()
    expect(box(window)).to_have_value("")


def test_a_reply_that_was_deleted_meanwhile_is_not_inserted(desk, window):
    desk.tolerate("404")
    window.keyboard.press(";")
    expect(options(window)).to_have_count(3)
    SavedReply.objects.all().delete()
    window.keyboard.press("Enter")
    expect(window.locator("#toasts")).to_contain_text("does not exist any more")
    expect(box(window)).to_have_value("")


def test_replies_are_managed_without_scripts(desk):
    window = desk.agent(java_script_enabled=False)
    window.goto("/tickets/")
    window.get_by_role("link", name="Replies").click()
    expect(window.get_by_text("There are no saved replies yet.")).to_be_visible()
    window.get_by_label("Name").fill(EVIL[:70])
    window.get_by_label("Text").fill(f"{EVIL} {{number}}")
    window.get_by_label("Share with all agents").check()
    window.get_by_role("button", name="Save").click()
    window.get_by_role("link", name=EVIL[:70]).click()
    window.get_by_label("Name").fill("Evil")
    window.get_by_role("button", name="Save").click()
    expect(window.get_by_role("heading", name="Evil")).to_be_visible()
    window.get_by_role("button", name="Delete “Evil”").click()
    expect(window.get_by_text("There are no saved replies yet.")).to_be_visible()
