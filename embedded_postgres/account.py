"""The account that runs the server: the current one, or an unprivileged one if we are root."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .exceptions import EmbeddedPostgresError

# Nothing from our own environment: neither secrets nor PG* variables reach the server.
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int

    def __str__(self) -> str:
        try:
            return pwd.getpwuid(self.uid).pw_name
        except KeyError:
            return f"uid {self.uid}"

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a command as this account, in its own session so that Ctrl-C does not reach it."""
        credentials: dict[str, Any] = {}
        if self.uid != os.geteuid():
            credentials = {"user": self.uid, "group": self.gid, "extra_groups": []}
        return subprocess.run(
            command,
            cwd="/",
            env=ENVIRONMENT,
            umask=0o077,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            **credentials,
        )

    def can_enter(self, directory: Path) -> bool:
        return self.run("/bin/sh", "-c", 'cd "$1"', "sh", directory).returncode == 0

    def can_run(self, program: Path) -> bool:
        try:
            return self.run(program, "--version").returncode == 0
        except OSError:
            return False


def server_account(data: Path) -> Account:
    """Return the account that runs the server of the cluster in `data`.

    An existing cluster is run by its owner. If `data` does not exist yet, that is the current
    account; for root it is `postgres` if the machine has that account, otherwise `nobody`,
    because initdb refuses a uid without an account.
    Raise EmbeddedPostgresError if we cannot run the server as the owner.
    """
    current = Account(os.geteuid(), os.getegid())
    if not data.exists():
        return current if current.uid else _unprivileged_account()
    owner = Account(data.stat().st_uid, data.stat().st_gid)
    if current.uid not in (0, owner.uid):
        raise EmbeddedPostgresError(
            f"{data} belongs to the account {owner} and {current} cannot use it:"
            f" start as root or {owner}, or set DATA_DIR to another directory"
        )
    if owner.uid == 0:
        raise EmbeddedPostgresError(
            f"{data} belongs to root, and PostgreSQL does not run as root:"
            f" change the owner with chown -R {_unprivileged_account()}"
        )
    return owner


def _unprivileged_account() -> Account:
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise EmbeddedPostgresError(
        "PostgreSQL does not run as root, and this machine has neither an account postgres"
        " nor an account nobody"
    )
