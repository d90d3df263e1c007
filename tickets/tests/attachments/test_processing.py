"""Thumbnails and the scanner."""

import io
import socket
import struct
import threading
import time
from contextlib import suppress
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from PIL import Image, ImageDraw, ImageFont

from tickets.models.attachments import StoredFile
from tickets.services.attachments import processing
from tickets.services.attachments.processing import process_file, scan_waiting, waiting_files
from tickets.services.attachments.storage import storage
from tickets.services.attachments.thumbnails import SIZE, make_thumbnail
from tickets.tests.attachments.attaching import attach_content
from tickets.tests.factories import AgentFactory, TicketFactory

from . import samples
from .test_serving import agents_path, linked_ticket, private_path

pytestmark = pytest.mark.django_db


# --- thumbnails -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_an_image_gets_a_small_copy(kind):
    content = make_thumbnail(io.BytesIO(samples.image(kind, 1000, 500)))
    with Image.open(io.BytesIO(content)) as image:
        assert image.format == "WEBP"
        assert image.size == (320, 160)
        assert image.size <= SIZE


def test_a_thumbnail_has_no_exif():
    source = samples.photo_with_place()
    assert b"Secret Street" in source
    content = make_thumbnail(io.BytesIO(source))
    assert b"Secret Street" not in content
    with Image.open(io.BytesIO(content)) as image:
        assert not image.getexif()
        assert "icc_profile" not in image.info


def test_what_follows_an_image_is_not_in_its_thumbnail():
    content = make_thumbnail(io.BytesIO(samples.png() + b"<script>alert(1)</script>"))
    assert b"script" not in content


@pytest.mark.parametrize(
    "content",
    [
        samples.decompression_bomb(),
        samples.png()[:60],
        samples.image("JPEG")[:200],
        samples.GIF_AND_SCRIPT,
        b"\x89PNG\r\n\x1a\n" + b"\xff" * 100,
        samples.SVG,
        samples.image("TIFF"),
        b"",
    ],
)
def test_other_images_have_none(content):
    assert make_thumbnail(io.BytesIO(content)) is None


@pytest.mark.parametrize("content", samples.large_images_of_one_color())
def test_a_large_image_in_a_few_bytes_has_none(content):
    """To decode one takes a second and up to a gigabyte."""
    assert make_thumbnail(io.BytesIO(content)) is None


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGB", "RGBA", "I;16"])
def test_a_large_image_is_reduced_in_every_mode(mode):
    """Its lower half is dark: bands that are put together wrongly would show."""
    large = Image.new("L", (2480, 3508), "white")
    large.paste("black", (0, 1754, 2480, 3508))
    out = io.BytesIO()
    (large if mode == "I;16" else large.convert(mode)).convert(mode).save(out, "PNG")
    content = make_thumbnail(io.BytesIO(out.getvalue() + bytes(5000)))
    with Image.open(io.BytesIO(content)) as image:
        assert image.size == (170, 240)
        upper, lower = (image.convert("L").getpixel((85, row)) for row in (100, 140))
    assert upper > 250
    assert lower < 5


def test_a_photo_is_turned_as_its_camera_says():
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter to the right
    content = make_thumbnail(io.BytesIO(samples.image("JPEG", 4000, 3000, exif=exif)))
    with Image.open(io.BytesIO(content)) as image:
        assert image.size == (180, 240)


@pytest.mark.parametrize(
    ("kind", "mode", "size"),
    [
        ("PNG", "1", (4960, 7016)),  # a page, scanned with 600 dots per inch
        ("PNG", "P", (3840, 2160)),  # a screenshot
        ("WEBP", "RGB", (3840, 2160)),
    ],
)
def test_a_nearly_empty_page_or_screen_has_one(kind, mode, size):
    page = Image.new("L", size, "white")
    drawing = ImageDraw.Draw(page)
    text = "A page with this line of text and nothing below it has a thumbnail. 0123456789"
    drawing.text((300, 300), text, "black", ImageFont.load_default(size[1] // 80))
    out = io.BytesIO()
    page.convert(mode).save(out, kind, lossless=True)
    assert make_thumbnail(io.BytesIO(out.getvalue()))


def test_an_archive_is_never_opened():
    file = attach_content(TicketFactory(), samples.zip_bomb(), "logs.zip")
    process_file(file.file_id)
    file.file.refresh_from_db()
    assert (file.file.type, file.file.thumbnail) == ("application/zip", "")


def test_a_job_that_runs_twice_makes_one_thumbnail():
    file = attach_content(TicketFactory(), samples.png(), "photo.png")
    for _ in range(2):
        process_file(file.file_id)
    file.file.refresh_from_db()
    directory = file.file.name.partition("/")[0]
    assert len(storage().listdir(directory)[1]) == 2


# --- the scanner ------------------------------------------------------------------------


class Clamd:
    """A scanner that finds whatever has the word EICAR in it."""

    def __init__(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.address = self.server.getsockname()
        self.answer = ""  # instead of a verdict
        self.end = b"\0"  # of an answer
        self.seconds = 0.0  # between two bytes of it
        self.max_bytes = 1_000_000_000
        self.sizes = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            with connection:
                self.scan(connection.makefile("rwb"))

    def scan(self, stream):
        assert stream.read(10) == b"zINSTREAM\0"
        content = b""
        while size := struct.unpack("!I", stream.read(4))[0]:
            content += stream.read(size)
            if len(content) > self.max_bytes:
                self.reply(stream, self.answer or "INSTREAM size limit exceeded. ERROR")
                return  # the rest is not read
        self.sizes.append(len(content))
        verdict = "stream: Eicar-Signature FOUND" if b"EICAR" in content else "stream: OK"
        if b"PUZZLE" in content:
            verdict = "stream: Can't parse it ERROR"
        self.reply(stream, self.answer or verdict)

    def reply(self, stream, text):
        with suppress(OSError):  # nobody waits any more
            for byte in text.encode() + self.end:
                stream.write(bytes([byte]))
                if self.seconds:
                    stream.flush()
                    time.sleep(self.seconds)
            stream.flush()


@pytest.fixture
def clamd(settings):
    scanner = Clamd()
    settings.ATTACHMENT_SCAN = scanner.address
    yield scanner
    scanner.server.close()


@pytest.fixture
def agent():
    client = Client()
    client.force_login(AgentFactory())
    return client


def test_a_clean_file_can_be_opened_once_it_was_scanned(clamd, agent):
    ticket = linked_ticket()
    file = attach_content(ticket, samples.png(), "photo.png")
    response = Client().get(private_path(ticket, file))
    assert response.status_code == 403
    assert "still being checked" in response.content.decode()
    assert "still being checked" in Client().get(ticket.private_link_path()).content.decode()
    assert agent.get(agents_path(file)).status_code == 200
    assert "not scanned for viruses yet" in agent.get(ticket.get_absolute_url()).content.decode()
    process_file(file.file_id)
    assert Client().get(private_path(ticket, file)).status_code == 200
    assert Client().get(private_path(ticket, file, "thumbnail/")).status_code == 200
    assert clamd.sizes == [len(samples.png())]


def test_an_infected_file_is_refused_to_all(clamd, agent):
    ticket = linked_ticket()
    file = attach_content(ticket, b"EICAR", "virus.txt")
    process_file(file.file_id)
    for client, path in ((agent, agents_path(file)), (Client(), private_path(ticket, file))):
        response = client.get(path)
        assert response.status_code == 403
        assert "refused by our virus scanner" in response.content.decode()
    page = agent.get(ticket.get_absolute_url()).content.decode()
    assert "refused by the virus scanner (Eicar-Signature)" in page
    assert agents_path(file) not in page


def test_a_scanner_that_is_down_means_waiting(settings, agent):
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.ATTACHMENT_SCAN = server.getsockname()
    ticket = linked_ticket()
    file = attach_content(ticket, samples.TEXT, "log.txt")
    process_file(file.file_id)
    assert state(file) == "waiting"
    assert Client().get(private_path(ticket, file)).status_code == 403
    StoredFile.objects.update(created_at=timezone.now() - timedelta(minutes=10))
    host, port = settings.ATTACHMENT_SCAN
    reason = f"No answer from {host} on port {port}: Connection refused."
    assert reason in agent.get("/dashboard/").content.decode()


@pytest.mark.parametrize("answer", ["INSTREAM size limit exceeded. ERROR", "???", "stream: OKAY"])
def test_an_answer_that_is_no_verdict_is_not_clean(clamd, answer):
    clamd.answer = answer
    file = attach_content(TicketFactory(), samples.TEXT, "log.txt")
    process_file(file.file_id)
    assert state(file) == "waiting"


def test_files_that_wait_are_scanned_later_and_are_on_the_dashboard(settings, clamd, agent):
    file = attach_content(TicketFactory(), samples.TEXT, "log.txt")
    assert waiting_files() is None  # a scan takes a moment
    StoredFile.objects.update(created_at=timezone.now() - timedelta(minutes=10))
    clamd.answer = "stream: out of memory ERROR"
    scan_waiting(0)
    page = agent.get("/dashboard/").content.decode()
    assert "1 file waits for the virus scanner" in page
    assert "out of memory" in page
    clamd.answer = ""
    scan_waiting(0)
    assert state(file) == "clean"
    assert "virus scanner" not in agent.get("/dashboard/").content.decode()


def test_a_file_without_a_verdict_does_not_hold_up_others(clamd, monkeypatch):
    monkeypatch.setattr(processing, "MAX_FILES_PER_RUN", 2)
    puzzles = [attach_content(TicketFactory(), b"PUZZLE %d" % each, "a.txt") for each in range(4)]
    file = attach_content(TicketFactory(), samples.TEXT, "log.txt")
    old = timezone.now() - timedelta(minutes=10)
    StoredFile.objects.update(created_at=old)
    StoredFile.objects.filter(pk=file.file_id).update(created_at=old + timedelta(minutes=1))
    for _ in range(100):
        scan_waiting(0)
    assert state(file) == "clean"
    assert {state(each) for each in puzzles} == {"waiting"}
    assert waiting_files().error == "Can't parse it ERROR"


def test_a_scanner_that_is_gone_is_asked_once(clamd, monkeypatch, settings):
    for each in range(4):
        attach_content(TicketFactory(), b"text %d" % each, "a.txt")
    StoredFile.objects.update(created_at=timezone.now() - timedelta(minutes=10))
    clamd.server.shutdown(socket.SHUT_RDWR)
    scan_waiting(0)
    assert StoredFile.objects.exclude(scan_result="").count() == 1


def test_a_scanner_that_stops_reading_says_why(clamd):
    """It closes the connection while the file is sent to it."""
    clamd.max_bytes = 100_000
    file = attach_content(TicketFactory(), b"text " * 1_500_000, "log.txt")
    process_file(file.file_id)
    row = StoredFile.objects.get()
    assert (state(file), row.scan_result) == ("waiting", "INSTREAM size limit exceeded. ERROR")


def test_what_is_called_clean_before_it_was_read_is_not(clamd):
    clamd.max_bytes, clamd.answer = 100_000, "stream: OK"
    file = attach_content(TicketFactory(), b"text " * 1_500_000, "log.txt")
    process_file(file.file_id)
    assert state(file) == "waiting"


def test_half_an_answer_is_no_verdict(clamd):
    clamd.end = b""
    file = attach_content(TicketFactory(), samples.TEXT, "log.txt")
    process_file(file.file_id)
    assert state(file) == "waiting"


def test_a_scanner_that_answers_byte_by_byte_is_given_up(clamd, monkeypatch):
    monkeypatch.setattr("tickets.services.attachments.clamd.SCAN_TIMEOUT", 0.5)
    clamd.seconds = 0.3
    file = attach_content(TicketFactory(), samples.TEXT, "log.txt")
    process_file(file.file_id)
    assert state(file) == "waiting"


def test_a_file_from_before_the_scanner_is_scanned_when_it_is_sent_again(settings, clamd):
    settings.ATTACHMENT_SCAN = None
    file = attach_content(TicketFactory(), samples.TEXT, "log.txt")
    assert state(file) == "not_needed"
    settings.ATTACHMENT_SCAN = clamd.address
    attach_content(TicketFactory(), samples.TEXT, "log.txt")
    assert state(file) == "waiting"


def test_without_the_scanner_files_do_not_wait_for_ever(settings, clamd):
    file = attach_content(TicketFactory(), samples.TEXT, "log.txt")
    settings.ATTACHMENT_SCAN = None
    process_file(file.file_id)
    assert state(file) == "not_needed"


def state(file):
    return StoredFile.objects.get(pk=file.file_id).scan_state
