"""axe finds nothing, and nothing scrolls sideways: each page and state, both themes, two widths."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tickets.models.ticket import Ticket
from tickets.models.triage import TriageModel
from tickets.services.comments import add_reply
from tickets.tests.factories import (
    AgentFactory,
    CommentFactory,
    PredictionFactory,
    TicketFactory,
)
from tickets.vocabulary import Category, Priority, Sentiment, Status

from .axe import violations_in_both_themes
from .submit_form import CLASSIFY, Questions, SubmitForm

WIDTHS = {"wide": 1280, "narrow": 360}


@pytest.fixture(params=WIDTHS)
def look(request):
    """How a window looks. Toasts would still be fading in with motion."""
    size = {"width": WIDTHS[request.param], "height": 900}
    return {"viewport": size, "reduced_motion": "reduce"}


def check(page):
    assert violations_in_both_themes(page) == {}
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


# Whatever reaches beyond the window or is cut off by its own box, but for fields, which scroll.
CUT = """() => [...document.querySelectorAll("body *:not(input, textarea, select)")]
    .filter((part) => part.checkVisibility() && !part.closest(".unseen, .skip, .sprite, #toasts"))
    .filter((part) =>
        part.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5 ||
        (getComputedStyle(part).overflow !== "visible" &&
            (part.scrollWidth > part.clientWidth + 1 || part.scrollHeight > part.clientHeight + 1)))
    .map((part) => part.outerHTML)"""


def fill_the_desk():
    """Every kind of badge, long words, and a conversation."""
    agent = AgentFactory(username="maria.keller")
    for values in zip(Category, Priority, Status, Sentiment, strict=True):
        names = ("category", "priority", "status", "sentiment")
        TicketFactory(assignee=agent, **dict(zip(names, map(str, values), strict=True)))
    ticket = TicketFactory(
        title="Unbreakable" + "x" * 120,
        description="https://example.org/" + "y" * 200,
        requester_email=f"{'z' * 60}@example.org",
    )
    CommentFactory(ticket=ticket, author=agent, public=True, body="A reply")
    CommentFactory(ticket=ticket, author=agent, public=False, body="A note")
    return ticket


def judge_some():
    """Every part of the page about triage: right and wrong, confident and not, three sources."""
    now = timezone.now()
    for field, choices in (("category", Category), ("priority", Priority)):
        for number, value in enumerate(choices.values):
            final = choices.values[number // 2]
            confidence = 0.3 + number / 5
            PredictionFactory(
                field=field, value=value, final_value=final, final_at=now, confidence=confidence
            )
            PredictionFactory(
                field=field, value=value, source="llm", provider="groq", model="openai/gpt-oss-20b"
            )
            PredictionFactory(field=field, value=value, use="shown", accepted=number > 1)
    TriageModel.objects.create(field="category", feedback_count=7, prior_accuracy=0.5)


def test_pages_of_agents(desk, look):
    desk.tolerate("status of 40[04]")
    ticket = fill_the_desk()
    window = desk.agent(**look)
    for path in (
        "/",
        "/tickets/",
        "/tickets/?status=open&category=billing&created_after=2020-01-01",
        "/tickets/?search=zebra",
        f"/tickets/{ticket.pk}/",
        "/tickets/?needs_review=true",
        "/tickets/review/",
        "/dashboard/",
        "/dashboard/triage/",
        "/nothing",
        "/tickets/?status=lost",
        "/api/docs/",
    ):
        window.goto(path)
        check(window)
    window.goto("/dashboard/")
    window.get_by_text("Show as table").click()
    check(window)


def test_the_figures_of_triage(desk, look):
    judge_some()
    window = desk.agent(**look)
    window.goto("/dashboard/triage/?days=0")
    for summary in window.get_by_text("Show as table").all():
        summary.click()
    check(window)


def test_states_of_a_ticket(desk, look):
    desk.tolerate("status of 400")
    ticket = fill_the_desk()
    window = desk.agent(**look)
    window.goto(f"/tickets/{ticket.pk}/")
    window.get_by_text("Edit title and description").click()
    check(window)
    window.keyboard.press("Escape")
    window.keyboard.press("h")
    check(window)
    window.keyboard.press("n")
    window.keyboard.type("Among us")
    check(window)
    window.get_by_label("Status").select_option("closed")
    expect(window.locator("#toasts")).to_contain_text("is now closed")
    check(window)
    window.locator("#mode-reply").check()
    window.locator("#body").fill("")
    window.get_by_role("button", name="Send reply").click()
    expect(window.get_by_role("alert")).to_be_focused()
    check(window)


def test_a_reply_that_waits_and_one_that_came_too_late(desk, look, settings):
    settings.REPLY_DELAY_SECONDS = 300
    ticket = fill_the_desk()
    window = desk.agent(**look)
    window.goto(f"/tickets/{ticket.pk}/")
    window.locator("#body").fill("Lift it")
    add_reply(ticket, {"body": "It works again."})
    window.get_by_role("button", name="Send reply").click()
    expect(window.locator("#unseen")).to_be_visible()
    check(window)
    window.get_by_role("button", name="Send anyway").click()
    expect(window.locator(".pending")).to_be_visible()
    window.locator("#body").fill("Half a sentence")
    window.reload()
    expect(window.locator("#drafts")).to_be_visible()
    check(window)


def test_pages_of_strangers(desk, look):
    desk.tolerate("status of 400")
    ticket = fill_the_desk()
    page = desk.window(**look)
    for path in ("/sign-in/", ticket.private_link_path(), "/"):
        page.goto(path)
        check(page)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_be_focused()
    check(page)
    page.goto("/sign-in/")
    page.get_by_label("User name").fill("nobody")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_focused()
    check(page)


def test_states_of_the_suggestion(desk, look):
    desk.tolerate("status of 500")
    page = desk.window(**look)
    questions = Questions(page, CLASSIFY)
    form = SubmitForm(page).open()
    form.description.fill("I was charged twice for my invoice.")
    form.expect_state("thinking")
    check(page)
    questions.answer()
    form.expect_state("suggested")
    check(page)
    form.category.select_option("account")
    form.expect_state("overridden")
    check(page)
    form.panel.get_by_role("button").click()
    check(page)
    form.description.fill("Something else that is long enough.")
    questions.answer(2, status=500)
    form.expect_state("unavailable")
    check(page)


def test_the_empty_desk_and_the_open_mode(desk, look, settings):
    settings.ACCESS_MODE = "open"
    page = desk.window(**look)
    for path in ("/", "/tickets/", "/dashboard/"):
        page.goto(path)
        expect(page.get_by_text("Open demo.")).to_be_visible()
        check(page)


def test_the_submit_page_needs_no_mouse(page):
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Already have a ticket?")).to_be_focused()
    for label, typed in (
        ("Your email", "anna@example.org"),
        ("What is the problem?", "The door to my account is closed."),
    ):
        page.keyboard.press("Tab")
        expect(page.get_by_label(label)).to_be_focused()
        page.keyboard.type(typed)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    title = page.get_by_label("Title optional", exact=True)
    expect(title).not_to_have_value("")
    page.keyboard.press("Tab")
    expect(title).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/t/**")


def test_targets_are_large_enough(desk):
    """A label around a control is part of what can be pressed."""
    ticket = fill_the_desk()
    window = desk.agent(viewport={"width": 360, "height": 900})
    for path in ("/", "/tickets/", f"/tickets/{ticket.pk}/"):
        window.goto(path)
        small = window.evaluate(
            """() => [...document.querySelectorAll("button, select, input, textarea, nav a")]
                .filter((target) => !target.closest("[aria-hidden]"))
                .map((target) => [
                    target.outerHTML.slice(0, 80),
                    (target.closest("label") ?? target).getBoundingClientRect(),
                ])
                .filter(([, box]) => box.width && Math.min(box.width, box.height) < 24)
                .map(([html]) => html)"""
        )
        assert small == []


def test_each_control_has_a_visible_focus(desk):
    ticket = fill_the_desk()
    window = desk.agent()
    window.goto(f"/tickets/{ticket.pk}/")
    outline = """() => {
        const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
        return document.activeElement === document.body ? "" : `${outlineStyle} ${outlineWidth}`;
    }"""
    window.keyboard.press("Tab")
    seen = 0
    while style := window.evaluate(outline):
        assert re.match(r"(solid|auto) [1-9]", style)
        window.keyboard.press("Tab")
        seen += 1
    assert seen > 15


@pytest.mark.parametrize("status", ["open", "in_progress", "closed"])
def test_text_of_twice_the_size_fit_a_phone(desk, narrow, status):
    desk.tolerate("status of 404")
    page = desk.window(**narrow)
    font_sizes = {"fontSizes": {"standard": 32, "fixed": 26}}
    page.context.new_cdp_session(page).send("Page.setFontSizes", font_sizes)
    ticket = TicketFactory(status=status)
    CommentFactory(ticket=ticket, public=True, body="A reply")
    for path in (ticket.private_link_path(), "/sign-in/", "/nothing"):
        page.goto(path)
        assert page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)") > 24
        assert page.evaluate(CUT) == []
    questions = Questions(page, CLASSIFY)
    form = SubmitForm(page).open()
    expect(form.suggest_title).to_be_visible()
    assert page.evaluate(CUT) == []
    form.write()
    questions.answer(suggested_category="technical", suggested_priority="critical")
    form.category.select_option("account")
    form.expect_state("overridden")
    assert page.evaluate(CUT) == []


def test_a_similar_ticket_keeps_its_icon_beside_its_title(desk, narrow):
    TicketFactory(title="Invoice charged twice " + "and nobody can say why that is so " * 4)
    window = desk.agent(**narrow)
    SubmitForm(window).open().description.fill("I was charged twice for my invoice this month.")
    line = window.locator("#similar li")
    expect(line).to_be_visible()
    tops = [
        line.locator(part).evaluate("part => part.getBoundingClientRect().top")
        for part in (".icon", "a")
    ]
    assert abs(tops[0] - tops[1]) < 10


def test_what_was_not_stored_stands_apart_from_what_is_said_of_it(desk, narrow):
    desk.tolerate("status of 404")
    ticket = TicketFactory()
    page = desk.window(**narrow, java_script_enabled=False)
    page.goto(ticket.private_link_path())
    page.get_by_label("Your reply").fill("Any news?")
    Ticket.objects.update(link_digest=None)
    page.get_by_role("button", name="Send reply").click()
    expect(page.get_by_label("Your text was not saved.")).to_have_value("Any news?")
    lead, label = page.locator(".lead").bounding_box(), page.locator("[for=draft]").bounding_box()
    assert label["y"] - lead["y"] - lead["height"] >= 16


def test_spam(desk, look):
    ticket = fill_the_desk()
    TicketFactory(requester_email=ticket.requester_email)
    window = desk.agent(**look)
    window.goto(f"/tickets/{ticket.pk}/")
    check(window)
    window.keyboard.press("!")
    expect(window.locator("#spam-notice")).to_be_visible()
    check(window)
    window.goto("/tickets/?spam=true")
    check(window)
