"""Redacting a message in the browser."""

import pytest
from playwright.sync_api import expect

from tickets.services.comments import add_reply
from tickets.tests.factories import TicketFactory

from .axe import violations_in_both_themes

SECRET = "4711"


@pytest.mark.parametrize("scripts", [True, False])
def test_words_of_a_reply_are_redacted(desk, scripts):
    ticket = TicketFactory(requester_email="ada@example.org")
    comment = add_reply(ticket, {"body": f"The safe opens with {SECRET}. Thanks."})
    desk.tolerate("400")  # without the confirmation
    page = desk.agent(java_script_enabled=scripts)
    page.goto(f"/tickets/{ticket.pk}/")
    reply = page.locator(f"#comment-{comment.pk}")
    reply.get_by_role("link", name="Redact…").click()
    page.get_by_label("Words to replace").fill(SECRET)
    page.get_by_role("button", name="Redact").click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Confirm that it cannot be undone.")
    expect(page.get_by_label("Words to replace")).to_have_value(SECRET)
    page.get_by_label("I know that this cannot be undone").check()
    page.get_by_role("button", name="Redact").click()
    page.wait_for_url(f"**/tickets/{ticket.pk}/")
    expect(reply).to_contain_text("The safe opens with [redacted]. Thanks.")
    expect(page.locator("#history")).to_contain_text("redacted a text")
    assert SECRET not in page.content()


@pytest.mark.parametrize("width", [1280, 360])
def test_the_page_has_names_and_contrast(desk, width):
    ticket = TicketFactory(description="Word " * 50)
    add_reply(ticket, {"body": "Reply"})
    page = desk.agent()
    page.set_viewport_size({"width": width, "height": 900})
    for path in (f"/tickets/{ticket.pk}/redact/", f"/tickets/{ticket.pk}/"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
        assert violations_in_both_themes(page) == {}, path
