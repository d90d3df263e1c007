"""Who can become the role that owns the database: the commands that migrate, and nobody else."""

import logging

import pytest
from django.conf import settings as current

from config.environment import read
from tickets.checks import warn_of_settings
from tickets.management.commands.run_local import desk_environment
from tickets.services.doctor.program import look_at_settings
from tickets.services.privileges import known_of_owner

pytestmark = pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "postgres"
    path.write_text("the owner's password")
    return path


@pytest.fixture
def database(settings):
    """Return the settings of the database, to be changed."""
    changed = {**current.DATABASES["default"]}
    settings.DATABASES = {**current.DATABASES, "default": changed}
    return changed


def test_a_desk_of_one_machine_knows_nothing_that_is_secret():
    assert list(known_of_owner()) == []


def test_the_names_of_files_come_from_compose():
    assert read({"OWNER_FILES": ":"})["OWNER_FILES"] == []
    assert read({"OWNER_FILES": "/run/a b:/run/c"})["OWNER_FILES"] == ["/run/a b", "/run/c"]


def test_a_file_that_can_be_read_is_named_with_its_place(settings, file, caplog):
    settings.OWNER_FILES = [str(file), "/run/owner-secrets/url"]
    settings.SECRET_KEY_IS_STORED = False
    [line] = known_of_owner()
    assert line.startswith(f"{file} lets whoever reads it")
    assert line.endswith("name it /run/owner-secrets/postgres.")
    assert [each.text for each in look_at_settings() if each.status == "wrong"] == [line]
    with caplog.at_level(logging.WARNING):
        warn_of_settings()
    assert caplog.messages == [line]


@pytest.mark.parametrize(
    ("host", "variable"), [("db", "POSTGRES_PASSWORD"), ("", "DATABASE_OWNER_URL")]
)
def test_a_password_that_is_set_is_named(settings, database, host, variable):
    database["OWNER"], settings.POSTGRES_HOST = {"USER": "o", "PASSWORD": "hidden"}, host
    [line] = known_of_owner()
    assert line.startswith(f"{variable} is set here")
    assert "hidden" not in line
    database["OWNER"] = {"USER": "o", "PASSWORD": ""}  # the name alone opens nothing
    assert list(known_of_owner()) == []


def test_the_service_that_migrates_may_know_it(settings, database, file):
    settings.MIGRATES, settings.OWNER_FILES = True, [str(file)]
    database["OWNER"] = {"USER": "o", "PASSWORD": "hidden"}
    assert list(known_of_owner()) == []


def test_make_run_keeps_it_from_web_server_and_worker(database, monkeypatch):
    monkeypatch.setenv("DATABASE_OWNER_URL", "postgres://o:hidden@h/d")
    monkeypatch.setenv("POSTGRES_PASSWORD_FILE", "/run/owner-secrets/postgres")
    monkeypatch.setenv("POSTGRES_APP_PASSWORD", "theirs")
    database["OWNER"] = None  # one role for everything
    assert desk_environment()["DATABASE_OWNER_URL"]
    database["OWNER"] = {"USER": "o", "PASSWORD": "hidden"}
    assert "DATABASE_OWNER_URL" not in desk_environment()
    assert "POSTGRES_PASSWORD_FILE" not in desk_environment()
    assert desk_environment()["POSTGRES_APP_PASSWORD"] == "theirs"
