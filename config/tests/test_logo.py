"""DESK_NAME and DESK_LOGO: what is allowed, and what stops the start."""

import time

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.environment import read
from config.environment.logo import MAX_LOGO_BYTES

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
FILES = {
    "png": PNG,
    "jpeg": b"\xff\xd8\xff\xe0 JFIF",
    "gif": b"GIF89a...",
    "webp": b"RIFF\n\0\0\0WEBPVP8 ",
    "svg": b'<?xml version="1.0"?>\n<!-- a > comment -->\n<svg xmlns="http://www.w3.org/2000/svg"/>',
}
# Names that say nothing about the content, so only the content counts.
NAME = "logo.bin"


def logo(text):
    return read({"DESK_LOGO": str(text)})["DESK_LOGO"]


def refusal(text):
    with pytest.raises(ImproperlyConfigured) as caught:
        logo(text)
    message = str(caught.value)
    assert message.startswith("DESK_LOGO must ")
    assert "\n" not in message
    return message


@pytest.mark.parametrize("kind", FILES)
def test_a_file_is_read_and_named_by_its_content(tmp_path, kind):
    path = tmp_path / NAME
    path.write_bytes(FILES[kind])
    first = logo(path)
    assert first.content == FILES[kind]
    assert first.media_type == {"svg": "image/svg+xml"}.get(kind, f"image/{kind}")
    assert first.address.startswith("/logo/")
    assert first.name.endswith(f".{kind}")
    assert first.is_svg == (kind == "svg")
    path.write_bytes(FILES[kind] + b" ")
    assert logo(path).name != first.name


@pytest.mark.parametrize(
    ("text", "address", "origin"),
    [
        ("/static/favicon.svg", "/static/favicon.svg", ""),
        ("https://desk.example.org/media/a.png", "/media/a.png", "https://desk.example.org"),
    ],
)
def test_an_address_of_the_site_is_kept(text, address, origin):
    value = logo(text)
    assert (value.address, value.origin, value.content) == (address, origin, b"")


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    for path in (tmp_path / "missing.png", tmp_path, "/dev/zero", "/static/../etc/passwd"):
        assert "name a file that can be read" in refusal(path)


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"<html><svg></svg></html>", b"%PDF-1.7", b"MZ", b"<svgx/>"]
)
def test_what_is_no_image_is_refused(tmp_path, content):
    path = tmp_path / "logo.png"
    path.write_bytes(content)
    assert refusal(path) == "DESK_LOGO must be a PNG, JPEG, GIF, WebP or SVG file."


@pytest.mark.parametrize("content", [b" " * 250_000, b"<!-- -->" * 30_000, b"<!-->" * 50_000])
def test_what_is_no_image_is_refused_at_once(tmp_path, content):
    path = tmp_path / "logo.svg"
    path.write_bytes(content)
    started = time.monotonic()
    assert "be a PNG" in refusal(path)
    assert time.monotonic() - started < 2


def test_a_large_file_is_refused(tmp_path):
    path = tmp_path / NAME
    path.write_bytes(PNG.ljust(MAX_LOGO_BYTES, b"\0"))
    assert len(logo(path).content) == MAX_LOGO_BYTES
    path.write_bytes(PNG.ljust(MAX_LOGO_BYTES + 1, b"\0"))
    assert "of at most 256 KiB" in refusal(path)


@pytest.mark.parametrize("text", ["http://", "https://user:hidden@desk.example.org/a.png"])
def test_what_is_no_address_is_refused(text):
    assert "hidden" not in refusal(text)


def test_the_name_is_one_short_line():
    assert read({"DESK_NAME": "Büro & Söhne"})["DESK_NAME"] == "Büro & Söhne"
    for name in ("a" * 61, "two\nlines", "a\u202eb"):
        with pytest.raises(ImproperlyConfigured, match="DESK_NAME must be one line of at most 60"):
            read({"DESK_NAME": name})


@pytest.mark.parametrize(
    ("name", "sender"),
    [
        ("", "Support desk <desk@localhost>"),
        ("Acme, Inc.", '"Acme, Inc." <desk@localhost>'),
        ("Büro", '"Büro" <desk@localhost>'),
    ],
)
def test_messages_come_from_the_desk_by_name(name, sender):
    assert read({"DESK_NAME": name})["EMAIL_FROM"] == sender
