"""The real program on a data directory of its own, for as long as it is looked at."""

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
PATIENCE = 120  # seconds until a program serves
# What is set for somebody's own desk has no place in this one, and nothing leaves the machine.
OTHERS = ("DATABASE_URL", "DEBUG", "FAKE_LLM", "ADMIN_USERNAME", "SECRET_KEY", "HTTPS", "HOST")
OWN = {
    "LLM_ENABLED": "0",
    "EMAIL_URL": "consolemail://",
    "LOG_LEVEL": "ERROR",
    # One address asks for everything here.
    "CREATE_LIMIT": "100000",
    "SUGGEST_LIMIT": "100000",
    "SIGN_IN_LIMIT": "100000",
}
GUNICORN = ("-m", "gunicorn", "--config", "config/gunicorn.py", "config.wsgi")


@dataclass(frozen=True)
class Desk:
    """Where the desk serves: as agents use it, in open mode, and without its database."""

    urls: dict[str, str]  # "token", "open" and "down"
    passwords: dict[str, str]  # of "agent" and "admin"
    facts: dict[str, Any]  # what `filling.py` says of the tickets


@contextmanager
def running_desk(tickets: int) -> Iterator[Desk]:
    """The program as `make run` starts it, with this many tickets; stopped at the end."""
    with ExitStack() as stack:
        home = Path(tempfile.mkdtemp(prefix="desk-ui-"))
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        home.chmod(0o711)  # the database's account must pass through when we are root
        data = {"DATA_DIR": str(home / "data")}
        urls = {"token": stack.enter_context(serving("manage.py", "run_local", **data))}
        facts = fill(tickets, data)
        urls["open"] = stack.enter_context(
            serving(*GUNICORN, **data, ACCESS_MODE="open", WEB_WORKERS="1")
        )
        nowhere = f"postgres://nobody@127.0.0.1:{free_port()}/none"
        urls["down"] = stack.enter_context(
            serving(*GUNICORN, **data, DATABASE_URL=nowhere, WEB_WORKERS="1")
        )
        yield Desk(urls, json.loads((home / "data" / "accounts.json").read_text()), facts)


@contextmanager
def serving(*command: str, **environment: str) -> Iterator[str]:
    """A Python program that serves pages on a free port; gives its address."""
    port = free_port()
    with (
        tempfile.TemporaryFile("w+") as log,
        subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=own_environment(ACCESS_MODE="token", PORT=str(port)) | environment,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C reaches only us, and we stop the parts in order
            preexec_fn=end_with_parent,
        ) as process,
    ):
        try:
            if not answers(url := f"http://127.0.0.1:{port}", process):
                log.seek(0)
                sys.exit(f"{log.read()}The program did not start.")
            yield url
        finally:
            process.terminate()
            process.wait(60)


def end_with_parent() -> None:
    """Ask Linux to end this process as well when we are killed."""
    if sys.platform == "linux":
        set_death_signal = 1  # PR_SET_PDEATHSIG
        ctypes.CDLL(None).prctl(set_death_signal, signal.SIGTERM)


def own_environment(**values: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in OTHERS}
    return kept | OWN | values


def answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    """Wait until it serves; False when it ended, or took too long."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{url}/healthz", timeout=5).close()
            return True
        except OSError:
            time.sleep(0.1)
    return False


def fill(tickets: int, data: dict[str, str]) -> dict[str, Any]:
    """Done by a process of its own: this one never opens a database."""
    answer = subprocess.run(
        [sys.executable, "-m", "bench.ui.filling", str(tickets)],
        cwd=ROOT,
        env=own_environment(**data),
        stdout=subprocess.PIPE,
        check=True,
    )
    facts: dict[str, Any] = json.loads(answer.stdout)
    return facts


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
