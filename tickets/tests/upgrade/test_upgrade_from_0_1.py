"""Upgrade a database that release 0.1 has filled, then use it.

Everything runs as in production: real processes of this program on a restored database.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import re
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import psycopg
import pytest
from django.db import connection
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

from tickets.tests.mail_server import MailServer

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
OLD = json.loads((HERE / "release_0_1.json").read_text())
TIMEOUT = 120  # seconds
LAST_MIGRATION = "0007_review_index"  # of release 0.1

# What the migrations rename. COLUMNS is keyed by the old table name.
TABLES = {"tickets_lesson": "tickets_feedback"}
SENTIMENT = {"tone_source": "sentiment_source", "tone_confidence": "sentiment_confidence"}
COLUMNS = {
    "tickets_lesson": {"at": "decided_at"},
    "tickets_ticket": SENTIMENT,
    "tickets_ticketevent": SENTIMENT,
    "tickets_triagemodel": {"lessons": "feedback_count"},
}
# Renamed content types and permission codenames.
NAMES = {"lesson": "feedback"} | {
    f"{action}_lesson": f"{action}_feedback" for action in ("add", "change", "delete", "view")
}
# Every migration adds rows to these, so they are compared separately.
DJANGO_TABLES = {
    "auth_group_permissions",
    "auth_permission",
    "django_content_type",
    "django_migrations",
}

Rows = dict[str, list[dict[str, Any]]]


class Database:
    """A separate database on the test run's server."""

    def __init__(self) -> None:
        parameters = connection.get_connection_params()
        self.server = {
            name: str(parameters[name])
            for name in ("host", "port", "user", "password")
            if parameters.get(name)
        }
        self.name = f"upgrade_{secrets.token_hex(4)}"

    def create(self) -> None:
        with self._connect("postgres") as server:
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self.name)))

    def drop(self) -> None:
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(self.name))
        with self._connect("postgres") as server:
            server.execute(drop)

    def restore(self, dump: Path) -> None:
        settings = connection.settings_dict | {"NAME": self.name}
        command, environment = connection.client.settings_to_cmd_args_env(
            settings, ["--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1"]
        )
        subprocess.run(
            command,
            env={**os.environ, **(environment or {})},
            input=gzip.decompress(dump.read_bytes()),
            stdout=subprocess.DEVNULL,
            check=True,
        )

    @property
    def url(self) -> str:
        """Return a DATABASE_URL. The host may be a socket directory, so it is a parameter."""
        user, password = (
            quote(self.server.get(name, ""), safe="") for name in ("user", "password")
        )
        account = f"{user}:{password}" if password else user
        address: dict[str, str] = {
            name: value for name, value in self.server.items() if name in ("host", "port")
        }
        return f"postgres://{account}@/{self.name}?{urlencode(address)}"

    def query(self, text: str, *values: Any) -> list[dict[str, Any]]:
        with self._connect(self.name) as database:
            cursor = database.cursor(row_factory=dict_row)
            cursor.execute(text.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def value(self, text: str, *values: Any) -> Any:
        [row] = self.query(text, *values)
        return next(iter(row.values()))

    def tables(self) -> list[str]:
        names = self.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return sorted(row["tablename"] for row in names)

    def rows(self) -> Rows:
        """Return every row of every table, converted to JSON by PostgreSQL."""
        return {
            table: sorted(
                (row["row"] for row in self.query(f'SELECT to_jsonb(t) AS row FROM "{table}" t')),
                key=lambda row: json.dumps(row, sort_keys=True),
            )
            for table in self.tables()
        }

    def names(self) -> list[str]:
        """Return the names of constraints, indexes, sequences, columns and triggers."""
        rows = self.query(
            "SELECT conrelid::regclass || ' ' || conname AS name FROM pg_constraint"
            " WHERE connamespace = 'public'::regnamespace"
            " UNION ALL SELECT relkind::text || ' ' || relname FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace"
            " UNION ALL SELECT table_name || ' ' || column_name FROM information_schema.columns"
            " WHERE table_schema = 'public'"
            " UNION ALL SELECT tgrelid::regclass || ' ' || tgname FROM pg_trigger"
            " WHERE NOT tgisinternal"
        )
        return sorted(row["name"] for row in rows)

    def _connect(self, name: str) -> psycopg.Connection[Any]:
        return psycopg.connect(make_conninfo(**self.server, dbname=name), autocommit=True)


class UpgradedDesk:
    """The current release, running on the old database with the old secret key."""

    def __init__(self, database: Database, data_dir: Path) -> None:
        self.database = database
        self.port = free_port()
        self.environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
            "DATABASE_URL": database.url,
            "DATA_DIR": str(data_dir),
            "SECRET_KEY": OLD["secret_key"],
            "ACCESS_MODE": "token",
            "PORT": str(self.port),
            "WEB_WORKERS": "1",
            "DEBUG": "true",  # works without collected static files
        }

    def manage(self, *arguments: str, **environment: str) -> str:
        result = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment | environment,
            timeout=TIMEOUT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert result.returncode == 0, result.stdout
        return result.stdout

    @contextmanager
    def served(self) -> Iterator[None]:
        command = [
            sys.executable,
            "-m",
            "gunicorn",
            "--config",
            "config/gunicorn.py",
            "config.wsgi",
        ]
        with self._process(command) as process:
            self._wait_until_ready(process)
            yield

    @contextmanager
    def fake_model(self) -> Iterator[str]:
        """Run the fake model server and yield its URL."""
        command = [sys.executable, "manage.py", "run_fake_llm", "--port", "0"]
        with self._process(command) as process:
            assert process.stdout is not None
            line = process.stdout.readline()
            address = re.search(r"http://[\d.]+:\d+", line)
            assert address, line
            yield address[0]

    @contextmanager
    def _process(self, command: list[str]) -> Iterator[subprocess.Popen[str]]:
        process = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, text=True
        )
        try:
            yield process
        finally:
            process.terminate()
            process.communicate(timeout=TIMEOUT)

    def _wait_until_ready(self, process: subprocess.Popen[str]) -> None:
        deadline = time.monotonic() + TIMEOUT
        while time.monotonic() < deadline:
            assert process.poll() is None
            with suppress(OSError):
                if Visitor(self).get("/readyz").status == 200:
                    return
            time.sleep(0.1)
        pytest.fail("The web server did not start.")


class Response:
    def __init__(self, response: Any) -> None:
        self.status: int = response.status
        self.headers = response.headers
        self.text = response.read().decode()

    def json(self) -> Any:
        return json.loads(self.text)


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


class Visitor:
    """An HTTP client with cookies, or with an API token."""

    def __init__(self, desk: UpgradedDesk, *, session: str = "", token: str = "") -> None:
        self.desk, self.token = desk, token
        self.cookies = {"sessionid": session} if session else {}

    def get(self, path: str) -> Response:
        return self._send("GET", path)

    def post(self, path: str, **fields: str) -> Response:
        """Submit a form with its CSRF token."""
        if "csrftoken" not in self.cookies:
            self.get("/sign-in/")
            self.get("/")
        fields["csrfmiddlewaretoken"] = self.cookies["csrftoken"]
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._send("POST", path, urlencode(fields).encode(), form)

    def json(self, method: str, path: str, body: Any = None, **headers: str) -> Response:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        data = None if body is None else json.dumps(body).encode()
        return self._send(method, path, data, {"Content-Type": "application/json", **names})

    def _send(
        self, method: str, path: str, data: bytes | None = None, headers: Any = None
    ) -> Response:
        headers = dict(headers or {})
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={text}" for name, text in self.cookies.items())
        address = f"http://127.0.0.1:{self.desk.port}{path}"
        request = urllib.request.Request(address, data=data, headers=headers, method=method)
        try:
            response = Response(urllib.request.build_opener(NoRedirect).open(request, timeout=60))
        except urllib.error.HTTPError as error:
            response = Response(error)
        for header in response.headers.get_all("Set-Cookie", []):
            for name, morsel in SimpleCookie(header).items():
                self.cookies[name] = morsel.value
        return response


def free_port() -> int:
    """Return a free port below the ephemeral range."""
    while True:
        port = random.randint(20_000, 29_999)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@pytest.fixture(scope="module")
def old_database() -> Iterator[Database]:
    """Restore the dump into a new database."""
    database = Database()
    database.create()
    try:
        database.restore(HERE / "release_0_1.sql.gz")
        # Sessions expire after two weeks, and the dump is older.
        database.query("UPDATE django_session SET expire_date = now() + interval '14 days'")
        yield database
    finally:
        database.drop()


@pytest.fixture(scope="module")
def upgrade(
    old_database: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[UpgradedDesk, Rows, Rows]]:
    """Yield the running desk after `migrate`, and all rows before and after it."""
    desk = UpgradedDesk(old_database, tmp_path_factory.mktemp("data"))
    before = old_database.rows()
    desk.manage("migrate", "--verbosity", "0")
    after = old_database.rows()
    with desk.served():
        yield desk, before, after


@pytest.fixture
def desk(upgrade: tuple[UpgradedDesk, Rows, Rows]) -> UpgradedDesk:
    return upgrade[0]


@pytest.fixture
def database(desk: UpgradedDesk) -> Database:
    return desk.database


@pytest.fixture
def api(desk: UpgradedDesk) -> Visitor:
    return Visitor(desk, token=OLD["tokens"]["usable"])


@pytest.fixture
def agent(desk: UpgradedDesk) -> Visitor:
    return Visitor(desk, session=OLD["sessions"]["agent"])


# --- the rows -----------------------------------------------------------------------


def test_migrate_keeps_every_row(upgrade):
    _desk, before, after = upgrade
    for table in before.keys() - DJANGO_TABLES:
        names = COLUMNS.get(table, {})
        expected = [
            {names.get(name, name): value for name, value in row.items()} for row in before[table]
        ]
        columns = {name for row in expected for name in row}  # a later release may have more
        actual = [{name: row[name] for name in columns} for row in after[TABLES.get(table, table)]]
        assert in_order(actual) == in_order(expected), table


def in_order(rows):
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))


def test_migrate_adds_and_drops_no_tables(upgrade):
    _desk, before, after = upgrade
    assert {TABLES.get(table, table) for table in before} == set(after)


def test_content_types_and_permissions_keep_their_ids(upgrade):
    """Groups, accounts and the admin log refer to them."""
    _desk, before, after = upgrade
    for table, column in (("django_content_type", "model"), ("auth_permission", "codename")):
        numbers = {row["id"]: row[column] for row in after[table]}
        for row in before[table]:
            assert numbers[row["id"]] == NAMES.get(row[column], row[column])
    granted = {(row["group_id"], row["permission_id"]) for row in after["auth_group_permissions"]}
    for row in before["auth_group_permissions"]:
        assert (row["group_id"], row["permission_id"]) in granted


def test_no_migration_is_missing(desk):
    assert "[ ]" not in desk.manage("showmigrations")
    assert "No changes" in desk.manage("makemigrations", "--check", "--dry-run")


def test_migrations_can_be_reversed_and_reapplied(tmp_path):
    """Reversing restores every name and row; only permissions and content types may be added."""
    database = Database()
    database.create()
    try:
        database.restore(HERE / "release_0_1.sql.gz")
        desk = UpgradedDesk(database, tmp_path)
        before, names = database.rows(), database.names()
        desk.manage("migrate", "--verbosity", "0")
        new_names = database.names()
        desk.manage("migrate", "tickets", LAST_MIGRATION, "--verbosity", "0")
        after = database.rows()
        for table in before.keys() - DJANGO_TABLES:
            assert after[table] == before[table], table
        assert database.names() == names
        desk.manage("migrate", "--verbosity", "0")
        assert database.names() == new_names
        seen = database.query(
            "SELECT codename FROM auth_permission permission"
            " JOIN auth_group_permissions ON permission_id = permission.id"
            " JOIN auth_group groups ON group_id = groups.id AND groups.name = 'triage watchers'"
        )
        assert {row["codename"] for row in seen} >= {"view_feedback", "change_feedback"}
    finally:
        database.drop()


# --- people ---------------------------------------------------------------------------


def test_sessions_stay_signed_in(desk):
    assert Visitor(desk).get("/tickets/").status == 302
    for name, session in OLD["sessions"].items():
        page = Visitor(desk, session=session).get("/tickets/")
        assert page.status == 200
        assert name in page.text


def test_passwords_work_except_for_deactivated_accounts(desk):
    for name, password in OLD["passwords"].items():
        visitor = Visitor(desk)
        status = visitor.post("/sign-in/", username=name, password=password, next="").status
        assert status == (400 if name == "tom" else 302)


def test_pending_messages_appear_on_the_next_page(desk):
    maria = Visitor(desk, session=OLD["sessions"]["maria"])
    maria.cookies["messages"] = OLD["messages_cookie"]
    page = maria.get("/tickets/")
    assert page.status == 200
    assert page.text.count("tickets changed.") == 4


def test_every_admin_list_opens(desk):
    admin = Visitor(desk, session=OLD["sessions"]["admin"])
    start = admin.get("/admin/")
    assert start.status == 200
    lists = set(re.findall(r'href="(/admin/\w+/\w+/)"', start.text))
    assert len(lists) >= 10
    for path in lists:
        assert admin.get(path).status == 200, path


def test_a_group_keeps_its_permission_to_view_feedback(desk):
    vera = Visitor(desk)
    vera.post("/sign-in/", username="vera", password=OLD["passwords"]["vera"], next="")
    path = "/admin/tickets/feedback/"
    assert vera.get(path).status == 200
    assert vera.get("/admin/tickets/apitoken/").status == 403


def test_the_old_address_of_feedback_redirects_to_it(desk):
    old, new = "/admin/tickets/lesson/", "/admin/tickets/feedback/"
    admin = Visitor(desk, session=OLD["sessions"]["admin"])
    for visitor in (admin, Visitor(desk)):
        response = visitor.get(old)
        assert (response.status, response.headers["Location"]) == (302, new)
    page = admin.get(new)
    assert page.status == 200
    assert "feedback" in page.text.lower()
    query = "?field__exact=category&corrected__exact=1"
    filtered = admin.get(f"{old}{query}")
    assert (filtered.status, filtered.headers["Location"]) == (302, f"{new}{query}")
    assert admin.get(f"{new}{query}").status == 200
    assert Visitor(desk).get(new).status == 302  # to the sign-in page


# --- pages ----------------------------------------------------------------------------


def test_the_list_opens_and_accepts_old_cursors(desk, api, agent):
    assert agent.get("/tickets/").text.count("/tickets/1") > 10
    cursor = OLD["cursor"]
    rows = api.get(f"/api/tickets/?limit=20&cursor={quote(cursor['list'])}").json()
    assert [row["id"] for row in rows] == cursor["tickets_after"]
    assert agent.get(f"/tickets/review/?after={quote(cursor['review'])}").status == 200


def test_saved_views_open(agent, database):
    views = database.query("SELECT name, query FROM tickets_savedview WHERE shared")
    page = agent.get("/tickets/")
    for view in views:
        assert view["name"].replace("'", "&#x27;") in page.text
        assert agent.get(f"/tickets/?{view['query']}").status == 200
    assert len(views) == 4


def test_search_accepts_the_mood_alias(api, database):
    angry = database.query("SELECT id FROM tickets_ticket WHERE sentiment = 'angry'")
    for word in ("mood", "sentiment"):
        rows = api.get(f"/api/tickets/?limit=500&search={word}:angry").json()
        assert {row["id"] for row in rows} == {row["id"] for row in angry}


def test_a_private_link_opens_its_ticket_and_accepts_a_reply(desk, database):
    path = OLD["private_link"]["path"]
    visitor = Visitor(desk)
    assert "Charged twice" in visitor.get(path).text
    assert visitor.post(path, body="Is there any news?").status == 302
    reply = database.query("SELECT * FROM tickets_comment ORDER BY id DESC LIMIT 1")
    assert reply[0]["ticket_id"] == OLD["private_link"]["ticket"]
    assert reply[0]["author_role"] == "requester"
    assert Visitor(desk).get(OLD["revoked_link"]).status == 404


def test_dashboards_and_export_open(agent):
    for path in ("/dashboard/", "/dashboard/triage/", "/tickets/export.csv"):
        assert agent.get(path).status == 200


# --- the API --------------------------------------------------------------------------


def test_tokens_work_unless_revoked(desk, api):
    for name, status in (("usable", 200), ("of_maria", 200), ("revoked", 401)):
        assert Visitor(desk, token=OLD["tokens"][name]).get("/api/tickets/").status == status
    assert api.get("/api/triage/report/").status == 200


def test_a_ticket_and_its_history_are_unchanged(api, agent):
    number = OLD["ticket"]["id"]
    ticket = api.get(f"/api/tickets/{number}/").json()
    assert {key: ticket[key] for key in OLD["ticket"]} == OLD["ticket"]  # later ones may be added
    assert api.get(f"/api/tickets/{number}/history/").json() == OLD["history"]
    page = agent.get(f"/tickets/{number}/")
    assert page.status == 200
    assert OLD["ticket"]["title"] in page.text
    assert api.get(f"/api/tickets/{OLD['deleted_ticket']}/").status == 404


def test_a_repeated_create_returns_the_first_response(api):
    sent = OLD["idempotency"]
    response = api.json("POST", "/api/tickets/", sent["body"], Idempotency_Key=sent["key"])
    assert response.status == 201
    assert response.headers["Idempotency-Replayed"] == "true"
    assert response.json()["id"] == sent["id"]


def test_an_old_suggestion_id_is_accepted(api, database):
    suggestion = OLD["suggestion"]
    body = {name: suggestion[name] for name in ("description", "suggestion_id")}
    ticket = api.json("POST", "/api/tickets/", {"title": "It crashes", **body}).json()
    assert (ticket["category"], ticket["priority"]) == (
        suggestion["category"],
        suggestion["priority"],
    )
    assert ticket["triage"]["category"]["source"] == suggestion["source"]
    accepted = database.query(
        "SELECT field FROM tickets_prediction WHERE ticket_id = %s AND use = 'shown' AND accepted",
        ticket["id"],
    )
    assert {row["field"] for row in accepted} == {"category", "priority"}


# --- changes --------------------------------------------------------------------------


def test_an_old_change_can_be_undone(agent, api):
    change = OLD["undo"]
    assert agent.post("/tickets/undo/", changes=change["token"]).status == 302
    ticket = api.get(f"/api/tickets/{change['ticket']}/").json()
    assert ticket["category"] == change["category"]
    assert ticket["triage"]["category"]["source"] == change["category_source"]


def test_new_changes_are_audited(api, database):
    body = {"title": "Audited", "description": "The invoice of May is missing, and I am furious!"}
    number = api.json("POST", "/api/tickets/", body).json()["id"]
    path = f"/api/tickets/{number}/"
    assert api.json("PATCH", path, {"description": "All is well, thank you."}).status == 200
    assert api.json("POST", f"{path}comments/", {"body": "Fine.", "public": True}).status == 201
    newest = database.query("SELECT * FROM tickets_ticket WHERE id = %s", number)[0]
    assert api.json("DELETE", path).status == 204
    events = database.query(
        "SELECT * FROM tickets_ticketevent WHERE pgh_obj_id = %s ORDER BY pgh_id", number
    )
    assert [event["pgh_label"] for event in events] == ["insert", "update", "delete"]
    audited = {name for name in events[0] if not name.startswith("pgh_")}
    assert len(audited) > 15
    for event in events[1:]:
        assert {name: event[name] for name in audited} == {name: newest[name] for name in audited}
    comment_events = database.query(
        "SELECT pgh_label FROM tickets_commentevent WHERE ticket_id = %s ORDER BY pgh_id", number
    )
    assert [event["pgh_label"] for event in comment_events] == ["insert", "delete"]


def test_a_review_decision_is_stored_as_feedback(agent, api, database):
    """New rows get ids above the old ones."""
    last = database.value("SELECT max(id) FROM tickets_feedback")
    body = {"title": "A question", "description": "Where do I see my plan?"}
    number = api.json("POST", "/api/tickets/", body).json()["id"]
    sent = {"version": "1", "category": "account", "priority": "low", "ticket": str(number)}
    assert agent.post("/tickets/review/", after="", **sent).status == 302
    rows = database.query("SELECT * FROM tickets_feedback WHERE ticket_id = %s", number)
    assert {row["field"]: row["value"] for row in rows} == {
        "category": "account",
        "priority": "low",
    }
    assert all(row["id"] > last for row in rows)


# --- jobs -----------------------------------------------------------------------------


def test_jobs_queued_by_the_old_release_complete(upgrade, database):
    desk, before, _after = upgrade
    queued, edited = OLD["queued_ticket"], OLD["edited_ticket"]
    old_jobs = before["procrastinate_jobs"]
    tasks = ("triage_ticket", "shadow_triage", "send_email", "learn", "refit", "purge")
    expected = {f"tickets.tasks.{name}" for name in (*tasks, "retry_stalled")}
    assert {row["task_name"] for row in old_jobs} == expected
    began = database.value("SELECT now()")
    database.query("UPDATE tickets_presence SET seen_at = now() - interval '2 days'")
    mail = MailServer().start()
    try:
        with desk.fake_model() as model:
            for _turn in range(2):  # the first run only requeues the stalled job
                desk.manage(
                    *("procrastinate", "worker", "--one-shot"),
                    EMAIL_URL=f"smtp://127.0.0.1:{mail.port}",
                    GEMINI_API_KEY="fake",
                    GEMINI_BACKEND="rest",
                    GEMINI_BASE_URL=model,
                    TRIAGE_SHADOW="offline",
                )
    finally:
        mail.stop()
    left = database.query(
        "SELECT task_name, status FROM procrastinate_jobs WHERE id <= %s",
        max(row["id"] for row in old_jobs),
    )
    assert left == [{"task_name": "tickets.tasks.send_email", "status": "cancelled"}]

    # triage_ticket applies the model's answer, except to fields an agent has decided.
    ticket = database.query("SELECT * FROM tickets_ticket WHERE id = %s", queued)[0]
    assert ticket["sentiment_source"] == "llm"
    assert (ticket["category_source"], ticket["priority_source"]) == ("human", "human")
    ticket = database.query("SELECT * FROM tickets_ticket WHERE id = %s", edited)[0]
    assert (ticket["sentiment_source"], ticket["category_source"]) == ("llm", "llm")
    # shadow_triage: the edited ticket already had predictions for its old text.
    shadows = database.query(
        "SELECT ticket_id, count(*) FROM tickets_prediction"
        " WHERE use = 'shadow' AND ticket_id IN (%s, %s) GROUP BY 1",
        *(queued, edited),
    )
    assert {row["ticket_id"]: row["count"] for row in shadows} == {queued: 4, edited: 8}
    # send_email: the message that the killed worker was sending is not sent again.
    states = database.query("SELECT state, count(*) FROM tickets_email GROUP BY 1")
    assert {row["state"]: row["count"] for row in states} == {
        "sent": 42,
        "uncertain": 2,
        "failed": 2,
        "dropped": 2,
    }
    assert len(mail.messages) == 4
    assert {str(message["To"]) for message in mail.messages} >= {"ops@example.com"}
    # learn and refit
    assert database.value("SELECT count(*) FROM tickets_feedback WHERE learned_at IS NULL") == 0
    models = database.query("SELECT field, stale, refitted_at FROM tickets_triagemodel")
    assert {row["field"] for row in models} == {"category", "priority"}
    assert all(row["refitted_at"] > began and not row["stale"] for row in models)
    # purge
    assert database.value("SELECT count(*) FROM tickets_presence") == 0
