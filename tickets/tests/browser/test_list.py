"""The ticket list in a browser."""

import re
import time

import pytest
from playwright.sync_api import expect

from tickets.access.actors import user_actor
from tickets.models.ticket import Ticket
from tickets.models.workplace import SavedView
from tickets.services import tickets
from tickets.tests.factories import AgentFactory, TicketFactory

GIVEN_UP = "htmx:(afterRequest|sendAbort)"  # htmx's note of an answer that is not wanted any more


@pytest.fixture
def window(desk):
    return desk.agent()


def rows(window):
    return window.locator("tbody tr")


def value_of(window, name, ticket):
    return window.locator(f"#{name}-{ticket.pk}")


def status_of(window, ticket):
    return value_of(window, "status", ticket)


def text_of(name, value):
    if name == "assignee":
        return value or "Unassigned"
    return value.replace("_", " ").capitalize()


def expect_value(window, name, ticket, value):
    label = f"{name.capitalize()} of #{ticket.pk}: {text_of(name, value)}"
    expect(value_of(window, name, ticket)).to_have_accessible_name(label)
    expect(cell(window, name, ticket)).to_contain_text(text_of(name, value))


def menu(window):
    return window.get_by_role("listbox")


def option(window, text):
    return menu(window).get_by_role("option", name=text, exact=True)


def choose(window, name, ticket, value):
    """Open the menu of a cell with the mouse, and choose."""
    value_of(window, name, ticket).click()
    option(window, text_of(name, value)).click()


def cell(window, name, ticket):
    return window.locator(f"#row-{ticket.pk} .c-{name}")


def test_filters_change_the_address_and_the_rows(window):
    TicketFactory(category="billing")
    TicketFactory(category="billing", status="closed")
    TicketFactory(category="account")
    window.goto("/tickets/?sort=newest")
    window.get_by_label("Category", exact=True).select_option("billing")
    window.wait_for_url("**/tickets/?category=billing")
    expect(rows(window)).to_have_count(2)
    expect(window.locator("#result-count")).to_have_text("2 tickets")
    window.get_by_role("link", name="Closed").click()
    window.wait_for_url("**/tickets/?status=closed&category=billing")
    expect(rows(window)).to_have_count(1)
    window.go_back()
    window.wait_for_url("**/tickets/?category=billing")
    expect(rows(window)).to_have_count(2)
    expect(window.get_by_label("Category", exact=True)).to_have_value("billing")
    window.reload()
    expect(rows(window)).to_have_count(2)


def test_the_focus_stays_where_it_is(window):
    TicketFactory(title="Refund please")
    TicketFactory()
    window.goto("/tickets/?sort=newest")
    search = window.get_by_label("Search tickets")
    search.press_sequentially("refund")
    expect(rows(window)).to_have_count(1)
    expect(search).to_be_focused()
    tab = window.get_by_role("link", name="Open")
    tab.focus()
    tab.press("Enter")
    window.wait_for_url("**status=open*")
    expect(window.locator("#tab-open")).to_be_focused()


def test_a_slow_search_does_not_come_after_a_tab(desk, window):
    desk.tolerate(GIVEN_UP)
    TicketFactory(title="Refund please", status="closed")
    TicketFactory(title="Refund me")
    window.goto("/tickets/?sort=newest")
    held = []
    window.route(re.compile("search=refund&(?!.*status=closed)"), lambda route: held.append(route))
    window.get_by_label("Search tickets").fill("refund")
    while not held:
        window.wait_for_timeout(20)
    window.get_by_role("link", name="Closed").click()
    window.wait_for_url("**status=closed*")
    expect(rows(window)).to_have_count(1)
    expect(rows(window)).to_contain_text("Refund please")
    assert "ERR_ABORTED" in held[0].request.failure


@pytest.fixture
def refunds(transactional_db):
    TicketFactory(title="Refund please", status="closed", category="billing")
    TicketFactory(title="Refund me", category="billing")
    TicketFactory(title="Something else", status="closed", category="billing")
    TicketFactory(title="Refund the other", status="closed", category="account")


def test_a_tab_takes_along_what_was_typed_or_chosen_just_now(desk, window, refunds):
    desk.tolerate(GIVEN_UP)
    window.goto("/tickets/?sort=newest")
    window.route("**/tickets/?*category=billing*", lambda route: None, times=1)
    both, requests = "/tickets/?status=closed&search=refund&category=billing", []
    window.on("request", lambda request: requests.append(request.url))
    window.get_by_label("Category", exact=True).select_option("billing")
    window.get_by_label("Search tickets").fill("refund")
    window.get_by_role("link", name="Closed").click()
    window.wait_for_url(f"**{both}")
    expect(rows(window)).to_have_count(1)
    expect(rows(window)).to_contain_text("Refund please")
    expect(window.get_by_label("Search tickets")).to_have_value("refund")
    while len([url for url in requests if "refund" in url]) < 2:  # what was typed, after its pause
        window.wait_for_timeout(20)
    expect(window.locator(".htmx-request")).to_have_count(0)
    assert window.url.endswith(both)
    expect(rows(window)).to_have_count(1)
    window.go_back()
    window.wait_for_url("**/tickets/?sort=newest")


def test_what_is_typed_after_a_tab_is_looked_for_in_that_tab(desk, window, refunds):
    desk.tolerate(GIVEN_UP)
    window.goto("/tickets/?sort=newest")
    window.route("**/tickets/?status=closed", lambda route: None)
    window.get_by_role("link", name="Closed").click()
    window.get_by_label("Search tickets").fill("please")
    window.wait_for_url("**/tickets/?status=closed&search=please")
    expect(rows(window)).to_have_count(1)


def test_another_page_of_a_list_that_is_being_left_is_not_opened(desk, window, refunds):
    desk.tolerate(GIVEN_UP)
    TicketFactory.create_batch(50)
    window.goto("/tickets/?sort=newest")
    with window.expect_request("**/tickets/?search=refund*"):
        window.route("**/tickets/?search=refund*", lambda route: None, times=1)
        window.get_by_label("Search tickets").fill("refund")
    window.get_by_role("link", name="Older").click()
    window.wait_for_url("**/tickets/?search=refund")
    expect(rows(window)).to_have_count(3)


@pytest.mark.parametrize("javascript", [True, False])
def test_the_menu_of_the_export(desk, refunds, settings, javascript):
    settings.TIME_ZONE = "Europe/Berlin"
    window = desk.agent(java_script_enabled=javascript)
    window.goto("/tickets/?status=closed&search=refund")
    expect(window.get_by_role("button", name="Download")).to_be_hidden()
    window.get_by_text("Export CSV").click()
    window.get_by_label("Semicolon").check()
    window.get_by_label("sep= line").check()
    window.get_by_label("local times (Europe/Berlin)").check()
    with window.expect_download() as download:
        window.get_by_role("button", name="Download").click()
    first, header, *lines = download.value.path().read_text("utf-8-sig").splitlines()
    assert first == "sep=;"
    assert header.startswith("id;title;")
    assert "created_at (Europe/Berlin)" in header
    assert len(lines) == 2


def test_a_file_and_a_view_are_of_what_the_filters_say(window, refunds):
    window.goto("/tickets/?status=closed")
    window.get_by_text("Export CSV").click()
    with window.expect_download() as download:
        window.get_by_label("Search tickets").fill("refund")
        window.get_by_role("button", name="Download").click()
    query = "separator=comma&search=refund&status=closed"
    assert download.value.url.endswith(f"/tickets/export.csv?{query}")
    window.goto("/tickets/?sort=newest")
    window.get_by_text("Save this view").click()
    window.get_by_label("View name").fill("Refunds")
    window.get_by_label("Search tickets").fill("refund")
    window.get_by_role("button", name="Save view").click()
    expect(window.locator("#toasts")).to_contain_text("Refunds")
    assert SavedView.objects.get().query == "search=refund"


def test_the_status_changes_in_place(window):
    ticket = TicketFactory()
    window.goto("/tickets/?sort=newest")
    choose(window, "status", ticket, "resolved")
    expect(window.locator("#toasts")).to_contain_text(f"#{ticket.pk}: status is now resolved.")
    expect(status_of(window, ticket)).to_be_focused()
    expect_value(window, "status", ticket, "resolved")
    assert Ticket.objects.get().status == "resolved"


@pytest.mark.parametrize(
    ("name", "old", "new", "label"),
    [
        ("status", "open", "closed", "Closed"),
        ("category", "general", "billing", "Billing"),
        ("priority", "medium", "critical", "Critical"),
        ("assignee", "", "hanna", "hanna"),
    ],
)
def test_each_value_changes_in_place_and_back(window, name, old, new, label):
    AgentFactory(username="hanna")
    ticket = TicketFactory()
    other = TicketFactory()
    window.goto("/tickets/?sort=newest")
    choose(window, name, ticket, new)
    expect(window.locator("#toasts")).to_contain_text(
        f"#{ticket.pk}: {name} is now {label.lower()}."
    )
    expect_value(window, name, ticket, new)
    expect_value(window, name, other, old)
    expect(value_of(window, name, ticket)).to_be_focused()
    window.get_by_role("button", name="Undo").click()
    expect(window.locator("#toasts")).to_contain_text("as it was before")
    expect_value(window, name, ticket, old)
    window.reload()
    expect_value(window, name, ticket, old)


def test_a_change_counts_at_once_and_its_row_stays(window):
    ticket = TicketFactory()
    TicketFactory()
    window.goto("/tickets/?status=open")
    choose(window, "status", ticket, "closed")
    expect(window.locator("#tab-closed .count")).to_have_text("1")
    expect(window.locator("#tab-open .count")).to_have_text("1")
    expect(window.locator("#result-count")).to_have_text("1 ticket")
    expect(rows(window)).to_have_count(2)
    window.reload()
    expect(rows(window)).to_have_count(1)


def test_back_from_a_ticket_leads_to_its_row_as_it_is_now(window):
    TicketFactory.create_batch(3)
    ticket = Ticket.objects.order_by("pk")[1]
    window.goto("/tickets/?sort=newest")
    choose(window, "status", ticket, "resolved")
    expect(window.locator("#toasts")).to_contain_text("is now resolved")
    window.locator(f"#open-{ticket.pk}").click()
    window.wait_for_url(f"**/tickets/{ticket.pk}/")
    window.go_back()
    expect_value(window, "status", ticket, "resolved")
    expect(window.locator(f"#open-{ticket.pk}")).to_be_focused()


def test_another_click_while_a_change_is_being_saved_loses_nothing(window):
    ticket = TicketFactory()
    TicketFactory(status="closed")
    window.goto("/tickets/?sort=newest")
    held = []
    window.route(f"**/tickets/{ticket.pk}/", lambda route: held.append(route))
    choose(window, "status", ticket, "resolved")
    while not held:
        window.wait_for_timeout(20)
    window.get_by_role("link", name="Closed").click()
    window.wait_for_url("**status=closed*")
    expect(rows(window)).to_have_count(1)
    held[0].continue_()
    expect(window.locator("#toasts")).to_contain_text("is now resolved")
    expect(window.get_by_role("button", name="Undo")).to_be_visible()
    expect(window.locator("#tab-resolved .count")).to_have_text("1")
    assert Ticket.objects.get(pk=ticket.pk).status == "resolved"


def test_two_changes_of_a_row_are_saved_one_after_the_other(window):
    ticket = TicketFactory()
    window.goto("/tickets/?sort=newest")
    held = []
    window.route(f"**/tickets/{ticket.pk}/", lambda route: held.append(route))
    choose(window, "status", ticket, "resolved")
    choose(window, "priority", ticket, "high")
    while not held:
        window.wait_for_timeout(20)
    window.wait_for_timeout(600)
    assert len(held) == 1
    held[0].continue_()
    while len(held) < 2:
        window.wait_for_timeout(20)
    held[1].continue_()
    expect(window.locator("#toasts")).to_contain_text("priority is now high")
    saved = Ticket.objects.get()
    assert (saved.status, saved.priority, saved.version) == ("resolved", "high", 3)


@pytest.fixture
def saving(window):
    """A ticket in the list whose status is on its way to "resolved"; release() lets it go on."""
    ticket = TicketFactory()
    window.goto("/tickets/?sort=newest")
    held = []
    window.route(f"**/tickets/{ticket.pk}/", lambda route: held.append(route), times=1)
    choose(window, "status", ticket, "resolved")
    while not held:
        window.wait_for_timeout(20)
    ticket.release = held[0].continue_
    return ticket


def test_what_is_chosen_while_the_row_is_being_saved_is_saved_too(window, saving):
    choose(window, "priority", saving, "high")
    saving.release()
    expect(window.locator("#toasts")).to_contain_text("status is now resolved")
    expect_value(window, "priority", saving, "high")
    expect(window.locator("#toasts")).to_contain_text("priority is now high")
    saved = Ticket.objects.get()
    assert (saved.status, saved.priority) == ("resolved", "high")


def test_the_last_choice_of_a_value_stands(window, saving):
    choose(window, "status", saving, "open")
    window.wait_for_timeout(400)  # longer than the pause after which it is sent
    saving.release()
    expect(window.locator("#toasts")).to_contain_text("status is now open")
    expect_value(window, "status", saving, "open")
    assert Ticket.objects.get().status == "open"


@pytest.mark.parametrize("key", [True, False])
def test_a_ticket_that_is_opened_at_once_shows_the_choice_and_undoes_it(window, key):
    ticket = TicketFactory()
    window.goto("/tickets/?sort=newest")
    window.route(f"**/tickets/{ticket.pk}/", later, times=1)
    if key:
        for each in ("j", "4", "Enter"):
            window.keyboard.press(each)
    else:
        choose(window, "priority", ticket, "critical")
        window.locator(f"#open-{ticket.pk}").click()
    window.wait_for_url(f"**/tickets/{ticket.pk}/")
    priority = window.locator("#choose-priority")
    expect(priority).to_have_value("critical")
    expect(window.locator("#toasts")).to_contain_text("priority is now critical")
    window.get_by_role("button", name="Undo").click()
    expect(window.locator("#toasts")).to_contain_text("as it was before")
    expect(priority).to_have_value("medium")


def later(route):
    """A network on which an answer takes its time."""
    time.sleep(0.4)
    route.continue_()


def test_a_way_back_is_offered_on_later_pages_for_a_while(window):
    ticket = TicketFactory()
    window.clock.install()
    window.goto("/tickets/?sort=newest")
    choose(window, "status", ticket, "resolved")
    window.clock.run_for(300)
    undo = window.get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    for address, seconds in (("/dashboard/", 15), ("/tickets/review/", 10)):
        window.goto(address)
        window.clock.run_for(200)
        expect(undo).to_be_visible()
        window.clock.run_for(seconds * 1000)
    window.goto("/tickets/?sort=newest")
    window.clock.run_for(200)
    expect_value(window, "status", ticket, "resolved")
    expect(undo).to_have_count(0)


def test_a_reload_at_once_shows_the_choice_though_it_was_stored_after_the_page_was_read(window):
    ticket = TicketFactory()
    window.goto("/tickets/?sort=newest")
    window.route(f"**/tickets/{ticket.pk}/", later, times=1)
    choose(window, "priority", ticket, "critical")
    window.reload()
    expect_value(window, "priority", ticket, "critical")


def test_a_choice_is_saved_though_its_row_is_filtered_away(window, saving):
    choose(window, "priority", saving, "high")
    window.get_by_role("link", name="Closed").click()
    expect(rows(window)).to_have_count(0)
    saving.release()
    expect(window.locator("#toasts")).to_contain_text("priority is now high")
    assert Ticket.objects.get().priority == "high"


def test_new_tickets_are_announced_and_move_nothing(window):
    window.clock.install()
    first = TicketFactory()
    window.goto("/tickets/?status=open")
    box = rows(window).first.bounding_box()
    TicketFactory.create_batch(3)
    TicketFactory(status="closed")
    window.clock.fast_forward(16_000)
    button = window.get_by_role("button", name="3 new tickets")
    expect(button).to_be_visible()
    expect(rows(window)).to_have_count(1)
    assert rows(window).first.bounding_box() == box
    choose(window, "status", first, "resolved")
    window.clock.fast_forward(300)
    expect(window.locator("#toasts")).to_contain_text("is now resolved")
    window.get_by_role("button", name="Undo").click()
    expect(window.locator("#toasts")).to_contain_text("as it was before")
    expect_value(window, "status", first, "open")
    expect(rows(window)).to_have_count(1)
    button.click()
    expect(rows(window)).to_have_count(4)
    expect(button).to_be_hidden()
    expect(rows(window).first.get_by_role("link")).to_be_focused()


def test_nothing_new_is_asked_for_with_the_tag_of_the_last_answer(window):
    window.clock.install()
    TicketFactory()
    window.goto("/tickets/?sort=newest")
    answers = []
    window.on("response", lambda answer: "/news/" in answer.url and answers.append(answer.status))
    for count in (1, 2):
        window.clock.fast_forward(16_000)
        while len(answers) < count:
            window.wait_for_timeout(20)
    assert answers == [200, 304]


def test_a_phone_shows_the_present_view_and_the_keys(desk, narrow):
    window = desk.window(**narrow)
    agent = desk.sign_in(window)
    for name in ("One", "Two", "Three", "Zebra"):
        SavedView.objects.create(owner=agent, name=name, query=f"search={name}")
    window.goto("/tickets/?search=Zebra")
    chip = window.get_by_role("link", name="Zebra")
    expect(chip).to_be_in_viewport(ratio=1)
    window.get_by_label("Search tickets").fill("Three")
    expect(window.get_by_role("link", name="Three")).to_be_in_viewport(ratio=1)
    window.get_by_role("button", name="Shortcuts").click()
    expect(window.get_by_label("Use keyboard shortcuts")).to_be_visible()


def test_a_phone_shows_cards_that_fit(desk, narrow):
    TicketFactory(
        title="Unbreakable" + "x" * 120,
        requester_email=f"{'z' * 60}@example.org",
        assignee=AgentFactory(username="maria.magdalena.keller-sutter"),
        status="in_progress",
    )
    window = desk.agent(**narrow)
    window.goto("/tickets/?sort=newest")
    boxes = window.evaluate(
        """() => [...document.querySelectorAll("tbody td, tbody th")]
            .map((cell) => cell.getBoundingClientRect())
            .map(({ left, right, top, bottom }) => ({ left, right, top, bottom }))"""
    )
    assert all(box["left"] >= 0 and box["right"] <= 360 for box in boxes)
    for n, one in enumerate(boxes):
        for other in boxes[n + 1 :]:
            apart = one["right"] <= other["left"] + 1 or other["right"] <= one["left"] + 1
            above = one["bottom"] <= other["top"] + 1 or other["bottom"] <= one["top"] + 1
            assert apart or above
    choose(window, "priority", Ticket.objects.get(), "low")
    expect(window.locator("#toasts")).to_contain_text("priority is now low")


def test_keys_are_not_offered_without_a_script(desk):
    for scripts in (True, False):
        window = desk.agent(java_script_enabled=scripts)
        window.goto("/tickets/?sort=newest")
        expect(window.get_by_role("button", name="Shortcuts")).to_be_visible(visible=scripts)


def test_without_a_script_the_ticket_page_changes_values(desk):
    ticket = TicketFactory()
    window = desk.agent(java_script_enabled=False)
    window.goto("/tickets/?status=open")
    row = rows(window).first
    expect(row).to_contain_text(re.compile("Medium.*General.*Unassigned.*Open", re.S))
    expect(row.locator("button, select, [role=button], [tabindex]")).to_have_count(0)
    window.locator(f"#open-{ticket.pk}").click()
    window.get_by_label("Status").select_option("closed")
    window.locator("#property-status").get_by_role("button", name="Set").click()
    expect(window.locator("#toasts")).to_contain_text("status is now closed")
    window.goto("/tickets/?status=open")
    expect(rows(window)).to_have_count(0)


def test_nothing_claims_success_before_the_server_has_said_so(window):
    ticket = TicketFactory()
    window.goto("/tickets/?sort=newest")
    held = []
    window.route(f"**/tickets/{ticket.pk}/", lambda route: held.append(route))
    choose(window, "status", ticket, "closed")
    while not held:
        window.wait_for_timeout(20)
    expect(window.locator("#toasts .toast")).to_have_count(0)
    held[0].continue_()
    expect(window.locator("#toasts")).to_contain_text("status is now closed")


@pytest.mark.parametrize("fault", ["error", "gone"])
def test_a_change_that_failed_is_taken_back(desk, window, fault):
    desk.tolerate("500|ERR_|htmx")
    ticket = TicketFactory()
    window.goto("/tickets/?sort=newest")
    window.route(
        f"**/tickets/{ticket.pk}/",
        lambda route: route.fulfill(status=500) if fault == "error" else route.abort(),
    )
    choose(window, "status", ticket, "closed")
    expect(window.locator("#toasts")).to_contain_text(re.compile("wasn't saved|can't reach"))
    expect_value(window, "status", ticket, "open")


def test_a_row_that_changed_meanwhile_shows_its_new_state(window):
    ticket = TicketFactory()
    window.goto("/tickets/?sort=newest")
    tickets.update_ticket(ticket.pk, {"status": "closed"}, user_actor(AgentFactory()))
    choose(window, "status", ticket, "in_progress")
    expect(window.locator("#toasts")).to_contain_text("changed in the meantime")
    expect_value(window, "status", ticket, "closed")


def test_a_session_that_ended_leads_to_sign_in_and_back(window):
    ticket = TicketFactory()
    window.goto("/tickets/?status=open")
    window.context.clear_cookies(name="sessionid")
    choose(window, "status", ticket, "closed")
    window.wait_for_url("**/sign-in/?next=/tickets/%3Fstatus%3Dopen")
    assert Ticket.objects.get().status == "open"


def test_pages_follow_one_another(window):
    TicketFactory.create_batch(51)
    window.goto("/tickets/?sort=newest")
    expect(rows(window)).to_have_count(50)
    window.get_by_role("link", name="Older").click()
    expect(rows(window)).to_have_count(1)
    expect(rows(window).get_by_role("link")).to_be_focused()
    window.reload()
    expect(rows(window)).to_have_count(1)
    window.go_back()
    expect(rows(window)).to_have_count(50)
    window.go_forward()
    expect(rows(window)).to_have_count(1)
    window.get_by_role("link", name="Newer").click()
    expect(rows(window)).to_have_count(50)
    expect(rows(window).first.get_by_role("link")).to_be_focused()


def test_back_after_signing_out_shows_no_ticket(window):
    TicketFactory(title="Private matter")
    window.goto("/tickets/?sort=newest")
    expect(window.locator("body")).to_contain_text("Private matter")
    window.get_by_role("button", name="Sign out").click()
    window.wait_for_url("**/")
    window.go_back()
    window.wait_for_url("**/sign-in/**")
    expect(window.locator("body")).not_to_contain_text("Private matter")
