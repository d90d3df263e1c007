"""Where to report a vulnerability in this desk (RFC 9116), if SECURITY_CONTACT says so."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from ...exceptions import NotFound
from ..decorators import Request, page

LIFETIME = timedelta(days=182)  # of each answer; less than a year, as the RFC recommends


@page("GET")
def security_txt(request: Request) -> HttpResponse:
    if not settings.SECURITY_CONTACT:
        raise NotFound
    # The same all day, so that copies can be compared.
    today = datetime.combine(timezone.now().astimezone(UTC), time(), UTC)
    lines = [
        *(f"Contact: {each}" for each in settings.SECURITY_CONTACT),
        f"Expires: {today + LIFETIME:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: en",
        f"Canonical: {settings.SITE_URL}{reverse('security-txt')}",
    ]
    text = "".join(f"{line}\n" for line in lines)
    return HttpResponse(text, content_type="text/plain; charset=utf-8")
