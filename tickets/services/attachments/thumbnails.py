"""Small copies of images, which are safe to show: drawn anew, without anything else of the file."""

from __future__ import annotations

import io
import warnings
from typing import IO

from PIL import Image, ImageOps

from ...vocabulary import MAX_THUMBNAIL_PIXELS

SIZE = (320, 240)  # pixels, at most
FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
THUMBNAIL_TYPE = "image/webp"


def make_thumbnail(source: IO[bytes]) -> bytes | None:
    """Return a WebP of an image; None if it is none, is broken, or has too many pixels.

    One of a single pixel shows nothing: it holds a place, or tells who opens a message.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(source, formats=FORMATS) as image:
                if not 1 < image.width * image.height <= MAX_THUMBNAIL_PIXELS:
                    return None
                return _small_copy(image)
        # Decoders raise whatever a broken file makes them raise.
        except Exception:
            return None


def _small_copy(image: Image.Image) -> bytes:
    image.draft("RGB", (2 * SIZE[0], 2 * SIZE[1]))  # a JPEG is then read at a smaller size
    upright = ImageOps.exif_transpose(image)
    small = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    small.thumbnail(SIZE)
    # An image of its own, with the pixels and no other data.
    copy = Image.new(small.mode, small.size)
    copy.paste(small)
    out = io.BytesIO()
    copy.save(out, "WEBP", quality=80)
    return out.getvalue()
