"""Mail on a ticket in a browser: what waits for a decision, folded quotes, the original."""

from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import expect

from tickets.models.incoming import Mailbox
from tickets.models.mail import BouncedAddress
from tickets.models.participants import Participant
from tickets.tests.attachments import samples
from tickets.tests.attachments.test_inline_images import receive
from tickets.tests.browser.axe import violations_in_both_themes
from tickets.tests.incoming.messages import (
    DESK,
    answer_to,
    deliver,
    letter,
    sent_email,
    ticket_of_kim,
)
from tickets.tests.incoming.test_loops import bounce

QUOTING = "It still smokes.\r\n\r\nOn 5 Jan 2026 at 10:00, D <d@x.org> wrote:\r\n> Try again.\r\n"
HTML = """\
From: Kim <kim@example.org>
To: {}
Subject: Look
Message-ID: <html@example.org>
Content-Type: text/html; charset=utf-8

<h1>Hello</h1><script>document.title = "taken"</script><img src="https://tracker.example/p.gif">
<p onclick="alert(1)">Press <a href="javascript:alert(2)">here</a></p>
"""


@pytest.fixture
def ticket(db):
    Mailbox.objects.create(name="Support", address=DESK)
    return ticket_of_kim(title="Smoke")


@pytest.fixture
def window(desk, ticket):
    return desk.agent()


def test_a_held_message_is_accepted_and_its_sender_takes_part(window, desk, ticket):
    row = deliver(letter("Me too.", to=answer_to(ticket), sender="Lou <lou@example.net>"))
    window.goto(f"/tickets/{ticket.pk}/")
    held = window.locator(f"#mail-{row.pk}")
    expect(held).to_contain_text("Only agents see it")
    held.get_by_role("button", name="Accept").click()
    expect(window.locator("#talk")).to_contain_text("Lou replied")
    expect(held).to_have_count(0)
    expect(window.locator("#participants")).to_contain_text("Lou <lou@example.net>")
    public = desk.window()
    public.goto(ticket.private_link_path())
    expect(public.locator("#talk")).to_contain_text("Me too.")


def test_a_message_that_comes_while_the_page_is_open_is_announced(window, ticket):
    window.goto(f"/tickets/{ticket.pk}/")
    expect(window.locator("#talk")).to_contain_text("smoke above")
    deliver(letter("Me too.", to=answer_to(ticket), sender="lou@example.net"))
    window.locator("#watch").dispatch_event("look")
    expect(window.locator("#watch")).to_contain_text("held a message that came by mail")
    window.get_by_role("button", name="Show").click()
    expect(window.locator("#talk")).to_contain_text("Me too.")


def test_quotes_are_folded_and_open_by_keyboard(window, ticket):
    deliver(letter(QUOTING, to=answer_to(ticket)))
    window.goto(f"/tickets/{ticket.pk}/")
    expect(window.get_by_text("Try again.")).to_be_hidden()
    window.get_by_text("Quoted text and signature").focus()
    window.keyboard.press("Enter")
    expect(window.get_by_text("Try again.")).to_be_visible()


def files_of(addresses):
    """Return what was loaded, without the icon of the page before and what the page holds."""
    names = [each.rpartition("/")[2] for each in addresses if not each.startswith("data:")]
    return [name for name in names if name != "favicon.svg"]


def test_the_original_loads_nothing_but_its_style(window, ticket):
    """Its policy allows no script, so nothing can look into the page either."""
    row = deliver(HTML.format(answer_to(ticket)).encode())
    requests = []
    window.on("request", lambda request: requests.append(request.url))
    response = window.goto(f"/tickets/{ticket.pk}/messages/{row.pk}/original/")
    assert "Hello" in response.text()
    assert files_of(requests) == ["", "original.css"]


def test_the_original_shows_the_images_that_came_with_it(window, ticket):
    html = '<img src="cid:a" alt="Red"><img src="https://tracker.example/p.gif" alt="Not loaded">'
    row = receive(html, (samples.png(100, 100, "red"), "a"), ticket=ticket)
    requests = []
    window.on("request", lambda request: requests.append(request.url))
    window.goto(f"/tickets/{ticket.pk}/messages/{row.pk}/original/")
    assert files_of(requests) == ["", "original.css"]
    colors = Image.open(BytesIO(window.screenshot())).convert("RGB").getcolors(1 << 24)
    red = sum(count for count, (r, g, b) in colors if r > 200 and g < 60 and b < 60)
    assert 9_000 < red < 11_000
    window.goto(f"/tickets/{ticket.pk}/")
    thumbnail = window.locator("#talk .attached img")
    thumbnail.scroll_into_view_if_needed()
    expect(thumbnail).to_have_js_property("naturalWidth", 100)


def test_participants_are_added_and_removed(window, ticket):
    window.goto(f"/tickets/{ticket.pk}/")
    card = window.locator("#participants")
    card.get_by_text("Add a participant").click()
    card.get_by_label("Email address").fill("lou@example.net")
    card.get_by_role("button", name="Add").click()
    expect(card).to_contain_text("lou@example.net")
    card.get_by_role("button", name="Stop").click()
    expect(card).to_contain_text("Gets no replies")
    card.get_by_role("button", name="Remove").click()
    expect(card).not_to_contain_text("lou@example.net")
    assert not Participant.objects.exists()


def test_a_bounced_address_is_cleared(window, ticket):
    sent_email(ticket)
    deliver(bounce())
    window.goto(f"/tickets/{ticket.pk}/")
    expect(window.locator("#notices")).to_contain_text("cannot be delivered")
    window.get_by_role("button", name="Send mail to it again").click()
    expect(window.locator("#notices")).not_to_contain_text("cannot be delivered")
    assert not BouncedAddress.objects.exists()


@pytest.mark.parametrize("width", [1280, 360])
def test_a_ticket_with_mail_is_accessible(desk, ticket, width):
    sent_email(ticket)
    deliver(bounce())
    deliver(letter(QUOTING, to=answer_to(ticket)))
    deliver(letter("Away.", to=answer_to(ticket), auto_submitted="auto-replied"))
    deliver(letter("Me too.", to=answer_to(ticket), sender="lou@example.net"))
    Participant.objects.create(ticket=ticket, address="a@x.org", folded="a@x.org")
    window = desk.agent(viewport={"width": width, "height": 800})
    window.goto(f"/tickets/{ticket.pk}/")
    for summary in window.locator(".by-mail summary").all():
        summary.click()
    assert violations_in_both_themes(window) == {}
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert window.evaluate(wide) <= 0


@pytest.mark.parametrize("width", [1280, 360])
def test_held_mail_is_decided_on_its_page(desk, ticket, width):
    for sender, body in (("lou@example.net", "Me too."), ("eve@example.net", "Win a zebra.")):
        deliver(letter(body, to=answer_to(ticket), sender=sender))
    window = desk.agent(viewport={"width": width, "height": 800})
    window.goto("/dashboard/")
    window.get_by_role("link", name="Decide").click()
    expect(window.get_by_role("heading", name="Held mail")).to_be_visible()
    zebra = window.locator(".mails > li", has_text="zebra")
    zebra.get_by_role("button", name="Discard").click()
    expect(window.locator("#toasts")).to_contain_text("The message is discarded.")
    window.reload()  # without what is fading in
    window.get_by_text("Discarded in the last 30 days").click()
    assert violations_in_both_themes(window) == {}
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert window.evaluate(wide) <= 0
    expect(zebra.get_by_role("button", name="Discard")).to_have_count(0)
    window.get_by_role("button", name="Accept").first.click()
    expect(window.get_by_text("No message waits for a decision.")).to_be_visible()
    assert [comment.body for comment in ticket.comments.all()] == ["Me too."]


def test_the_labels_of_an_original_stay_whole_on_a_phone(desk, ticket):
    row = deliver(letter(to=answer_to(ticket)))
    window = desk.agent()
    window.set_viewport_size({"width": 360, "height": 740})
    window.goto(f"/tickets/{ticket.pk}/messages/{row.pk}/original/")
    for label in ("From", "To"):
        box = window.locator("dt", has_text=label).first.bounding_box()
        assert box["height"] < 30, label


def test_what_came_back_is_sent_again(window, ticket):
    email = sent_email(ticket)
    deliver(bounce())
    window.goto(f"/tickets/{ticket.pk}/")
    card = window.locator("#private-link")
    expect(card).to_contain_text("Reply came back")
    card.get_by_role("button", name="Send again").click()
    expect(window.locator("#toasts")).to_contain_text("to kim@example.org is sent again.")
    expect(window.locator("#notices")).not_to_contain_text("cannot be delivered")
    expect(card).to_contain_text("Reply queued")
    email.refresh_from_db()
    assert email.state == "waiting"
