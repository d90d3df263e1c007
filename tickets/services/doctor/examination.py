"""Look at every part, all at once, and wait for none of them longer than its deadline."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable

from django.conf import settings
from django.db import connections

from .database import look_at_clock, look_at_connection, look_at_migrations
from .finding import Finding, is_healthy, skipped, wrong
from .mail import look_at_lmtp, look_at_mail_out, look_at_mailboxes
from .model import look_at_model
from .program import look_at_settings, look_at_versions
from .scaling import look_at_pooler, look_at_replica
from .storage import look_at_data_dir, look_at_disks, look_at_files, look_at_scanner
from .stored import look_at_backup, look_at_worker
from .web import look_at_web

Look = Callable[[], Iterable[Finding]]
SECONDS = 20  # a model's package takes some to import


class _Running:
    """A look in a thread of its own, which is left behind if it takes too long."""

    def __init__(self, part: str, look: Look) -> None:
        self.part, self.look = part, look
        self.findings: list[Finding] = []
        self.deadline = time.monotonic() + SECONDS
        self.thread = threading.Thread(target=self._run, name=part, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        try:
            for finding in self.look():
                self.findings.append(finding)  # as they come, in case the next one hangs
        except Exception as error:
            text = f"It could not be looked at: {type(error).__name__}: {error}"
            self.findings.append(wrong(self.part, text, "Report this as a bug."))
        finally:
            connections.close_all()

    def wait(self) -> list[Finding]:
        self.thread.join(max(0.0, self.deadline - time.monotonic()))
        findings = list(self.findings)
        if self.thread.is_alive():
            text = f"No answer within {SECONDS} seconds."
            findings.append(wrong(self.part, text, "Is its server frozen, or a firewall between?"))
        return findings


def examine(url: str = "", *, calls_model: bool = True) -> list[Finding]:
    """Return the findings about all parts, after twice SECONDS at most.

    `url` is where people reach the desk, instead of SITE_URL.
    """
    address = (url or settings.SITE_URL).rstrip("/")
    looks: dict[str, Look] = {
        "settings": look_at_settings,
        "versions": look_at_versions,
        "web": lambda: look_at_web(address),
        "mail out": look_at_mail_out,
        "lmtp": look_at_lmtp,
        "model": lambda: look_at_model(calls=calls_model),
        "data": look_at_data_dir,
        "files": look_at_files,
        "scanner": look_at_scanner,
        "disk": look_at_disks,
    }
    stored: dict[str, Look] = {
        "migrations": look_at_migrations,
        "time": look_at_clock,
        **({"pool": look_at_pooler} if settings.DATABASES["default"].get("POOLER") else {}),
        **({"replica": look_at_replica} if "replica" in connections else {}),
        "worker": look_at_worker,
        "mail in": look_at_mailboxes,
        "backup": look_at_backup,
    }
    running = [_Running(part, look) for part, look in looks.items()]
    database = _Running("database", look_at_connection).wait()
    if is_healthy(database):
        running += [_Running(part, look) for part, look in stored.items()]
        left = []
    else:
        left = [skipped(part, "Not looked at: it needs the database.") for part in stored]
    findings = [finding for each in running for finding in each.wait()]
    first = [each for each in findings if each.part == "settings"]
    remaining = [each for each in findings if each.part != "settings"]
    return [*first, *database, *remaining, *left]
