"""What the doctor says of what stands in the database, and of where it writes."""

from pathlib import Path

from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from tickets.services.doctor.database import look_at_clock, look_at_migrations
from tickets.services.doctor.storage import look_at_data_dir
from tickets.services.doctor.stored import look_at_worker
from tickets.tests.worker import beat


def test_a_database_of_a_newer_release(db):
    MigrationRecorder(connection).record_applied("tickets", "9999_what_comes_next")
    [finding] = look_at_migrations()
    assert finding.status == "wrong"
    assert "of a newer release: it has 9999_what_comes_next" in finding.text
    assert "Install that release" in finding.advice


def test_a_clock_that_is_right(db):
    [finding] = look_at_clock()
    assert finding.status == "ok"


def test_a_data_directory_that_became_unwritable(settings):
    settings.DATA_DIR, settings.SECRET_KEY_IS_STORED = Path("/proc"), True
    [finding] = look_at_data_dir()
    assert finding.status == "wrong"
    assert finding.text.startswith("Nothing can be written to DATA_DIR (/proc)")
    assert "the right to write there" in finding.advice


def test_a_desk_without_a_worker(db):
    [finding] = look_at_worker()
    assert finding.status == "wrong"
    assert "No worker" in finding.text
    assert "worker" in finding.advice


def test_a_desk_with_a_worker(db):
    beat()
    [finding] = look_at_worker()
    assert (finding.status, finding.text) == ("ok", "1 alive.")
