"""The current release on an old database."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from pathlib import Path

import pytest

from tickets.tests.mail_server import MailServer, free_port

from .database import Database
from .visitor import Visitor

ROOT = Path(__file__).parents[3]
TIMEOUT = 300  # seconds; two processors that test runs share are slow


class UpgradedDesk:
    """The current release, running on the old database with the old secret key."""

    def __init__(self, database: Database, secret_key: str, data_dir: Path) -> None:
        self.database, self.data_dir = database, data_dir
        self.port = free_port()
        self.environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
            "DATABASE_URL": database.url,
            "DATA_DIR": str(data_dir),
            "SECRET_KEY": secret_key,
            "ACCESS_MODE": "token",
            "PORT": str(self.port),
            "WEB_WORKERS": "1",
            "DEBUG": "true",  # works without collected static files
        }

    def visitor(self, *, session: str = "", token: str = "") -> Visitor:
        return Visitor(self.port, session=session, token=token)

    def manage(self, *arguments: str, **environment: str) -> str:
        result = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment | environment,
            timeout=TIMEOUT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert result.returncode == 0, result.stdout
        return result.stdout

    def catch_up(self) -> None:
        """Do what the jobs of the clock do for tickets that an earlier release wrote."""
        self.manage(
            *("shell", "--command"),
            "from tickets.services.search_documents import write_lacking; write_lacking()",
        )

    def run_jobs(self) -> list[EmailMessage]:
        """Run all jobs that are due. Return the emails that they have sent."""
        mail = MailServer().start()
        try:
            with self.fake_model() as model:
                for _turn in range(2):  # the first run only requeues stalled jobs
                    self.manage(
                        *("procrastinate", "worker", "--one-shot"),
                        EMAIL_URL=f"smtp://127.0.0.1:{mail.port}",
                        GEMINI_API_KEY="fake",
                        GEMINI_BACKEND="rest",
                        GEMINI_BASE_URL=model,
                        TRIAGE_SHADOW="offline",
                    )
        finally:
            mail.stop()
        return mail.messages

    @contextmanager
    def served(self) -> Iterator[None]:
        command = [
            sys.executable,
            "-m",
            "gunicorn",
            "--config",
            "config/gunicorn.py",
            "config.wsgi",
        ]
        with self._process(command) as process:
            self._wait_until_ready(process)
            yield

    @contextmanager
    def fake_model(self) -> Iterator[str]:
        """Run the fake model server and yield its URL."""
        command = [sys.executable, "manage.py", "run_fake_llm", "--port", "0"]
        with self._process(command) as process:
            assert process.stdout is not None
            line = process.stdout.readline()
            address = re.search(r"http://[\d.]+:\d+", line)
            assert address, line
            yield address[0]

    @contextmanager
    def _process(self, command: list[str]) -> Iterator[subprocess.Popen[str]]:
        process = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, text=True
        )
        try:
            yield process
        finally:
            process.terminate()
            process.communicate(timeout=TIMEOUT)

    def _wait_until_ready(self, process: subprocess.Popen[str]) -> None:
        deadline = time.monotonic() + TIMEOUT
        while time.monotonic() < deadline:
            assert process.poll() is None
            with suppress(OSError):
                if self.visitor().get("/healthz").status == 200:
                    return
            time.sleep(0.1)
        pytest.fail("The web server did not start.")
