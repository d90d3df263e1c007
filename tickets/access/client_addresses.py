"""Whose request it is: the client's address, in each form that a proxy writes it."""

from __future__ import annotations

import ipaddress
import re

from django.conf import settings
from django.http import HttpRequest

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
NOWHERE = "0.0.0.0"  # noqa: S104  # nosec B104  # nothing listens on it
# Parts of `Forwarded` (RFC 7239): strings in quotes, which may hold separators, and the rest. What
# lacks its second quote goes to the end, so that nothing is read twice.
PART = re.compile(r'"(?:[^"\\]|\\.)*+"?|[,;]|[^",;]+', re.S)
PORT = re.compile(r":[0-9]{1,5}\Z")


def client_address(request: HttpRequest) -> str:
    """Return the client's address. Trust as many proxies as TRUSTED_PROXIES counts.

    Each proxy appends the address that it saw, so a trusted one wrote the nth from the right;
    everything to its left may be forged. If it wrote none, or none that can be read, the address
    of the connection counts. An IPv6 client usually owns its whole /64, so it is counted by that
    network.
    """
    address = parsed_address(request.META.get("REMOTE_ADDR", ""))
    if settings.TRUSTED_PROXIES and (hops := forwarded_for(request)):
        address = parsed_address(hops[-settings.TRUSTED_PROXIES :][0]) or address
    if address is None:
        return NOWHERE  # a socket without an address: all such clients count as one
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        number = int(address) >> 64 << 64
        return str(ipaddress.IPv6Address(number))
    return str(address)


def forwarded_for(request: HttpRequest) -> list[str]:
    """Return what the proxies wrote, the nearest one last.

    That is `X-Forwarded-For`, or without it the `for` of each element of `Forwarded`.
    """
    if "X-Forwarded-For" in request.headers:
        return [hop.strip() for hop in request.headers["X-Forwarded-For"].split(",")]
    return _for_of_each(request.headers.get("Forwarded", ""))


def parsed_address(text: str) -> Address | None:
    """Return the address that a proxy wrote as `203.0.113.7:51234`, `"[2001:db8::1]:80"` or so.

    Return None if there is none, as in `unknown` or `_hidden`.
    """
    text = text.strip().strip('"').strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = PORT.sub("", text)
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _for_of_each(header: str) -> list[str]:
    if not header.strip():
        return []
    hops, pair, current = [], "", ""
    for part in [*PART.findall(header), ","]:
        if part not in (",", ";"):
            pair += part
            continue
        name, _, value = pair.partition("=")
        if name.strip().lower() == "for":
            current = value.strip()
        pair = ""
        if part == ",":
            hops.append(current)
            current = ""
    return hops
