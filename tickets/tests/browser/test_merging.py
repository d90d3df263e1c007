"""Merging and splitting in the browser: by keyboard, without scripts, and with two agents."""

import pytest
from playwright.sync_api import expect

from tickets.access.actors import SYSTEM
from tickets.models.ticket import Ticket
from tickets.services.comments import add_reply
from tickets.services.merging import merge_tickets
from tickets.tests.factories import AgentFactory, TicketFactory


@pytest.fixture
def source(db):
    return TicketFactory(
        requester_email="ada@example.org", title="Smoke", description="It smokes again."
    )


@pytest.fixture
def target(db):
    return TicketFactory(requester_email="ada@example.org", title="Fire")


def is_merged(ticket):
    return Ticket.with_merged.get(pk=ticket.pk).merged_into_id is not None


def tab_to(page, locator):
    for _ in range(80):
        if locator.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError("The focus did not get there.")


def test_merging_by_keyboard_and_undo(desk, source, target):
    page = desk.agent()
    page.goto(f"/tickets/{source.pk}/")
    tab_to(page, page.get_by_role("link", name="Merge into…"))
    page.keyboard.press("Enter")
    expect(page.get_by_label("Ticket number")).to_be_focused()
    page.keyboard.type(f"#{target.pk}")
    page.keyboard.press("Enter")
    preview = page.get_by_role("region", name="Preview")
    for part in (f"#{target.pk}", "Fire", "ada@example.org"):
        expect(preview).to_contain_text(part)
    assert not is_merged(source)
    button = page.get_by_role("button", name=f"Merge #{source.pk} into #{target.pk}")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/tickets/{target.pk}/")
    expect(page.locator("#talk")).to_contain_text("It smokes again.")
    toast = page.locator("#toasts").get_by_text(f"#{source.pk} is part of this ticket now.")
    expect(toast).to_be_visible()
    page.keyboard.press("z")
    expect(page.locator("#talk")).not_to_contain_text("It smokes again.")
    assert not is_merged(source)


def test_one_of_the_requesters_tickets_is_chosen(desk, source, target):
    page = desk.agent()
    page.goto(f"/tickets/{source.pk}/merge/")
    page.get_by_role("region", name="Other tickets of this requester").get_by_text("Fire").click()
    page.get_by_role("button", name=f"Merge #{source.pk} into #{target.pk}").click()
    page.wait_for_url(f"**/tickets/{target.pk}/")
    page.get_by_role("button", name=f"Undo the merge of #{source.pk}").click()
    page.wait_for_url(f"**/tickets/{source.pk}/")
    assert not is_merged(source)


def test_everything_works_without_scripts(desk, source, target):
    add_reply(source, {"body": "And a refund, please."})
    page = desk.agent(java_script_enabled=False)
    page.goto(f"/tickets/{source.pk}/")
    page.get_by_role("button", name="Move to a new ticket").click()
    expect(page.get_by_text("The message is #")).to_be_visible()
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(page.locator("#talk")).to_contain_text("And a refund, please.")
    page.get_by_role("link", name="Merge into…").click()
    page.get_by_label("Ticket number").fill(str(target.pk))
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name=f"Merge #{source.pk} into #{target.pk}").click()
    page.wait_for_url(f"**/tickets/{target.pk}/")
    page.goto(f"/tickets/{source.pk}/")
    page.wait_for_url(f"**/tickets/{target.pk}/")
    expect(page.get_by_text(f"#{source.pk} was merged into this ticket.")).to_be_visible()
    page.get_by_role("button", name=f"Undo the merge of #{source.pk}").click()
    assert not is_merged(source)


def test_a_message_moves_and_comes_back(desk, source):
    add_reply(source, {"body": "And a refund, please."})
    page = desk.agent()
    page.goto(f"/tickets/{source.pk}/")
    page.get_by_label("Your reply to the requester").fill("A draft")
    page.get_by_role("button", name="Move to a new ticket").click()
    expect(page.locator("#talk")).not_to_contain_text("And a refund")
    expect(page.locator("#related")).to_contain_text("Related to #")
    expect(page.get_by_label("Your reply to the requester")).to_have_value("A draft")
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(page.locator("#talk")).to_contain_text("And a refund, please.")
    expect(page.get_by_label("Your reply to the requester")).to_have_value("A draft")


def test_a_ticket_of_somebody_else_is_linked(desk, source):
    other = TicketFactory(requester_email="bob@example.org", title="Fire")
    page = desk.agent()
    page.goto(f"/tickets/{source.pk}/merge/")
    expect(page.locator("[autofocus]")).to_be_focused()  # or the first key is lost
    page.keyboard.type(str(other.pk))
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=f"Link to #{other.pk}")).to_be_focused()
    expect(page.get_by_role("button", name="Merge #")).to_have_count(0)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/tickets/{source.pk}/")
    expect(page.locator("#related")).to_contain_text(f"Related to #{other.pk}")


def test_a_reply_typed_while_a_colleague_merges_arrives_at_the_target(desk, source, target):
    page = desk.agent()
    page.goto(f"/tickets/{source.pk}/")
    page.get_by_label("Your reply to the requester").fill("Take it off the mains.")
    colleague = desk.window()
    desk.sign_in(colleague, AgentFactory(username="maria"))
    colleague.goto(f"/tickets/{source.pk}/merge/?into={target.pk}")
    colleague.get_by_role("button", name=f"Merge #{source.pk} into #{target.pk}").click()
    colleague.wait_for_url(f"**/tickets/{target.pk}/")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#watch")).to_contain_text(f"This ticket was merged into #{target.pk}.")
    page.get_by_role("button", name="Send reply").click()
    page.wait_for_url(f"**/tickets/{target.pk}/#comment-*")
    expect(page.locator("#talk")).to_contain_text("Take it off the mains.")
    expect(page.get_by_label("Your reply to the requester")).to_have_value("")
    colleague.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(colleague.locator("#watch")).to_contain_text("replied")


def test_a_draft_follows_to_the_target(desk, source, target):
    page = desk.agent()
    page.goto(f"/tickets/{source.pk}/")
    page.get_by_label("Your reply to the requester").fill("Not finished")
    merge_tickets(source.pk, target.pk, SYSTEM)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.get_by_role("link", name=f"Open #{target.pk}").click()
    page.wait_for_url(f"**/tickets/{target.pk}/")
    expect(page.get_by_label("Your reply to the requester")).to_have_value("Not finished")


def test_two_agents_merge_in_both_directions(desk, source, target):
    windows = [desk.agent(), desk.agent()]
    desk.tolerate("409")
    for window, one, other in zip(windows, (source, target), (target, source), strict=True):
        window.goto(f"/tickets/{one.pk}/merge/?into={other.pk}")
    windows[0].get_by_role("button", name=f"Merge #{source.pk} into #{target.pk}").click()
    windows[0].wait_for_url(f"**/tickets/{target.pk}/")
    windows[1].get_by_role("button", name=f"Merge #{target.pk} into #{source.pk}").click()
    expect(windows[1].locator("#content")).to_contain_text(f"#{source.pk} was merged into")
    assert is_merged(source)
    assert not is_merged(target)


def test_a_narrow_page_does_not_scroll_sideways(desk, narrow, source, target):
    add_reply(source, {"body": "And a refund, please."})
    page = desk.agent(**narrow)
    for path in (f"/tickets/{source.pk}/", f"/tickets/{source.pk}/merge/?into={target.pk}"):
        page.goto(path)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 360, path
