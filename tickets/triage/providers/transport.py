"""A POST request with limits, for every provider: a deadline and a megabyte of response.

The read timeout of urllib3 applies to each read from the socket, so a server that sends a byte
now and then could hold the caller forever. Here it applies to the whole response, and the time
to connect to all addresses of a host together. Only the lookup of the host's name has no limit:
a caller that must not wait for it calls from a separate thread.
"""

from __future__ import annotations

import http.client
import io
import json
import socket
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import urllib3
from urllib3 import exceptions
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util import Url, parse_url

from .base import ProviderError

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
    """The connections of one process to one service. No proxies, redirects or retries."""

    def __init__(self) -> None:
        self._pools = urllib3.PoolManager(maxsize=MAX_IDLE_CONNECTIONS)
        self._pools.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def post(
        self, url: str, headers: Mapping[str, str], body: bytes, timeout: float
    ) -> TransportResponse:
        """Return the whole response within `timeout` seconds, whatever its status.

        Raise ProviderError if there is none.
        """
        if timeout <= 0:
            raise ProviderError("deadline")
        try:
            response = self._pools.urlopen(
                "POST",
                url,
                headers={"Content-Type": "application/json", **headers},
                body=body,
                timeout=urllib3.Timeout(total=timeout),
                retries=False,
                redirect=False,
                preload_content=False,
            )
        except Exception as error:
            raise ProviderError(_reason(error)) from error
        with closing(response):  # its connection returns to the pool once all is read
            return TransportResponse(response.status, _whole_body(response))


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
    try:
        body = response.read(MAX_RESPONSE_BYTES + 1)
    except exceptions.TimeoutError as error:
        raise ProviderError("deadline") from error
    except Exception as error:
        raise ProviderError("bad_response") from error
    if len(body) > MAX_RESPONSE_BYTES:
        raise ProviderError("bad_response")
    return body


def _reason(error: Exception) -> str:
    lost = isinstance(error, exceptions.ProtocolError) and isinstance(error.args[-1], OSError)
    if lost or isinstance(error, _UNREACHABLE):  # urllib3 calls a refusal a timeout too
        return "unreachable"
    return "deadline" if isinstance(error, exceptions.TimeoutError) else "bad_response"


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


class _TlsConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection
