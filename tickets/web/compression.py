"""Compress pages: with brotli where the browser accepts it, otherwise as Django does."""

from __future__ import annotations

import re
import secrets

import brotli
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_vary_headers
from django.utils.decorators import decorator_from_middleware

ACCEPTS_BROTLI = re.compile(r"\bbr\b")
MIN_BYTES = 200  # as in GZipMiddleware
QUALITY = 5  # takes as long as gzip's default; the result is a tenth smaller


class PageCompression(GZipMiddleware):
    """Like GZipMiddleware, but with brotli for a response that is not streamed."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if isinstance(response, FileResponse):  # most files are compressed in themselves
            return response
        accepted = request.META.get("HTTP_ACCEPT_ENCODING", "")
        if (
            not isinstance(response, HttpResponse)  # it is streamed
            or response.has_header("Content-Encoding")
            or len(response.content) < MIN_BYTES
            or not ACCEPTS_BROTLI.search(accepted)
        ):
            return super().process_response(request, response)
        patch_vary_headers(response, ("Accept-Encoding",))
        padding = secrets.randbelow(self.max_random_bytes) + 1
        response.content = compress(response.content, padding)
        response.headers["Content-Length"] = str(len(response.content))
        response.headers["Content-Encoding"] = "br"
        if (etag := response.get("ETag")) and etag.startswith('"'):
            response.headers["ETag"] = f"W/{etag}"  # it names the page, not these bytes
        return response


def compress(content: bytes, padding: int) -> bytes:
    """Compress with brotli, and add 1 to 256 bytes of padding.

    As in GZipMiddleware, a random length keeps an attacker from learning secrets of a page from
    its size. The padding is a metadata block (RFC 7932, section 9.2), which decoders skip.
    """
    compressor = brotli.Compressor(quality=QUALITY)
    compressed: bytes = compressor.process(content) + compressor.flush()  # ends on a whole byte
    header = (0b010110 | (padding - 1) << 6).to_bytes(2, "little")
    return compressed + header + bytes(padding) + b"\x03"  # the last block, empty


page_compression = decorator_from_middleware(PageCompression)
