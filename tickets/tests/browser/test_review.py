"""The review queue by keyboard, by two at once, without a script, and with Back and reload."""

import re

import pytest
from playwright.sync_api import expect

from tickets.access.actors import SYSTEM
from tickets.models.ticket import Ticket
from tickets.services import tickets
from tickets.tests.factories import TicketFactory

PAGE = "/tickets/review/"


def unsure(confidence=0.3, **values):
    source = {"category_source": "offline", "category_confidence": confidence}
    return TicketFactory(**{"priority_source": "human", "category": "billing"} | source | values)


class Queue:
    """The page as a reviewer uses it. `presses` counts their keys."""

    def __init__(self, window):
        self.window = window
        self.presses = 0
        window.goto(PAGE)

    def press(self, *keys):
        for key in keys:
            self.window.keyboard.press(key)
            self.presses += 1

    def shows(self, ticket):
        expect(self.window.locator("#review-open")).to_have_text(f"#{ticket.pk}")

    def ends(self, text):
        expect(self.window.locator("#review-title")).to_have_text(text)

    def chosen(self, name):
        return self.window.locator(f"[name={name}]:checked")


@pytest.fixture
def queue(desk):
    """To be opened once the tickets are there."""
    window = desk.agent()
    return lambda: Queue(window)


def stored(ticket):
    ticket.refresh_from_db()
    return ticket.category, ticket.priority, ticket.category_source


# --- by keyboard --------------------------------------------------------------------


def test_twenty_tickets_take_less_than_sixty_key_presses(queue):
    tickets = [unsure(n / 50, priority="medium") for n in range(20)]
    queue = queue()
    for number, ticket in enumerate(tickets):
        queue.shows(ticket)
        if number % 2:
            queue.press("t")
        if number % 4 == 3:
            queue.press("4")
        queue.press("Enter")
    queue.ends("Nothing to review")
    assert queue.presses == 35 < 60
    expected = [("billing", "medium"), ("technical", "medium")]
    expected = [*expected, expected[0], ("technical", "critical")] * 5
    assert [stored(ticket)[:2] for ticket in tickets] == expected
    assert {stored(ticket)[2] for ticket in tickets} == {"human"}


@pytest.mark.parametrize(
    ("key", "name", "value"),
    [
        ("b", "category", "billing"),
        ("t", "category", "technical"),
        ("a", "category", "account"),
        ("g", "category", "general"),
        ("1", "priority", "low"),
        ("2", "priority", "medium"),
        ("3", "priority", "high"),
        ("4", "priority", "critical"),
    ],
)
def test_a_key_chooses_says_so_and_sends_nothing(queue, key, name, value):
    other_values = {"category": "general" if value == "billing" else "billing"}
    other_values["priority"] = "low" if value == "critical" else "critical"
    ticket = unsure(**other_values)
    queue = queue()
    queue.press(key)
    expect(queue.chosen(name)).to_have_value(value)
    expect(queue.window.locator("#review-announcement")).to_have_text(
        f"{name.capitalize()}: {value.capitalize()}"
    )
    assert Ticket.objects.get(pk=ticket.pk).version == 1


def test_the_button_says_whether_it_accepts_or_corrects(queue):
    unsure()
    queue = queue()
    button = queue.window.locator("#accept")
    expect(button).to_contain_text("Accept")
    expect(button.get_by_text("Save correction")).to_be_hidden()
    queue.press("a")
    expect(button.get_by_text("Save correction")).to_be_visible()
    queue.press("b")
    expect(button.get_by_text("Save correction")).to_be_hidden()


def test_enter_on_a_link_does_what_the_link_is_for(queue):
    ticket = unsure()
    queue = queue()
    queue.window.locator("#review-open").focus()
    queue.press("Enter")
    queue.window.wait_for_url(f"**/tickets/{ticket.pk}/")
    assert Ticket.objects.get().version == 1


def test_the_focus_stays_where_it_is(queue):
    first, second, third = unsure(0.1), unsure(0.2), unsure(0.3, category="account")
    queue = queue()
    accept = queue.window.locator("#accept")
    accept.focus()
    queue.press("Enter")
    queue.shows(second)
    expect(accept).to_be_focused()
    queue.window.locator("#category-billing").focus()
    queue.press("Enter")
    queue.shows(third)
    expect(queue.window.locator("#category-account")).to_be_focused()
    queue.press("Enter")
    queue.ends("Nothing to review")
    expect(queue.window.locator("#review")).to_be_focused()
    assert stored(first)[2] == stored(second)[2] == stored(third)[2] == "human"


def test_the_next_ticket_is_announced(queue):
    unsure(0.1)
    second = unsure(0.2, title="Cannot sign in", priority="high")
    queue = queue()
    announcement = queue.window.locator("#review-announcement")
    expect(announcement).to_have_text("")
    queue.press("Enter")
    expect(announcement).to_contain_text(f"Next: #{second.pk} Cannot sign in.")
    expect(announcement).to_contain_text("1 left to review.")


def test_a_key_that_is_held_down_accepts_one_ticket_only(queue):
    first, second = unsure(0.1), unsure(0.2)
    queue = queue()
    queue.window.locator("#category-billing").focus()
    queue.window.keyboard.down("Enter")
    queue.shows(second)
    for _ in range(3):
        queue.window.keyboard.down("Enter")  # as the keyboard repeats it
    queue.window.keyboard.up("Enter")
    queue.press("a")
    expect(queue.chosen("category")).to_have_value("account")
    assert (stored(first)[2], stored(second)[2]) == ("human", "offline")


def test_keys_that_are_turned_off_do_nothing(queue):
    unsure()
    queue = queue()
    queue.press("?")
    queue.window.get_by_label("Use keyboard shortcuts").uncheck()
    queue.window.get_by_role("button", name="Close").click()
    queue.press("a", "j", "Enter")
    expect(queue.chosen("category")).to_have_value("billing")
    assert Ticket.objects.get().version == 1


# --- undo ---------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["z", "u"])
def test_undo_brings_the_ticket_back_as_it_was(queue, key):
    first, second = unsure(0.1), unsure(0.2)
    queue = queue()
    queue.press("t", "Enter")
    queue.shows(second)
    queue.press(key)
    queue.shows(first)
    assert stored(first) == ("billing", "medium", "offline")
    expect(queue.chosen("category")).to_have_value("billing")
    queue.press("Enter")
    queue.shows(second)
    assert stored(first)[2] == "human"


def test_undo_pressed_twice_takes_back_two_steps(queue):
    tickets = [unsure(n / 10) for n in range(1, 5)]
    queue = queue()
    for ticket in tickets[:3]:
        queue.shows(ticket)
        queue.press("t", "Enter")
    queue.shows(tickets[3])
    queue.press("u", "u")
    queue.shows(tickets[1])
    assert [stored(ticket)[0] for ticket in tickets[:3]] == ["technical", "billing", "billing"]
    expect(queue.window.locator("#toasts")).not_to_contain_text("Not undone")


def test_undo_goes_back_step_by_step_also_when_the_toasts_have_gone(queue):
    tickets = [unsure(n / 10) for n in range(1, 5)]
    queue = queue()
    queue.press("a", "Enter")
    queue.shows(tickets[1])
    queue.press("j")
    queue.shows(tickets[2])
    queue.press("t", "Enter")
    queue.shows(tickets[3])
    queue.window.evaluate("document.getElementById('toasts').replaceChildren()")
    queue.press("u")
    queue.shows(tickets[2])
    assert stored(tickets[2])[0] == "billing"
    queue.press("u")
    queue.shows(tickets[1])
    queue.press("u")
    queue.shows(tickets[0])
    assert stored(tickets[0]) == ("billing", "medium", "offline")
    queue.press("u")  # nothing is left to take back
    queue.press("Enter")
    queue.shows(tickets[1])


def test_the_button_of_the_toast_shows_the_ticket_again(queue):
    first, second = unsure(0.1), unsure(0.2)
    queue = queue()
    queue.press("Enter")
    queue.shows(second)
    queue.window.locator(".toast").get_by_role("button", name="Undo").click()
    queue.shows(first)


# --- skip ---------------------------------------------------------------------------


def test_skipped_tickets_wait_until_one_begins_again(queue):
    first, second = unsure(0.1), unsure(0.2)
    queue = queue()
    queue.press("j")
    queue.shows(second)
    queue.press("Enter")
    queue.ends("You've reached the end of the queue")
    expect(queue.window.locator("#review")).to_contain_text("You skipped 1 ticket.")
    queue.window.locator("#again").click()
    queue.shows(first)


def test_back_returns_to_what_was_skipped_and_reload_stays(queue):
    first, second, third = unsure(0.1), unsure(0.2), unsure(0.3)
    queue = queue()
    queue.press("j")
    queue.shows(second)
    queue.window.reload()
    queue.shows(second)
    queue.press("Enter")
    queue.shows(third)
    queue.window.reload()
    queue.shows(third)
    queue.window.go_back()
    queue.shows(first)
    assert stored(second)[2] == "human"


def test_what_was_accepted_is_not_accepted_again_by_back_and_reload(queue):
    first, second = unsure(0.1), unsure(0.2)
    queue = queue()
    queue.press("Enter")
    queue.shows(second)
    queue.window.reload()
    queue.shows(second)
    queue.window.goto("/tickets/")
    queue.window.go_back()
    queue.shows(second)
    assert Ticket.objects.get(pk=first.pk).version == 2


# --- several at once, faults, no script ---------------------------------------------


def test_two_reviewers_at_once_overwrite_nothing(desk):
    tickets = [unsure(n / 10) for n in range(1, 4)]
    one, two = Queue(desk.agent()), Queue(desk.agent())
    one.press("t", "Enter")
    one.shows(tickets[1])
    two.press("a", "Enter")
    two.shows(tickets[1])
    expect(two.window.locator(".toast")).to_contain_text("your choice was not saved")
    assert stored(tickets[0])[0] == "technical"
    two.press("g", "Enter")
    two.shows(tickets[2])
    one.press("j")
    one.shows(tickets[2])
    one.press("Enter")
    one.ends("Nothing to review")
    assert [stored(ticket)[0] for ticket in tickets] == ["technical", "general", "billing"]


def test_what_changed_meanwhile_is_shown_with_the_choice_kept(queue):
    ticket = unsure()
    queue = queue()
    tickets.update_ticket(ticket.pk, {"description": "Something else is broken."}, SYSTEM)
    queue.press("a", "Enter")
    notice = queue.window.get_by_role("alert")
    expect(notice).to_contain_text("Nothing was saved")
    expect(queue.chosen("category")).to_have_value("account")
    expect(queue.window.locator("#review-text")).to_contain_text("Something else is broken.")
    queue.press("Enter")
    queue.ends("Nothing to review")
    assert stored(ticket)[0] == "account"


def test_where_nobody_answers_nothing_is_claimed(desk, queue):
    desk.tolerate("Failed to load resource|htmx:|ERR_")
    first, second = unsure(0.1), unsure(0.2)
    queue = queue()
    queue.window.route(
        "**/tickets/review/",
        lambda route: route.abort() if route.request.method == "POST" else route.continue_(),
    )
    queue.window.reload()  # what is loaded already may still pass by the route
    queue.press("Enter")
    expect(queue.window.locator(".toast")).to_contain_text("We can't reach the server.")
    queue.shows(first)
    queue.window.unroute("**/tickets/review/")
    queue.press("Enter")
    queue.shows(second)


def test_without_a_script_it_works_by_buttons(desk):
    first, second = unsure(0.1), unsure(0.2)
    queue = Queue(desk.agent(java_script_enabled=False))
    window = queue.window
    window.get_by_label("Technical").check(force=True)
    window.get_by_role("button", name=re.compile("Save correction")).click()
    queue.shows(second)
    assert stored(first)[0] == "technical"
    window.locator(".toast").get_by_role("button", name="Undo").click()
    queue.shows(first)
    assert stored(first)[0] == "billing"
    window.locator("#skip").click()
    queue.shows(second)
    window.locator("#accept").click()
    queue.ends("You've reached the end of the queue")


def test_it_works_with_fingers_on_a_small_screen(desk, narrow):
    ticket = unsure(title="x" * 150, description="word " * 3000 + "y" * 300)
    queue = Queue(desk.agent(**narrow, has_touch=True, is_mobile=True))
    window = queue.window
    assert window.evaluate("document.documentElement.scrollWidth <= innerWidth")
    window.get_by_label("Account").tap()
    window.locator("#accept").tap()
    queue.ends("Nothing to review")
    assert stored(ticket)[0] == "account"
    for box in window.locator(".choice").all():
        assert box.bounding_box()["height"] >= 24


def test_it_opens_the_next_ticket_at_its_beginning(desk, narrow):
    unsure(0.1, description="line\n" * 60)
    second = unsure(0.2)
    queue = Queue(desk.agent(**narrow))
    queue.window.locator("#accept").click()
    queue.shows(second)
    expect(queue.window.locator("#review-title")).to_be_in_viewport()
