"""Run the real program on a temporary data directory while its pages are checked."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
START_TIMEOUT = 120  # seconds
# Settings of the developer's own desk do not apply here, and nothing leaves the machine.
REMOVED = ("DATABASE_URL", "DEBUG", "FAKE_LLM", "ADMIN_USERNAME", "SECRET_KEY", "HTTPS", "HOST")
OVERRIDES = {
    "LLM_ENABLED": "0",
    "EMAIL_URL": "consolemail://",
    "LOG_LEVEL": "ERROR",
    # All requests come from one address.
    "CREATE_LIMIT": "100000",
    "SUGGEST_LIMIT": "100000",
    "SIGN_IN_LIMIT": "100000",
}
GUNICORN = ("-m", "gunicorn", "--config", "config/gunicorn.py", "config.wsgi")


@dataclass(frozen=True)
class Desk:
    """The addresses of the desk: as agents use it, in open mode, and without its database."""

    urls: dict[str, str]  # "token", "open" and "down"
    passwords: dict[str, str]  # of "agent" and "admin"
    facts: dict[str, Any]  # what `sample_data.py` prints about the tickets


@contextmanager
def running_desk(tickets: int) -> Iterator[Desk]:
    """Run the program as `make run` does, with this many tickets, and stop it at the end."""
    with ExitStack() as stack:
        home = Path(tempfile.mkdtemp(prefix="desk-ui-"))
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        home.chmod(0o711)  # if we are root, the database's account must pass through
        data = {"DATA_DIR": str(home / "data")}
        urls = {"token": stack.enter_context(serving("manage.py", "run_local", **data))}
        facts = create_sample_data(tickets, data)
        urls["open"] = stack.enter_context(
            serving(*GUNICORN, **data, ACCESS_MODE="open", WEB_WORKERS="1")
        )
        missing_database = f"postgres://nobody@127.0.0.1:{free_port()}/none"
        urls["down"] = stack.enter_context(
            serving(*GUNICORN, **data, DATABASE_URL=missing_database, WEB_WORKERS="1")
        )
        yield Desk(urls, json.loads((home / "data" / "accounts.json").read_text()), facts)


@contextmanager
def serving(*command: str, **environment: str) -> Iterator[str]:
    """Run a Python program that serves pages on a free port. Yield its address."""
    port = free_port()
    with (
        tempfile.TemporaryFile("w+") as log,
        subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=environment_with(ACCESS_MODE="token", PORT=str(port)) | environment,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C reaches only us, and we stop the programs in order
            preexec_fn=end_with_parent,
        ) as process,
    ):
        try:
            if not wait_until_serving(url := f"http://127.0.0.1:{port}", process):
                log.seek(0)
                sys.exit(f"{log.read()}The program did not start.")
            yield url
        finally:
            process.terminate()
            process.wait(60)


def end_with_parent() -> None:
    """Ask Linux to end this process if ours is killed."""
    if sys.platform == "linux":
        set_death_signal = 1  # PR_SET_PDEATHSIG
        ctypes.CDLL(None).prctl(set_death_signal, signal.SIGTERM)


def environment_with(**values: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name not in REMOVED}
    return inherited | OVERRIDES | values


def wait_until_serving(url: str, process: subprocess.Popen[bytes]) -> bool:
    """Wait until the program serves. Return False if it ended or timed out."""
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{url}/healthz", timeout=5).close()
            return True
        except OSError:
            time.sleep(0.1)
    return False


def create_sample_data(tickets: int, data: dict[str, str]) -> dict[str, Any]:
    """Create tickets in another process, so that this one never opens a database."""
    completed = subprocess.run(
        [sys.executable, "-m", "bench.ui.sample_data", str(tickets)],
        cwd=ROOT,
        env=environment_with(**data),
        stdout=subprocess.PIPE,
        check=True,
    )
    facts: dict[str, Any] = json.loads(completed.stdout)
    return facts


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
