"""The images of a message in their places, on the page of its original."""

import re
from base64 import b64decode
from email.message import EmailMessage
from email.utils import make_msgid
from io import BytesIO

import pytest
from django.test import Client
from PIL import Image

from tickets.access.actors import SYSTEM
from tickets.models.attachments import Attachment, StoredFile
from tickets.models.incoming import Mailbox
from tickets.pages.mail_html import MAX_IMAGE_CHARS
from tickets.services.attachments.processing import process_file
from tickets.services.attachments.storage import storage
from tickets.services.merging import merge_tickets, unmerge_ticket
from tickets.services.splitting import split_comment, undo_split
from tickets.services.tickets import delete_ticket
from tickets.tests.factories import AgentFactory
from tickets.tests.incoming.messages import DESK, answer_to, deliver, ticket_of_kim
from tickets.tests.mail_program import inline_image
from tickets.vocabulary import ScanState

from . import samples
from .test_serving import private_path

pytestmark = pytest.mark.django_db
IMAGE = re.compile(r"<img\b[^>]*>")
ADDRESS = re.compile(r'src="data:image/webp;base64,([^"]+)"')


@pytest.fixture(autouse=True)
def mailbox():
    return Mailbox.objects.create(name="Support", address=DESK)


@pytest.fixture
def agent():
    client = Client()
    client.force_login(AgentFactory())
    return client


def receive(html, *images, ticket=None):
    """Receive a message with HTML and (content, content id) pairs. Return its row."""
    message = EmailMessage()
    message["From"] = "Kim <kim@example.org>"
    message["To"] = answer_to(ticket) if ticket else DESK
    message["Subject"] = "Look"
    message["Message-ID"] = make_msgid(domain="example.org")
    message.set_content(f"<p>Look:</p>{html}", subtype="html")
    message.make_related()
    for content, content_id in images:
        message.attach(inline_image(content, f"{content_id}.png", content_id))
    row = deliver(message.as_bytes())
    process_files()
    return row


def process_files():
    for file_id in StoredFile.objects.values_list("pk", flat=True):
        process_file(file_id)


def original(client, row):
    response = client.get(f"/tickets/{row.ticket_id}/messages/{row.pk}/original/")
    assert response.status_code == 200
    return response


def images_of(client, row):
    return IMAGE.findall(original(client, row).content.decode())


def test_an_image_stands_in_its_place_drawn_anew(agent):
    photo = samples.photo_with_place()
    row = receive('<img src="cid:a@x" alt="The tray" width="300">', (photo, "a@x"))
    [image] = images_of(agent, row)
    content = b64decode(ADDRESS.search(image)[1])
    assert Image.open(BytesIO(content)).format == "WEBP"
    assert b"Secret" not in content
    assert 'alt="The tray"' in image
    assert 'width="300"' in image


def test_the_policy_allows_only_what_is_written_into_the_page(agent):
    policy = original(agent, receive("", (samples.png(), "a"))).headers["Content-Security-Policy"]
    assert "img-src data:;" in policy
    assert "default-src 'none'" in policy
    assert "sandbox allow-popups" in policy


@pytest.mark.parametrize("source", ["CID:a%40x", " cid:a@x", "cid:a@x "])
def test_an_id_is_found_however_it_is_written(agent, source):
    [image] = images_of(agent, receive(f'<img src="{source}">', (samples.png(), "a@x")))
    assert ADDRESS.search(image)


@pytest.mark.parametrize(
    "source",
    [
        "https://tracker.example/p.gif?kim",
        "//tracker.example/p.gif",
        "/tickets/1/",
        "p.gif",
        "data:image/svg+xml,<svg onload=alert(1)>",
        "data:image/png;base64,iVBORw==",
        "javascript:alert(1)",
        "cid:",
        "cid:b",
        "https://tracker.example/cid:a",
        "",
    ],
)
def test_no_other_image_is_loaded(agent, source):
    row = receive(f"<img src='{source}' srcset='https://tracker.example/2 2x'>", (b"", "a"))
    for image in images_of(agent, row):
        assert "src" not in image


@pytest.mark.parametrize(
    "content",
    [
        samples.SVG,
        samples.XML_SVG,
        samples.HTML,
        samples.GIF_AND_SCRIPT,
        samples.PDF_AND_HTML,
        samples.png(1, 1),
        samples.png()[:60],
        samples.decompression_bomb(),
    ],
    ids=["svg", "xml", "html", "gif and script", "pdf and html", "pixel", "half", "bomb"],
)
def test_what_is_no_plain_image_is_not_shown(agent, content):
    [image] = images_of(agent, receive('<img src="cid:a">', (content, "a")))
    assert "src" not in image


def test_what_follows_an_image_in_its_file_is_left_behind(agent):
    polyglot = samples.png() + samples.HTML
    [image] = images_of(agent, receive('<img src="cid:a">', (polyglot, "a")))
    assert b"script" not in b64decode(ADDRESS.search(image)[1])


def test_another_message_does_not_show_its_images(agent):
    ticket = ticket_of_kim()
    receive("", (samples.png(), "secret"), ticket=ticket)
    other_ticket = ticket_of_kim()
    for row in (
        receive('<img src="cid:secret">', ticket=other_ticket),
        receive('<img src="cid:secret">', ticket=ticket),
    ):
        assert all("src" not in image for image in images_of(agent, row))


def test_a_message_may_name_an_image_thousands_of_times(agent, django_assert_max_num_queries):
    noise = Image.effect_noise((320, 240), 90)
    out = BytesIO()
    noise.save(out, "PNG")
    row = receive('<img src="cid:a">' * 5000, (out.getvalue(), "a"))
    with django_assert_max_num_queries(12):
        page = original(agent, row).content
    assert page.count(b"data:image") > 10
    assert len(page) < MAX_IMAGE_CHARS + 200_000


@pytest.mark.parametrize("length", ["0", "-5", "100%", "99999", "9e9", "641", "1px", "²"])
def test_odd_lengths_are_dropped(agent, length):
    html = f'<img src="cid:a" width="{length}" height="{length}">'
    [image] = images_of(agent, receive(html, (samples.png(), "a")))
    assert "width" not in image
    assert "height" not in image


def test_an_image_that_waits_is_refused_or_is_gone_is_left_out(agent):
    ids = ("a", "b", "c")
    row = receive("".join(f'<img src="cid:{each}">' for each in ids), *images(*ids))
    waiting, refused, gone = StoredFile.objects.order_by("pk")
    StoredFile.objects.filter(pk=waiting.pk).update(scan_state=ScanState.WAITING)
    StoredFile.objects.filter(pk=refused.pk).update(scan_state=ScanState.REFUSED)
    storage().delete(gone.thumbnail)
    assert [ADDRESS.search(image) for image in images_of(agent, row)] == [None] * 3


def images(*content_ids):
    colors = ("red", "blue", "green")
    named = zip(colors, content_ids, strict=False)
    return [(samples.png(color=color), content_id) for color, content_id in named]


def test_an_image_stays_in_its_place_when_its_message_moves(agent):
    row = receive('<img src="cid:a">', *images("a"), ticket=ticket_of_kim())
    file = Attachment.objects.get()

    def assert_shown(ticket):
        assert ADDRESS.search(images_of(agent, row)[0])
        page = Client().get(ticket.private_link_path()).content.decode()
        assert f"attachments/{file.pk}/" in page
        assert Client().get(private_path(ticket, file)).status_code == 200

    split = split_comment(row.ticket_id, row.comment_id, SYSTEM).ticket
    assert_shown(split)
    target = ticket_of_kim()
    merge_tickets(split.pk, target.pk, SYSTEM)
    assert_shown(target)
    unmerge_ticket(split.pk, SYSTEM)
    assert_shown(split)
    undo_split(split.pk, SYSTEM)
    assert_shown(row.ticket)


def test_the_files_of_a_split_message_outlive_the_ticket_that_it_was_on(agent):
    row = receive("", *images("a"), ticket=ticket_of_kim())
    split = split_comment(row.ticket_id, row.comment_id, SYSTEM).ticket
    delete_ticket(row.ticket_id, SYSTEM)
    file = Attachment.objects.get()
    assert Client().get(private_path(split, file)).status_code == 200
    assert f"/attachments/{file.pk}/" in agent.get(split.get_absolute_url()).content.decode()


def test_the_images_are_files_of_the_ticket_too(agent):
    row = receive('<img src="cid:a">', *images("a"))
    attachment = Attachment.objects.get()
    page = agent.get(row.ticket.get_absolute_url()).content.decode()
    assert f"/attachments/{attachment.pk}/thumbnail/" in page
