"""The commands of docs/operations.md that back up and restore, run while tickets come and go.

Only what Docker adds is left out: the programs are PostgreSQL's own and `tar`.
"""

import json
import os
import re
import secrets
import shlex
import subprocess
import threading
from pathlib import Path

import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import connection, connections
from psycopg.conninfo import make_conninfo

from embedded_postgres.programs import binary
from tickets.access.actors import SYSTEM
from tickets.services.mail.incoming.handling import handle
from tickets.services.mail.incoming.receive import receive
from tickets.services.tickets import delete_ticket
from tickets.tests.attachments.attaching import attach_content
from tickets.tests.factories import TicketFactory
from tickets.tests.incoming.messages import letter

from .database import Database
from .desk import ROOT, UpgradedDesk

pytestmark = pytest.mark.django_db(transaction=True)

COMMAND = re.compile(
    r"^docker compose (?:exec -T|run --rm --no-deps -T) (?:db|web) (.+?)(?: ([<>]) (\S+))?$", re.M
)
ERASED = b"The safe opens with 4711."
LOCAL = "tickets.services.attachments.local.LocalStorage"
READ_FILES = """
import hashlib, json
from tickets.models.attachments import StoredFile
from tickets.services.attachments.storage import storage
def digest(name):
    return hashlib.sha256(storage().open(name).read()).hexdigest() if storage().exists(name) else ""
print(json.dumps({row.sha256: digest(row.name) for row in StoredFile.objects.all()}))
"""


def commands():
    """Return the documented commands: the arguments, the direction and the file of each."""
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    section = text.split("## Backup\n")[1].split("\n## ")[0]
    return [(shlex.split(line), way, name) for line, way, name in COMMAND.findall(section)]


class Backup:
    """Runs the commands on other databases and directories than the documented ones."""

    def __init__(self, directory: Path):
        self.directory = directory

    def run(self, program, database, files, *more):
        """Run the documented command of a program. Return its status."""
        [(arguments, way, name)] = [each for each in commands() if each[0][0] == program]
        return self._execute(arguments, way, name, database, files, more)

    def run_tar(self, action, files):
        [(arguments, way, name)] = [each for each in commands() if each[0][:2] == ["tar", action]]
        return self._execute(arguments, way, name, None, files, ())

    def _execute(self, arguments, way, name, database, files, more):
        names = {"/data/attachments": str(files)}
        environment = dict(os.environ)
        if database is not None:
            server = {"user": "postgres"} | database.server
            variables = {"host": "PGHOST", "port": "PGPORT", "password": "PGPASSWORD"}
            environment |= {variables[key]: server[key] for key in variables if key in server}
            user = arguments.index("--username") + 1
            arguments = [
                server["user"] if position == user else names.get(each, each)
                for position, each in enumerate(arguments)
            ]
            arguments = [database.name if each == "desk" else each for each in arguments]
            arguments[0] = str(binary(arguments[0]))
        else:
            arguments = [names.get(each, each) for each in arguments]
        path = self.directory / name if name else Path(os.devnull)
        with path.open("wb" if way == ">" else "rb") as file:
            stream = {"stdout": file} if way == ">" else {"stdin": file}
            result = subprocess.run(
                [*arguments, *more], env=environment, check=False, timeout=120, **stream
            )
        return result.returncode


class Load:
    """Tickets with files come, by page and by mail, and every second one goes again."""

    def __init__(self):
        self.count = 0
        self.problems = []
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ending.set()
        self._thread.join()

    def _run(self):
        try:
            while not self._ending.is_set():
                self._come_and_go()
                self.count += 1
        except Exception as error:
            self.problems.append(error)
        finally:
            connections.close_all()

    def _come_and_go(self):
        ticket = TicketFactory()
        attach_content(ticket, secrets.token_bytes(20_000), "log.bin")
        message = receive(letter(f"Number {self.count}")).message
        handle(message.pk)
        if self.count % 2:
            message.refresh_from_db(fields=["ticket"])
            delete_ticket(message.ticket_id, SYSTEM)
            delete_ticket(ticket.pk, SYSTEM)


@pytest.fixture
def files(settings, tmp_path):
    location = tmp_path / "attachments"
    value = {"BACKEND": LOCAL, "OPTIONS": {"location": str(location)}}
    settings.STORAGES = settings.STORAGES | {"attachments": value}
    return location


@pytest.fixture
def running():
    """The database of the desk that is backed up."""
    database = Database()
    database.name = connection.settings_dict["NAME"]
    return database


def rows_of(server):
    """Return every row as PostgreSQL writes it as JSON, by table."""
    tables = server.execute(
        "SELECT table_name FROM information_schema.tables"
        " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
    ).fetchall()
    return {
        table: sorted(
            row for (row,) in server.execute(f'SELECT to_jsonb(t)::text FROM "{table}" t')
        )
        for (table,) in tables
    }


def connect(database, **options):
    return psycopg.connect(make_conninfo(**database.server, dbname=database.name), **options)


def test_a_backup_under_load_is_restored_row_for_row_and_file_for_file(running, files, tmp_path):
    erased = receive(letter(ERASED.decode())).message
    handle(erased.pk)
    erased.refresh_from_db()
    attach_content(erased.ticket, ERASED, "safe.txt")
    shared = attach_content(TicketFactory(), b"shared", "shared.txt")
    delete_ticket(erased.ticket_id, SYSTEM)
    backup, elsewhere = Backup(tmp_path), tmp_path / "elsewhere" / "attachments"
    with Load() as load, connect(running) as snapshot:
        wait_for(load, 10)
        snapshot.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        [name] = snapshot.execute("SELECT pg_export_snapshot()").fetchone()
        assert backup.run("pg_dump", running, files, f"--snapshot={name}") == 0
        before = rows_of(snapshot)
        wait_for(load, load.count + 4)
        assert backup.run_tar("--create", files) in (0, 1)
    assert load.problems == []

    elsewhere.mkdir(parents=True)
    (elsewhere / "left-over").write_bytes(ERASED)
    with Database.empty() as restored:
        with connect(restored, autocommit=True) as server:
            server.execute("CREATE TABLE of_a_newer_release (id int)")
        for program in ("dropdb", "createdb", "pg_restore"):
            assert backup.run(program, restored, elsewhere) == 0
        assert backup.run("find", None, elsewhere) == 0
        assert backup.run_tar("--extract", elsewhere) == 0
        with connect(restored) as server:
            assert rows_of(server) == before
        assert not (elsewhere / "partial").exists()

        desk = UpgradedDesk(restored, django_settings.SECRET_KEY, elsewhere.parent)
        desk.manage("migrate", "--verbosity", "0")
        assert "[ ]" not in desk.manage("showmigrations")
        desk.manage("procrastinate", "worker", "--one-shot", EMAIL_URL="consolemail://")
        hashes = files_of(desk)
        assert hashes[shared.file.sha256] == shared.file.sha256
        # Only what was deleted while the backup was made may be missing.
        assert len(hashes.keys() & hashes_in(running)) > 4
        for digest in hashes.keys() & hashes_in(running):
            assert hashes[digest] == digest
        assert_nowhere(ERASED, tmp_path / "desk.dump", elsewhere, restored)


def hashes_in(database):
    with connect(database) as server:
        rows = server.execute("SELECT sha256 FROM tickets_storedfile").fetchall()
    return {digest for (digest,) in rows}


def wait_for(load, count):
    pause = threading.Event()
    for _ in range(1200):
        if load.count >= count:
            return
        assert not load.problems, load.problems
        pause.wait(0.05)
    raise AssertionError("no load")


def files_of(desk):
    """Return the hash of each file's bytes by the one that its row names; "" for missing bytes."""
    return json.loads(desk.manage("shell", "-v0", "-c", READ_FILES))


def assert_nowhere(secret, dump, files, database):
    """The dump is compressed, so its rows are searched instead."""
    assert dump.stat().st_size > 0
    for path in files.rglob("*"):
        assert not path.is_file() or secret not in path.read_bytes(), path
    with connect(database) as server:
        for table, rows in rows_of(server).items():
            if table.endswith("event"):
                continue  # the audit trail stays
            for row in rows:
                assert secret.decode() not in row, table
                assert secret.hex() not in row, table
