"""How much memory a large upload takes.

Runs the web server as in production with an embedded database and one thread, which so has one
upload at a time. Sends it a file of 10 MB over and over, and prints the peak of its memory above
that of requests with tiny files.
"""

from __future__ import annotations

import os
import secrets
import tempfile
import urllib.request
from pathlib import Path

import psutil

from .ui.desk import GUNICORN, serving

MIB = 1024 * 1024
SIZE = 10 * MIB - 1
ROUNDS = 5
LIMIT_MIB = 5
REQUESTS_BEFORE = 30  # until the server has loaded what it needs


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="desk-uploads-") as home:
        os.chmod(home, 0o711)  # if we are root, the database's account must pass through
        data = {"DATA_DIR": str(Path(home) / "data"), "ATTACHMENT_TICKET_MB": "100"}
        with (
            serving("manage.py", "run_local", **data),
            serving(*GUNICORN, **data, WEB_WORKERS="1", WEB_THREADS="1") as url,
        ):
            worker = _worker()
            for _ in range(REQUESTS_BEFORE):
                _send(url, 1000)
            before = _peak(worker)
            for _ in range(ROUNDS):
                _send(url, SIZE)
            grown = (_peak(worker) - before) / MIB
    print(f"{ROUNDS} uploads of {SIZE / MIB:.0f} MB: peak memory grew by {grown:.1f} MB")
    if grown > LIMIT_MIB:
        raise SystemExit(f"The limit is {LIMIT_MIB} MB.")


def _worker() -> int:
    """Return the id of the process that answers the requests: the server's only worker."""
    [server] = [each for each in psutil.Process().children() if "gunicorn" in each.cmdline()]
    [worker] = server.children()
    return int(worker.pid)


def _peak(process: int) -> int:
    """Return the most memory that a process has had, in bytes."""
    status = Path(f"/proc/{process}/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024


def _send(url: str, size: int) -> None:
    """Send the public form with a file of random bytes."""
    boundary = "limit"
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="description"\r\n\r\nA file.\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="a.bin"\r\n\r\n'
    )
    body = head.encode() + secrets.token_bytes(size) + f"\r\n--{boundary}--\r\n".encode()
    cookie = _token(url)
    request = urllib.request.Request(
        url,
        body,
        {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Cookie": f"csrftoken={cookie}",
            "X-CSRFToken": cookie,
        },
    )
    with urllib.request.urlopen(request) as response:
        assert "/t/" in response.url, response.url


def _token(url: str) -> str:
    with urllib.request.urlopen(url) as response:
        cookies = response.headers.get_all("Set-Cookie") or []
    [token] = [each for each in cookies if each.startswith("csrftoken=")]
    return token.partition("=")[2].partition(";")[0]


if __name__ == "__main__":
    main()
