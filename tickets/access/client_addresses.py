"""Whose request it is: the client's address, in each form that a proxy writes it."""

from __future__ import annotations

import ipaddress
import re

from django.conf import settings
from django.http import HttpRequest

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
NOWHERE = "0.0.0.0"  # noqa: S104  # nosec B104  # nothing listens on it
# An element of `Forwarded` (RFC 7239), which one proxy wrote: pairs of a name and a value.
VALUE = r'(?:"(?:[^"\\]|\\.)*+"|[^\s",;]*+)'
PAIR = rf"(?:for=(?P<client>{VALUE})|[!#-'*+.^-`|~\w-]++={VALUE})"
ELEMENT = re.compile(rf"(?:\s*+{PAIR}?\s*+(?:;|\Z))++", re.A | re.I | re.S)
PORT = re.compile(r":[0-9]{1,5}\Z")
BRACKETS = re.compile(r"\[([^\[\]]*)\](?::[0-9]{1,5})?")


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


def network_of(client: str) -> str:
    """Return the network of a client address: the /48 in IPv6, else the address itself.

    A provider may hand out a whole /48 of IPv6, whose 65,536 clients all have limits of their own.
    """
    if ":" not in client:
        return client
    return str(ipaddress.ip_network(f"{client}/48", strict=False))


def locked_address(request: HttpRequest) -> str:
    """Return the address by which wrong passwords are counted: in IPv6, that of the /48."""
    return network_of(client_address(request)).partition("/")[0]


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
    if in_brackets := BRACKETS.fullmatch(text):
        text = in_brackets[1]
    elif text.count(":") == 1:
        text = PORT.sub("", text)
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _for_of_each(header: str) -> list[str]:
    """Return the `for` of the elements, "" if one has none.

    They are read from the right, up to what no proxy would write. Clients write what is to the
    left: a quote there that does not end must not hide what the proxies appended.
    """
    if not header.strip():
        return []
    hops: list[str] = []
    end = len(header)  # of what is still to be read
    commas = [at for at, character in enumerate(header) if character == ","]
    for start in [*(comma + 1 for comma in reversed(commas)), 0]:
        if element := ELEMENT.fullmatch(header, start, end):
            hops.append(element["client"] or "")
            end = start - 1
    return hops[::-1]
