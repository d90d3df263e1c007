"""One bounded POST, for every provider: in time or not at all, and never more than a megabyte.

urllib3's read timeout holds for each read from the socket, so a server that drips a byte now
and then holds the caller for as long as it likes. Here it holds for the whole response, and the
time to connect holds for all of a host's addresses together. Only the lookup of the host's name
cannot be bounded: whoever must not wait for that calls from a thread of its own.
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
KEPT_CONNECTIONS = 16
# The address is wrong or nobody is there; anything else that is not a timeout is a bad response.
_UNREACHABLE = (
    exceptions.NewConnectionError,
    exceptions.LocationValueError,
    exceptions.SSLError,
    UnicodeError,  # a host name that DNS cannot carry
)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes

    def json(self) -> dict[str, Any]:
        """The object in the body, or ProviderError."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise ProviderError("bad_response")
        return value

    def error(self) -> dict[str, Any]:
        """The object in the body of a refusal; empty when there is none."""
        try:
            return self.json()
        except ProviderError:
            return {}


class Transport:
    """Connections of one process to one service. No proxy, no redirect, no second try."""

    def __init__(self) -> None:
        self._pools = urllib3.PoolManager(maxsize=KEPT_CONNECTIONS)
        self._pools.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def post(self, url: str, headers: Mapping[str, str], body: bytes, timeout: float) -> Answer:
        """The whole answer within `timeout` seconds, whatever its status, or ProviderError."""
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
        with closing(response):  # its connection is back in the pool when all was read
            return Answer(response.status, _whole_body(response))


def base_address(given: str) -> Url:
    """A base address without a slash at its end; ProviderError when it is none."""
    try:
        url = parse_url(given.strip())
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
    if lost or isinstance(error, _UNREACHABLE):  # among them a refusal, to urllib3 a timeout too
        return "unreachable"
    return "deadline" if isinstance(error, exceptions.TimeoutError) else "bad_response"


class _Bounded(io.RawIOBase):
    """What a socket receives until a time, then TimeoutError."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, ends: float) -> None:
        self._raw, self._sock, self._ends = raw, sock, ends

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _WholeResponse(http.client.HTTPResponse):
    """Status, headers and body within the timeout that the socket had at the start."""

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        ends = time.monotonic() + (sock.gettimeout() or 0.0)
        self.fp = io.BufferedReader(_Bounded(self.fp.detach(), sock, ends))


class _Connection(HTTPConnection):
    response_class = _WholeResponse

    def _new_conn(self) -> socket.socket:
        """Try each address of the host for its share of the time that is left."""
        host, seconds = self._dns_host, self.timeout or 0.0
        addresses = socket.getaddrinfo(host, self.port, type=socket.SOCK_STREAM)
        ends = time.monotonic() + seconds
        try:
            for others, address in zip(reversed(range(len(addresses))), addresses, strict=True):
                self._dns_host = str(address[4][0])
                self.timeout = max(ends - time.monotonic(), 0.001) / (others + 1)
                try:
                    sock = super()._new_conn()
                except exceptions.HTTPError:
                    if not others:
                        raise
                else:
                    # The TLS handshake comes next, within the same time.
                    sock.settimeout(max(ends - time.monotonic(), 0.001))
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
