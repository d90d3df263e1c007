"""The web server, reached as people reach it: through the proxies in front of it.

The desk answers to the doctor's signature what it saw of the request. A forged address in the
request shows whether the desk would believe anybody's.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from ... import __version__
from ...access.publication import is_loopback
from .finding import Finding, ok, wrong
from .signature import HEADER, new_signature

PATH = "/api/doctor/"
SECONDS = 6
FORGED = "203.0.113.7"  # of a range that nobody has (RFC 5737)
MIN_CERTIFICATE = timedelta(days=14)
# In compose, the web server's own port is not where people arrive.
PROXY_OF_COMPOSE = ("proxy", 8000)
ELSEWHERE = "If people reach the desk at another address, set SITE_URL, or name it with --url."


class Answer(NamedTuple):
    status: int
    location: str
    seen: dict[str, Any]  # empty unless the desk knows the signature
    certificate_ends: datetime | None


def look_at_web(url: str) -> Iterator[Finding]:
    """Look at the web server, the headers of its proxies and its certificate."""
    try:
        answer = ask(url)
    except (OSError, http.client.HTTPException) as error:
        yield _unreachable(url, error)
        return
    if answer.certificate_ends:
        yield _certificate(answer.certificate_ends)
    if not answer.seen:
        yield _refused(url, answer)
        return
    release = answer.seen["version"]
    if release != __version__:
        text = f"The web server runs release {release}, and this is {__version__}."
        yield wrong("web", text, "Restart the web server and the worker.")
    else:
        yield ok("web", f"{url} answers, with release {release}.")
    problems = list(_problems(url, answer.seen))
    yield from problems
    if not problems:
        count = answer.seen["trusted_proxies"]
        client = answer.seen["client"]
        yield ok("proxy", f"{count} in front, as TRUSTED_PROXIES says; this machine is {client}.")


def ask(url: str) -> Answer:
    """Send a request of the doctor's to an address of the desk. Raise OSError or HTTPException."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    if settings.INSTALLATION == "compose" and is_loopback(host):
        host, port = PROXY_OF_COMPOSE
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context()
        connection = http.client.HTTPSConnection(host, port, timeout=SECONDS, context=context)
    else:
        connection = http.client.HTTPConnection(host, port, timeout=SECONDS)
    headers = {"Host": parts.netloc, HEADER: new_signature(), "X-Forwarded-For": FORGED}
    try:
        connection.request("GET", PATH, headers=headers)
        ends = _end_of_certificate(connection.sock)
        response = connection.getresponse()
        body = response.read(64 * 1024)
    finally:
        connection.close()
    seen: dict[str, Any] = {}
    if response.status == 200 and response.getheader("Content-Type", "").startswith(
        "application/json"
    ):
        seen = json.loads(body)
    return Answer(response.status, response.getheader("Location", ""), seen, ends)


def _end_of_certificate(sock: object) -> datetime | None:
    if not isinstance(sock, ssl.SSLSocket):
        return None
    certificate: Any = sock.getpeercert()
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)


def _certificate(ends: datetime) -> Finding:
    if ends - timezone.now() < MIN_CERTIFICATE:
        advice = "Renew it, and see why that did not happen by itself."
        return wrong("certificate", f"It ends on {ends:%Y-%m-%d}.", advice)
    return ok("certificate", f"It is valid until {ends:%Y-%m-%d}.")


def _unreachable(url: str, error: Exception) -> Finding:
    match error:
        case ssl.SSLCertVerificationError():
            text = f"The certificate of {url} is not valid: {error.verify_message}."
            advice = "Renew it, or, if it is your own authority's, set SSL_CERT_FILE to that."
            return wrong("certificate", text, advice)
        case socket.gaierror():
            problem = "the name was not found"
        case ConnectionRefusedError():
            problem = "the connection is refused"
        case TimeoutError():
            problem = f"no answer within {SECONDS} seconds"
        case _:
            problem = " ".join(str(error).split()) or type(error).__name__
    advice = f"Start the web server and the proxy (make run, docker compose up -d). {ELSEWHERE}"
    return wrong("web", f"{url} does not answer: {problem}.", advice)


def _refused(url: str, answer: Answer) -> Finding:
    name = urlsplit(url).hostname
    match answer.status:
        case 400:
            return wrong(
                "web", f"The desk refuses the name {name}.", f"Add {name} to ALLOWED_HOSTS."
            )
        case 301 | 302 | 307 | 308:
            text = f"{url} redirects to {answer.location}."
            return wrong("web", text, "Set SITE_URL to the address at which people end up.")
        case 502 | 503 | 504:
            text = f"{url} answers {answer.status}: the web server or its database is away."
            return wrong("web", text, "Look at the log of the web server, and start it again.")
    return wrong(
        "web",
        f"What answers at {url} does not know the signature of this desk ({answer.status}).",
        "Is it another site, another SECRET_KEY, or an earlier release that was not restarted?"
        f" {ELSEWHERE}",
    )


def _problems(url: str, seen: dict[str, Any]) -> Iterator[Finding]:
    """Yield what the proxies in front do not pass on as the settings say."""
    parts = urlsplit(url)
    hops = seen["forwarded_for"]
    count = len(hops) - 1 if FORGED in hops[:1] else len(hops)
    trusted = seen["trusted_proxies"]
    if trusted != count:
        consequence = (
            "clients can forge their address" if trusted > count else "all clients count as one"
        )
        yield wrong(
            "proxy",
            f"TRUSTED_PROXIES is {trusted}, but {count} named a client: {consequence}.",
            f"Set TRUSTED_PROXIES={count}, or let each proxy add to X-Forwarded-For"
            " (proxy_add_x_forwarded_for in nginx).",
        )
    if seen["scheme"] != parts.scheme:
        yield wrong(
            "proxy",
            f"The desk takes {url} for {seen['scheme']}.",
            "Let the proxy send X-Forwarded-Proto, as deploy/nginx.conf does."
            if seen["https"]
            else "Set HTTPS=1.",
        )
    elif seen["https"] and parts.scheme == "http":
        text = f"HTTPS is on, but {url} is not: nobody can sign in there."
        yield wrong("proxy", text, "Set SITE_URL to the https:// address.")
    if seen["host"] != parts.netloc:
        yield wrong(
            "proxy",
            f"The desk is told the name {seen['host']} instead of {parts.netloc}.",
            "Let the proxy pass the Host header on (proxy_set_header Host $http_host in nginx).",
        )
