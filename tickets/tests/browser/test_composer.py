"""The composer of a ticket's page: its modes, replies that wait, and what others write."""

import pytest
from playwright.sync_api import expect

from tickets.access.actors import user_actor
from tickets.models.ticket import Comment, Ticket
from tickets.models.workplace import PendingReply
from tickets.services import comments
from tickets.tests.factories import AgentFactory, CommentFactory, TicketFactory

ASSIGNED = "The ticket is now yours"


@pytest.fixture
def window(desk, ticket):
    window = desk.agent()
    window.goto(f"/tickets/{ticket.pk}/")
    return window


@pytest.fixture
def waits(settings):
    settings.REPLY_DELAY_SECONDS, settings.REPLY_TAKES_TICKET = 60, True


@pytest.fixture
def waits_briefly(settings):
    settings.REPLY_DELAY_SECONDS, settings.REPLY_TAKES_TICKET = 3, True


def box(window):
    return window.locator("#body")


def press(window, *pressed):
    for key in pressed:
        window.keyboard.press(key)


def background(window, selector):
    return window.locator(selector).evaluate("element => getComputedStyle(element).backgroundColor")


# --- two modes ---


def test_n_text_tab_enter_stores_a_note(window):
    press(window, "n")
    expect(box(window)).to_be_focused()
    window.keyboard.type("Among us")
    press(window, "Tab")
    expect(window.get_by_role("button", name="Add note")).to_be_focused()
    press(window, "Enter")
    expect(window.locator(".message.internal")).to_contain_text("Among us")
    assert not Comment.objects.get().public


def test_r_text_tab_enter_sends_a_reply(window):
    press(window, "r")
    window.keyboard.type("To you")
    press(window, "Tab")
    expect(window.get_by_role("button", name="Send reply")).to_be_focused()
    press(window, "Enter")
    expect(window.locator(".message.ours")).to_contain_text("To you")
    assert Comment.objects.get().public


@pytest.mark.parametrize("modifier", ["Control", "Meta"])
@pytest.mark.parametrize(("key", "public"), [("n", False), ("r", True)])
def test_ctrl_enter_sends_in_the_mode(window, key, public, modifier):
    press(window, key)
    window.keyboard.type("Hello")
    press(window, f"{modifier}+Enter")
    expect(window.locator("#talk")).to_contain_text("Hello")
    assert Comment.objects.get().public is public


def test_every_control_of_a_note_keeps_it_a_note(window):
    press(window, "n")
    window.keyboard.type("Among us")
    composer = window.locator("#composer")
    buttons = composer.locator("button:visible")
    expect(buttons).to_have_text(["Add note", "Saved replies ;"])
    expect(window.get_by_label("Your note")).to_be_visible()
    press(window, "Shift+Tab")
    expect(window.locator("#mode-note")).to_be_focused()
    press(window, "Enter")  # in a form, Enter presses its first button
    expect(box(window)).to_be_focused()
    assert not Comment.objects.exists()
    press(window, "Control+Enter")
    expect(window.locator(".message.internal")).to_contain_text("Among us")
    # Somebody who goes on typing still writes a note.
    window.keyboard.type("And this")
    press(window, "Control+Enter")
    expect(window.locator(".message.internal")).to_have_count(2)
    assert not Comment.objects.filter(public=True).exists()


def test_a_note_looks_different(window):
    reply = background(window, "#composer")
    expect(window.get_by_label("Your reply")).to_be_visible()
    press(window, "n")
    assert background(window, "#composer") != reply
    assert box(window).evaluate("element => getComputedStyle(element).borderStyle") == "dashed"
    expect(window.get_by_label("Your note, for agents only")).to_be_visible()
    expect(window.locator("#composer")).not_to_contain_text("Send reply", use_inner_text=True)
    press(window, "Escape", "r")
    assert background(window, "#composer") == reply
    expect(window.get_by_role("button", name="Send reply")).to_be_visible()


@pytest.mark.parametrize("mode", ["Reply", "Internal note"])
def test_both_modes_work_without_javascript(desk, ticket, mode):
    window = desk.agent(java_script_enabled=False)
    window.goto(f"/tickets/{ticket.pk}/")
    window.get_by_role("radio", name=mode).check()
    box(window).fill("Hello")
    box(window).focus()
    press(window, "Tab", "Enter")
    expect(window.locator("#talk")).to_contain_text("Hello")
    assert Comment.objects.get().public is (mode == "Reply")


# --- undo send ---


def send(window, text="Lift it, then pull.", key="r"):
    window.locator("main").focus()
    press(window, key)
    window.keyboard.type(text)
    press(window, "Control+Enter")
    expect(window.locator("#talk")).to_contain_text(text)


def test_a_reply_waits_and_then_reaches_the_requester(desk, waits_briefly, ticket, window):
    requester = desk.window()
    requester.goto(ticket.private_link_path())
    send(window)
    expect(window.locator(".pending")).to_contain_text("Not sent yet")
    assert not Comment.objects.exists()
    requester.reload()
    expect(requester.locator(".talk")).not_to_contain_text("Lift it")
    expect(window.locator("#toasts")).to_contain_text("Reply sent.")
    expect(window.locator(".pending")).to_have_count(0)
    expect(window.locator(".message.ours")).to_contain_text("Lift it")
    requester.reload()
    expect(requester.locator(".talk")).to_contain_text("Lift it")
    assert Comment.objects.count() == 1


def test_a_reply_whose_window_is_closed_goes_out(desk, waits_briefly, ticket, window):
    requester = desk.window()
    send(window)
    window.close()
    requester.wait_for_timeout(3500)
    requester.goto(ticket.private_link_path())
    expect(requester.locator(".talk")).to_contain_text("Lift it")


def test_z_brings_the_reply_back_into_the_box(waits, window, ticket):
    send(window)
    expect(window.locator("#toasts")).to_contain_text(ASSIGNED)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.assignee is not None) == ("in_progress", True)
    press(window, "z")
    expect(box(window)).to_have_value("Lift it, then pull.")
    expect(box(window)).to_be_focused()
    expect(window.locator(".pending")).to_have_count(0)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.assignee) == ("open", None)
    window.reload()
    expect(box(window)).to_have_value("Lift it, then pull.")
    box(window).focus()
    press(window, "Control+Enter")
    expect(window.locator(".pending")).to_have_count(1)
    window.reload()
    expect(box(window)).to_have_value("")


def test_undo_keeps_what_was_typed_since(waits, window):
    send(window)
    box(window).fill("A second thought")
    window.locator(".pending").get_by_role("button", name="Undo").click()
    expect(box(window)).to_have_value("Lift it, then pull.")
    expect(window.locator("#drafts")).to_contain_text("A second thought")
    window.locator("#drafts").get_by_role("button", name="Open").click()
    expect(box(window)).to_have_value("A second thought")
    expect(window.locator("#drafts")).to_contain_text("Lift it, then pull.")


def test_undo_works_on_the_next_page(waits, window, ticket):
    send(window)
    window.goto("/tickets/")
    window.get_by_role("button", name="Undo").click()
    window.wait_for_url(f"**/tickets/{ticket.pk}/**")
    expect(box(window)).to_have_value("Lift it, then pull.")


def test_on_the_next_page_undo_is_offered_until_the_reply_is_sent(settings, window):
    settings.REPLY_DELAY_SECONDS = 6
    send(window)
    window.goto("/tickets/")
    toast = window.locator("#toasts").get_by_text("The reply is sent in 6 seconds.")
    expect(toast).to_be_visible()
    expect(toast).to_have_count(0, timeout=9000)
    window.reload()
    expect(window.locator("#recent")).to_be_attached()
    window.wait_for_timeout(500)  # when toasts are restored
    expect(toast).to_have_count(0)


def test_undo_without_javascript(desk, waits, ticket):
    window = desk.agent(java_script_enabled=False)
    window.goto(f"/tickets/{ticket.pk}/")
    box(window).fill("Lift it, then pull.")
    window.get_by_role("button", name="Send reply").click()
    expect(window.locator(".pending")).to_contain_text("Lift it")
    window.locator(".pending").get_by_role("button", name="Undo").click()
    expect(box(window)).to_have_value("Lift it, then pull.")
    assert not PendingReply.objects.waiting().exists()
    window.get_by_role("button", name="Send reply").click()
    expect(window.locator(".pending")).to_have_count(1)


def test_another_agent_sees_that_the_reply_waits(desk, waits, window, ticket):
    other = desk.agent()
    other.goto(f"/tickets/{ticket.pk}/")
    expect(other.locator("#watch")).not_to_be_empty()
    send(window)
    other.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(other.locator("#watch .changes")).to_contain_text("has written a reply")
    other.get_by_role("button", name="Show").click()
    expect(other.locator(".pending")).to_contain_text("The requester does not see it yet")
    expect(other.locator(".pending").get_by_role("button")).to_have_count(0)


def test_reply_and_resolve_waits_and_can_be_undone_afterwards(waits_briefly, window, ticket):
    box(window).fill("Done")
    window.get_by_role("button", name="Reply and resolve").click()
    expect(window.locator(".pending")).to_contain_text("replies and resolves")
    ticket.refresh_from_db()
    assert (ticket.status, ticket.assignee is not None) == ("open", True)
    expect(window.locator("#toasts")).to_contain_text("Reply sent and ticket resolved.")
    expect(window.get_by_label("Status", exact=True)).to_have_value("resolved")
    press(window, "z")
    expect(window.get_by_label("Status", exact=True)).to_have_value("open")


def test_taking_the_ticket_can_be_undone_after_the_reply_was_sent(waits_briefly, window, ticket):
    send(window)
    expect(window.locator("#toasts")).to_contain_text("Reply sent.")
    expect(window.get_by_label("Status", exact=True)).to_have_value("in_progress")
    press(window, "z")
    expect(window.get_by_label("Status", exact=True)).to_have_value("open")
    assert Ticket.objects.get().assignee is None
    assert Comment.objects.count() == 1


# --- what others write ---


@pytest.mark.parametrize("by", ["requester", "agent"])
def test_what_came_meanwhile_is_shown_before_a_reply_is_sent(window, ticket, by):
    box(window).fill("Try turning it off")
    if by == "requester":
        comments.add_reply(ticket, {"body": "It works again!"})
    else:
        actor = user_actor(AgentFactory(username="maria"))
        comments.add_comment(ticket, {"body": "It works again!", "public": True}, actor)
    box(window).focus()
    press(window, "Control+Enter")
    alert = window.locator("#unseen")
    expect(alert).to_contain_text("your reply wasn't sent")
    expect(alert).to_contain_text("It works again!")
    expect(alert).to_be_in_viewport()
    expect(window.locator("#talk")).to_contain_text("It works again!")
    expect(box(window)).to_have_value("Try turning it off")
    assert Comment.objects.count() == 1
    press(window, "Control+Enter")
    expect(window.locator("#talk .ours")).to_have_count(2 if by == "agent" else 1)
    expect(box(window)).to_have_value("")
    expect(alert).to_have_count(0)


@pytest.mark.parametrize("delay", [0, 60])
def test_the_second_of_two_agents_is_asked(desk, settings, window, ticket, delay):
    settings.REPLY_DELAY_SECONDS = delay
    other = desk.agent()
    other.goto(f"/tickets/{ticket.pk}/")
    box(other).fill("The second answer")
    send(window, "The first answer")
    other.get_by_role("button", name="Send reply").click()
    expect(other.locator("#unseen")).to_contain_text("The first answer")
    assert Comment.objects.count() + PendingReply.objects.count() == 1
    other.get_by_role("button", name="Send anyway").click()
    expect(box(other)).to_have_value("")
    expect(other.locator("#talk .ours")).to_have_count(2)


def test_a_note_is_not_stopped(window, ticket):
    press(window, "n")
    window.keyboard.type("Among us")
    comments.add_reply(ticket, {"body": "Hello?"})
    press(window, "Control+Enter")
    expect(window.locator("#talk .internal")).to_contain_text("Among us")


def test_what_was_shown_on_request_counts_as_read(window, ticket):
    box(window).fill("Try turning it off")
    comments.add_reply(ticket, {"body": "It works again!"})
    window.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    window.get_by_role("button", name="Show").click()
    expect(window.locator("#talk")).to_contain_text("It works again!")
    window.get_by_role("button", name="Send reply").click()
    expect(window.locator("#talk .ours")).to_have_count(1)


def test_the_second_is_asked_without_javascript(desk, ticket):
    window = desk.agent(java_script_enabled=False)
    desk.tolerate("status of 409")
    window.goto(f"/tickets/{ticket.pk}/")
    box(window).fill("Try turning it off")
    comments.add_reply(ticket, {"body": "It works again!"})
    window.get_by_role("button", name="Send reply").click()
    expect(window.locator("#unseen")).to_contain_text("It works again!")
    expect(box(window)).to_have_value("Try turning it off")
    window.get_by_role("button", name="Send anyway").click()
    expect(window.locator("#talk .ours")).to_have_count(1)


# --- reading ---


def test_opening_and_showing_mark_the_ticket_as_read(desk):
    ticket, user = TicketFactory(), AgentFactory()
    CommentFactory(ticket=ticket, author_role="requester", public=True)
    window = desk.window()
    desk.sign_in(window, user)
    comments.add_reply(ticket, {"body": "Hello?"})
    ticket.refresh_from_db()
    assert ticket.is_unread_by(user)
    window.goto(f"/tickets/{ticket.pk}/")
    expect(window.locator("#talk")).to_contain_text("Hello?")
    assert not ticket.is_unread_by(user)
    comments.add_reply(ticket, {"body": "Anybody?"})
    window.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(window.locator("#watch .changes")).to_contain_text("The requester replied")
    assert ticket.is_unread_by(user)  # told, and not shown yet
    window.get_by_role("button", name="Show").click()
    expect(window.locator("#talk")).to_contain_text("Anybody?")
    assert not ticket.is_unread_by(user)
