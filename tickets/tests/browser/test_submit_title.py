"""The title on the submit page: optional, suggested before sending, and never overwritten."""

import pytest
from playwright.sync_api import expect

from tickets.models.ticket import Ticket

from .submit_form import OTHER_PROBLEM, PROBLEM, SUGGEST_TITLE, Questions, SubmitForm

GREETED = f"Hi team,\n\n{PROBLEM}\n\nRegards, Kim"
TITLE = "I was charged twice for my invoice this month"


@pytest.fixture
def titles(page):
    return Questions(page, SUGGEST_TITLE)


def test_an_empty_title_is_shown_before_sending(page):
    form = SubmitForm(page).open()
    form.description.fill(GREETED)
    expect(form.title).to_have_value(TITLE)
    expect(form.title_hint).to_contain_text("We suggested this title. Change it if you like.")
    form.title.press("End")
    form.title.press_sequentially(" (May)")
    form.send_and_wait()
    assert Ticket.objects.get().title == f"{TITLE} (May)"


def test_the_suggested_title_follows_the_text(page):
    form = SubmitForm(page).open()
    form.description.fill(PROBLEM)
    expect(form.title).to_have_value(TITLE)
    form.description.fill(OTHER_PROBLEM)
    expect(form.title).to_have_value("The app crashes with an error after the update")
    form.description.fill("")
    expect(form.title).to_have_value("")


def test_without_scripts_the_title_is_written_when_the_ticket_is_created(desk):
    form = SubmitForm(desk.window(java_script_enabled=False)).open()
    form.description.fill(GREETED)
    form.send_and_wait()
    assert Ticket.objects.get().title == TITLE
    expect(form.page.get_by_role("heading", level=1)).to_have_text(TITLE)


def test_a_title_of_other_text_is_not_sent(page, titles):
    """Sent before the answer about the new text: it gets the title that fits."""
    form = SubmitForm(page).open()
    form.description.fill(PROBLEM)
    titles.answer(suggested_title="A double charge")
    expect(form.title).to_have_value("A double charge")
    form.description.fill(OTHER_PROBLEM)
    form.send_and_wait()
    assert Ticket.objects.get().title == "The app crashes with an error after the update"


def test_a_title_that_arrives_between_two_clicks_makes_no_second_ticket(page):
    form = SubmitForm(page).open()
    form.description.fill(PROBLEM)
    typed = "Object.fromEntries(new FormData(document.querySelector('.ticket-form')))"
    page.request.post("/", form=page.evaluate(typed) | {"title": ""})  # the answer is lost
    expect(form.title).to_have_value(TITLE)
    form.expect_state("suggested")
    form.send_and_wait()
    assert Ticket.objects.count() == 1


def test_a_typed_title_stays_until_apply_is_pressed(page):
    form = SubmitForm(page).open()
    form.write(GREETED, "My own title")
    form.expect_state("suggested")
    expect(form.title).to_have_value("My own title")
    form.suggest_title.press("Enter")
    expect(form.title_hint).to_have_text(f"Suggested title: “{TITLE}”")
    expect(form.title).to_have_value("My own title")
    page.keyboard.press("Tab")
    expect(form.apply).to_be_focused()
    page.keyboard.press("Enter")
    expect(form.title).to_have_value(TITLE)
    expect(form.title).to_be_focused()
    expect(form.apply).to_be_hidden()


def test_a_title_that_is_typed_meanwhile_stays(page, titles):
    form = SubmitForm(page).open()
    form.description.fill(PROBLEM)
    form.suggest_title.click()
    titles.wait_for(1)
    form.title.fill("Typed meanwhile")
    titles.answer(len(titles.routes), suggested_title="Invoice charged twice")
    expect(form.title_hint).to_contain_text("Invoice charged twice")
    expect(form.title).to_have_value("Typed meanwhile")


def test_nothing_is_filled_in_under_the_caret(page, titles):
    form = SubmitForm(page).open()
    form.description.fill(PROBLEM)
    titles.wait_for(1)
    form.title.focus()
    titles.answer(suggested_title="Invoice charged twice")
    expect(form.title_hint).to_contain_text("Invoice charged twice")
    expect(form.title).to_have_value("")
    form.apply.click()
    expect(form.title).to_have_value("Invoice charged twice")


def test_a_suggested_title_may_be_suggested_anew(page, titles):
    form = SubmitForm(page).open()
    form.description.fill(PROBLEM)
    titles.answer(suggested_title="First idea")
    expect(form.title).to_have_value("First idea")
    form.suggest_title.click()
    titles.answer(2, suggested_title="Second idea")
    expect(form.title).to_have_value("Second idea")


def test_a_title_that_was_removed_is_not_put_back(page):
    form = SubmitForm(page).open()
    form.description.fill(PROBLEM)
    expect(form.title).to_have_value(TITLE)
    form.title.fill("")
    form.description.press_sequentially(" Please.")
    form.expect_state("suggested")
    expect(form.title).to_have_value("")
    form.send_and_wait()
    assert Ticket.objects.get().title == TITLE


def test_no_title_is_no_obstacle(desk, page, titles):
    desk.tolerate("status of 500")
    form = SubmitForm(page).open()
    form.suggest_title.click()
    expect(form.title_hint).to_contain_text("Describe the problem")
    form.description.fill(PROBLEM)
    titles.answer(status=500)
    form.suggest_title.click()
    titles.answer(2, status=500)
    expect(form.title_hint).to_contain_text("or leave it to us")
    form.send_and_wait()
    assert Ticket.objects.get().title == TITLE


def test_a_reload_keeps_whose_title_it_is(page):
    form = SubmitForm(page).open()
    form.description.fill(PROBLEM)
    expect(form.title).to_have_value(TITLE)
    page.reload()
    expect(form.title).to_have_value(TITLE)
    form.description.fill(OTHER_PROBLEM)
    expect(form.title).to_have_value("The app crashes with an error after the update")
    form.title.fill("My own")
    page.reload()
    form.description.fill(PROBLEM)
    form.expect_state("suggested")
    expect(form.title).to_have_value("My own")
