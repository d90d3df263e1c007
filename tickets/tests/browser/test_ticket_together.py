"""Two agents on one ticket."""

import pytest
from playwright.sync_api import expect

from tickets.access.actors import user_actor
from tickets.models.workplace import Presence
from tickets.services import comments, presence, tickets
from tickets.tests.factories import (
    AgentFactory,
    CommentFactory,
    PredictionFactory,
    TicketFactory,
)

from .conftest import EVIL


@pytest.fixture
def maria(db):
    return AgentFactory(username="maria")


@pytest.fixture
def ours(desk, ticket):
    window = desk.agent()
    window.goto(f"/tickets/{ticket.pk}/")
    return window


@pytest.fixture
def theirs(desk, maria, ticket):
    window = desk.window()
    desk.sign_in(window, maria)
    window.goto(f"/tickets/{ticket.pk}/")
    expect(window.locator("#watch")).not_to_be_empty()
    return window


def look(window):
    """As the page does now and then, and at once when one comes back to it."""
    window.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_each_sees_that_the_other_looks_writes_and_leaves(ours, theirs):
    look(ours)
    expect(ours.locator("#watch")).to_contain_text("maria is viewing")
    theirs.locator("#body").fill("Dear")
    expect(theirs.locator("#watch")).to_contain_text("is viewing")
    for _ in range(20):
        if Presence.objects.filter(name="maria", writing=True).exists():
            break
        ours.wait_for_timeout(250)
    look(ours)
    expect(ours.locator("#watch")).to_contain_text("maria is writing")
    expect(ours.locator("#watch")).not_to_contain_text("viewing")
    theirs.goto("/tickets/")
    for _ in range(40):
        if not Presence.objects.filter(name="maria").exists():
            break
        ours.wait_for_timeout(250)
    look(ours)
    expect(ours.locator("#watch .watcher")).to_have_count(0)


def test_ones_own_second_window_is_nobody_else(desk, ours, ticket):
    second = ours.context.new_page()
    second.goto(f"/tickets/{ticket.pk}/")
    second.wait_for_load_state("networkidle")
    with second.expect_response("**/presence/") as answer:
        look(second)
    assert answer.value.text().strip() == ""


def test_news_is_told_and_shown_while_one_goes_on_writing(ours, ticket, maria):
    actor = user_actor(maria)
    field = ours.locator("#body")
    field.click()
    ours.keyboard.type("Half a sen")
    tickets.update_ticket(ticket.pk, {"priority": "high", "description": "Newer text"}, actor)
    comments.add_comment(ticket, {"body": "From Maria", "public": True}, actor)
    look(ours)
    changes = ours.locator("#watch .changes")
    expect(changes).to_contain_text(
        "maria edited the description, changed priority from medium to high"
    )
    expect(ours.get_by_label("Priority")).to_have_value("medium")
    ours.get_by_role("button", name="Show").click()
    expect(ours.locator("#talk")).to_contain_text("From Maria")
    expect(ours.locator("#talk")).to_contain_text("Newer text")
    expect(ours.get_by_label("Priority")).to_have_value("high")
    expect(changes).to_have_count(0)
    expect(field).to_be_focused()
    ours.keyboard.type("tence")
    expect(field).to_have_value("Half a sentence")


def test_news_leaves_an_edit_alone_which_is_then_known_to_be_stale(ours, ticket, maria):
    ours.keyboard.press("e")
    ours.get_by_label("Title", exact=True).fill("Mine")
    tickets.update_ticket(ticket.pk, {"title": "Theirs"}, user_actor(maria))
    look(ours)
    ours.get_by_role("button", name="Show").click()
    expect(ours.get_by_role("heading", level=1)).to_have_text("Theirs")
    expect(ours.get_by_label("Title", exact=True)).to_have_value("Mine")
    ours.get_by_role("button", name="Save").click()
    expect(ours.locator("#stale")).to_contain_text("maria edited the title.")
    expect(ours.get_by_label("Title", exact=True)).to_have_value("Mine")
    ours.get_by_role("button", name="Save").click()
    expect(ours.get_by_role("heading", level=1)).to_have_text("Mine")


def test_ones_own_change_shows_the_others_as_well(ours, ticket, maria):
    tickets.update_ticket(ticket.pk, {"priority": "high"}, user_actor(maria))
    ours.get_by_label("Status").select_option("in_progress")
    expect(ours.locator("#toasts")).to_contain_text("status is now in progress")
    expect(ours.get_by_label("Priority")).to_have_value("high")
    ours.wait_for_load_state("networkidle")
    with ours.expect_response("**/presence/") as answer:
        look(ours)
    assert "Show" not in answer.value.text()


def test_in_the_open_demo_windows_see_each_other(desk, settings, ticket):
    settings.ACCESS_MODE = "open"
    first, second = desk.window(), desk.window()
    for window in (first, second):
        window.goto(f"/tickets/{ticket.pk}/")
    expect(second.locator("#watch")).to_contain_text("Somebody is viewing")


def test_markup_of_others_stays_text(desk, ours, ticket):
    dialogs = []
    ours.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    evil = AgentFactory(username=EVIL)
    evidence = [{"field": "title", "text": EVIL, "start": 0, "end": 9}]
    PredictionFactory(ticket=ticket, evidence=evidence)
    closed = TicketFactory(title=ticket.title, status="closed")
    CommentFactory(ticket=closed, body=EVIL, public=True)
    presence.note_presence(ticket, "user 0", EVIL, writing=True)
    tickets.update_ticket(ticket.pk, {"assignee": evil, "title": EVIL}, user_actor(evil))
    look(ours)
    expect(ours.locator("#watch .changes")).to_contain_text(EVIL)
    ours.get_by_role("button", name="Show").click()
    expect(ours.get_by_role("heading", level=1)).to_have_text(EVIL)
    tickets.update_ticket(ticket.pk, {"title": ticket.title}, user_actor(evil))
    ours.reload()
    ours.get_by_text("Show the reply").click()
    ours.get_by_role("button", name="Use this reply").click()
    expect(ours.locator("#body")).to_have_value(EVIL)
    ours.reload()
    expect(ours.locator("#body")).to_have_value(EVIL)
    assert ours.locator("main img, main script").count() == 0
    assert dialogs == []


def test_the_place_for_others_moves_nothing(ours, maria, ticket):
    before = ours.locator("#talk").bounding_box()
    presence.note_presence(ticket, "user 0", "A name that is very long indeed " * 3, writing=True)
    tickets.update_ticket(ticket.pk, {"priority": "high"}, user_actor(maria))
    look(ours)
    expect(ours.locator("#watch .changes")).to_be_visible()
    assert ours.locator("#talk").bounding_box() == before


def test_a_session_that_ended_is_told_without_leaving_the_text(ours):
    ours.locator("#body").fill("Half a sentence")
    ours.context.clear_cookies(name="sessionid")
    look(ours)
    expect(ours.locator("#watch")).to_contain_text(
        "You've been signed out. Your text is still here."
    )
    expect(ours.locator("#body")).to_have_value("Half a sentence")
