"""The type of the setting DESK_LOGO: an image of the desk's own."""

import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from .setting import site_address

MAX_LOGO_BYTES = 256 * 1024
# How the content of each kind begins. SVG is text, see `_media_type`.
SIGNATURES = {
    "image/png": rb"\x89PNG\r\n\x1a\n",
    "image/jpeg": rb"\xff\xd8\xff",
    "image/gif": rb"GIF8[79]a",
    "image/webp": rb"RIFF.{4}WEBP",
}
SVG = "image/svg+xml"
# Atomic groups, because the time must not grow with the ways to read a file that is no SVG.
SVG_START = re.compile(
    rb"(?:\xef\xbb\xbf)?(?>\s+|<\?xml[^>]*>|<!--(?>.*?-->)|<!DOCTYPE[^>]*>)*+<svg\b", re.S
)
KINDS = "be a PNG, JPEG, GIF, WebP or SVG file"


@dataclass(frozen=True)
class Logo:
    """An image at `address`, a path of this site.

    A file's `content` is served there. Otherwise it is empty, and `origin` is the site's address if
    the setting named it.
    """

    address: str
    content: bytes = b""
    media_type: str = ""
    origin: str = ""

    @property
    def name(self) -> str:
        return self.address.rpartition("/")[2]

    @property
    def is_svg(self) -> bool:
        return self.media_type == SVG or self.address.lower().endswith(".svg")


def logo(value: str) -> Logo:
    """A file, read now, or an address under /static/ or with http:// or https://."""
    if value.startswith("/static/") and ".." not in value:
        return Logo(value)
    if re.match(r"(?i)https?://", value):
        parts = urlsplit(value)
        return Logo(parts.path or "/", origin=site_address(f"{parts.scheme}://{parts.netloc}"))
    content = _read(Path(value))
    media_type = _media_type(content)
    # The name changes with the content, so that browsers may keep it.
    kind = media_type.removeprefix("image/").removesuffix("+xml")
    return Logo(f"/logo/{sha256(content).hexdigest()[:16]}.{kind}", content, media_type)


def _read(path: Path) -> bytes:
    try:
        if not path.is_file():  # a pipe would never end
            raise ValueError(f"name a file that can be read (there is no file {path})")
        with path.open("rb") as file:
            content = file.read(MAX_LOGO_BYTES + 1)
    except OSError as error:
        raise ValueError(f"name a file that can be read ({path}: {error.strerror})") from None
    if len(content) > MAX_LOGO_BYTES:
        raise ValueError(f"{KINDS} of at most {MAX_LOGO_BYTES // 1024} KiB ({path} is larger)")
    return content


def _media_type(content: bytes) -> str:
    for media_type, signature in SIGNATURES.items():
        if re.match(signature, content, re.S):
            return media_type
    if SVG_START.match(content):
        return SVG
    raise ValueError(KINDS)
