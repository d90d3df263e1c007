"""`manage.py doctor` on a real desk: it is healthy, then faults are planted and named.

A run of the doctor names every fault there is, so several are planted at once.
"""

import base64
import json
import os
import pickle
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from embedded_postgres.server import Server
from tickets.tests.doctor.proxy import Proxy, add_client
from tickets.tests.doctor.relay import relayed
from tickets.tests.mail_server import MailServer, free_port
from tools.fake_llm import FakeLLM

from .conftest import new_program
from .program import ROOT, TIMEOUT, wait_until

LMTP_PORT = free_port()


@pytest.fixture(scope="module")
def owners_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("owner") / "postgres"
    path.write_text("secret")
    return str(path)


@pytest.fixture(scope="module")
def desk(owners_file):
    with new_program() as program:
        program.start(LMTP_ADDRESS=str(LMTP_PORT), OWNER_FILES=owners_file)
        yield program


@pytest.fixture(scope="module")
def address(desk):
    """Return where the desk's database listens, and its superuser."""
    return Server(desk.data_dir).ensure_running()


@pytest.fixture(scope="module")
def database(address):
    """Return a connection to the desk's database."""
    with psycopg.connect(make_conninfo(**address, dbname="tickets"), autocommit=True) as server:
        yield server


def run(desk, *arguments, **environment):
    names = ("DATABASE_URL", "SECRET_KEY")
    inherited = {name: value for name, value in os.environ.items() if name not in names}
    settings = {"ACCESS_MODE": "open", "DATA_DIR": str(desk.data_dir), "PORT": str(desk.port)}
    settings["LMTP_ADDRESS"] = str(LMTP_PORT)
    return subprocess.run(
        [sys.executable, "manage.py", "doctor", *arguments],
        cwd=ROOT,
        env=inherited | settings | environment,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
    )


def faults(desk, *arguments, **environment):
    """Return what the doctor finds wrong, as lines with the part, the text and the advice."""
    result = run(desk, "--json", *arguments, **environment)
    report = json.loads(result.stdout)
    lines = [
        f"{each['part']}: {each['text']} {each['advice']}"
        for each in report["checks"]
        if each["status"] == "wrong"
    ]
    assert report["healthy"] is (not lines)
    assert result.returncode == (1 if lines else 0)
    assert "Traceback" not in result.stderr
    return lines


def assert_named(lines, expected):
    """Expect a line for each fault, with what to do, and no other line."""
    missing = [each for each in expected if not any(_has(line, *each) for line in lines)]
    assert missing == [], lines
    assert len(lines) == len(expected), lines


def _has(line, part, text, advice):
    return line.startswith(f"{part}: ") and text in line and advice in line


def test_a_healthy_desk_has_no_fault(desk):
    """With a mail server that it signs in to, and a model that it asks."""
    server = MailServer().start()
    with FakeLLM() as model:
        result = run(
            desk,
            EMAIL_URL=f"smtp://127.0.0.1:{server.port}",
            GEMINI_API_KEY="a-key",
            GEMINI_BASE_URL=model.url,
            LLM_TIMEOUT="15",
        )
    server.stop()
    assert result.returncode == 0, result.stdout
    lines = result.stdout.splitlines()
    assert {line.split()[0] for line in lines} == {"ok"}
    parts = ("settings", "database", "migrations", "worker", "mail out", "mail in", "lmtp", "model")
    parts += ("data", "files", "disk", "backup", "web", "proxy", "time", "versions")
    assert {line[7:].split("  ")[0] for line in lines} == set(parts)
    assert server.messages == [], "it sends nothing"


def test_settings_that_cannot_be_read_are_all_named(desk):
    lines = faults(desk, PORT="eighty", LOG_LEVEL="LOUD", DATABASE_URL="mysql://host/desk")
    assert_named(
        lines,
        [
            ("settings", "PORT must be", "not 'eighty'"),
            ("settings", "LOG_LEVEL must be", "DEBUG"),
            ("settings", "DATABASE_URL must be an address", "postgres://user:password@host"),
        ],
    )


def test_web_server_and_worker_say_that_they_can_read_an_owners_secret(desk, owners_file):
    line = f"{owners_file} lets whoever reads it become the role"
    wait_until(lambda: desk.output().count(line) == 2)


def test_a_data_directory_that_cannot_be_written(desk):
    [line] = faults(desk, DATA_DIR="/proc/desk")
    assert "Cannot keep the secret key in DATA_DIR (/proc/desk" in line


def test_while_the_database_is_away_it_names_all_else(desk, tmp_path):
    (tmp_path / "attachments").write_text("not a directory")
    (tmp_path / "secret_key").write_text("k" * 50)
    (tmp_path / "secret_key").chmod(0o644)
    with FakeLLM() as model:
        model.control(fault="401")
        lines = faults(
            desk,
            DATABASE_URL=f"postgres://desk:secret@127.0.0.1:{free_port()}/desk",
            DATA_DIR=str(tmp_path),
            EMAIL_URL=f"smtp://127.0.0.1:{free_port()}",
            ATTACHMENT_SCAN=f"clamd://127.0.0.1:{free_port()}",
            MIN_FREE_DISK_MB=str(10**9),
            GEMINI_API_KEY="wrong",
            GEMINI_BASE_URL=model.url,
            LLM_TIMEOUT="15",
            SITE_URL=f"http://127.0.0.1:{free_port()}",
            TRIAGE_SHADOW="nobody",
        )
    assert_named(
        lines,
        [
            ("database", "refused", "Start it, or check DATABASE_URL"),
            ("files", "cannot be stored", "the right to write there"),
            ("settings", "Others can read", "chmod 600"),
            ("settings", "TRIAGE_SHADOW", "must be offline or provider:model"),
            ("mail out", "refused", "Does the mail server run"),
            ("scanner", "No answer", "Start ClamAV's daemon"),
            ("disk", "left of", "Delete what is not needed"),
            ("model", "bad_key", "check GEMINI_API_KEY"),
            ("web", "does not answer", "docker compose up"),
        ],
    )


@pytest.mark.parametrize("major", ["17", "13"])
def test_a_postgresql_that_is_too_old(desk, address, major):
    """Django itself refuses the second one."""
    with relayed(address["host"], address["port"], major) as port:
        url = f"postgres://desk@127.0.0.1:{port}/tickets"
        lines = faults(desk, "--no-model-call", DATABASE_URL=url)
    assert_named(
        lines, [("database", f"PostgreSQL {major}", "needs PostgreSQL 18: upgrade the server")]
    )


def test_an_account_that_is_refused_and_settings_that_are_not_safe(desk, address, owners_file):
    host, port = address["host"], address["port"]
    lines = faults(
        desk,
        DATABASE_URL=f"postgres://nobody@/tickets?host={host}&port={port}",
        ALLOWED_HOSTS="desk.example.org",
        OWNER_FILES=owners_file,
    )
    assert_named(
        lines,
        [
            ("database", 'role "nobody" does not exist', "Check the names"),
            ("settings", "ACCESS_MODE=open", "use ACCESS_MODE=token"),
            ("settings", "Set SECRET_KEY", "SECRET_KEY_FILE="),
            ("settings", "can read it: move it", "name it /run/owner-secrets/postgres"),
        ],
    )


@pytest.fixture
def skewed_clock(database):
    """Have the desk's role find a function before PostgreSQL's own, which is an hour ahead."""
    database.execute("CREATE SCHEMA skewed")
    database.execute("GRANT USAGE ON SCHEMA skewed TO desk")
    database.execute(
        "CREATE FUNCTION skewed.clock_timestamp() RETURNS timestamptz LANGUAGE sql"
        " AS $$ SELECT pg_catalog.clock_timestamp() + interval '1 hour' $$"
    )
    database.execute("ALTER ROLE desk SET search_path = skewed, pg_catalog, public")
    yield
    database.execute("ALTER ROLE desk RESET search_path")
    database.execute("DROP SCHEMA skewed CASCADE")


@pytest.fixture
def frozen_worker(desk, database):
    """Freeze the worker, as 31 seconds ago."""
    [worker] = desk.workers()
    worker.suspend()
    database.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '31 s'")
    yield
    worker.resume()


@pytest.mark.usefixtures("frozen_worker", "skewed_clock")
def test_on_a_running_desk_it_names_what_the_database_knows(desk, database):
    noted = base64.b64encode(pickle.dumps(datetime.now(UTC) - timedelta(days=3))).decode()
    database.execute(BACKUP, [noted])
    database.execute(MAILBOX, [free_port()])
    database.execute(
        "DELETE FROM django_migrations WHERE id = (SELECT max(id) FROM django_migrations)"
    )
    server = MailServer().start()
    bucket = Proxy(status=403, headers={"Content-Type": "application/xml"})
    with bucket, Proxy(f"http://127.0.0.1:{desk.port}", add_client) as proxy:
        lines = faults(
            desk,
            "--url",
            proxy.url,
            EMAIL_URL=f"smtp://desk:wrong@127.0.0.1:{server.port}",
            ATTACHMENT_STORAGE=f"s3://files?endpoint={bucket.url}&region=eu-central-1",
            AWS_ACCESS_KEY_ID="desk",
            AWS_SECRET_ACCESS_KEY="wrong",
        )
    server.stop()
    assert_named(
        lines,
        [
            ("worker", "No worker is running since", "docker compose restart worker"),
            ("lmtp", f"127.0.0.1:{LMTP_PORT}", "restart it if it is frozen"),
            ("time", "differs from that of the database by 3600 seconds", "NTP"),
            ("files", "bucket files", "Check ATTACHMENT_STORAGE"),
            ("backup", "too old", "Run manage.py backup"),
            ("mail in", "support@example.org, connection", "the mailbox in the back office"),
            ("migrations", "lacks 1, beginning with", "Run manage.py migrate"),
            ("mail out", "AUTH", "smtp+tls://"),
            ("proxy", "TRUSTED_PROXIES is 0, but 1", "Set TRUSTED_PROXIES=1"),
        ],
    )


def test_a_frozen_database_and_a_web_server_with_another_key(desk):
    processes = desk.database_processes()
    for process in processes:
        process.suspend()
    lines = faults(desk, SECRET_KEY="another-one" * 5)
    for process in processes:
        process.resume()
    assert_named(
        lines,
        [
            ("database", "does not answer", "It is frozen"),
            ("web", "does not know the signature", "another SECRET_KEY"),
        ],
    )


def test_an_embedded_database_that_does_not_run_is_not_started(desk):
    """The desk is stopped here, so this test comes last."""
    desk.stop(signal.SIGINT)
    lines = faults(desk)
    assert_named(
        lines,
        [
            ("database", "does not run", "make run"),
            ("web", "does not answer", "make run"),
            ("lmtp", "refused", "Start the worker"),
        ],
    )
    assert not desk.database_processes()


# As Django's cache in the database stores it.
BACKUP = "INSERT INTO triage_cache VALUES ('zz-desk:1:backup', %s, '9999-12-31')"
MAILBOX = """
INSERT INTO tickets_mailbox (name, address, is_active, from_environment, plus_addresses,
    authserv_id, host, port, security, username, sign_in, password, oauth_token_url,
    oauth_client_id, oauth_scope, oauth_client_secret, oauth_refresh_token, folder, after_fetch,
    move_to, created_at)
VALUES ('Support', 'support@example.org', true, false, true, '', '127.0.0.1', %s, 'none', 'support',
    'password', '', '', '', '', '', '', 'INBOX', 'flag', '', now())
"""
