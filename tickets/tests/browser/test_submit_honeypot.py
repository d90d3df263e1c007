"""What is on the submit page against programs, and that people do not meet it."""

from playwright.sync_api import expect

from tickets.models.mail import Email
from tickets.models.ticket import Ticket
from tickets.vocabulary import MIN_FORM_SECONDS

from .submit_form import PROBLEM, SubmitForm


def test_the_keyboard_never_reaches_the_field_that_nobody_sees(page):
    form = SubmitForm(page).open()
    page.get_by_label("Your email").focus()
    names = []
    while "category" not in names:
        names.append(page.evaluate("document.activeElement.name || ''"))
        page.keyboard.press("Tab")
    assert names[0] == "requester_email"
    assert "description" in names
    assert "homepage" not in names
    trap = page.locator("[name=homepage]")
    assert trap.bounding_box() is None or trap.evaluate(
        "each => getComputedStyle(each.closest('.unseen')).clipPath"
    ).startswith("inset(50%")
    expect(page.get_by_role("textbox", name="Leave this empty")).to_have_count(0)
    expect(form.send).to_be_visible()


def test_a_person_is_confirmed_and_a_hurried_program_is_not(page):
    form = SubmitForm(page).open()
    page.get_by_label("Your email").fill("kim@example.org")
    form.description.fill(PROBLEM)
    form.send.click()
    expect(page.get_by_text("We have received your ticket")).to_be_visible()
    form.open()
    page.wait_for_timeout(MIN_FORM_SECONDS * 1000)
    page.get_by_label("Your email").fill("kim@example.org")
    form.description.fill(f"{PROBLEM} And again.")
    form.send.click()
    expect(page.get_by_text("We have received your ticket")).to_be_visible()
    assert Ticket.objects.count() == 2
    assert list(Email.objects.order_by("pk").values_list("state", flat=True)) == ["held", "waiting"]
