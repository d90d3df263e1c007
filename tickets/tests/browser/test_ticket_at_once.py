"""Two agents and the requester act on one ticket at once: nothing is lost, nobody is surprised.

Each has a browser. See test_ticket_together.py for what they see of each other before that.
"""

import pytest
from playwright.sync_api import expect

from tickets.models.ticket import Comment, Ticket
from tickets.models.workplace import PendingReply
from tickets.tests.factories import AgentFactory

from .test_composer import box, press, send
from .test_ticket_together import look


@pytest.fixture
def zoe(desk, ticket):
    return open_ticket(desk, ticket, "zoe")


@pytest.fixture
def maria(desk, ticket):
    return open_ticket(desk, ticket, "maria")


@pytest.fixture
def requester(desk, ticket):
    window = desk.window()
    window.goto(ticket.private_link_path())
    return window


def open_ticket(desk, ticket, name):
    window = desk.window()
    desk.sign_in(window, AgentFactory(username=name))
    window.goto(f"/tickets/{ticket.pk}/")
    expect(window.locator("#watch")).to_have_count(1)
    return window


@pytest.fixture
def waits_briefly(settings):
    settings.REPLY_DELAY_SECONDS, settings.REPLY_TAKES_TICKET = 4, True


def click_at_once(*buttons):
    """Click without waiting for the effect: the next click comes before the first's answer."""
    for button in buttons:
        button.evaluate("button => setTimeout(() => button.click())")


def answer_as_requester(requester, text):
    requester.get_by_label("Your reply").fill(text)
    requester.get_by_role("button", name="Send reply").click()
    expect(requester.locator(".talk")).to_contain_text(text)


# --- answers ---


@pytest.mark.parametrize("delay", [0, 4])
def test_of_two_replies_at_once_one_is_sent_and_one_is_asked(
    settings, zoe, maria, requester, ticket, delay
):
    settings.REPLY_DELAY_SECONDS = delay
    box(zoe).fill("Zoe's answer")
    box(maria).fill("Maria's answer")
    click_at_once(zoe.locator("#send-reply"), maria.locator("#send-reply"))
    for window in (zoe, maria):
        expect(window.locator("#unseen, #talk .ours").first).to_be_visible()
    windows = {"Zoe": zoe, "Maria": maria}
    stopped = [name for name, window in windows.items() if window.locator("#unseen").count()]
    assert len(stopped) == 1
    [second] = stopped
    [first] = set(windows) - {second}
    expect(windows[second].locator("#unseen")).to_contain_text(f"{first}'s answer")
    expect(box(windows[second])).to_have_value(f"{second}'s answer")
    expect(box(windows[first])).to_have_value("")
    windows[second].get_by_role("button", name="Send anyway").click()
    expect(box(windows[second])).to_have_value("")
    # The first is told, and both reach the requester once.
    look(windows[first])
    expect(windows[first].locator("#watch .changes")).to_contain_text(second.lower())
    expect(windows[second].locator("#talk .pending")).to_have_count(0)
    requester.reload()
    expect(requester.locator(".message")).to_have_count(3)
    texts = requester.locator(".talk").inner_text()
    assert texts.index(f"{first}'s answer") < texts.index(f"{second}'s answer")
    assert Comment.objects.count() == 2


def test_a_note_and_a_reply_at_once_are_both_stored(zoe, maria, requester):
    box(zoe).fill("To the requester")
    press(maria, "n")
    maria.keyboard.type("Among us")
    click_at_once(zoe.locator("#send-reply"), maria.locator("#send-note"))
    expect(zoe.locator("#talk .ours")).to_contain_text("To the requester")
    expect(maria.locator("#talk .internal")).to_contain_text("Among us")
    for window in (zoe, maria):
        expect(window.locator("#unseen")).to_have_count(0)
        expect(box(window)).to_have_value("")
    stored = dict(Comment.objects.values_list("body", "public"))
    assert stored == {"To the requester": True, "Among us": False}
    requester.reload()
    expect(requester.locator(".talk")).to_contain_text("To the requester")
    expect(requester.locator("body")).not_to_contain_text("Among us")


def test_a_second_press_after_being_asked_sends_no_more_than_it_says(zoe, maria, ticket):
    """Asked after "reply and resolve", Ctrl+Enter sends a reply and resolves nothing."""
    send(zoe, "Zoe's answer")
    maria.locator("main").focus()
    press(maria, "r")
    maria.keyboard.type("Maria's answer")
    press(maria, "Control+Shift+Enter")
    expect(maria.locator("#unseen")).to_contain_text("Zoe's answer")
    ticket.refresh_from_db()
    assert ticket.status == "open"
    press(maria, "Control+Enter")
    expect(box(maria)).to_have_value("")
    ticket.refresh_from_db()
    assert (ticket.status, Comment.objects.count()) == ("open", 2)


# --- changes ---


def choose(window, label, value):
    window.get_by_label(label, exact=True).select_option(value)


def test_of_two_changes_to_one_value_the_second_is_asked(zoe, maria, ticket):
    choose(zoe, "Priority", "high")
    expect(zoe.locator("#toasts")).to_contain_text("priority is now high")
    choose(maria, "Priority", "low")
    stale = maria.locator("#stale")
    expect(stale).to_contain_text("so your change wasn't saved")
    expect(stale).to_contain_text("zoe")
    expect(maria.get_by_label("Priority", exact=True)).to_have_value("high")
    ticket.refresh_from_db()
    assert ticket.priority == "high"
    choose(maria, "Priority", "low")
    expect(maria.locator("#toasts")).to_contain_text("priority is now low")
    look(zoe)
    expect(zoe.locator("#watch .changes")).to_contain_text("changed priority from high to low")


def test_changes_to_two_values_at_once_both_stand(zoe, maria, ticket):
    choose(zoe, "Priority", "high")
    choose(maria, "Category", "billing")
    expect(zoe.locator("#toasts")).to_contain_text("priority is now high")
    expect(maria.locator("#toasts")).to_contain_text("category is now billing")
    for window in (zoe, maria):
        expect(window.locator("#stale")).to_have_count(0)
    ticket.refresh_from_db()
    assert (ticket.priority, ticket.category) == ("high", "billing")
    # Undo of one leaves the other. Either request may have come first.
    changes = Ticket.pgh_event_model.objects.filter(pgh_obj_id=ticket.pk).order_by("-pgh_id")
    zoe_was_last = changes.values_list("priority", flat=True)[1] == "medium"
    press(zoe, "z")
    message = "is as it was before." if zoe_was_last else "was undone. Later changes stand."
    expect(zoe.locator("#toasts")).to_contain_text(message)
    ticket.refresh_from_db()
    assert (ticket.priority, ticket.category) == ("medium", "billing")


def test_an_edit_on_a_stale_page_keeps_both_texts(zoe, maria, ticket):
    press(maria, "e")
    maria.get_by_label("Title", exact=True).fill("Maria's title")
    press(zoe, "e")
    zoe.get_by_label("Title", exact=True).fill("Zoe's title")
    zoe.get_by_label("Description").fill("Zoe's description")
    zoe.get_by_role("button", name="Save", exact=True).click()
    expect(zoe.get_by_role("heading", level=1)).to_have_text("Zoe's title")
    maria.get_by_role("button", name="Save", exact=True).click()
    expect(maria.locator("#stale")).to_contain_text("Zoe's title")
    expect(maria.get_by_label("Title", exact=True)).to_have_value("Maria's title")
    ticket.refresh_from_db()
    assert ticket.title == "Zoe's title"
    maria.get_by_role("button", name="Save", exact=True).click()
    expect(maria.get_by_role("heading", level=1)).to_have_text("Maria's title")
    ticket.refresh_from_db()
    assert (ticket.title, ticket.description) == ("Maria's title", "Zoe's description")


def test_a_reply_on_a_stale_page_is_sent_and_takes_nothing_from_others(
    settings, zoe, maria, ticket
):
    """Others' changes do not stop a reply, and it does not take a ticket that is taken."""
    settings.REPLY_TAKES_TICKET = True
    choose(zoe, "Assignee", "zoe")
    choose(zoe, "Priority", "high")
    expect(zoe.locator("#toasts")).to_contain_text("priority is now high")
    send(maria, "Maria's answer")
    expect(maria.get_by_label("Priority", exact=True)).to_have_value("high")
    ticket.refresh_from_db()
    assert (ticket.priority, ticket.assignee.username) == ("high", "zoe")
    assert Comment.objects.get().body == "Maria's answer"


# --- a reply that waits ---


def test_a_ticket_is_resolved_while_a_reply_waits(waits_briefly, zoe, maria, requester, ticket):
    """The reply reaches the requester, and the ticket stays as the other agent left it."""
    send(zoe, "Lift it.")
    look(maria)
    expect(maria.locator("#watch .changes")).to_contain_text("zoe has written a reply")
    choose(maria, "Status", "resolved")
    expect(maria.locator("#stale")).to_contain_text("so your change wasn't saved")  # zoe took it
    choose(maria, "Status", "resolved")
    expect(maria.locator("#toasts")).to_contain_text("status is now resolved")
    expect(zoe.locator("#toasts")).to_contain_text("Reply sent.")
    expect(zoe.get_by_label("Status", exact=True)).to_have_value("resolved")
    requester.reload()
    expect(requester.locator(".talk")).to_contain_text("Lift it.")
    ticket.refresh_from_db()
    assert (ticket.status, ticket.waiting_since) == ("resolved", None)
    assert (ticket.assignee.username, Comment.objects.count()) == ("zoe", 1)


def test_a_reply_is_taken_back_after_another_resolved(settings, zoe, maria, ticket):
    settings.REPLY_DELAY_SECONDS, settings.REPLY_TAKES_TICKET = 60, True
    send(zoe, "Lift it.")
    maria.reload()
    choose(maria, "Status", "resolved")
    expect(maria.locator("#toasts")).to_contain_text("status is now resolved")
    press(zoe, "z")
    expect(box(zoe)).to_have_value("Lift it.")
    expect(zoe.get_by_label("Status", exact=True)).to_have_value("resolved")
    look(maria)
    maria.reload()
    expect(maria.locator(".pending")).to_have_count(0)
    assert not Comment.objects.exists()
    assert not PendingReply.objects.waiting().exists()
    assert Ticket.objects.get().status == "resolved"


@pytest.mark.parametrize("resolves", [False, True])
def test_the_requester_answers_while_a_reply_waits(waits_briefly, zoe, requester, ticket, resolves):
    """Both messages stand, and the ticket still waits for us: nobody has read the second one."""
    zoe.locator("main").focus()
    press(zoe, "r")
    zoe.keyboard.type("Lift it.")
    press(zoe, "Control+Shift+Enter" if resolves else "Control+Enter")
    expect(zoe.locator("#talk .pending")).to_contain_text("Lift it.")
    answer_as_requester(requester, "I see flames now!")
    sent = "The ticket stays active: the requester wrote again." if resolves else "Reply sent."
    expect(zoe.locator("#toasts")).to_contain_text(sent)
    expect(zoe.locator("#talk")).to_contain_text("I see flames now!")
    expect(zoe.locator("#heading")).to_contain_text("Waiting for us")
    ticket.refresh_from_db()
    assert (ticket.status, ticket.waiting_for) == ("in_progress" if not resolves else "open", "us")
    assert set(Comment.objects.values_list("body", flat=True)) == {"Lift it.", "I see flames now!"}
