"""The ticket page and the requester's page in a browser."""

import re

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from tickets.access.actors import user_actor
from tickets.models.ticket import Comment, Ticket
from tickets.models.triage import Feedback
from tickets.services import tickets
from tickets.tests.factories import (
    PASSWORD,
    AgentFactory,
    CommentFactory,
    PredictionFactory,
    TicketFactory,
)
from tickets.vocabulary import MAX_TITLE_CHARS

from .conftest import EVIL


@pytest.fixture
def window(desk, ticket):
    window = desk.agent()
    window.goto(f"/tickets/{ticket.pk}/")
    return window


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("Status", "resolved", "status is now resolved"),
        ("Category", "account", "category is now account"),
        ("Priority", "critical", "priority is now critical"),
    ],
)
def test_a_property_changes_in_place(window, ticket, name, value, text):
    window.locator("#body").fill("Half a sentence")
    field = window.get_by_label(name, exact=True)
    field.focus()
    field.select_option(value)
    expect(window.locator("#toasts")).to_contain_text(text)
    expect(window.locator("#history")).to_contain_text(f"changed {name.lower()}")
    expect(field).to_be_focused()
    expect(window.locator("#body")).to_have_value("Half a sentence")
    assert getattr(Ticket.objects.get(), name.lower()) == value


def test_properties_can_be_changed_one_after_the_other(window):
    for name, value in (("Status", "closed"), ("Priority", "low"), ("Category", "billing")):
        window.get_by_label(name, exact=True).select_option(value)
    for name in ("status", "priority", "category"):
        expect(window.locator("#history")).to_contain_text(f"changed {name}")
    ticket = Ticket.objects.get()
    assert (ticket.status, ticket.priority, ticket.category) == ("closed", "low", "billing")


@pytest.fixture
def saving(window, ticket):
    """The priority is on its way to "critical"; release() lets the answer come."""
    held = []
    window.route(f"**/tickets/{ticket.pk}/", lambda route: held.append(route), times=1)
    window.locator("main").focus()
    window.keyboard.press("4")
    while not held:
        window.wait_for_timeout(20)
    ticket.release = held[0].continue_
    ticket.lose = held[0].abort
    return ticket


def test_a_button_pressed_while_a_change_is_saved_does_its_work(window, saving):
    window.keyboard.press("m")
    window.keyboard.press("t")
    window.wait_for_timeout(400)  # longer than the pause after which a choice is sent
    saving.release()
    expect(window.locator("#toasts")).to_contain_text("category is now technical")
    saving.refresh_from_db()
    assert (saving.priority, saving.category) == ("critical", "technical")
    assert saving.assignee is not None
    expect(window.get_by_label("Priority")).to_have_value("critical")
    expect(window.get_by_label("Category")).to_have_value("technical")


def test_the_last_choice_of_a_value_is_the_one_that_stands(window, saving):
    window.keyboard.press("2")
    window.wait_for_timeout(400)
    saving.release()
    expect(window.locator("#toasts")).to_contain_text("priority is now medium")
    expect(window.get_by_label("Priority")).to_have_value("medium")
    saving.refresh_from_db()
    assert saving.priority == "medium"


def test_a_change_that_is_lost_takes_only_itself_along(desk, window, saving):
    desk.tolerate("ERR_FAILED")
    window.keyboard.press("b")
    saving.lose()
    expect(window.locator("#toasts")).to_contain_text("We can't reach the server.")
    expect(window.locator("#toasts")).to_contain_text("category is now billing")
    expect(window.get_by_label("Priority")).to_have_value("medium")
    window.get_by_label("Status").select_option("in_progress")
    expect(window.locator("#toasts")).to_contain_text("status is now in progress")
    saving.refresh_from_db()
    assert (saving.priority, saving.category) == ("medium", "billing")


def test_what_can_be_sent_follows_the_status(window, ticket):
    button = window.get_by_role("button", name="Reply and resolve")
    window.get_by_label("Status").select_option("resolved")
    expect(button).to_have_count(0)
    window.locator("#body").fill("Half a sentence")
    window.get_by_label("Status").select_option("open")
    expect(button).to_be_visible()
    expect(window.locator("#body")).to_have_value("Half a sentence")
    button.click()
    expect(window.locator("#toasts")).to_contain_text("Reply sent and ticket resolved")
    expect(button).to_have_count(0)
    window.get_by_role("button", name="Undo").last.click()
    expect(button).to_be_visible()


def test_toasts_do_not_pile_up(window, ticket):
    window.locator("main").focus()
    for key in ("1", "2", "3", "4", "1"):
        window.keyboard.press(key)
        expect(window.locator("#toasts")).to_contain_text("priority is now")
    expect(window.locator("#property-priority select")).to_have_value("low")
    # A newer message about the same value takes the place of the one before.
    expect(window.locator("#toasts .toast")).to_have_count(1)
    window.keyboard.press("z")
    expect(window.locator("#toasts")).to_contain_text("before")


def test_the_last_choice_stands_though_the_answer_to_the_one_before_was_lost(desk, window, saving):
    desk.tolerate("ERR_FAILED")
    tickets.update_ticket(
        saving.pk, {"priority": "critical"}, user_actor(User.objects.get())
    )  # as the desk did, whose answer does not come
    window.keyboard.press("2")
    window.wait_for_timeout(400)
    saving.lose()
    expect(window.locator("#toasts")).to_contain_text("priority is now medium")
    saving.refresh_from_db()
    assert saving.priority == "medium"


def test_a_key_after_accepting_is_no_conflict_with_oneself(suggested, window, ticket):
    window.locator("main").focus()
    window.keyboard.press("y")
    window.keyboard.press("t")
    expect(window.locator("#toasts")).to_contain_text("category is now technical")
    expect(window.locator("#stale")).to_have_count(0)
    ticket.refresh_from_db()
    assert (ticket.category, ticket.priority) == ("technical", "high")


def test_the_way_back_by_key_leads_to_the_row(window, ticket):
    TicketFactory()
    window.locator("main").focus()
    window.keyboard.press("2")
    window.keyboard.press("u")
    window.wait_for_url(re.compile("/tickets/[?]waiting_for=us[^#]*(#.*)?$"))
    expect(window.locator(f"#open-{ticket.pk}")).to_be_focused()
    assert window.evaluate("location.hash") == ""


@pytest.mark.parametrize("refused", ["conflict", "too long"])
def test_what_was_refused_outlives_what_comes_next(desk, window, ticket, refused):
    window.get_by_text("Edit title and description").click()
    title = window.get_by_label("Title", exact=True)
    title.fill("Mine" if refused == "conflict" else "x" * (MAX_TITLE_CHARS + 1))
    typed = title.input_value()
    if refused == "conflict":
        tickets.update_ticket(ticket.pk, {"title": "Theirs"}, user_actor(AgentFactory()))
    window.get_by_role("button", name="Save", exact=True).click()
    expect(window.get_by_role("alert").first).to_be_visible()
    expect(title).to_have_value(typed)
    window.get_by_label("Status").select_option("in_progress")
    expect(window.locator("#toasts")).to_contain_text("status is now in progress")
    expect(title).to_have_value(typed)
    window.get_by_role("button", name="Cancel").click()
    window.get_by_text("Edit title and description").click()
    stored = Ticket.objects.get().title
    expect(title).to_have_value(stored)


def test_leaving_at_once_stores_what_was_chosen(window, ticket):
    window.locator("main").focus()
    for key in ("4", "t", "u"):
        window.keyboard.press(key)
    window.wait_for_url("**/tickets/?waiting_for=us*")
    row = window.locator(f"#row-{ticket.pk}")
    expect(row.locator(".c-priority")).to_have_text("Critical")
    expect(row.locator(".c-category")).to_have_text("Technical")


def test_a_choice_does_not_hide_what_a_colleague_set_meanwhile(window, saving):
    colleague = user_actor(AgentFactory())
    tickets.update_ticket(saving.pk, {"category": "account"}, colleague)
    window.keyboard.press("t")
    window.wait_for_timeout(400)
    saving.release()
    expect(window.get_by_role("alert").filter(has_text="Someone else")).to_be_visible()
    saving.refresh_from_db()
    assert (saving.priority, saving.category) == ("critical", "account")


def test_accepting_by_the_button_keeps_the_focus_on_the_page(suggested, window):
    button = window.locator("#accept-triage")
    button.focus()
    button.press("Enter")
    expect(window.locator("#accept-triage")).to_have_count(0)
    expect(window.locator("body")).not_to_be_focused()
    assert window.evaluate("document.activeElement.closest('.properties') !== null")


def test_who_decided_changes_with_the_value(window):
    expect(window.locator("#property-priority")).to_contain_text("Default")
    window.get_by_label("Priority").select_option("high")
    expect(window.locator("#property-priority")).to_contain_text("Set by")


def test_two_agents_on_one_text(desk, window, ticket):
    other = desk.agent()
    other.goto(f"/tickets/{ticket.pk}/")
    for agent, title in ((window, "First wins"), (other, "Second is told")):
        agent.get_by_text("Edit title and description").click()
        agent.get_by_label("Title", exact=True).fill(title)
        agent.get_by_label("Description").fill(f"{title}, at length")
    window.get_by_role("button", name="Save", exact=True).click()
    expect(window.get_by_role("heading", level=1)).to_have_text("First wins")
    other.get_by_role("button", name="Save", exact=True).click()
    notice = other.get_by_role("alert")
    expect(notice).to_be_focused()
    expect(notice).to_contain_text("Title now")
    expect(notice).to_contain_text("First wins, at length")
    expect(other.get_by_label("Description")).to_have_value("Second is told, at length")
    assert Ticket.objects.get().title == "First wins"
    other.get_by_role("button", name="Save", exact=True).click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Second is told")


def test_two_agents_on_one_property(window, ticket):
    tickets.update_ticket(ticket.pk, {"status": "closed"}, user_actor(AgentFactory()))
    window.get_by_label("Status").select_option("resolved")
    expect(window.get_by_role("alert")).to_contain_text("Yours")
    expect(window.locator("#stale .versions dd")).to_have_text(["open", "closed", "resolved"])
    expect(window.get_by_label("Status")).to_have_value("closed")


def test_two_clicks_send_one_reply(window):
    window.locator("#body").fill("Once")
    window.get_by_role("button", name="Send reply").dblclick()
    expect(window.locator(".message.ours")).to_have_count(1)
    assert Comment.objects.count() == 1


def test_the_private_page_takes_a_reply(page, ticket):
    CommentFactory(ticket=ticket, body="Among us", public=False)
    page.goto(ticket.private_link_path())
    page.get_by_label("Your reply").fill("Any news?")
    page.get_by_role("button", name="Send reply").click()
    expect(page.locator(".talk")).to_contain_text("Any news?")
    expect(page.locator("#toasts")).to_contain_text("Reply sent")
    expect(page.locator("body")).not_to_contain_text("Among us")


def test_the_private_address_goes_nowhere(page, ticket):
    page.goto(ticket.private_link_path())
    with page.expect_request("**/") as request:
        page.get_by_role("link", name="Support desk").click()
    assert "referer" not in request.value.all_headers()


@pytest.mark.parametrize("javascript", [True, False])
def test_the_theme_changes_on_the_private_page(desk, ticket, javascript):
    page = desk.window(java_script_enabled=javascript)
    page.goto(ticket.private_link_path())
    page.get_by_role("button", name="Dark theme").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("h1")).to_have_text(ticket.title)


def test_markup_stays_text_everywhere(desk):
    dialogs = []
    ticket = TicketFactory(title=EVIL, description=EVIL, requester_email="a@example.org")
    CommentFactory(ticket=ticket, body=EVIL, public=True)
    window = desk.agent()
    window.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    for path in ("/tickets/", f"/tickets/{ticket.pk}/", ticket.private_link_path()):
        window.goto(path)
        expect(window.locator("main")).to_contain_text("<img src=x onerror=alert(1)>")
        assert window.locator("main img, main script").count() == 0
    assert dialogs == []


# --- what is typed is never lost ---


def reply(window):
    return window.locator("#body")


def send(window, name="Send reply"):
    window.locator("#mode-note" if name == "Add note" else "#mode-reply").check()
    window.get_by_role("button", name=name).click()


def sent(window):
    expect(window.locator("#toasts")).to_contain_text("Reply sent")
    expect(reply(window)).to_have_value("")


@pytest.mark.parametrize("failure", ["gone", "error"])
def test_a_reply_outlives_a_desk_that_fails(desk, window, ticket, failure):
    desk.tolerate("ERR_FAILED|status of 500|Response Status Error Code 500|htmx:")
    answers = {"gone": lambda r: r.abort(), "error": lambda r: r.fulfill(status=500)}
    reply(window).fill("A long answer")
    window.route("**/comments/", answers[failure])
    send(window)
    expect(window.locator("#composer .problem")).to_contain_text("Your text is still here")
    expect(reply(window)).to_have_value("A long answer")
    window.reload()
    expect(reply(window)).to_have_value("A long answer")
    window.unroute("**/comments/")
    send(window)
    sent(window)
    window.reload()
    expect(reply(window)).to_have_value("")
    assert Comment.objects.get().body == "A long answer"


def test_a_reply_whose_answer_was_lost_is_stored_once(desk, window):
    desk.tolerate("ERR_FAILED|htmx:")

    def lose(route):
        route.fetch()
        route.abort()

    reply(window).fill("Once")
    window.route("**/comments/", lose)
    send(window)
    expect(window.locator("#composer .problem")).to_contain_text("can't reach the server")
    window.unroute("**/comments/")
    window.reload()
    send(window)
    sent(window)
    assert Comment.objects.count() == 1


def test_a_slow_desk_keeps_the_text_until_it_has_arrived(window):
    held = []
    window.route("**/comments/", lambda route: held.append(route))
    reply(window).fill("Slowly")
    send(window)
    expect(window.locator("#composer .problem")).to_contain_text("Still sending")
    expect(reply(window)).to_have_value("Slowly")
    expect(window.locator("#toasts")).not_to_contain_text("sent")
    held[0].continue_()
    sent(window)


def test_a_reply_outlives_the_end_of_the_session(desk):
    ticket, user = TicketFactory(), AgentFactory()
    window = desk.window()
    desk.sign_in(window, user)
    window.goto(f"/tickets/{ticket.pk}/")
    reply(window).fill("After lunch")
    window.context.clear_cookies(name="sessionid")
    send(window)
    window.wait_for_url("**/sign-in/**")
    window.get_by_label("User name").fill(user.username)
    window.get_by_label("Password").fill(PASSWORD)
    window.get_by_role("button", name="Sign in").click()
    window.wait_for_url(f"**/tickets/{ticket.pk}/")
    expect(reply(window)).to_have_value("After lunch")
    assert not Comment.objects.exists()
    send(window)
    sent(window)


def test_another_account_in_the_same_window_finds_no_draft(desk):
    ticket = TicketFactory()
    window = desk.agent()
    window.goto(f"/tickets/{ticket.pk}/")
    reply(window).fill("Mine alone")
    window.get_by_role("button", name="Sign out").click()
    desk.sign_in(window)
    window.goto(f"/tickets/{ticket.pk}/")
    expect(reply(window)).to_have_value("")


def test_an_edit_outlives_a_reload_and_still_knows_what_it_read(window, ticket):
    window.get_by_text("Edit title and description").click()
    window.get_by_label("Description").fill("My long text")
    tickets.update_ticket(ticket.pk, {"description": "Theirs"}, user_actor(AgentFactory()))
    window.reload()
    expect(window.get_by_label("Description")).to_have_value("My long text")
    window.get_by_role("button", name="Save", exact=True).click()
    expect(window.locator("#stale")).to_contain_text("Theirs")
    expect(window.get_by_label("Description")).to_have_value("My long text")
    window.get_by_role("button", name="Save", exact=True).click()
    expect(window.locator("#talk")).to_contain_text("My long text")
    expect(window.locator("#edit")).not_to_have_attribute("open", "")
    window.reload()
    expect(window.locator("#edit")).not_to_have_attribute("open", "")


def test_an_edit_can_be_given_up(window, ticket):
    window.keyboard.press("e")
    expect(window.get_by_label("Title", exact=True)).to_be_focused()
    window.keyboard.type("Nonsense")
    window.get_by_role("button", name="Cancel").click()
    expect(window.locator("#edit-summary")).to_be_focused()
    window.reload()
    expect(window.get_by_label("Title", exact=True)).to_have_value(ticket.title)


def test_a_note_and_a_reply_that_resolves(window, ticket):
    reply(window).fill("Among us")
    send(window, "Add note")
    expect(window.locator(".message.internal")).to_contain_text("Among us")
    reply(window).fill("Done")
    send(window, "Reply and resolve")
    expect(window.get_by_label("Status")).to_have_value("resolved")
    expect(window.locator(".message.ours")).to_contain_text("Done")
    window.go_back()
    window.go_forward()
    expect(window.locator(".message")).to_have_count(3)
    expect(window.get_by_label("Status")).to_have_value("resolved")


# --- accept, correct, undo ---


@pytest.fixture
def suggested(ticket):
    PredictionFactory(ticket=ticket, value="billing", confidence=0.82)
    PredictionFactory(ticket=ticket, field="priority", value="high", confidence=0.7)
    return ticket


def test_one_key_accepts_what_triage_suggested(suggested, window):
    expect(window.locator("#property-category")).to_contain_text("Triage suggested: Billing")
    window.keyboard.press("y")
    expect(window.locator("#property-category")).to_contain_text("Set by")
    expect(window.get_by_label("Category")).to_have_value("billing")
    expect(window.get_by_label("Priority")).to_have_value("high")
    expect(window.locator("#accept-triage")).to_have_count(0)
    assert Feedback.objects.count() == 2
    window.keyboard.press("z")
    expect(window.locator("#property-category")).to_contain_text("Triage suggested: Billing")
    expect(window.get_by_label("Category")).to_have_value("general")
    expect(window.locator("#history")).to_contain_text("changed category from billing to general")
    assert not Feedback.objects.exists()


@pytest.mark.parametrize(
    ("key", "name", "value"),
    [("b", "Category", "billing"), ("a", "Category", "account"), ("4", "Priority", "critical")],
)
def test_one_key_corrects(window, key, name, value):
    window.keyboard.press(key)
    expect(window.locator(f"#property-{name.lower()}")).to_contain_text("Set by")
    expect(window.get_by_label(name)).to_have_value(value)
    window.reload()
    expect(window.get_by_label(name)).to_have_value(value)
    assert Feedback.objects.get().value == value


@pytest.mark.parametrize(("key", "name"), [("g", "category"), ("2", "priority")])
def test_the_key_of_the_present_value_confirms_it(window, key, name):
    window.keyboard.press(key)
    expect(window.locator("#toasts")).to_contain_text("Confirmed #")
    expect(window.locator(f"#property-{name}")).to_contain_text("Confirmed by")
    window.keyboard.press("z")
    expect(window.locator(f"#property-{name}")).to_contain_text("Default")


def test_a_value_is_confirmed_and_used_by_a_button(suggested, window):
    window.get_by_role("button", name="Use Billing").click()
    expect(window.get_by_label("Category")).to_have_value("billing")
    expect(window.locator("#property-category")).to_be_focused()
    assert Feedback.objects.get().value == "billing"


def test_keys_lead_through_the_page(window, ticket):
    window.keyboard.press("m")
    expect(window.locator("#property-assignee select")).not_to_have_value("")
    window.keyboard.press("s")
    expect(window.get_by_label("Status")).to_be_focused()
    window.keyboard.press("Escape")
    window.keyboard.press("r")
    expect(reply(window)).to_be_focused()
    window.keyboard.type("beta 1234 my")  # no key acts inside a field
    expect(reply(window)).to_have_value("beta 1234 my")
    window.keyboard.press("Escape")
    window.keyboard.press("?")
    expect(window.get_by_role("dialog")).to_contain_text(
        "Accept the suggested category and priority"
    )
    window.keyboard.press("4")  # reads the help, means no ticket
    window.keyboard.press("Escape")
    expect(window.get_by_role("dialog")).to_be_hidden()
    window.keyboard.press("u")
    window.wait_for_url("**/tickets/?waiting_for=us*")
    ticket.refresh_from_db()
    assert (ticket.category, ticket.priority) == ("general", "medium")


@pytest.mark.parametrize("width", [1280, 360])
def test_nothing_moves_while_the_page_arrives(window, width):
    """A slow network shows the beginning of the page before its end is there."""
    window.set_viewport_size({"width": width, "height": 900})
    boxes = """() => [...document.querySelectorAll('#ticket .card, #ticket .message')]
        .map((part) => part.getBoundingClientRect())
        .map(({ left, top, width, height }) => [left, top, width, height].map(Math.round).join())"""
    whole = window.evaluate(boxes)
    window.evaluate(
        """() => {
            while (document.querySelector('#ticket-page').nextElementSibling)
                document.querySelector('#ticket-page').nextElementSibling.remove();
            document.querySelector('.side').remove();
        }"""
    )
    visible = [box for box in window.evaluate(boxes) if box != "0,0,0,0"]
    assert visible
    assert set(visible) <= set(whole)


def test_back_leads_to_the_list_as_it_was(desk, ticket):
    window = desk.agent()
    window.goto("/tickets/?status=open")
    window.locator(f"a[href*='/tickets/{ticket.pk}/']").first.click()
    window.wait_for_url(re.compile(rf"/tickets/{ticket.pk}/"))
    window.keyboard.press("4")
    expect(window.locator("#property-priority")).to_contain_text("Set by")
    expect(window.get_by_role("button", name="Shortcuts")).to_be_visible()
    window.keyboard.press("u")
    window.wait_for_url("**/tickets/?status=open")


# --- similar tickets ---


def test_an_earlier_reply_is_inserted_where_one_writes(desk):
    ticket = TicketFactory(title="Charged twice", description="My card was charged twice.")
    resolved = TicketFactory(title="Charged twice", status="resolved")
    CommentFactory(ticket=resolved, body="It was refunded.", public=True)
    window = desk.agent()
    window.goto(f"/tickets/{ticket.pk}/")
    reply(window).fill("Hello Anna,Bye")
    reply(window).evaluate("field => field.setSelectionRange(2, 11)")
    window.get_by_text("Show the reply").click()
    window.get_by_role("button", name="Use this reply").click()
    expect(reply(window)).to_have_value("Hello Anna,\n\nIt was refunded.\n\nBye")
    expect(reply(window)).to_be_focused()


# --- without JavaScript ---


def test_everything_works_without_javascript(desk, ticket):
    window = desk.agent(java_script_enabled=False)
    window.goto(f"/tickets/{ticket.pk}/")
    window.get_by_label("Status").select_option("in_progress")
    window.locator("#property-status").get_by_role("button", name="Set").click()
    expect(window.get_by_label("Status")).to_have_value("in_progress")
    window.get_by_role("button", name="Assign to me").click()
    expect(window.locator("#assign-me")).to_have_count(0)
    window.get_by_role("button", name="Accept General, Medium").click()
    expect(window.locator("#property-category")).to_contain_text("Confirmed by")
    reply(window).fill("To you")
    send(window)
    reply(window).fill("Among us")
    send(window, "Add note")
    expect(window.locator(".message")).to_have_count(3)
    window.get_by_text("Edit title and description").click()
    window.get_by_label("Title", exact=True).fill("New title")
    window.get_by_role("button", name="Save", exact=True).click()
    expect(window.get_by_role("heading", level=1)).to_have_text("New title")
    window.get_by_role("button", name="Undo").click()
    expect(window.get_by_role("heading", level=1)).to_have_text(ticket.title)


def test_it_fits_a_phone(desk, narrow):
    ticket = TicketFactory(
        title="W" * MAX_TITLE_CHARS, description="w" * 500, requester_email="m" * 60 + "@b.example"
    )
    CommentFactory(ticket=ticket, body="x" * 300)
    window = desk.agent(**narrow)
    window.goto(f"/tickets/{ticket.pk}/")
    expect(window.locator("#talk")).to_be_visible()
    assert window.evaluate("document.documentElement.scrollWidth") <= 360
