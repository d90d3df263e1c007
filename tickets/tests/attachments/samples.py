"""Files to send: images, programs, and files that are not what they seem."""

import io
import struct
import zipfile
import zlib

from PIL import Image

GIF_AND_SCRIPT = b"GIF89a/*\x01\x00" + b"\x00" * 40 + b"*/=1;alert(document.domain)//;"
PDF_AND_HTML = b"%PDF-1.7\n<html><script>alert(1)</script></html>\n%%EOF"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(document.domain)</script></svg>'
XML_SVG = b'<?xml version="1.0"?>\n' + SVG
HTML = b"<!DOCTYPE html><html><body><script>alert(document.domain)</script></body></html>"
EXE = b"MZ\x90\x00\x03" + b"\x00" * 55 + b"\x80\x00\x00\x00" + b"\x00" * 64 + b"PE\x00\x00"
ELF = b"\x7fELF\x02\x01\x01" + b"\x00" * 60
SCRIPT = b"#!/bin/sh\nrm -rf /\n"
SHORTCUT = b"\x4c\x00\x00\x00\x01\x14\x02\x00" + b"\x00" * 60
TEXT = b"The printer says E 42.\n"


def png(width: int = 40, height: int = 30, color: str = "red") -> bytes:
    return image("PNG", width, height, color)


def image(kind: str, width: int = 40, height: int = 30, color: str = "red", **options) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), color).save(out, kind, **options)
    return out.getvalue()


def photo_with_place() -> bytes:
    """Return a JPEG whose EXIF says where it was taken."""
    exif = Image.Exif()
    exif[0x010E] = "taken at 12 Secret Street"
    return image("JPEG", exif=exif)


def decompression_bomb() -> bytes:
    """Return a PNG of a few kilobytes that has 30 000 x 30 000 pixels."""

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 1, 0, 0, 0, 0)
    rows = zlib.compress(b"\x00" * (3751 * 30_000), 9)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


def large_images_of_one_color() -> list[bytes]:
    """Return images of 7070 x 7070 pixels: 34 bytes of WebP, 6 kB and 97 kB of PNG."""
    images = []
    for kind, mode in (("WEBP", "RGBA"), ("PNG", "P"), ("PNG", "LA")):
        out = io.BytesIO()
        Image.new(mode, (7070, 7070)).save(out, kind, lossless=True, method=0)
        images.append(out.getvalue())
    return images


def zip_bomb() -> bytes:
    """Return an archive of 100 kilobytes that unpacks to 100 megabytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(10):
            archive.writestr(f"{number}.txt", b"\x00" * 10_000_000)
    return out.getvalue()
