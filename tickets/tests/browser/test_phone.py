"""Every page with a form on a phone: no zoom at a tap, and the submit page above a keyboard."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from bench.ui.pages import STATES
from tickets.models.ticket import Ticket
from tickets.services.invitations import INVITATION, RESET
from tickets.tests.factories import AdminFactory, AgentFactory, CommentFactory, TicketFactory

from .submit_form import PROBLEM, SubmitForm

SMALL = """() => [...document.querySelectorAll("input, select, textarea")]
    .filter((field) => !["hidden", "checkbox", "radio", "submit"].includes(field.type))
    .filter((field) => parseFloat(getComputedStyle(field).fontSize) < 16)
    .map((field) => `${field.name} ${field.id} ${getComputedStyle(field).fontSize}`)"""
BACK_OFFICE = ["", "login/", "tickets/ticket/", "tickets/ticket/{}/change/", "auth/user/add/"]
PHONES = {
    "upright": {"viewport": {"width": 360, "height": 780}, "has_touch": True, "is_mobile": True},
    "across": {"viewport": {"width": 844, "height": 390}, "has_touch": True, "is_mobile": True},
}
# What is left of a phone's screen above its keyboard.
KEYBOARD = {"viewport": {"width": 360, "height": 330}, "has_touch": True, "is_mobile": True}


@pytest.fixture(params=PHONES)
def phone(request):
    return PHONES[request.param]


def paths(ticket):
    facts = {
        "ticket": ticket.pk,
        "requester": ticket.private_link_path(),
        "requester_done": ticket.private_link_path(),
        "mailed": ticket.pk,
        "requester_mailed": ticket.private_link_path(),
        "spare": [ticket.pk] * 9,
        "invitation": reverse("invitation", args=INVITATION.key(AgentFactory())),
        "reset": reverse("reset-password", args=RESET.key(AgentFactory())),
    }
    return list(dict.fromkeys(state.address(facts) for state in STATES))


def test_no_field_makes_a_phone_zoom(desk, phone):
    """iPhones zoom in on fields with letters of less than 16 px."""
    desk.tolerate("status of 40[0-9]")
    ticket = TicketFactory(requester_email="kim@example.org")
    CommentFactory(ticket=ticket, public=True)
    page = desk.window(**phone)
    small = {}
    page.goto("/sign-in/")
    small["/sign-in/"] = page.evaluate(SMALL)
    desk.sign_in(page, AdminFactory(is_staff=True, is_superuser=True))
    for path in [*paths(ticket), *(f"/admin/{path.format(ticket.pk)}" for path in BACK_OFFICE)]:
        page.goto(path)
        small[path] = page.evaluate(SMALL)
    assert {path: fields for path, fields in small.items() if fields} == {}


def test_a_ticket_is_sent_above_an_open_keyboard(desk):
    """Each field can be seen whole with its label while it is typed in, and nothing covers it."""
    page = desk.window(**KEYBOARD)
    form = SubmitForm(page).open()
    for field, text in (
        (page.get_by_label("Your email"), "kim@example.org"),
        (form.description, PROBLEM + "\nIt happened again. " * 40),
        (form.title, "Charged twice"),
    ):
        field.tap()
        field.fill(text)
        field.press("End")
        field.scroll_into_view_if_needed()
        box = field.bounding_box()
        assert box["height"] <= 330
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
        assert is_on_top(field)
    form.expect_state("suggested")
    form.priority.select_option("high")
    form.send.tap()
    page.wait_for_url("**/t/**")
    expect(page.get_by_role("heading", name="Charged twice")).to_be_visible()
    assert Ticket.objects.get().priority == "high"


def is_on_top(field):
    return field.evaluate(
        """(field) => {
            const { left, top, width, height } = field.getBoundingClientRect();
            const point = [left + width / 2, Math.min(top + height / 2, innerHeight - 2)];
            return document.elementFromPoint(...point) === field;
        }"""
    )


@pytest.mark.parametrize("path", ["/", "/links/", "/t/dead/"])
def test_nothing_is_wider_than_the_screen(desk, path):
    desk.tolerate("status of 404")
    page = desk.window(**KEYBOARD)
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
