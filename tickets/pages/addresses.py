"""Check addresses that a request names, and build those of the list."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from ..forms.lists import ALL_TICKETS


def next_path(request: HttpRequest) -> str:
    """Return the path of this site to go on to, which the page has sent as `next`; "" if none."""
    url = request.POST.get("next") or request.GET.get("next", "")
    # No host is allowed, not even our own, so what passes can only be a path.
    is_safe = url.startswith("/") and url_has_allowed_host_and_scheme(
        url, allowed_hosts=None, require_https=request.is_secure()
    )
    return url if is_safe else ""


def list_address(query: str) -> str:
    """Return the address of the ticket list with this query string. "" means all tickets."""
    return f"{reverse('ticket-list')}?{query or ALL_TICKETS}"


def list_url(filters: Mapping[str, str], **changes: str) -> str:
    """Return the address of the ticket list with these filters and changes ("" removes one).

    It starts at the first page unless `cursor` is one of the changes.
    """
    values = {**filters, "cursor": "", **changes}
    return list_address(urlencode({name: value for name, value in values.items() if value}))
