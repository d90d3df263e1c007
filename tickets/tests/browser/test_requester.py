"""The requester's page while it is open: answers arrive, and nothing typed is lost."""

import pytest
from playwright.sync_api import expect

from tickets.access.actors import SYSTEM
from tickets.models.ticket import Comment, Ticket
from tickets.services import comments, private_links, tickets
from tickets.tests.factories import CommentFactory, TicketFactory

SIZE = "button => [button.offsetWidth, button.offsetHeight]"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ticket(transactional_db):
    return TicketFactory(title="Broken door", requester_email="kim@example.org")


@pytest.fixture
def visit(page, ticket):
    page.goto(ticket.private_link_path())
    return page


def look(page):
    """As if half a minute had passed, or the page came to the front again."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def answer(ticket, body="We are on our way."):
    comments.add_comment(ticket, {"body": body, "public": True}, SYSTEM)


def field(page):
    return page.get_by_label("Your reply")


def send(page):
    page.get_by_role("button", name="Send reply").click()


def test_an_answer_appears_without_touching_what_is_typed(visit, ticket):
    CommentFactory.create_batch(12, ticket=ticket, public=True, body="A long talk.\n" * 8)
    visit.reload()
    field(visit).fill("I was just about to")
    field(visit).evaluate("field => field.setSelectionRange(2, 5)")
    field(visit).scroll_into_view_if_needed()
    box = field(visit).bounding_box()
    answer(ticket)
    look(visit)
    expect(visit.get_by_text("Support has replied.")).to_be_visible()
    expect(visit.locator("#talk")).to_contain_text("We are on our way.")
    expect(field(visit)).to_be_focused()
    expect(field(visit)).to_have_value("I was just about to")
    assert field(visit).evaluate("field => [field.selectionStart, field.selectionEnd]") == [2, 5]
    assert abs(field(visit).bounding_box()["y"] - box["y"]) < 2


def test_the_page_asks_by_itself_and_only_while_it_is_seen(page, ticket):
    page.clock.install()
    page.goto(ticket.private_link_path())
    answer(ticket)
    page.clock.run_for(31_000)
    expect(page.locator("#talk")).to_contain_text("We are on our way.")
    page.evaluate("Object.defineProperty(document, 'hidden', { get: () => true })")
    answer(ticket, "Second answer")
    page.clock.run_for(95_000)
    expect(page.locator("#talk")).not_to_contain_text("Second answer")


def test_times_go_on_while_nothing_changes(page, ticket):
    page.clock.install()
    page.goto(ticket.private_link_path())
    times = page.locator("time")
    expect(times).to_have_text(["just now", "just now"])
    page.clock.run_for(5 * 60_000)
    expect(times).to_have_text(["5 min ago", "5 min ago"])
    page.clock.run_for(3 * 3600_000)
    expect(times).to_have_text(["3 h ago", "3 h ago"])


def test_where_nothing_changed_nothing_is_sent(visit, ticket):
    with visit.expect_response("**/t/**") as response:
        look(visit)
    assert response.value.status == 304


def test_the_status_follows(visit, ticket):
    tickets.update_ticket(ticket.pk, {"status": "resolved"}, SYSTEM)
    look(visit)
    expect(visit.get_by_role("heading", name="This is resolved")).to_be_visible()
    expect(visit.get_by_text("Replying reopens it.")).to_be_visible()
    field(visit).fill("It is not.")
    send(visit)
    expect(visit.get_by_text("Your ticket is open again.")).to_be_visible()
    expect(visit.get_by_role("heading", name="We have your message")).to_be_visible()
    assert Ticket.objects.get().status == "open"


def test_a_reply_is_shown_and_the_next_can_be_typed(visit):
    field(visit).fill("Any news?")
    send(visit)
    expect(visit.get_by_text("Reply sent")).to_be_visible()
    expect(visit.locator("#talk")).to_contain_text("Any news?")
    expect(field(visit)).to_have_value("")
    expect(field(visit)).to_be_focused()
    visit.reload()
    expect(field(visit)).to_have_value("")
    assert Comment.objects.count() == 1


def test_two_clicks_make_one_reply(visit):
    field(visit).fill("Any news?")
    visit.get_by_role("button", name="Send reply").dblclick()
    expect(visit.get_by_text("Reply sent").first).to_be_visible()
    assert Comment.objects.count() == 1


def test_a_reply_on_its_way_says_so_on_its_button(desk, visit):
    desk.tolerate("ERR_|htmx:")
    held = []
    visit.route("**/t/**", lambda route: held.append(route))
    button = visit.get_by_role("button", name="Send reply")
    size = button.evaluate(SIZE)
    field(visit).fill("Any news?")
    button.click()
    expect(visit.get_by_role("button", name="Sending…")).to_be_visible()
    assert button.evaluate(SIZE) == size
    held[0].abort()
    expect(visit.get_by_text("Nothing is lost")).to_be_visible()
    expect(visit.get_by_role("button", name="Sending…")).to_have_count(0)


def test_two_clicks_without_javascript_make_one_reply(desk, ticket):
    page = desk.window(java_script_enabled=False)
    page.goto(ticket.private_link_path())
    field(page).fill("Any news?")
    page.get_by_role("button", name="Send reply").dblclick()
    expect(page.locator("#talk")).to_contain_text("Any news?")
    page.go_back()
    page.goto(ticket.private_link_path())
    assert Comment.objects.count() == 1


def test_a_reply_survives_a_server_that_is_gone(desk, visit):
    desk.tolerate("Failed to load resource|ERR_|htmx:")
    field(visit).fill("A long story")
    visit.context.set_offline(True)
    send(visit)
    expect(visit.get_by_text("Nothing is lost")).to_be_visible()
    expect(field(visit)).to_have_value("A long story")
    visit.context.set_offline(False)
    visit.reload()
    expect(field(visit)).to_have_value("A long story")
    send(visit)
    expect(visit.locator("#talk")).to_contain_text("A long story")
    assert Comment.objects.count() == 1


def test_an_answer_that_was_lost_makes_no_second_reply(desk, visit):
    """The reply arrived, but the requester could not know: the same again is no second one."""
    desk.tolerate("Failed to load resource|ERR_|htmx:")

    def lose(route):
        if route.request.method != "POST":
            return route.continue_()
        route.fetch()
        return route.abort()

    visit.route("**/t/**", lose)
    field(visit).fill("Any news?")
    send(visit)
    expect(visit.get_by_text("Nothing is lost")).to_be_visible()
    visit.unroute("**/t/**")
    send(visit)
    expect(visit.get_by_text("Reply sent")).to_be_visible()
    assert Comment.objects.count() == 1


def test_a_refused_reply_says_why_and_stays(desk, visit):
    desk.tolerate("400")
    field(visit).fill("   ")
    send(visit)
    expect(visit.get_by_role("alert")).to_be_focused()
    expect(field(visit)).to_have_attribute("aria-invalid", "true")
    field(visit).fill("Now with words")
    send(visit)
    expect(visit.locator("#talk")).to_contain_text("Now with words")
    expect(visit.get_by_role("alert")).to_have_count(0)


def test_a_link_that_is_revoked_while_the_page_is_open_says_so(desk, visit, ticket):
    desk.tolerate("404")
    field(visit).fill("A long story")
    private_links.revoke_private_link(ticket, SYSTEM)
    look(visit)
    expect(visit.get_by_text("its link was revoked")).to_be_visible()
    expect(field(visit)).to_have_value("A long story")
    send(visit)
    expect(visit.get_by_text("its link was revoked").last).to_be_visible()
    assert not Comment.objects.exists()


def test_markup_in_an_answer_that_arrives_is_text(visit, ticket):
    answer(ticket, "<img src=x onerror=alert(1)><b>bold</b>")
    look(visit)
    expect(visit.locator("#talk")).to_contain_text("<b>bold</b>")
    assert visit.locator("#talk b, #talk img").count() == 0


def test_an_agent_revokes_with_a_second_click_and_without_javascript(desk, ticket):
    page = desk.window(java_script_enabled=False)
    desk.sign_in(page)
    page.goto(f"/tickets/{ticket.pk}/")
    page.get_by_text("Revoke the link").click()
    page.get_by_role("button", name="Revoke link").click()
    expect(page.get_by_text("The private link is revoked.")).to_be_visible()
    assert Ticket.objects.get().link_digest is None
    page.get_by_role("button", name="Send a new link").click()
    expect(page.get_by_text("The private link is active.")).to_be_visible()
