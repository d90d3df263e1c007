"""Small copies of images, which are safe to show: drawn anew, without anything else of the file."""

from __future__ import annotations

import io
import warnings
from typing import IO

from PIL import Image, ImageOps

from ...vocabulary import (
    MAX_PIXELS_PER_BYTE,
    MAX_SMALL_IMAGE_PIXELS,
    MAX_THUMBNAIL_PIXELS,
    MAX_WEBP_PIXELS,
)

SIZE = (320, 240)  # pixels, at most
FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
THUMBNAIL_TYPE = "image/webp"
BAND_PIXELS = 1_000_000  # converted at once


def make_thumbnail(source: IO[bytes]) -> bytes | None:
    """Return a WebP of an image; None if it is none, is broken, or would cost too much.

    One of a single pixel shows nothing: it holds a place, or tells who opens a message.
    """
    size = source.seek(0, io.SEEK_END)
    source.seek(0)
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(source, formats=FORMATS) as image:
                if not 1 < image.width * image.height <= _max_pixels(image, size):
                    return None
                return _small_copy(image)
        # Decoders raise whatever a broken file makes them raise.
        except Exception:
            return None


def _max_pixels(image: Image.Image, size: int) -> int:
    """Return how many pixels an image may have whose file has `size` bytes.

    A pixel takes 1 to 3 bytes of memory in an image of one channel or a JPEG in RGB, 4 in others,
    and 20 in a WebP. A few bytes can be a large image of one color, which is worth no thumbnail.
    """
    channels = len(image.getbands())
    if image.format == "WEBP":
        limit = MAX_WEBP_PIXELS
    elif channels == 1 or (image.format == "JPEG" and channels == 3):
        limit = MAX_THUMBNAIL_PIXELS
    else:
        limit = MAX_THUMBNAIL_PIXELS // 2
    return min(limit, max(MAX_SMALL_IMAGE_PIXELS, MAX_PIXELS_PER_BYTE * size))


def _small_copy(image: Image.Image) -> bytes:
    image.draft("RGB", (2 * SIZE[0], 2 * SIZE[1]))  # a JPEG is then read at a smaller size
    image.load()
    reduced = _reduced(image)
    reduced.info = image.info.copy()  # which has how the image is turned
    small = ImageOps.exif_transpose(reduced)
    small.thumbnail(SIZE)
    # An image of its own, with the pixels and no other data.
    copy = Image.new(small.mode, small.size)
    copy.paste(small)
    out = io.BytesIO()
    copy.save(out, "WEBP", quality=80)
    return out.getvalue()


def _reduced(image: Image.Image) -> Image.Image:
    """Return an RGB or RGBA copy, its longer side at least twice that of a thumbnail.

    It is converted band by band: all of it at once would take several times its memory.
    """
    mode = "RGBA" if image.has_transparency_data else "RGB"
    width, height = image.size
    factor = max(1, max(width, height) // (2 * max(SIZE)))
    rows = factor * max(1, BAND_PIXELS // (width * factor))
    copy = Image.new(mode, (-(-width // factor), -(-height // factor)))
    for top in range(0, height, rows):
        band = image.crop((0, top, width, min(top + rows, height))).convert(mode)
        copy.paste(band.reduce(factor), (0, top // factor))
    return copy
