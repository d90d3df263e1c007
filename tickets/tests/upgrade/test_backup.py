"""`manage.py backup` and `restore`, run while tickets come and go."""

import json
import re
import secrets
import subprocess
import sys
import threading
from zipfile import ZipFile

import psycopg
import pytest
from django.db import connection, connections
from psycopg.conninfo import make_conninfo

from tickets.access.actors import SYSTEM
from tickets.services.backup.age import note_backup
from tickets.services.mail.incoming.handling import handle
from tickets.services.mail.incoming.receive import receive
from tickets.services.personal_data.people import erase_person
from tickets.services.tickets import delete_ticket
from tickets.tests.attachments.attaching import attach_content
from tickets.tests.factories import TicketFactory
from tickets.tests.incoming.messages import letter

from .database import Database
from .desk import ROOT, TIMEOUT, UpgradedDesk

pytestmark = pytest.mark.django_db(transaction=True)
ERASED = b"The safe opens with 4711."
ERASED_TEXT = ERASED.decode()
LOCAL = "tickets.services.attachments.local.LocalStorage"
KEY = "k" * 50
READ_FILES = """
import hashlib, json
from tickets.models.attachments import StoredFile
from tickets.services.attachments.storage import storage
def digest(name):
    return hashlib.sha256(storage().open(name).read()).hexdigest() if storage().exists(name) else ""
print(json.dumps({row.sha256: digest(row.name) for row in StoredFile.objects.all()}))
"""


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
        # No sender writes so often that it would be taken for a machine.
        text = letter(f"Number {self.count}", sender=f"kim{self.count}@example.org")
        message = receive(text).message
        handle(message.pk)
        if self.count % 2:
            message.refresh_from_db(fields=["ticket"])
            delete_ticket(message.ticket_id, SYSTEM)
            delete_ticket(ticket.pk, SYSTEM)

    def wait_for(self, count):
        pause = threading.Event()
        for _ in range(1200):
            if self.count >= count:
                return
            assert not self.problems, self.problems
            pause.wait(0.05)
        raise AssertionError("no load")


@pytest.fixture
def desk(settings, tmp_path):
    """Return the desk of this test's database, for commands in processes of their own."""
    location = tmp_path / "attachments"
    value = {"BACKEND": LOCAL, "OPTIONS": {"location": str(location)}}
    settings.STORAGES = settings.STORAGES | {"attachments": value}
    database = Database()
    database.name = connection.settings_dict["NAME"]
    return UpgradedDesk(database, KEY, tmp_path)


@pytest.fixture
def elsewhere(tmp_path_factory):
    """Return a desk with an empty database and a key of its own, in its DATA_DIR."""
    data_dir = tmp_path_factory.mktemp("elsewhere")
    with Database.empty() as database:
        desk = UpgradedDesk(database, "", data_dir)
        del desk.environment["SECRET_KEY"]
        yield desk


def run(desk, *arguments, **streams):
    return subprocess.run(
        [sys.executable, "manage.py", *map(str, arguments)],
        cwd=ROOT,
        env=desk.environment,
        timeout=TIMEOUT,
        capture_output=not streams,
        **streams,
    )


def refused(desk, *arguments):
    """Run a command that fails. Return the line that it prints."""
    result = run(desk, *arguments)
    assert result.returncode == 1
    lines = result.stderr.decode().strip().splitlines()
    assert lines[-1].startswith("CommandError: ")
    return lines[-1]


def digest(output):
    [value] = re.findall("^Rows: ([0-9a-f]{64})$", output, re.M)
    return value


def rows_of(database):
    """Return every row as PostgreSQL writes it as JSON, by table."""
    with connect(database) as server:
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


def test_a_restored_desk_has_every_row_every_file_and_the_key(desk, elsewhere, tmp_path):
    shared = attach_content(TicketFactory(), b"shared", "shared.txt")
    handle(receive(letter("Hello")).message.pk)
    archive = tmp_path / "desk.backup"
    note_backup()  # which is no backup of the desk that is made from this one
    made = desk.manage("backup", str(archive))
    assert archive.stat().st_mode & 0o777 == 0o600
    restored = elsewhere.manage("restore", str(archive))
    assert digest(made) == digest(restored)
    left_out = {"triage_cache", "django_migrations"}
    before, after = rows_of(desk.database), rows_of(elsewhere.database)
    assert {name: rows for name, rows in after.items() if name not in left_out} == {
        name: rows for name, rows in before.items() if name not in left_out
    }
    assert (elsewhere.data_dir / "secret_key").read_text() == KEY
    assert files_of(elsewhere) == {shared.file.sha256: shared.file.sha256}
    assert after["triage_cache"] == []
    # New rows get new numbers, references are checked, and triggers run.
    with connect(elsewhere.database) as server:
        added = server.execute(
            "INSERT INTO auth_user (username, password, is_superuser, is_staff, is_active,"
            " first_name, last_name, email, date_joined)"
            " VALUES ('new', '', false, false, true, '', '', '', now()) RETURNING id"
        ).fetchone()
        server.execute("DELETE FROM tickets_ticket")
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            server.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert added
    assert "The counts are right." in elsewhere.manage("recount")


def test_a_backup_under_load_is_of_one_moment(desk, elsewhere, tmp_path):
    erased = receive(letter(ERASED.decode())).message
    handle(erased.pk)
    erased.refresh_from_db()
    attach_content(erased.ticket, ERASED, "safe.txt")
    delete_ticket(erased.ticket_id, SYSTEM)
    archive = tmp_path / "desk.backup"
    with Load() as load:
        load.wait_for(5)
        desk.manage("backup", str(archive))
        load.wait_for(load.count + 2)
    assert load.problems == []
    elsewhere.manage("restore", str(archive))
    # What is counted beside the rows is right, and so is every reference.
    assert "The counts are right." in elsewhere.manage("recount")
    hashes = files_of(elsewhere)
    assert len(hashes) > 2
    assert all(value in (name, "") for name, value in hashes.items())
    # Only what was deleted while the backup was made may be missing.
    left = files_of(desk)
    assert all(hashes[name] == name for name in hashes.keys() & left.keys())
    for table, rows in rows_of(elsewhere.database).items():
        assert not [row for row in rows if ERASED.decode() in row or ERASED.hex() in row], table


def test_a_backup_of_an_earlier_release_is_migrated(desk, elsewhere, tmp_path):
    ticket = TicketFactory()
    archive = tmp_path / "desk.backup"
    desk.manage("backup", str(archive))
    elsewhere.manage("restore", str(archive))
    elsewhere.manage("migrate", "tickets", "0033", "--verbosity", "0")
    elsewhere.manage("backup", str(archive))
    again = elsewhere.manage("restore", str(archive), "--replace")
    assert "[ ]" not in elsewhere.manage("showmigrations")
    assert "Migrating to this release" in again
    assert str(ticket.pk) in str(rows_of(elsewhere.database)["tickets_ticket"])


def test_what_was_erased_since_an_older_backup_is_erased_again(desk, elsewhere, tmp_path):
    addresses = ("kim@example.org", "ada@example.org")
    kim, ada = (TicketFactory(requester_email=each, description=ERASED_TEXT) for each in addresses)
    lou = TicketFactory(requester_email="lou@example.org", description="What Lou wrote stays.")
    archive, newer = tmp_path / "desk.backup", tmp_path / "newer.backup"
    desk.manage("backup", str(archive))
    erase_person("kim@example.org", SYSTEM)
    delete_ticket(ada.pk, SYSTEM)
    desk.manage("backup", str(newer))
    elsewhere.manage("restore", str(newer))
    again = elsewhere.manage("restore", str(archive), "--replace")
    assert "Tickets again: deleted 1, erased 1." in again
    rows = rows_of(elsewhere.database)
    for table, lines in rows.items():
        for text in (ERASED_TEXT, *addresses):
            assert not [line for line in lines if text in line], (table, text)
    numbers = {json.loads(row)["id"] for row in rows["tickets_ticket"]}
    assert numbers == {kim.pk, lou.pk}
    assert "What Lou wrote stays." in str(rows["tickets_ticket"])
    assert "The counts are right." in elsewhere.manage("recount")


def test_it_goes_through_pipes(desk, elsewhere, tmp_path):
    TicketFactory(title="Through a pipe")
    with (tmp_path / "piped").open("wb") as file:
        assert run(desk, "backup", "-", stdout=file).returncode == 0
    with (tmp_path / "piped").open("rb") as file:
        assert run(elsewhere, "restore", "-", stdin=file).returncode == 0
    assert "Through a pipe" in str(rows_of(elsewhere.database)["tickets_ticket"])


def test_what_cannot_be_restored_changes_nothing(desk, elsewhere, tmp_path):
    TicketFactory(title="Old and stays")
    archive, bad = tmp_path / "desk.backup", tmp_path / "bad.backup"
    desk.manage("backup", str(archive))
    elsewhere.manage("restore", str(archive))
    before = rows_of(elsewhere.database)

    assert "not empty" in refused(elsewhere, "restore", archive)
    with connect(elsewhere.database):
        assert "in use" in refused(elsewhere, "restore", archive, "--replace")
    content = archive.read_bytes()
    bad.write_bytes(content[:-2000])
    assert "broken off" in refused(elsewhere, "restore", bad, "--replace")
    position = content.index(b"tables/tickets_ticket") + 60
    bad.write_bytes(content[:position] + bytes([content[position] ^ 255]) + content[position + 1 :])
    assert "damaged" in refused(elsewhere, "restore", bad, "--replace")
    bad.write_bytes(b"not a backup")
    assert "no backup" in refused(elsewhere, "restore", bad, "--replace")
    with ZipFile(archive) as old, ZipFile(bad, "w") as new:
        manifest = json.loads(old.read("manifest.json"))
        manifest["migrations"].append(["tickets", "9999_of_a_newer_release"])
        new.writestr("manifest.json", json.dumps(manifest))
    assert "newer" in refused(elsewhere, "restore", bad, "--replace")
    assert "No such file" in refused(elsewhere, "restore", tmp_path / "nothing")
    assert rows_of(elsewhere.database) == before


def test_another_key_of_the_environment_is_named(desk, elsewhere, tmp_path):
    archive = tmp_path / "desk.backup"
    desk.manage("backup", str(archive))
    elsewhere.environment["SECRET_KEY"] = "other" * 10
    assert "SECRET_KEY differs" in refused(elsewhere, "restore", archive)


def test_a_backup_that_fails_leaves_no_file(desk, tmp_path):
    assert "The backup failed" in refused(desk, "backup", tmp_path / "no" / "directory")
    desk.environment["DATABASE_URL"] = "postgres://nobody@127.0.0.1:1/nothing"
    target = tmp_path / "backups"
    target.mkdir()
    assert run(desk, "backup", target / "desk.backup").returncode == 1
    assert list(target.iterdir()) == []


def files_of(desk):
    """Return the hash of each file's bytes by the one that its row names; "" for missing bytes."""
    return json.loads(desk.manage("shell", "-v0", "-c", READ_FILES))
