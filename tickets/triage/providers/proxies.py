"""Which proxy leads to an address, as the variables HTTPS_PROXY, HTTP_PROXY and so on say."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from urllib3.util import Url, parse_url

THROUGH_LOOPBACK = "<-loopback>"  # in NO_PROXY, as browsers have it
DEFAULT_PORTS = {"http": 80, "https": 443}


class Proxy(NamedTuple):
    """The address of a proxy, and the variable that names it."""

    variable: str
    address: str

    @property
    def without_credentials(self) -> str:
        """The address as it may be shown."""
        return re.sub(r"^([a-z0-9+.-]+://)?[^/]*@", r"\1", self.address, flags=re.I)


@dataclass(frozen=True, slots=True)
class Proxies:
    """The proxies of the environment. Their addresses may hold credentials."""

    https: str = field(default="", repr=False)
    http: str = field(default="", repr=False)
    fallback: str = field(default="", repr=False)  # ALL_PROXY
    exceptions: str = ""  # NO_PROXY

    def leading_to(self, url: Url) -> Proxy | None:
        """Return the proxy for an http or https address, or None to connect directly."""
        by_scheme = {"https": Proxy("HTTPS_PROXY", self.https)}.get(
            url.scheme or "", Proxy("HTTP_PROXY", self.http)
        )
        chosen = next(
            (p for p in (by_scheme, Proxy("ALL_PROXY", self.fallback)) if p.address), None
        )
        return None if chosen is None or self._excepts(url) else chosen

    def _excepts(self, url: Url) -> bool:
        host = (url.host or "").strip("[]").rstrip(".").lower()
        port = url.port or DEFAULT_PORTS.get(url.scheme or "", 0)
        entries = re.split(r"[,\s]+", self.exceptions.lower())
        if _is_loopback(host) and THROUGH_LOOPBACK not in entries:
            return True  # no proxy can reach this machine for us
        return any(_matches(name, host) for name in _names_for(port, entries))


NO_PROXIES = Proxies()


def _names_for(port: int, entries: list[str]) -> Iterator[str]:
    """Yield the names and networks of NO_PROXY that hold for this port, without their port."""
    for entry in entries:
        name, colon, ending = entry.rpartition(":")
        if colon and ending.isdecimal() and (":" not in name or name.endswith("]")):
            if int(ending) == port:
                yield name.strip("[]")
        elif entry:
            yield entry.strip("[]")


def _matches(name: str, host: str) -> bool:
    """Return whether the host is the name, lies below it, or is an address in its network."""
    if name == "*":
        return True
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(name, strict=False)
    except ValueError:
        name = name.removeprefix("*").strip(".")
        return bool(name) and f".{host}".endswith(f".{name}")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return f".{host}".endswith(".localhost")


def proxy_url(proxy: Proxy) -> Url:
    """Return the parsed address of a proxy, which may lack its scheme; ValueError if invalid.

    Only proxies without TLS are supported: inside one, the TLS to the service would be read
    without a deadline.
    """
    address = proxy.address if "://" in proxy.address else f"http://{proxy.address}"
    url = parse_url(address)
    if url.scheme != "http" or not url.host:
        raise ValueError("not an address such as http://host:port")
    return url
