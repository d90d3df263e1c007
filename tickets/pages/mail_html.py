"""The HTML of a message that came in, without what could harm or tell its sender anything."""

from __future__ import annotations

import re
from base64 import b64encode
from urllib.parse import unquote

import nh3
from django.utils.safestring import SafeString, mark_safe

from ..mail.bounds import bounded
from ..models.incoming import InboundMessage
from ..services.attachments.serving import inline_thumbnails
from ..services.attachments.thumbnails import THUMBNAIL_TYPE

TAGS = nh3.ALLOWED_TAGS - {"map", "area"}
CONTENT_ID = re.compile(r"\s*cid:(.+)", re.I | re.S)
LENGTH = re.compile(r"[0-9]{1,4}")
MAX_LENGTH = 640  # pixels: thumbnails are small, and nobody reads them any larger
# A message may show one image thousands of times.
MAX_IMAGE_CHARS = 2_000_000


def sanitized(html: str, message: InboundMessage) -> SafeString:
    """Return the HTML with thumbnails of the images that came with the message.

    Nothing is loaded from elsewhere. Up to one query, and the thumbnails are read into memory.
    """
    result = nh3.clean(
        bounded(html),
        tags=set(TAGS),
        attribute_filter=_AttributeFilter(inline_thumbnails(message)),
        url_schemes={"http", "https", "mailto", "cid"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
    return mark_safe(result)  # noqa: S308  # nosec B308, B703  # it is sanitized


class _AttributeFilter:
    """Puts images in the place of their ids, and drops the addresses of all others."""

    def __init__(self, thumbnails: dict[str, bytes]) -> None:
        self._addresses = {
            content_id: f"data:{THUMBNAIL_TYPE};base64,{b64encode(content).decode()}"
            for content_id, content in thumbnails.items()
        }
        self._space = MAX_IMAGE_CHARS

    def __call__(self, tag: str, attribute: str, value: str) -> str | None:
        if attribute == "src":
            return self._image(value)
        if tag == "img" and attribute in ("width", "height"):
            is_sane = LENGTH.fullmatch(value) and 0 < int(value) <= MAX_LENGTH
            return value if is_sane else None
        return None if CONTENT_ID.match(value) and attribute == "href" else value

    def _image(self, source: str) -> str | None:
        match = CONTENT_ID.fullmatch(source)
        address = self._addresses.get(unquote(match[1]).strip()) if match else None
        if address is None or len(address) > self._space:
            return None
        self._space -= len(address)
        return address
