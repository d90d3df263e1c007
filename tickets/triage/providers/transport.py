"""A POST request with limits, for every provider: a deadline and a megabyte of response.

The read timeout of urllib3 applies to each read from the socket, so a server that sends a byte
now and then could hold the caller forever. Here it applies to the whole response, and the time
to connect to all addresses of a host together. Only the lookup of the host's name has no limit:
a caller that must not wait for it calls from a separate thread.

A proxy counts as part of the way: what it takes to connect, to open a tunnel and to pass on the
response is within the same deadline.
"""

from __future__ import annotations

import http.client
import io
import json
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Self
from urllib.parse import unquote

import urllib3
from urllib3 import exceptions
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util import Url, parse_url

from .base import ProviderError
from .proxies import NO_PROXIES, Proxies, Proxy, proxy_url

MAX_RESPONSE_BYTES = 1_000_000
MAX_IDLE_CONNECTIONS = 16
# The address is wrong or nothing answers there. Other errors than these and timeouts are bad
# responses.
_UNREACHABLE = (
    exceptions.NewConnectionError,
    exceptions.LocationValueError,
    exceptions.SSLError,
    UnicodeError,  # a host name that DNS cannot carry
)


@dataclass(frozen=True, slots=True)
class TransportResponse:
    status: int
    body: bytes
    retry_after: float = 0.0  # seconds that the service asks us to wait

    def json(self) -> dict[str, Any]:
        """Return the JSON object in the body, or raise ProviderError."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise ProviderError("bad_response")
        return value

    def error(self) -> dict[str, Any]:
        """Return the JSON object in the body of a refusal; empty if there is none."""
        try:
            return self.json()
        except ProviderError:
            return {}


class Transport:
    """The connections of one process to one service. No redirects or retries."""

    def __init__(self, proxies: Proxies = NO_PROXIES) -> None:
        self._proxies = proxies
        self._lock = threading.Lock()
        self._managers: dict[Proxy | None, urllib3.PoolManager] = {}

    def post(
        self, url: str, headers: Mapping[str, str], body: bytes, timeout: float
    ) -> TransportResponse:
        """Return the whole response within `timeout` seconds, whatever its status.

        Raise ProviderError if there is none.
        """
        if timeout <= 0:
            raise ProviderError("deadline")
        try:
            response = self._manager_for(url).urlopen(
                "POST",
                url,
                headers={"Content-Type": "application/json", **headers},
                body=body,
                timeout=_Deadline(timeout),
                retries=False,
                redirect=False,
                preload_content=False,
            )
        except ProviderError:
            raise
        except Exception as error:
            raise ProviderError(_reason(error)) from error
        with closing(response):  # its connection returns to the pool once all is read
            body = _whole_body(response)
        return TransportResponse(response.status, body, retry_after(response.headers))

    def _manager_for(self, url: str) -> urllib3.PoolManager:
        proxy = self._proxies.leading_to(parse_url(url))
        with self._lock:
            if proxy not in self._managers:
                self._managers[proxy] = _manager(proxy)
            return self._managers[proxy]


def _manager(proxy: Proxy | None) -> urllib3.PoolManager:
    if proxy is None:
        manager = urllib3.PoolManager(maxsize=MAX_IDLE_CONNECTIONS)
    else:
        try:
            address = proxy_url(proxy)
            credentials = unquote(address.auth) if address.auth else None
            headers = urllib3.make_headers(proxy_basic_auth=credentials)
        except (ValueError, exceptions.HTTPError):  # also characters that no header can carry
            raise ProviderError("proxy") from None
        manager = urllib3.ProxyManager(
            address._replace(auth=None).url, maxsize=MAX_IDLE_CONNECTIONS, proxy_headers=headers
        )
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
    return manager


def retry_after(headers: Mapping[str, str]) -> float:
    """Return the seconds that a Retry-After header names, as a number or as a time; 0 for none.

    A time is compared to the service's own clock, if it says what that shows.
    """
    value = headers.get("Retry-After", "").strip()
    try:
        if value.replace(".", "", 1).isdecimal():
            return float(value)
        now = _time(headers["Date"]) if "Date" in headers else datetime.now(UTC)
        return max((_time(value) - now).total_seconds(), 0.0)
    except (ValueError, TypeError, OverflowError):
        return 0.0


def _time(text: str) -> datetime:
    parsed = parsedate_to_datetime(text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def base_address(address: str) -> Url:
    """Parse a base address, without a slash at its end; ProviderError if it is invalid."""
    try:
        url = parse_url(address.strip())
    except exceptions.LocationParseError:
        raise ProviderError("unreachable") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise ProviderError("unreachable")
    return url._replace(path=(url.path or "").rstrip("/"), auth=None, fragment=None)


def _whole_body(response: urllib3.BaseHTTPResponse) -> bytes:
    answered = response.status == 200
    try:
        body = response.read(MAX_RESPONSE_BYTES + 1)
    except exceptions.TimeoutError as error:
        raise ProviderError("deadline") from error
    except Exception as error:
        raise ProviderError("bad_response", answer_lost=answered) from error
    if len(body) > MAX_RESPONSE_BYTES:
        raise ProviderError("bad_response", answer_lost=answered)
    return body


def _reason(error: Exception) -> str:
    if isinstance(error, exceptions.ProxyError):
        cause = error.original_error
        refused = isinstance(cause, exceptions.NewConnectionError)
        is_late = isinstance(cause, (TimeoutError, exceptions.TimeoutError)) and not refused
        return "deadline" if is_late else "proxy"
    lost = isinstance(error, exceptions.ProtocolError) and isinstance(error.args[-1], OSError)
    if lost or isinstance(error, _UNREACHABLE):  # urllib3 calls a refusal a timeout too
        return "unreachable"
    return "deadline" if isinstance(error, exceptions.TimeoutError) else "bad_response"


class _Deadline(urllib3.Timeout):
    """One time limit from now on. urllib3's own starts again after a proxy has been reached."""

    def __init__(self, seconds: float) -> None:
        super().__init__(total=seconds)
        self._ends = time.monotonic() + seconds

    def clone(self) -> Self:
        return self

    def start_connect(self) -> float:
        return self._ends

    @property
    def connect_timeout(self) -> float:
        return max(self._ends - time.monotonic(), 0.001)

    @property
    def read_timeout(self) -> float:
        return max(self._ends - time.monotonic(), 0.0)


class _Bounded(io.RawIOBase):
    """Reads from a socket until a deadline, then raises TimeoutError."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, deadline: float) -> None:
        self._raw, self._sock, self._deadline = raw, sock, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        seconds = self._deadline - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("timed out")
        self._sock.settimeout(seconds)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _WholeResponse(http.client.HTTPResponse):
    """Reads status, headers and body within the timeout that the socket has at the start."""

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        deadline = time.monotonic() + (sock.gettimeout() or 0.0)
        self.fp = io.BufferedReader(_Bounded(self.fp.detach(), sock, deadline))


class _Connection(HTTPConnection):
    response_class = _WholeResponse

    def _new_conn(self) -> socket.socket:
        """Try each address of the host for its share of the remaining time."""
        host, seconds = self._dns_host, self.timeout or 0.0
        addresses = socket.getaddrinfo(host, self.port, type=socket.SOCK_STREAM)
        deadline = time.monotonic() + seconds
        try:
            for left, address in zip(reversed(range(len(addresses))), addresses, strict=True):
                self._dns_host = str(address[4][0])
                self.timeout = max(deadline - time.monotonic(), 0.001) / (left + 1)
                try:
                    sock = super()._new_conn()
                except exceptions.HTTPError:
                    if not left:
                        raise
                else:
                    # The TLS handshake comes next and has the same deadline.
                    sock.settimeout(max(deadline - time.monotonic(), 0.001))
                    return sock
        finally:
            self._dns_host, self.timeout = host, seconds
        raise exceptions.NewConnectionError(self, "The host has no address.")

    def _tunnel(self) -> None:
        """Have the proxy connect to the service, in the time that is left."""
        sock = self.sock
        deadline = time.monotonic() + (sock.gettimeout() or 0.0)
        try:
            super()._tunnel()
        except Exception as error:
            raise exceptions.ProxyError("The proxy opened no tunnel.", error) from error
        sock.settimeout(max(deadline - time.monotonic(), 0.001))


class _TlsConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection
