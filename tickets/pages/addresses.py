"""Check addresses that a request names."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def own_path(request: HttpRequest, url: str) -> str:
    """Return `url` if it is a path of this site, else ""."""
    # No host is allowed, not even our own, so what passes can only be a path.
    is_safe = url.startswith("/") and url_has_allowed_host_and_scheme(
        url, allowed_hosts=None, require_https=request.is_secure()
    )
    return url if is_safe else ""
