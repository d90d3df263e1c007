"""What the submit page must never do."""

import re

import pytest
from playwright.sync_api import expect

from tickets.models.ticket import Ticket
from tickets.models.triage import Prediction

from .submit_form import (
    CLASSIFY,
    OTHER_PROBLEM,
    PROBLEM,
    SUGGEST_TITLE,
    Questions,
    SubmitForm,
)

WIDTHS = [1280, 360]
LONG_EVIDENCE = {
    name: [
        {"field": "description", "text": f"{letter * 30} {letter * 30}", "start": 0, "end": 61}
        for letter in "abcde"
    ]
    for name in ("category", "priority")
}


@pytest.fixture
def questions(page):
    return Questions(page, CLASSIFY)


@pytest.fixture
def form(page, questions):
    return SubmitForm(page).open()


# --- a touched field is overwritten ---


def test_a_choice_made_before_stands(form, questions):
    form.category.select_option("account")
    form.description.fill(PROBLEM)
    questions.answer()
    form.expect_state("overridden")
    form.expect_values("account", "high")


def test_a_choice_made_while_it_reads_stands(form, questions):
    form.description.fill(PROBLEM)
    questions.wait_for(1)
    form.priority.select_option("low")
    questions.answer()
    form.expect_state("overridden")
    form.expect_values("billing", "low")
    form.expect_tags("category")


def test_leaving_it_to_us_is_a_choice_too(form, questions):
    form.category.select_option("account")
    form.category.select_option("")
    form.description.fill(PROBLEM)
    questions.answer()
    form.expect_state("overridden")
    form.expect_values("", "high")


def test_a_choice_stands_when_the_text_changes(form, questions):
    form.description.fill(PROBLEM)
    questions.answer()
    form.category.select_option("account")
    form.description.fill(OTHER_PROBLEM)
    questions.answer(2, suggested_category="technical", suggested_priority="low")
    expect(form.panel).to_contain_text("Technical")
    form.expect_values("account", "low")


# --- the focus moves ---


def test_the_caret_stays_where_it_is(form, questions, page):
    form.description.fill(PROBLEM)
    form.description.press("Home")
    questions.answer()
    form.expect_state("suggested")
    assert form.focused() == "description"
    form.description.press_sequentially("Hi! ")
    expect(form.description).to_have_value("Hi! " + PROBLEM)


# --- the layout shifts ---


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_moves_in_any_state(desk, width):
    desk.tolerate("status of 500")
    page = desk.window(viewport={"width": width, "height": 1400})
    questions = Questions(page, CLASSIFY)
    form = SubmitForm(page).open()
    expect(form.suggest_title).to_be_visible()
    positions = {"idle": form.positions()}
    form.description.fill(PROBLEM)
    form.expect_state("thinking")
    positions["thinking"] = form.positions()
    questions.answer(evidence=LONG_EVIDENCE)
    form.expect_state("suggested")
    positions["suggested"] = form.positions()
    for evidence in page.locator(".suggestion-evidence").all():
        expect(evidence).to_have_text(f"Because of “{'a' * 30}…”")
    send = form.send.bounding_box()
    panel = form.panel.bounding_box()
    if width == 360:
        assert panel["y"] + panel["height"] <= send["y"]
    form.category.select_option("technical")
    form.priority.select_option("critical")
    form.expect_state("overridden")
    positions["overridden"] = form.positions()
    form.panel.get_by_role("button").click()
    positions["used"] = form.positions()
    form.description.fill(OTHER_PROBLEM)
    questions.answer(2, status=500)
    form.expect_state("unavailable")
    positions["unavailable"] = form.positions()
    assert {
        state: position for state, position in positions.items() if position != positions["idle"]
    } == {}
    assert layout_shift(page) <= 0.01


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_moves_while_the_page_arrives(desk, width):
    """A slow network shows the beginning of the page before its end is there."""
    page = desk.window(viewport={"width": width, "height": 900})
    form = SubmitForm(page).open()
    top = "(() => document.querySelector('.ticket-form').getBoundingClientRect().top)()"
    whole = page.evaluate(top)
    page.evaluate(
        """() => {
            document.querySelector('footer').remove();
            const parts = [...document.querySelector('.ticket-form').children];
            for (const part of parts.slice(4)) part.remove();
        }"""
    )
    expect(form.send).to_have_count(0)
    assert page.evaluate(top) == whole


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_moves_for_a_title(desk, width):
    page = desk.window(viewport={"width": width, "height": 1400})
    titles = Questions(page, SUGGEST_TITLE)
    form = SubmitForm(page).open()
    positions = form.positions()
    form.title.fill("My own title")
    form.description.fill("Too short.")
    form.suggest_title.click()
    titles.answer(suggested_title="x" * 80)
    expect(page.locator("#title-hint")).to_contain_text("xxx")
    assert form.positions() == positions


def layout_shift(page):
    """The page's cumulative layout shift so far, that after input included."""
    return page.evaluate(
        """() => new Promise((resolve) => {
            let sum = 0;
            new PerformanceObserver((list) => {
                for (const entry of list.getEntries()) sum += entry.value;
            }).observe({ type: "layout-shift", buffered: true });
            requestAnimationFrame(() => setTimeout(() => resolve(sum), 100));
        })"""
    )


# --- sending waits for a model ---


def test_sending_does_not_wait_for_the_answer(form, questions):
    form.write()
    questions.wait_for(1)
    form.send_and_wait()
    assert Ticket.objects.get().description == PROBLEM


def test_sending_does_not_wait_for_the_question(form, questions):
    form.write()
    form.send_and_wait()
    assert Ticket.objects.count() == 1


# --- two tickets from two clicks, from Back, or from a reload ---


def test_two_clicks_make_one_ticket(form):
    form.write()
    form.send.dblclick()
    form.page.wait_for_url("**/t/**")
    assert Ticket.objects.count() == 1


def test_two_clicks_make_one_ticket_without_javascript(desk):
    form = SubmitForm(desk.window(java_script_enabled=False)).open()
    form.write()
    form.send.dblclick()
    # The second click stops the answer to the first, which waiting for a navigation would report.
    expect(form.page).to_have_url(re.compile("/t/"))
    form.page.wait_for_load_state()
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize("javascript", [True, False])
def test_sending_again_after_going_back_makes_no_second_ticket(desk, javascript):
    page = desk.window(java_script_enabled=javascript)
    form = SubmitForm(page).open()
    form.write()
    form.priority.select_option("low")
    first = form.send_and_wait()
    page.go_back()
    form.write()
    form.priority.select_option("low")
    assert form.send_and_wait() == first
    assert Ticket.objects.count() == 1


def test_sending_again_after_a_reload_makes_no_second_ticket(page):
    form = SubmitForm(page).open()
    form.write()
    # The desk gets the form, but its answer never reaches the window.
    typed = page.evaluate(
        "Object.fromEntries(new FormData(document.querySelector('.ticket-form')))"
    )
    page.request.post("/", form=typed)
    assert Ticket.objects.count() == 1
    page.reload()
    form.expect_state("suggested")
    form.send_and_wait()
    assert Ticket.objects.count() == 1


def test_going_back_after_hours_makes_no_second_ticket(page):
    form = SubmitForm(page).open()
    form.write()
    first = form.send_and_wait()
    page.context.clear_cookies(name="form_key")  # as an hour later
    page.go_back()
    page.reload()
    form.write()  # the browser has stored no text of what was sent, but which form it was
    assert form.send_and_wait() == first
    assert Ticket.objects.count() == 1


def test_the_same_words_in_a_fresh_form_after_the_first_ticket_is_done_are_heard(page):
    form = SubmitForm(page).open()
    form.write()
    first = form.send_and_wait()
    Ticket.objects.update(status="resolved")
    form.open()
    form.write()
    assert form.send_and_wait() != first
    assert Ticket.objects.filter(status="open").count() == 1


def test_a_reload_of_the_private_page_sends_nothing(page):
    form = SubmitForm(page).open()
    form.write()
    form.send_and_wait()
    page.reload()
    assert Ticket.objects.count() == 1


def test_the_next_problem_is_a_new_ticket(page):
    form = SubmitForm(page).open()
    form.write()
    first = form.send_and_wait()
    form.open()
    expect(form.description).to_have_value("")
    form.write(OTHER_PROBLEM, "Crash")
    assert form.send_and_wait() != first
    assert Ticket.objects.count() == 2


# --- an old answer lands on newer text ---


def test_an_old_answer_is_dropped(form, questions):
    form.description.fill(PROBLEM)
    old = questions.wait_for(1)
    form.description.fill(OTHER_PROBLEM)
    questions.answer(2, suggested_category="technical")
    form.expect_state("suggested")
    assert "net::ERR_ABORTED" in (old.request.failure or "")
    form.expect_values("technical", "high")


def test_an_answer_does_not_land_while_newer_words_are_typed(form, questions):
    form.description.fill(PROBLEM)
    questions.wait_for(1)
    form.page.evaluate("document.querySelector('#description').value += ' And more.'")
    questions.answer()
    form.page.wait_for_timeout(0)
    form.expect_values("", "")


@pytest.mark.parametrize("answer", ["nothing yet", "an error"])
def test_an_old_answer_is_not_sent_with_a_new_text(desk, form, questions, answer):
    desk.tolerate("status of 500")
    form.write()
    questions.answer()
    form.expect_values("billing", "high")
    form.description.fill("I cannot sign in any more, the password is refused.")
    if answer == "an error":
        questions.answer(2, status=500)
        form.expect_state("unavailable")
    form.send_and_wait()
    ticket = Ticket.objects.get()
    assert (ticket.category, ticket.category_source) == ("account", "offline")
    assert not Prediction.objects.filter(accepted=True).exists()


def test_a_title_after_the_answer_leaves_it_standing(form, questions):
    form.description.fill(PROBLEM)
    questions.answer(suggested_category="general")
    form.expect_values("general", "high")
    form.title.fill("Charged twice")
    form.send_and_wait()
    assert Ticket.objects.get().category == "general"


# --- what was typed is lost ---


def test_errors_bring_everything_back(desk, page):
    desk.tolerate("status of 400")
    form = SubmitForm(page).open()
    email = page.get_by_label("Your email")
    email.fill("anna@")
    form.description.fill(PROBLEM)
    form.expect_state("suggested")
    expect(form.title).not_to_have_value("")
    form.priority.select_option("low")
    form.send.click()
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(form.description).to_have_value(PROBLEM)
    expect(form.title).to_have_value("I was charged twice for my invoice this month")
    form.expect_values("billing", "low")
    form.expect_tags("category")
    email.fill("")
    form.send_and_wait()
    ticket = Ticket.objects.get()
    assert (ticket.category_source, ticket.priority_source) == ("offline", "human")


@pytest.mark.parametrize("way", ["reload", "back"])
def test_coming_again_brings_everything_back(page, way):
    form = SubmitForm(page).open()
    page.get_by_label("Your email").fill("anna@example.org")
    form.write()
    form.expect_state("suggested")
    form.priority.select_option("low")
    if way == "reload":
        page.reload()
    else:
        page.goto("/sign-in/")
        page.go_back()
    form.expect_state("overridden")
    expect(page.get_by_label("Your email")).to_have_value("anna@example.org")
    expect(form.description).to_have_value(PROBLEM)
    expect(form.title).to_have_value("Charged twice")
    form.expect_values("billing", "low")
    form.expect_tags("category")


def test_a_new_form_forgets_the_choices_of_the_last(page):
    form = SubmitForm(page).open()
    form.write()
    form.expect_state("suggested")
    form.priority.select_option("low")
    form.send_and_wait()
    form.open()
    form.expect_values("", "")
    form.write(OTHER_PROBLEM, "Crash")
    form.expect_state("suggested")
    form.expect_tags("category", "priority")


def test_nothing_typed_is_stored_after_sending(page):
    form = SubmitForm(page).open()
    page.get_by_label("Your email").fill("anna@example.org")
    form.write()
    stored = "JSON.stringify([{...localStorage}, {...sessionStorage}])"
    assert PROBLEM in page.evaluate(stored)
    form.send_and_wait()
    left = page.evaluate(stored)
    assert "Charged" not in left
    assert "anna" not in left


def test_the_theme_changes_without_losing_a_word(page):
    form = SubmitForm(page).open()
    form.write()
    with page.expect_response("**/theme/"):
        page.get_by_role("button", name="Dark theme").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(form.description).to_have_value(PROBLEM)
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
