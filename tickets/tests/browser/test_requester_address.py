"""The requester's page: address, link, closing, dead links. With and without scripts."""

import re

import pytest
from playwright.sync_api import expect

from tickets.access.actors import SYSTEM
from tickets.models.ticket import Ticket
from tickets.services import private_links
from tickets.tests.factories import TicketFactory
from tickets.tests.worker import work

pytestmark = pytest.mark.django_db(transaction=True)
scripts = pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])


@pytest.fixture
def ticket(transactional_db, mail_server, live_server, settings):
    settings.SITE_URL = live_server.url
    return TicketFactory(title="Broken door", requester_email="kim@example.org")


def links_in(message):
    return re.findall(r"http://\S+", message.get_body(["plain"]).get_content())


@scripts
def test_an_address_is_corrected_by_a_link(desk, ticket, mail_server, javascript):
    page = desk.window(java_script_enabled=javascript)
    page.goto(ticket.private_link_path())
    expect(page.get_by_text("We email our replies to k…@example.org.")).to_be_visible()
    field = page.get_by_label("Use another email address")
    field.fill("anna@example.net")
    field.press("Enter")
    expect(page.get_by_text("We have sent you an email.")).to_be_visible()
    expect(page.get_by_text("a…@example.net waits to be confirmed.")).to_be_visible()
    work()
    [message] = mail_server.messages
    page.goto(links_in(message)[0])
    assert Ticket.objects.get().requester_email == "kim@example.org"
    page.get_by_role("button", name="Confirm my address").press("Enter")
    expect(page.get_by_text("Your address is confirmed.")).to_be_visible()
    expect(page.get_by_text("We email our replies to a…@example.net.")).to_be_visible()
    assert Ticket.objects.get().requester_email == "anna@example.net"


@scripts
def test_an_address_with_a_mistake_comes_back(desk, ticket, javascript):
    desk.tolerate("status of 400")
    page = desk.window(java_script_enabled=javascript)
    page.goto(ticket.private_link_path())
    page.get_by_label("Use another email address").fill("anna@")
    page.get_by_role("button", name="Send confirmation").click()
    expect(page.get_by_role("alert")).to_be_focused()
    field = page.get_by_label("Use another email address")
    expect(field).to_have_value("anna@")
    expect(field).to_have_attribute("aria-invalid", "true")


def test_an_address_does_not_cost_the_reply_that_is_typed(page, ticket):
    page.goto(ticket.private_link_path())
    page.get_by_label("Your reply").fill("A long story")
    page.get_by_label("Use another email address").fill("anna@example.net")
    page.get_by_role("button", name="Send confirmation").click()
    expect(page.get_by_text("waits to be confirmed.")).to_be_visible()
    expect(page.get_by_label("Your reply")).to_have_value("A long story")


def test_the_link_is_copied_by_keyboard(page, ticket, live_server):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=live_server.url)
    page.goto(ticket.private_link_path())
    page.get_by_label("Private link to this page").focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Copy link")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").get_by_text("Link copied.")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == live_server.url + ticket.private_link_path()
    expect(page.get_by_role("button", name="Copy link")).to_be_focused()


def test_a_browser_without_a_clipboard_copies_what_is_selected(page, ticket):
    """As on a page that is not secure."""
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.goto(ticket.private_link_path())
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("Link copied.")).to_be_visible()
    page.add_init_script("document.execCommand = () => false")
    page.reload()
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("The link is selected.")).to_be_visible()
    assert page.evaluate("getSelection().toString()") == page.url


def test_without_scripts_the_link_is_a_readonly_field(desk, ticket, live_server):
    page = desk.window(java_script_enabled=False)
    page.goto(ticket.private_link_path())
    field = page.get_by_label("Private link to this page")
    expect(field).to_have_value(live_server.url + ticket.private_link_path())
    expect(field).not_to_be_editable()
    expect(page.get_by_role("button", name="Copy link")).to_have_count(0)


@scripts
@pytest.mark.parametrize("at", ["front door", "page", "dead link"])
def test_the_links_are_mailed(desk, ticket, mail_server, javascript, at):
    desk.tolerate("status of 404")
    page = desk.window(java_script_enabled=javascript)
    page.goto({"front door": "/", "page": ticket.private_link_path(), "dead link": "/t/x/"}[at])
    if at == "front door":
        page.get_by_text("Already have a ticket?").click()
    field = page.get_by_label("Email me my links")
    field.fill("kim@example.org")
    field.press("Enter")
    expect(page.get_by_role("heading", name="Look into your mailbox")).to_be_visible()
    work()
    work()
    [message] = mail_server.messages
    assert links_in(message) == [desk.url + ticket.private_link_path()]


@scripts
def test_a_dead_link_says_so_plainly(desk, ticket, javascript):
    desk.tolerate("status of 404")
    private_links.revoke_private_link(ticket, SYSTEM)
    page = desk.window(java_script_enabled=javascript)
    page.goto(ticket.private_link_path())
    expect(page.get_by_role("heading", level=1)).to_have_text("This link does not work")
    expect(page.get_by_text("It was revoked")).to_be_visible()
    texts = page.get_by_role("link").all_text_contents()
    assert {text.strip() for text in texts} == {
        "Skip to content",
        "Support desk",
        "Report a problem",
    }


@scripts
def test_a_requester_closes_their_ticket_and_reopens_it(desk, ticket, javascript):
    page = desk.window(java_script_enabled=javascript)
    page.goto(ticket.private_link_path())
    summary = page.get_by_text("Close this ticket")
    expect(page.get_by_role("button", name="Close the ticket")).to_be_hidden()
    summary.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Close the ticket")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="This is closed")).to_be_visible()
    expect(page.get_by_text("Close this ticket")).to_have_count(0)
    assert Ticket.objects.get().status == "closed"
    page.get_by_label("Your reply").fill("It is back.")
    page.get_by_role("button", name="Send reply").click()
    expect(page.get_by_text("Your ticket is open again.")).to_be_visible()
    expect(page.get_by_text("Close this ticket")).to_be_visible()
    assert Ticket.objects.get().status == "open"


def test_an_open_page_learns_that_the_ticket_was_closed(desk, ticket):
    pages = [desk.window(), desk.window()]
    for page in pages:
        page.goto(ticket.private_link_path())
    pages[0].get_by_text("Close this ticket").click()
    pages[0].get_by_role("button", name="Close the ticket").click()
    expect(pages[0].get_by_role("heading", name="This is closed")).to_be_visible()
    pages[1].evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(pages[1].get_by_role("heading", name="This is closed")).to_be_visible()
    expect(pages[1].get_by_text("Close this ticket")).to_have_count(0)


def test_an_agents_open_page_learns_that_the_requester_closed_it(desk, ticket):
    window, page = desk.agent(), desk.window()
    window.goto(ticket.get_absolute_url())
    page.goto(ticket.private_link_path())
    page.get_by_text("Close this ticket").click()
    page.get_by_role("button", name="Close the ticket").click()
    expect(page.get_by_role("heading", name="This is closed")).to_be_visible()
    window.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    summary = "The requester changed status from open to closed"
    expect(window.locator("#watch")).to_contain_text(summary)


@scripts
def test_an_agent_sets_the_address_and_sends_the_link_when_asked_to(desk, mail_server, javascript):
    ticket = TicketFactory()
    page = desk.window(java_script_enabled=javascript)
    desk.sign_in(page)
    page.goto(ticket.get_absolute_url())
    expect(page.get_by_text("There is no email address, so no link can be sent.")).to_be_visible()
    page.get_by_text("Add an email address").click()
    page.get_by_label("Requester's email address").fill("anna@example.net")
    page.get_by_role("button", name="Save address").press("Enter")
    toasts = page.locator("#toasts")
    expect(toasts).to_contain_text("requester's email is now anna@example.net.")
    work()
    assert mail_server.messages == []
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_text("on its way to the requester")).to_be_visible()
    work()
    [message] = mail_server.messages
    assert message["To"] == "anna@example.net"
    assert ticket.link_secret in message.get_body(["plain"]).get_content()


def test_an_agents_mistake_in_the_address_is_explained(desk, ticket):
    desk.tolerate("status of 400")
    page = desk.agent()
    page.goto(ticket.get_absolute_url())
    page.get_by_text("Change the email address").click()
    page.get_by_label("Requester's email address").fill("anna@")
    page.get_by_role("button", name="Save address").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter a valid email address.")
    assert Ticket.objects.get().requester_email == "kim@example.org"
