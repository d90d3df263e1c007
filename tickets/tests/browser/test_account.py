"""An account's page, its invitation and its end: without JavaScript, and as others see it."""

import re

import pytest
from playwright.sync_api import expect

from tickets.access.actors import user_actor
from tickets.models.workplace import AgentProfile
from tickets.services import comments
from tickets.tests.factories import PASSWORD, AdminFactory, AgentFactory, TicketFactory

from .axe import violations_in_both_themes

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_an_agent_chooses_what_to_be_told_and_what_requesters_see(desk, ticket, scripts):
    maria = AgentFactory(username="maria")
    page = desk.window(java_script_enabled=scripts)
    desk.sign_in(page, maria)
    page.goto("/tickets/")
    page.get_by_role("link", name="maria").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account")
    page.get_by_label("Email address").fill("m.lopez@example.org")
    page.get_by_label("A ticket is new and unassigned").select_option("At once")
    page.get_by_label("A requester answers on my ticket").select_option("In an hourly digest")
    page.get_by_label("Display name").fill("Maria Lopez")
    page.get_by_label("Signature").fill("Maria Lopez\nSupport team")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#toasts")).to_contain_text("Your account is saved.")
    expect(page.locator("#preview")).to_contain_text("Maria Lopez replied")
    expect(page.locator("#preview")).to_contain_text("Support team")
    profile = AgentProfile.objects.get(user=maria)
    assert (profile.notify_unassigned, profile.notify_answer) == ("at_once", "hourly")

    page.goto(f"/tickets/{ticket.pk}/")
    expect(page.locator("#signed")).to_contain_text("Support team")
    page.locator("#body").fill("On our way.")
    page.locator("#send-reply").click()
    expect(page.locator("[id^=comment-]")).to_contain_text("On our way.")

    requester = desk.window(java_script_enabled=scripts)
    requester.goto(ticket.private_link_path())
    expect(requester.locator("#message-1")).to_contain_text("Maria Lopez")
    expect(requester.locator("#message-1 .signature")).to_have_text("Maria Lopez\nSupport team")
    expect(requester.locator("main")).not_to_contain_text("maria")


def test_a_wrong_address_is_explained_and_keeps_what_was_typed(desk):
    page = desk.agent()
    desk.tolerate("400")
    page.goto("/account/")
    page.get_by_label("Email address").fill("nobody")
    page.get_by_label("Signature").fill("Maria")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Email address")
    expect(page.get_by_label("Signature")).to_have_value("Maria")


@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(desk, width):
    look = {"viewport": {"width": width, "height": 900}}
    page = desk.window(**look)
    desk.sign_in(page, AgentFactory(username="a.very.long.name@example.org"))
    page.goto("/account/")
    assert violations_in_both_themes(page) == {}
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_closed_accounts_tickets_go_to_the_chosen_agent(desk, scripts):
    maria, zoe = AgentFactory(username="maria"), AgentFactory(username="zoe")
    ticket = TicketFactory(assignee=maria)
    page = desk.window(java_script_enabled=scripts)
    desk.sign_in(page, AdminFactory(is_staff=True, username="boss"))
    page.goto(f"/admin/auth/user/{maria.pk}/change/")
    page.get_by_label("Active", exact=True).uncheck()
    page.get_by_label("Active tickets go to").select_option("zoe")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("body")).to_contain_text("1 active ticket of maria is now assigned to zoe.")

    page.goto(f"/admin/auth/user/{zoe.pk}/change/")
    page.get_by_label("Active", exact=True).uncheck()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("body")).to_contain_text("1 active ticket of zoe is now unassigned.")
    page.goto("/tickets/?assignee=none")
    expect(page.get_by_role("link", name=ticket.title)).to_be_visible()
    page.goto(f"/tickets/{ticket.pk}/")
    expect(page.locator("main")).to_contain_text("boss changed assignee from zoe to unassigned")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_an_invited_agent_chooses_a_password(desk, scripts):
    page = desk.window(java_script_enabled=scripts)
    desk.sign_in(page, AdminFactory(is_staff=True))
    page.goto("/admin/auth/user/add/")
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Email address").fill("ada@example.org")
    page.get_by_label("Send an invitation").check()
    expect(page.locator("#id_password1")).to_be_hidden()
    page.get_by_label("agents").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("body")).to_contain_text("Hand this link to ada:")
    link = re.search(r"/invitation/[\w/-]+/", page.locator("body").inner_text())[0]

    ada = desk.window(java_script_enabled=scripts)
    ada.goto(link)
    expect(ada.locator(".lead")).to_contain_text("ada")
    ada.get_by_label("Password", exact=True).fill(PASSWORD)
    ada.get_by_label("The same password again").fill(PASSWORD)
    ada.get_by_role("button", name="Save and sign in").click()
    ada.wait_for_url("**/tickets/?**")
    expect(ada.locator("#toasts")).to_contain_text("Welcome.")
    desk.tolerate("404")
    ada.goto(link)
    expect(ada.locator("main")).to_contain_text("This invitation was used, or it has expired.")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_note_shows_whom_it_mentions(desk, ticket, scripts):
    AgentFactory(username="maria")
    page = desk.window(java_script_enabled=scripts)
    zoe = desk.sign_in(page, AgentFactory(username="zoe"))
    comments.add_comment(
        ticket, {"body": "@MARIA, or @nobody? <b>@zoe</b>.", "public": False}, user_actor(zoe)
    )
    page.goto(f"/tickets/{ticket.pk}/")
    note = page.locator("[id^=comment-]")
    expect(note).to_contain_text("@MARIA, or @nobody? <b>@zoe</b>.")
    assert note.locator(".mention").all_inner_texts() == ["@MARIA", "@zoe"]
