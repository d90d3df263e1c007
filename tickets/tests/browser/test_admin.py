"""The back office in a real browser, with the policy on."""

import re

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone
from playwright.sync_api import expect
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from tickets.models.incoming import Mailbox, MailboxFetch
from tickets.models.ticket import Ticket
from tickets.models.tokens import ApiToken
from tickets.models.triage import TriageModel
from tickets.tests.factories import (
    PASSWORD,
    AdminFactory,
    AgentFactory,
    CommentFactory,
    PredictionFactory,
    TicketFactory,
    TokenFactory,
    UserFactory,
)

from .axe import violations, violations_in_both_themes

TICKETS = "/admin/tickets/ticket/"
TOKENS = "/admin/tickets/apitoken/"
MAILBOXES = "/admin/tickets/mailbox/"
JOBS = "/admin/procrastinate/procrastinatejob/"


@pytest.fixture
def admin(db):
    return AdminFactory(username="ada", is_staff=True)


@pytest.fixture
def page(desk, admin):
    """An admin's window."""
    page = desk.window()
    desk.sign_in(page, admin)
    return page


@pytest.fixture
def ticket(db):
    ticket = TicketFactory(assignee=AgentFactory(username="zoe"))
    CommentFactory(ticket=ticket, public=True, body="https://example.org/" + "x" * 200)
    CommentFactory(ticket=ticket)
    ticket.feedback.create(field="category", value="billing", corrected=True)
    TriageModel.objects.create(field="category", feedback_count=1, prior_accuracy=0.5)
    return ticket


# Links within a sentence aside, and selects that are drawn by a script.
SMALL = """() => [...document.querySelectorAll(
        "#content :is(a[href], button, input:not([type=hidden]), select, summary)," +
        "#header :is(a[href], button)")]
    .filter((part) => part.checkVisibility())
    .filter((part) => !part.closest("p, .help, .visually-hidden, .select2-hidden-accessible"))
    .map((part) => [part.getBoundingClientRect(), part.outerHTML.slice(0, 120)])
    .filter(([{ width, height }]) => width && (height < 24 || width < 24))
    .map(([{ width, height }, html]) => `${width} x ${height}: ${html}`)"""


def paths(ticket):
    return [
        "/admin/",
        TICKETS,
        f"{TICKETS}add/",
        *(f"{TICKETS}{ticket.pk}/{name}/" for name in ("change", "history", "delete")),
        TOKENS,
        f"{TOKENS}add/",
        f"{TOKENS}{TokenFactory().pk}/change/",
        "/admin/auth/user/",
        "/admin/auth/user/add/",
        *(
            f"/admin/auth/user/{ticket.assignee.pk}/{name}/"
            for name in ("change", "password", "history", "delete")
        ),
        "/admin/auth/group/",
        "/admin/auth/group/add/",
        f"/admin/auth/group/{ticket.assignee.groups.get().pk}/change/",
        JOBS,
        f"{JOBS}{failed_job().pk}/change/",
        "/admin/tickets/prediction/",
        f"/admin/tickets/prediction/{PredictionFactory(ticket=ticket).pk}/change/",
        "/admin/tickets/feedback/",
        "/admin/tickets/email/",
        f"/admin/tickets/email/{message(ticket).pk}/change/",
        MAILBOXES,
        f"{MAILBOXES}add/",
        f"{MAILBOXES}{failing_mailbox().pk}/change/",
        "/admin/tickets/savedview/",
        f"/admin/tickets/savedview/{saved_view(ticket.assignee).pk}/change/",
        "/admin/tickets/triagemodel/",
        "/admin/tickets/signinlock/",
        "/admin/tickets/erasedaddress/",
        "/admin/tickets/erasedaddress/person/",
    ]


def message(ticket):
    return ticket.emails.create(kind="reply", event=f"reply to {ticket.pk}")


def failing_mailbox():
    mailbox = Mailbox.objects.create(
        name="Support", address="support@example.org", host="imap.example.invalid"
    )
    now = timezone.now()
    MailboxFetch.objects.create(mailbox=mailbox, failing_since=now, error="It does not answer.")
    return mailbox


def saved_view(owner):
    return owner.views.create(name="Hot", query="priority=high")


def failed_job():
    number = app.configure_task("tickets.tasks.triage_ticket", queue="triage").defer(ticket_id=7)
    with connection.cursor() as cursor:
        for state in ("doing", "failed"):
            cursor.execute(
                "UPDATE procrastinate_jobs SET status = %s WHERE id = %s", [state, number]
            )
    return ProcrastinateJob.objects.get(pk=number)


@pytest.mark.parametrize("width", [1280, 360])
def test_every_page_has_names_contrast_and_room(page, ticket, width):
    page.set_viewport_size({"width": width, "height": 900})
    for path in paths(ticket):
        assert page.goto(path).status == 200
        page.wait_for_load_state("load")
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
        assert violations_in_both_themes(page) == {}, path
        assert page.evaluate(SMALL) == [], path


def test_paper_shows_the_rows_alone(desk, page, ticket):
    page.context.add_cookies([{"name": "theme", "value": "dark", "url": desk.url}])
    page.goto(TICKETS)
    page.emulate_media(media="print")
    assert background(page) == "rgb(255, 255, 255)"
    expect(page.get_by_text(ticket.title)).to_be_visible()
    for part in ("#header", ".breadcrumbs", "#changelist-filter", "#toolbar", ".actions"):
        expect(page.locator(part).first).to_be_hidden()
    expect(page.locator(".action-select").first).to_be_hidden()


def test_the_current_choice_is_visible_in_forced_colors(page):
    page.emulate_media(forced_colors="active")
    page.goto(TICKETS)
    for chosen in (".lists [aria-current]", ".themes [aria-pressed=true]"):
        expect(page.locator(chosen).first).to_have_css("outline-style", "solid")


@pytest.mark.parametrize("path", [f"{TICKETS}add/", f"{TOKENS}add/"])
def test_an_open_search_field_has_names_too(page, ticket, path):
    page.goto(path)
    page.locator(".select2-selection").click()
    expect(page.get_by_role("option", name="zoe")).to_be_visible()
    assert violations(page) == []


def test_an_agent_finds_a_ticket_assigns_it_and_answers(desk, ticket):
    AgentFactory(username="kim")
    window = desk.window()
    agent = desk.sign_in(window, AgentFactory(is_staff=True))
    window.goto(TICKETS)
    window.get_by_role("searchbox", name="Search").fill("smoke")
    window.get_by_role("button", name="Search").click()
    window.get_by_role("link", name=ticket.title).click()
    # Drawn beside the select, once the page's scripts have run.
    field = window.locator(".select2-selection")
    expect(field).to_have_accessible_name(re.compile("Assignee"))
    field.click()
    window.get_by_role("searchbox", name="Search: Assignee").fill("ki")
    window.get_by_role("option", name="kim").click()
    window.get_by_label("New comment").fill("Kim knows printers.")
    window.get_by_role("button", name="Save", exact=True).click()
    expect(window.get_by_text("was changed successfully")).to_be_visible()
    ticket.refresh_from_db()
    assert ticket.assignee.username == "kim"
    written = ticket.comments.latest("id")
    assert (written.body, written.author, written.public) == ("Kim knows printers.", agent, False)


def test_selected_tickets_are_closed_at_once(page, ticket):
    other_tickets = TicketFactory.create_batch(2)
    page.goto(TICKETS)
    page.get_by_role("checkbox", name=re.compile("all objects")).check()
    page.get_by_role("checkbox", name=re.compile(f"#{ticket.pk} ")).uncheck()
    page.get_by_label("Action:").select_option("Mark as closed")
    page.get_by_role("button", name="Go").click()
    expect(page.get_by_text("Status set to closed: 2 tickets.")).to_be_visible()
    assert violations(page) == []
    closed = Ticket.objects.filter(status="closed")
    assert {each.pk for each in closed} == {each.pk for each in other_tickets}
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("2 tickets are as they were before.")).to_be_visible()
    expect(page).to_have_url(re.compile(TICKETS))
    assert not Ticket.objects.filter(status="closed").exists()


@pytest.mark.parametrize("width", [1280, 360])
def test_selected_tickets_are_given_to_a_colleague(page, ticket, width):
    page.set_viewport_size({"width": width, "height": 900})
    kim = AgentFactory(username="kim")
    other = TicketFactory()
    page.goto(TICKETS)
    page.get_by_role("checkbox", name=re.compile(f"#{ticket.pk} ")).check()
    page.get_by_label("Action:").select_option("Assign to …")
    page.get_by_role("button", name="Go").click()
    expect(page.get_by_role("heading", name="Who gets 1 ticket?")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert violations(page) == []
    page.locator(".select2-selection").click()
    page.get_by_role("searchbox", name="Search: Agent").fill("ki")
    page.get_by_role("option", name="kim").click()
    page.get_by_role("button", name="Assign").click()
    expect(page.get_by_text("Assigned to kim: 1 ticket.")).to_be_visible()
    assert list(Ticket.objects.filter(assignee=kim)) == [ticket]
    assert Ticket.objects.get(pk=other.pk).assignee is None


def test_a_failed_job_is_retried_from_its_page(page):
    job = failed_job()
    page.goto(f"{JOBS}{job.pk}/change/")
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_text("Retried: 1 job.")).to_be_visible()
    expect(page.get_by_text("Waiting", exact=True).first).to_be_visible()


def test_an_admin_makes_an_agent_who_can_sign_in(desk, page):
    page.goto("/admin/auth/user/add/")
    page.get_by_label("Username:").fill("kim")
    page.get_by_label("Password:", exact=True).fill(PASSWORD)
    page.get_by_label("Password confirmation:").fill(PASSWORD)
    page.get_by_role("checkbox", name="agents").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was added successfully")).to_be_visible()
    window = desk.window()
    desk.sign_in_by_form(window, User.objects.get(username="kim"))
    expect(window).to_have_url(re.compile("/tickets/"))


def test_whoever_may_not_enter_can_leave(desk):
    desk.tolerate("status of 403")
    window = desk.window()
    window.goto("/sign-in/")
    window.get_by_label("User name").fill(UserFactory(username="newcomer").username)
    window.get_by_label("Password").fill(PASSWORD)
    window.get_by_role("button", name="Sign in").click()
    expect(window.get_by_text("You are signed in as newcomer")).to_be_visible()
    assert violations(window) == []
    window.get_by_role("button", name="Sign out").click()
    expect(window.get_by_role("link", name="Sign in")).to_be_visible()


def test_a_filter_narrows_the_list(page, ticket):
    urgent = TicketFactory(priority="critical", title="The server room is under water")
    page.goto(TICKETS)
    page.get_by_role("link", name="Critical", exact=True).click()
    expect(page.get_by_role("link", name=urgent.title)).to_be_visible()
    expect(page.get_by_role("link", name=ticket.title)).to_have_count(0)


def test_two_people_on_one_ticket_lose_no_text(desk, page, ticket):
    other = desk.window()
    desk.sign_in(other, AgentFactory(username="kim", is_staff=True))
    for window, title in ((page, "Ada's title"), (other, "Kim's title")):
        window.goto(f"{TICKETS}{ticket.pk}/change/")
        window.get_by_label("Title:").fill(title)
    save = {"name": "Save and continue editing"}
    page.get_by_role("button", **save).click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    other.get_by_role("button", **save).click()
    expect(other.get_by_text("Stored now: Title: Ada's title")).to_be_visible()
    expect(other.get_by_label("Title:")).to_have_value("Kim's title")
    other.get_by_role("button", **save).click()
    expect(other.get_by_text("was changed successfully")).to_be_visible()
    ticket.refresh_from_db()
    assert ticket.title == "Kim's title"


def test_a_tokens_secret_is_seen_once(page):
    page.goto(f"{TOKENS}add/")
    page.get_by_label("Name:").fill("nightly export")
    page.get_by_role("checkbox", name="Write").uncheck()
    page.get_by_role("button", name="Save").click()
    secret = page.locator("#token-secret").inner_text()
    assert ApiToken.objects.usable(secret).scopes == ["read"]
    page.get_by_role("link", name="I have copied it").click()
    page.get_by_role("link", name="nightly export").click()
    expect(page.get_by_text("Usable")).to_be_visible()
    assert secret not in page.content()
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("Revoked: 1 API token.")).to_be_visible()
    assert ApiToken.objects.usable(secret) is None


def test_its_theme_switch_is_the_desks(page):
    page.goto(TICKETS)
    page.get_by_role("button", name="Dark theme").click()
    page.wait_for_url(f"**{TICKETS}")
    assert background(page) == "rgb(23, 24, 28)"
    page.goto("/tickets/")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def background(page):
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def test_signing_out_leaves_the_back_office(page):
    page.goto("/admin/")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(lambda url: "/admin/" not in url)
    page.goto(TICKETS)
    expect(page).to_have_url(re.compile(r"/sign-in/\?next=/admin/tickets/ticket/"))


def test_two_clicks_on_save_send_one_message(page, ticket):
    page.goto(f"{TICKETS}{ticket.pk}/change/")
    page.locator("textarea[name$=-body]").fill("We are on our way.")
    page.get_by_role("button", name="Save", exact=True).dblclick()
    page.wait_for_url(f"**{TICKETS}")
    assert ticket.comments.filter(body="We are on our way.").count() == 1


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_mailbox_is_tested_from_its_page(desk, page, narrow, theme):
    page.set_viewport_size(narrow["viewport"])
    page.context.add_cookies([{"name": "theme", "value": theme, "url": desk.url}])
    mailbox = failing_mailbox()
    page.goto(f"{MAILBOXES}{mailbox.pk}/change/")
    page.get_by_role("button", name="Test this mailbox").click()
    expect(page.get_by_text("There is no server named imap.example.invalid")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert violations(page) == []
    page.get_by_role("button", name="Test again").click()
    page.get_by_role("link", name="Back to the mailbox").click()
    page.wait_for_url(f"**{MAILBOXES}{mailbox.pk}/change/")
