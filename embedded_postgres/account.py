"""The account that the server runs as: our own, or an unprivileged one when we are root."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .exceptions import EmbeddedPostgresError

# Nothing of ours: neither secrets nor PG* variables reach the server.
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
        """Run a command as this account, in a session of its own (Ctrl-C does not reach it)."""
        switch: dict[str, Any] = {}
        if self.uid != os.geteuid():
            switch = {"user": self.uid, "group": self.gid, "extra_groups": []}
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
            **switch,
        )

    def can_enter(self, directory: Path) -> bool:
        return self.run("/bin/sh", "-c", 'cd "$1"', "sh", directory).returncode == 0

    def can_run(self, program: Path) -> bool:
        try:
            return self.run(program, "--version").returncode == 0
        except OSError:
            return False


def choose(data: Path) -> Account:
    """Who runs the server of the cluster in `data`, which need not exist yet.

    An existing cluster stays its owner's. A new one under root goes to `postgres` where the
    machine has that account, else to `nobody`: initdb refuses a bare uid without an account.
    Raises EmbeddedPostgresError where the owner can be neither we nor run by us.
    """
    me = Account(os.geteuid(), os.getegid())
    if not data.exists():
        return me if me.uid else _unprivileged()
    owner = Account(data.stat().st_uid, data.stat().st_gid)
    if me.uid not in (0, owner.uid):
        raise EmbeddedPostgresError(
            f"{data} belongs to the account {owner} and {me} may not use it:"
            f" start as root or {owner}, or set DATA_DIR to another directory"
        )
    if owner.uid == 0:
        raise EmbeddedPostgresError(
            f"{data} belongs to root, and PostgreSQL does not run as root:"
            f" give it away with chown -R {_unprivileged()}"
        )
    return owner


def _unprivileged() -> Account:
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise EmbeddedPostgresError(
        "PostgreSQL does not run as root, and there is no account postgres or nobody to run it"
    )
