"""The ways by which mail reaches the desk: HTTP, LMTP, a pipe and IMAP.

Each tries a message once. It raises Refused or OSError if the desk has not taken the message, which
is then tried again, as mail servers do.
"""

from __future__ import annotations

import smtplib
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import quote

from bench.ui.desk import ROOT
from tickets.tests.imap_server import DOVECOT, PASSWORD, Dovecot

ADDRESS = "support@desk.example"
TIMEOUT = 20  # seconds for one try
STARTING = 120  # seconds: a process of the desk may have to start the database first
EX_TEMPFAIL = 75
Deliver = Callable[[bytes], None]


class Refused(Exception):
    """The desk asks to send the message again."""


def by_http(url: str, token: str, raw: bytes) -> None:
    headers = {"Content-Type": "message/rfc822", "Authorization": f"Bearer {token}"}
    request = urllib.request.Request(f"{url}/api/mail/", raw, headers, method="POST")
    try:
        urllib.request.urlopen(request, timeout=TIMEOUT).close()
    except urllib.error.HTTPError as error:
        if error.code < 500:
            raise RuntimeError(f"{error.code}: {error.read().decode()}") from error
        raise


def by_lmtp(port: int, raw: bytes) -> None:
    try:
        with smtplib.LMTP("127.0.0.1", port, timeout=TIMEOUT) as server:
            server.sendmail("person@example.org", [ADDRESS], raw)
    except (smtplib.SMTPException, OSError) as error:
        raise Refused from error


def by_pipe(environment: dict[str, str], raw: bytes) -> None:
    command = [sys.executable, "manage.py", "receive_mail"]
    result = subprocess.run(
        command,
        input=raw,
        cwd=ROOT,
        env=environment,
        stderr=subprocess.DEVNULL,
        timeout=STARTING,
        check=False,
    )
    if result.returncode == EX_TEMPFAIL:
        raise Refused
    if result.returncode != 0:
        raise RuntimeError(f"receive_mail ended with {result.returncode}")


@contextmanager
def imap_server() -> Iterator[tuple[str, Deliver | None]]:
    """Run a mail server. Yield an INBOX_URL, and what puts a message into that folder.

    Without Dovecot, yield "" and None.
    """
    if DOVECOT is None:
        print("Dovecot is not installed: nothing is delivered by IMAP.")
        yield "", None
        return
    server = Dovecot().start()
    try:
        sign_in = f"{quote(ADDRESS, safe='')}:{quote(PASSWORD, safe='')}"
        url = f"imap://{sign_in}@127.0.0.1:{server.plain_port}/INBOX?since=all"
        yield url, lambda raw: server.deliver(ADDRESS, raw)
    finally:
        server.remove()


def greets(port: int) -> bool:
    """Return whether an LMTP server on loopback says that it is there."""
    try:
        with socket.create_connection(("127.0.0.1", port), TIMEOUT) as connection:
            return connection.recv(3) == b"220"
    except OSError:
        return False


def chosen(number: int, ways: dict[str, Deliver | None]) -> str:
    """Return by which way a message goes. Few by pipe, since each starts a process."""
    wanted = ("pipe", "imap", "lmtp", "http")[0 if number % 20 == 0 else 1 + number % 3]
    return wanted if ways[wanted] is not None else "http"
