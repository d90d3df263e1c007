"""The ticket page and the private page in a browser."""

import pytest
from playwright.sync_api import expect

from tickets import services
from tickets.access import user_actor
from tickets.models import Comment, Ticket
from tickets.tests.factories import AgentFactory, CommentFactory, TicketFactory

EVIL = "<img src=x onerror=alert(1)><script>alert(2)</script>"


@pytest.fixture
def ticket(db):
    return TicketFactory()


@pytest.fixture
def window(desk, ticket):
    window = desk.agent()
    window.goto(f"/tickets/{ticket.pk}/")
    return window


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("Status", "resolved", "status is now Resolved"),
        ("Category", "account", "category is now Account"),
        ("Priority", "critical", "priority is now Critical"),
    ],
)
def test_a_property_changes_in_place(window, ticket, name, value, words):
    window.get_by_label("Reply or note").fill("Half a sentence")
    field = window.get_by_label(name, exact=True)
    field.focus()
    field.select_option(value)
    expect(window.locator("#toasts")).to_contain_text(words)
    expect(window.locator("#history")).to_contain_text(f"changed {name.lower()}")
    expect(field).to_be_focused()
    expect(window.get_by_label("Reply or note")).to_have_value("Half a sentence")
    assert getattr(Ticket.objects.get(), name.lower()) == value


def test_properties_can_be_changed_one_after_the_other(window):
    for name, value in (("Status", "closed"), ("Priority", "low"), ("Category", "billing")):
        window.get_by_label(name, exact=True).select_option(value)
    for name in ("status", "priority", "category"):
        expect(window.locator("#history")).to_contain_text(f"changed {name}")
    ticket = Ticket.objects.get()
    assert (ticket.status, ticket.priority, ticket.category) == ("closed", "low", "billing")


def test_who_decided_changes_with_the_value(window):
    expect(window.locator("#property-priority")).to_contain_text("Default")
    window.get_by_label("Priority").select_option("high")
    expect(window.locator("#property-priority")).to_contain_text("Chosen by a person")


def test_two_agents_on_one_text(desk, window, ticket):
    desk.tolerate("status of 409")
    other = desk.agent()
    other.goto(f"/tickets/{ticket.pk}/")
    for agent, title in ((window, "First wins"), (other, "Second is told")):
        agent.get_by_text("Edit title and description").click()
        agent.get_by_label("Title", exact=True).fill(title)
        agent.get_by_label("Description").fill(f"{title}, at length")
    window.get_by_role("button", name="Save").click()
    expect(window.get_by_role("heading", level=1)).to_have_text("First wins")
    other.get_by_role("button", name="Save").click()
    notice = other.get_by_role("alert")
    expect(notice).to_be_focused()
    expect(notice).to_contain_text("is now “First wins”")
    expect(other.get_by_label("Description")).to_have_value("Second is told, at length")
    assert Ticket.objects.get().title == "First wins"
    other.get_by_role("button", name="Save").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Second is told")


def test_two_agents_on_one_property(window, ticket):
    services.update_ticket(ticket.pk, {"status": "closed"}, user_actor(AgentFactory()))
    window.get_by_label("Status").select_option("resolved")
    expect(window.get_by_role("alert")).to_contain_text("is now “Closed”. You wanted “Resolved”")
    expect(window.get_by_label("Status")).to_have_value("closed")


def test_two_clicks_send_one_reply(window):
    window.get_by_label("Reply or note").fill("Once")
    window.get_by_role("button", name="Send reply").dblclick()
    expect(window.locator(".message.ours")).to_have_count(1)
    assert Comment.objects.count() == 1


def test_the_private_page_takes_a_reply(page, ticket):
    CommentFactory(ticket=ticket, body="Among us", public=False)
    page.goto(ticket.track_path())
    page.get_by_label("Your reply").fill("Any news?")
    page.get_by_role("button", name="Send reply").click()
    expect(page.locator(".talk")).to_contain_text("Any news?")
    expect(page.locator("#toasts")).to_contain_text("Your reply was sent")
    expect(page.locator("body")).not_to_contain_text("Among us")


def test_the_private_address_goes_nowhere(page, ticket):
    page.goto(ticket.track_path())
    with page.expect_request("**/") as asked:
        page.get_by_role("link", name="Support desk").click()
    assert "referer" not in asked.value.all_headers()


@pytest.mark.parametrize("javascript", [True, False])
def test_the_theme_changes_on_the_private_page(desk, ticket, javascript):
    page = desk.window(java_script_enabled=javascript)
    page.goto(ticket.track_path())
    page.get_by_role("button", name="Dark theme").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("h1")).to_have_text(ticket.title)


def test_markup_stays_text_everywhere(desk):
    dialogs = []
    ticket = TicketFactory(title=EVIL, description=EVIL, requester_email="a@example.org")
    CommentFactory(ticket=ticket, body=EVIL, public=True)
    window = desk.agent()
    window.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    for path in ("/tickets/", f"/tickets/{ticket.pk}/", ticket.track_path()):
        window.goto(path)
        expect(window.locator("main")).to_contain_text("<img src=x onerror=alert(1)>")
        assert window.locator("main img, main script").count() == 0
    assert dialogs == []
