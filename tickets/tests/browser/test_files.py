"""Files in forms: chosen, pasted, dropped, removed and sent, with and without scripts."""

import base64

import pytest
from playwright.sync_api import expect

from tickets.models.attachments import Attachment
from tickets.models.ticket import Comment, Ticket
from tickets.models.workplace import PendingReply
from tickets.services.attachments.processing import process_file
from tickets.tests.attachments import samples
from tickets.tests.factories import TicketFactory

LOG = {"name": "log.txt", "mimeType": "text/plain", "buffer": samples.TEXT}
PHOTO = {"name": "photo.png", "mimeType": "image/png", "buffer": samples.png(600, 400)}
EXE = {"name": "holiday.jpg", "mimeType": "image/jpeg", "buffer": samples.EXE}
# Send a paste or a drop with files, as a browser does.
TRANSFER = """(element, { type, files }) => {
  const transfer = new DataTransfer();
  for (const { name, content } of files) {
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
    transfer.items.add(new File([bytes], name));
  }
  const options = { bubbles: true, cancelable: true };
  const event =
    type === "paste"
      ? new ClipboardEvent("paste", { ...options, clipboardData: transfer })
      : new DragEvent(type, { ...options, dataTransfer: transfer });
  return element.dispatchEvent(event);
}"""


def transfer(locator, kind, *files):
    """Return whether the browser would do what it does by itself."""
    sent = [
        {"name": file["name"], "content": base64.b64encode(file["buffer"]).decode()}
        for file in files
    ]
    return locator.evaluate(TRANSFER, {"type": kind, "files": sent})


def chosen(page):
    return page.locator(".chosen li")


@pytest.fixture
def linked(db):
    ticket = TicketFactory()
    ticket.issue_link()
    ticket.save()
    return ticket


@pytest.fixture(params=["submit", "requester", "agent"])
def window(request, desk, linked):
    """A page with a form, the text typed already."""
    if request.param == "agent":
        window = desk.agent()
        window.goto(linked.get_absolute_url())
    else:
        window = desk.window()
        window.goto("/" if request.param == "submit" else linked.private_link_path())
    window.locator("#description, #body").first.fill("It is on fire, see the photo.")
    return window


def send(window):
    window.get_by_role("button", name="Send", exact=True).or_(
        window.get_by_role("button", name="Send reply")
    ).click()


def test_files_are_chosen_pasted_dropped_removed_and_sent(window):
    window.locator("#files").set_input_files([LOG])
    expect(chosen(window)).to_have_count(1)
    expect(chosen(window)).to_contain_text(f"{len(LOG['buffer'])} bytes")
    assert transfer(window.locator("textarea").first, "paste", PHOTO) is False
    expect(chosen(window)).to_have_count(2)
    assert transfer(window.locator("body"), "dragover", PHOTO) is False
    assert transfer(window.locator("body"), "drop", PHOTO | {"name": "second.png"}) is False
    expect(chosen(window)).to_have_count(3)
    window.get_by_role("button", name="Remove: log.txt").click()
    expect(chosen(window)).to_have_count(2)
    expect(window.locator("#files")).to_be_focused()
    send(window)
    expect(window.locator(".attached a", has_text="photo.png")).to_be_visible()
    expect(window.locator(".attached a", has_text="second.png")).to_be_visible()
    assert list(Attachment.objects.values_list("name", flat=True)) == ["photo.png", "second.png"]
    # What was sent is not in the form for the next message.
    expect(chosen(window)).to_have_count(0)


def test_text_that_is_pasted_is_text(window):
    window.locator("textarea").first.focus()
    assert transfer(window.locator("textarea").first, "paste") is True
    expect(chosen(window)).to_have_count(0)


def test_a_file_that_is_too_large_is_refused_before_it_is_sent(window):
    big = {"name": "big.bin", "mimeType": "", "buffer": b"x" * (10 * 1024 * 1024 + 1)}
    window.locator("#files").set_input_files([LOG, big])
    expect(window.get_by_text("“big.bin” is larger than 10 MB.")).to_be_visible()
    expect(chosen(window)).to_have_count(1)


def test_a_refused_file_says_why_and_the_others_stay(window, desk):
    desk.tolerate("status of 400")
    window.locator("#files").set_input_files([LOG, EXE])
    send(window)
    reason = "“holiday.jpg” is a program or a script, which we do not accept."
    expect(window.locator("#files-error", has_text=reason)).to_be_visible()
    expect(window.locator("#description, #body").first).to_have_value(
        "It is on fire, see the photo."
    )
    expect(window.get_by_role("checkbox", name="log.txt")).to_be_checked()
    send(window)
    expect(window.locator(".attached a", has_text="log.txt")).to_be_visible()
    assert Attachment.objects.get().name == "log.txt"


def test_the_progress_of_a_slow_upload_is_shown(desk, linked):
    window = desk.window()
    window.goto("/")
    window.locator("#description").fill("It is on fire, see the photo.")
    client = window.context.new_cdp_session(window)
    client.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 2_000_000},
    )
    big = {"name": "big.bin", "mimeType": "", "buffer": bytes(8 * 1024 * 1024)}
    window.locator("#files").set_input_files([big])
    window.get_by_role("button", name="Send", exact=True).click()
    expect(window.get_by_role("progressbar", name="Upload")).to_be_visible()
    expect(window.locator(".attached a", has_text="big.bin")).to_be_visible()
    assert Ticket.objects.filter(description__startswith="It is on fire").count() == 1


def test_undo_brings_the_files_of_a_reply_back(desk, linked, settings):
    settings.REPLY_DELAY_SECONDS = 60
    window = desk.agent()
    window.goto(linked.get_absolute_url())
    window.locator("#body").fill("Look at this.")
    window.locator("#files").set_input_files([LOG])
    window.get_by_role("button", name="Send reply").click()
    expect(window.locator(".pending .attached")).to_contain_text("log.txt")
    window.keyboard.press("z")
    expect(window.get_by_role("checkbox", name="log.txt")).to_be_checked()
    expect(window.locator("#body")).to_have_value("Look at this.")
    window.get_by_role("button", name="Send reply").click()
    expect(window.locator(".pending .attached")).to_contain_text("log.txt")
    assert PendingReply.objects.waiting().get().attachments.get().name == "log.txt"


def test_a_thumbnail_appears_on_an_open_page(desk, linked):
    window = desk.window()
    window.goto(linked.private_link_path())
    window.locator("#body").fill("See the photo.")
    window.locator("#files").set_input_files([PHOTO])
    window.get_by_role("button", name="Send reply").click()
    expect(window.locator(".attached a", has_text="photo.png")).to_be_visible()
    process_file(Attachment.objects.get().file_id)
    window.reload()
    image = window.locator(".attached img")
    expect(image).to_be_visible()
    assert image.evaluate("async (image) => { await image.decode(); return image.naturalWidth; }")


@pytest.mark.parametrize("path", ["submit", "requester", "agent"])
def test_without_scripts_and_on_a_phone(desk, linked, narrow, path):
    options = {**narrow, "java_script_enabled": False}
    if path == "agent":
        window = desk.agent(**options)
        window.goto(linked.get_absolute_url())
    else:
        window = desk.window(**options)
        window.goto("/" if path == "submit" else linked.private_link_path())
    window.locator("#description, #body").first.fill("It is on fire.")
    window.locator("#files").set_input_files([LOG, EXE])
    desk.tolerate("status of 400")
    send(window)
    reason = "“holiday.jpg” is a program or a script, which we do not accept."
    expect(window.locator("#files-error", has_text=reason)).to_be_visible()
    expect(window.get_by_text("paste or drop")).to_be_hidden()
    window.get_by_role("checkbox", name="log.txt").check()
    send(window)
    expect(window.locator(".attached a", has_text="log.txt")).to_be_visible()
    assert Attachment.objects.get().name == "log.txt"
    assert path == "submit" or Comment.objects.get().body == "It is on fire."


def test_files_fit_a_phone(desk, linked, narrow):
    window = desk.window(**narrow)
    window.goto(linked.private_link_path())
    name = "a-very-long-name-without-any-space-" * 3 + ".txt"
    window.locator("#files").set_input_files([LOG | {"name": name}])
    window.locator("#body").fill("See the log.")
    assert window.evaluate("document.documentElement.scrollWidth") <= 360
    window.get_by_role("button", name="Send reply").click()
    expect(window.locator(".attached a")).to_be_visible()
    assert window.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_file_is_saved_and_never_shown(desk, linked):
    window = desk.window()
    window.goto(linked.private_link_path())
    window.locator("#body").fill("See the page.")
    window.locator("#files").set_input_files(
        [{"name": "page.html", "mimeType": "text/html", "buffer": samples.HTML}]
    )
    window.get_by_role("button", name="Send reply").click()
    with window.expect_download() as download:
        window.locator(".attached a", has_text="page.html").click()
    assert download.value.suggested_filename == "page.html"
    assert window.url.endswith(linked.private_link_path())
