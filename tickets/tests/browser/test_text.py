"""What people wrote, on the pages: links, code and folded quotes."""

import pytest
from playwright.sync_api import expect

from tickets.access.actors import REQUESTER
from tickets.services.tickets import create_ticket
from tickets.tests.browser.submit_form import SubmitForm
from tickets.tests.factories import CommentFactory, PredictionFactory, TicketFactory

TEXT = """See https://bücher.example/a_(b), and `make <run>`.

```sh
echo "<b>"
```

On Mon, 2 Mar 2026 at 10:00, Support <desk@example.org> wrote:
> An older message"""
LONG = "https://example.org/" + "a" * 3000 + " `" + "b" * 3000 + "`\n\n    " + "c" * 3000


@pytest.fixture
def ticket(db):
    ticket = create_ticket({"title": "Texts", "description": TEXT}, REQUESTER)
    CommentFactory(ticket=ticket, body=TEXT, public=True, author_role="agent")
    CommentFactory(ticket=ticket, body=LONG, public=True, author_role="requester")
    return ticket


def addresses(ticket):
    return (ticket.private_link_path(), ticket.get_absolute_url())


@pytest.mark.parametrize("javascript", [True, False])
def test_links_code_and_folded_quotes(desk, ticket, javascript):
    window = desk.agent(java_script_enabled=javascript)
    for address in addresses(ticket):
        window.goto(address)
        for text in (window.locator(".text").nth(0), window.locator(".text").nth(1)):
            link = text.get_by_role("link")
            expect(link).to_have_text("https://bücher.example/a_(b)")
            expect(link).to_have_attribute("rel", "nofollow noopener")
            expect(text.locator("p code")).to_have_text("make <run>")
            expect(text.locator("pre")).to_have_text('echo "<b>"')
            expect(text.get_by_text("An older message")).to_be_hidden()
            text.get_by_text("Quoted text").click()
            expect(text.get_by_text("An older message")).to_be_visible()


def test_a_quote_opens_by_key_and_stays_open_when_the_page_changes(desk, ticket):
    window = desk.agent()
    window.goto(ticket.get_absolute_url())
    quote = window.locator("#talk summary").first
    quote.focus()
    window.keyboard.press("Enter")
    expect(window.get_by_text("An older message").first).to_be_visible()
    window.locator("#choose-status").select_option("in_progress")
    expect(window.locator("#heading")).to_contain_text("In progress")
    expect(window.get_by_text("An older message").first).to_be_visible()


@pytest.mark.parametrize("width", [360, 1280])
def test_very_long_addresses_and_code_do_not_break_the_layout(desk, ticket, width):
    window = desk.agent(viewport={"width": width, "height": 800})
    for address in addresses(ticket):
        window.goto(address)
        assert window.evaluate("document.documentElement.scrollWidth") <= width


def test_evidence_stays_marked_beside_links_and_code(desk):
    ticket = TicketFactory(
        description="I want a refund, see https://example.org `refund`",
        category="billing",
        category_source="offline",
        category_confidence=0.3,
    )
    PredictionFactory(ticket=ticket, evidence=[{"text": "refund", "start": 9, "end": 15}])
    window = desk.agent()
    window.goto("/tickets/review/")
    expect(window.locator("#review-text mark")).to_have_text(["refund", "refund"])
    expect(window.locator("#review-text a")).to_have_text("https://example.org")


def test_a_pasted_terminal_is_read_for_a_suggestion_and_sent(page):
    form = SubmitForm(page).open()
    form.description.evaluate(
        """field => {
            field.value = "\\u001b[31mThe invoice\\u001b[0m was charged twice,\\u000bplease refund";
            field.dispatchEvent(new Event("input", { bubbles: true }));
        }"""
    )
    form.expect_state("suggested")
    form.title.fill("Charged twice")
    form.send.click()
    expect(page.locator("#talk .text")).to_have_text(
        "The invoice was charged twice,\nplease refund", use_inner_text=True
    )
