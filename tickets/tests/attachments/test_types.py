"""Types by content, and programs."""

import pytest

from tickets.files.types import UNKNOWN_TYPE, is_program, type_of

from . import samples


@pytest.mark.parametrize(
    ("content", "name", "media_type"),
    [
        (samples.png(), "photo.png", "image/png"),
        (samples.image("JPEG"), "photo.jpg", "image/jpeg"),
        (samples.image("GIF"), "photo.gif", "image/gif"),
        (samples.image("WEBP"), "photo.webp", "image/webp"),
        (samples.TEXT, "log.txt", "text/plain"),
        (samples.TEXT, "photo.png", "text/plain"),
        (samples.HTML, "photo.png", "text/html"),
        (b"\xef\xbb\xbf  \n" + samples.HTML, "a.txt", "text/html"),
        (samples.SVG, "logo.svg", "text/html"),
        (samples.SVG, "logo.png", "text/html"),
        (samples.PDF_AND_HTML, "a.pdf", "text/html"),
        (samples.PDF_AND_HTML.replace(b"\n", b"\xe2\x00\n"), "a.pdf", "application/pdf"),
        (samples.GIF_AND_SCRIPT, "a.gif", "image/gif"),
        (b"PK\x03\x04" + b"\0" * 40, "a.zip", "application/zip"),
        (
            b"PK\x03\x04" + b"\0" * 40,
            "letter.docx",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        (b"\x00\x01\x02\x03" * 20, "photo.png", UNKNOWN_TYPE),
        ("Grüße, 世界".encode(), "a", "text/plain"),
        ("ü".encode() * 2000, "cut in the middle of a letter", "text/plain"),
        (b"", "a", UNKNOWN_TYPE),
    ],
)
def test_the_content_tells_the_type(content, name, media_type):
    assert type_of(content[:4095], name) == media_type


def test_an_image_in_xml_is_no_raster_image():
    assert type_of(samples.XML_SVG, "photo.png") not in ("image/png", "text/plain")


@pytest.mark.parametrize("content", [samples.EXE, samples.ELF, samples.SCRIPT, samples.SHORTCUT])
def test_programs_are_known_by_their_content(content):
    assert is_program(content, "holiday.jpg")


@pytest.mark.parametrize(
    "content",
    [
        b"[InternetShortcut]\r\nURL=file://host/share/x.exe\r\n",
        b"\n\n[Desktop Entry]\nExec=sh -c id\n",
        b"\xef\xbb\xbf[internetshortcut]\nURL=x\n",
        b"MSCF\0\0\0\0",
    ],
)
def test_shortcuts_and_cabinets_are_known_by_their_content(content):
    assert is_program(content, "notes.txt")


@pytest.mark.parametrize(
    "name",
    [
        *("a.exe", "A.EXE", "invoice.pdf.scr", "x.lnk", "x.js", "x.ps1", "x.jar", "x.hta"),
        *("x.settingcontent-ms", "x.desktop", "x.webloc", "x.rdp", "x.py", "x.terminal"),
        "x.\uff45\uff58\uff45",  # in full-width letters
    ],
)
def test_programs_are_known_by_their_name(name):
    assert is_program(samples.TEXT, name)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"MZ is not a program when it is a text, such as this one. " * 3, "a.txt"),
        (samples.png(), "exe.png"),
        (samples.TEXT, "exe"),
        (b"# a comment\n", "notes.md"),
        (b"It begins with [InternetShortcut] here.\n", "notes.md"),
    ],
)
def test_other_files_are_no_programs(content, name):
    assert not is_program(content, name)
