"""The desk's logo, if it is a file of its own (DESK_LOGO)."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse

from ...exceptions import NotFound
from ..decorators import Request, page


@page("GET")
def desk_logo(request: Request, name: str) -> HttpResponse:
    logo = settings.DESK_LOGO
    if logo is None or not logo.content or name != logo.name:
        raise NotFound
    response = HttpResponse(logo.content, content_type=logo.media_type)
    response["Cache-Control"] = "public, max-age=31536000, immutable"  # the name has its hash
    response["Content-Security-Policy"] = settings.IMAGE_POLICY
    return response
