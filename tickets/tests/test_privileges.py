"""What the role of web server and worker may do, and what only the owner of the tables may.

Desks that tests start with `make run` use this role, too.
"""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from django.apps import apps
from django.db import IntegrityError, ProgrammingError, connection, transaction
from pghistory.models import Event
from psycopg import sql
from psycopg.conninfo import make_conninfo

from tickets.access.actors import SYSTEM
from tickets.audit.erasing import empty_events, erase_address, erase_events
from tickets.models.events import Erasure
from tickets.models.ticket import Comment, Ticket
from tickets.services.privileges import append_only_tables, grant_privileges
from tickets.tests.factories import CommentFactory, TicketFactory
from tickets.tests.upgrade.database import Database
from tickets.vocabulary import ErasureKind

ROOT = Path(__file__).resolve().parents[2]
EVENTS = sorted(append_only_tables())
pytestmark = pytest.mark.skipif(
    bool(os.environ.get("DATABASE_URL")), reason="one role owns the tables"
)


@pytest.fixture
def as_desk(db):
    """Have a role with the privileges that `migrate` gives, for the rest of the test."""
    grant_privileges("desk", "")
    connection.cursor().execute("SET LOCAL ROLE desk")


def refused(statement):
    """Return why PostgreSQL refuses a statement of the desk's role."""
    with pytest.raises(ProgrammingError) as error, transaction.atomic():
        connection.cursor().execute(statement)
    return str(error.value).splitlines()[0]


def test_every_model_of_events_is_known():
    names = {
        model._meta.db_table for model in apps.get_models() if model.__name__.endswith("Event")
    }
    assert set(EVENTS) == names - {"procrastinate_events"}
    assert len(EVENTS) >= 6


@pytest.mark.usefixtures("as_desk")
@pytest.mark.parametrize("table", EVENTS)
@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET pgh_label = 'x'", "DELETE FROM {}", "TRUNCATE {}"]
)
def test_events_are_only_added(table, statement):
    assert refused(statement.format(table)) == f"permission denied for table {table}"


@pytest.mark.usefixtures("as_desk")
@pytest.mark.parametrize(
    "statement",
    [
        (
            "INSERT INTO tickets_erasure (ticket_number, actor, events, erased_at)"
            " VALUES (1, 'x', 1, now())"
        ),
        "UPDATE tickets_erasure SET actor = 'x'",
        "DELETE FROM tickets_erasure",
        "TRUNCATE tickets_erasure",
        (
            "INSERT INTO tickets_erasedaddress (keyed_hash, actor, erased_at)"
            " VALUES ('x', 'x', now())"
        ),
        "DELETE FROM tickets_erasedaddress",
        "DELETE FROM django_migrations",
        "TRUNCATE tickets_ticket CASCADE",
        "ALTER TABLE tickets_ticketevent DISABLE TRIGGER ALL",
        "ALTER TABLE tickets_ticket ADD COLUMN x int",
        "DROP TABLE tickets_erasure",
        "CREATE TABLE mine ()",
        "CREATE TRIGGER x BEFORE INSERT ON tickets_ticket EXECUTE FUNCTION tickets_note_counts()",
        (
            "CREATE OR REPLACE FUNCTION tickets_erase_events(bigint[], jsonb) RETURNS void"
            " LANGUAGE sql AS ''"
        ),
        "CREATE FUNCTION mine() RETURNS void LANGUAGE sql AS ''",
        "DROP FUNCTION tickets_erase_events",
        "CREATE SCHEMA mine",
        "CREATE ROLE mine",
        "ALTER ROLE postgres NOLOGIN",
        "SET session_replication_role = replica",
        "COPY tickets_ticket TO PROGRAM 'true'",
    ],
)
def test_it_changes_neither_the_schema_nor_the_server(statement):
    assert refused(statement).startswith(("permission denied", "must be owner"))


@pytest.mark.usefixtures("as_desk")
def test_the_one_function_erases_and_says_who_how_many_and_when():
    ticket, other = TicketFactory(), TicketFactory()
    number = ticket.pk
    ticket.delete()
    erase_events([number], {"actor": "kim", "user": 7})
    assert not Ticket.pgh_event_model.objects.filter(pgh_obj_id=number).exists()
    assert Ticket.pgh_event_model.objects.filter(pgh_obj_id=other.pk).count() == 1
    [row] = Erasure.objects.values("ticket_number", "actor", "account", "events")
    assert row == {"ticket_number": number, "actor": "kim", "account": 7, "events": 2}


@pytest.mark.usefixtures("as_desk")
def test_the_events_of_a_ticket_that_exists_stay():
    ticket = TicketFactory()
    with pytest.raises(IntegrityError, match="exists: its events stay"), transaction.atomic():
        erase_events([ticket.pk], SYSTEM.audit_context())
    assert Ticket.pgh_event_model.objects.filter(pgh_obj_id=ticket.pk).exists()


def tables_of_tickets():
    """Return the tables of events that belong to a ticket."""
    of_tickets = {
        model._meta.db_table
        for model in apps.get_models()
        if issubclass(model, Event)
        and (
            model is Ticket.pgh_event_model
            or any(field.name == "ticket" for field in model._meta.fields)
        )
    }
    # A blocked address is not the ticket's: it stays blocked.
    of_tickets.remove("tickets_blockedaddressevent")
    return of_tickets


@pytest.mark.usefixtures("as_desk")
def test_the_function_knows_every_model_of_a_tickets_events():
    connection_cursor = connection.cursor()
    connection_cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = 'tickets_erase_events'")
    [source] = connection_cursor.fetchone()
    names = set(source.replace("\n", " ").split())
    assert {table for table in EVENTS if f"public.{table}" in names} == tables_of_tickets()


@pytest.mark.usefixtures("as_desk")
def test_events_are_emptied_and_a_row_says_so():
    ticket = TicketFactory(title="Before", requester_email="kim@example.org")
    CommentFactory(ticket=ticket, body="Stays")
    gone = CommentFactory(ticket=ticket, body="Goes")
    number = gone.pk
    gone.delete()
    ticket.title = "After"
    ticket.save()
    empty_events(
        [ticket.pk],
        {"actor": "kim", "user": 7},
        kind=ErasureKind.REDACTED,
        fields=["title"],
        comment_ids=[number],
    )
    events = Ticket.pgh_event_model.objects
    assert set(events.values_list("title", "requester_email")) == {("After", "kim@example.org")}
    assert sorted(Comment.pgh_event_model.objects.values_list("body", flat=True)) == [
        *("Stays", "[erased]", "[erased]"),
    ]
    [row] = Erasure.objects.values("ticket_number", "kind", "fields", "comment_numbers", "actor")
    assert row == {
        "ticket_number": ticket.pk,
        "kind": "redacted",
        "fields": ["title"],
        "comment_numbers": [number],
        "actor": "kim",
    }


@pytest.mark.usefixtures("as_desk")
@pytest.mark.parametrize(
    "call",
    [
        # Nobody would be told about these.
        "tickets_empty_events('{}', '{title}', '{}', '{}', 'erased', '{}')",
        "tickets_empty_events('{1}', '{title}', '{}', '{}', 'deleted', '{}')",
        "tickets_prune_events(29, 100)",
    ],
)
def test_the_functions_refuse(call):
    with pytest.raises(IntegrityError), transaction.atomic():
        connection.cursor().execute(f"SELECT {call}")


@pytest.mark.usefixtures("as_desk")
def test_the_events_of_an_address_that_somebody_has_stay():
    TicketFactory(requester_email="kim@example.org")
    with pytest.raises(IntegrityError, match="still in use"), transaction.atomic():
        erase_address(["kim@example.org"], "x", SYSTEM.audit_context())
    assert Ticket.pgh_event_model.objects.filter(requester_email="kim@example.org").exists()


@pytest.mark.usefixtures("as_desk")
@pytest.mark.parametrize("name", ["tickets_empty_events", "tickets_prune_events"])
def test_the_other_functions_know_every_model_of_a_tickets_events(name):
    cursor = connection.cursor()
    cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = %s", [name])
    [source] = cursor.fetchone()
    names = set(source.replace("\n", " ").split())
    assert {table for table in EVENTS if f"public.{table}" in names} == tables_of_tickets()


@pytest.mark.usefixtures("as_desk")
def test_nothing_that_a_caller_makes_gets_the_owners_rights():
    """The function finds no table or operator of a schema that comes first."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE tickets_ticketevent (pgh_obj_id bigint)")
        cursor.execute("SET LOCAL search_path = pg_temp, public")
        cursor.execute("INSERT INTO pg_temp.tickets_ticketevent VALUES (4711)")
        erase_events([4711], {"actor": "kim", "user": None})
        cursor.execute("SELECT count(*) FROM pg_temp.tickets_ticketevent")
        assert cursor.fetchone() == (1,)
        cursor.execute("SELECT proconfig FROM pg_proc WHERE proname = 'tickets_erase_events'")
        assert cursor.fetchone() == (["search_path=pg_catalog, pg_temp"],)


# --- two roles of one's own ---------------------------------------------------------------------


class TwoRoles:
    """A database whose owner is no superuser, and a desk with a role of its own."""

    password = "it's \\ 50% :/@ é"

    def __init__(self, database, data_dir):
        self.database, self.owner, self.app = database, f"o_{database.name}", f"a_{database.name}"
        self.environment = {
            "PATH": os.environ["PATH"],
            "SECRET_KEY": "k" * 50,
            "DATA_DIR": str(data_dir),
            "DATABASE_URL": self.url(self.app),
            "DATABASE_OWNER_URL": self.url(self.owner),
        }

    def url(self, role):
        server = self.database.server
        password = quote(self.password, safe="")
        host = quote(server["host"], safe="")
        return (
            f"postgres://{role}:{password}@/{self.database.name}?host={host}&port={server['port']}"
        )

    def manage(self, *arguments, **environment):
        result = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        return result.returncode, (result.stdout + result.stderr).strip()

    def connected(self, role):
        address = {name: self.database.server[name] for name in ("host", "port")}
        return psycopg.connect(
            make_conninfo(**address, user=role, dbname=self.database.name), autocommit=True
        )


@pytest.fixture(scope="module")
def roles(django_db_setup, django_db_blocker, tmp_path_factory):
    with django_db_blocker.unblock(), Database.empty() as database:
        roles = TwoRoles(database, tmp_path_factory.mktemp("data"))
        owner, app = sql.Identifier(roles.owner), sql.Identifier(roles.app)
        name = sql.Identifier(database.name)
        with database._connect("postgres") as server:
            server.execute(sql.SQL("CREATE ROLE {} LOGIN").format(owner))
            server.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(name, owner))
        try:
            yield roles
        finally:
            with database._connect(database.name) as server:
                server.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(owner))
                server.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(app))
            with database._connect("postgres") as server:
                server.execute(sql.SQL("ALTER DATABASE {} OWNER TO CURRENT_USER").format(name))
                server.execute(sql.SQL("DROP ROLE {}").format(owner))


@pytest.mark.django_db
def test_two_roles_of_ones_own(roles):
    """A story, since each step needs the one before."""
    # The owner may not create roles: somebody has to.
    code, output = roles.manage("migrate")
    assert code == 1
    assert output.splitlines()[-1].endswith(
        f"The role {roles.app} does not exist. Create it: CREATE ROLE {roles.app} LOGIN."
    )
    roles.database.query(f'CREATE ROLE "{roles.app}" LOGIN')
    assert roles.manage("migrate", "--verbosity", "0") == (0, "")
    # Whoever does not know the owner is told what is needed.
    code, output = roles.manage("migrate", "tickets", "0035", DATABASE_OWNER_URL="")
    assert code == 1
    assert "This needs the role that owns the tables: DATABASE_OWNER_URL" in output
    assert len(output.splitlines()[-1:]) == 1
    code, output = roles.manage("ensure_admin", ADMIN_USERNAME="kim", ADMIN_PASSWORD="a long one 9")
    assert (code, output) == (0, "Created the admin account kim.")
    with roles.connected(roles.app) as app, pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute("DELETE FROM tickets_ticketevent")
    # A backup by the desk's role, and a restore by the owner.
    archive = Path(roles.environment["DATA_DIR"]) / "desk.backup"
    code, output = roles.manage("backup", str(archive), DATABASE_OWNER_URL="")
    assert code == 0, output
    with roles.connected(roles.app):
        code, output = roles.manage("restore", str(archive), "--replace")
        assert (code, output.splitlines()[-1]) == (
            1,
            "CommandError: The database is in use. Stop the web server and the worker first.",
        )
    code, output = roles.manage("restore", str(archive), "--replace")
    assert code == 0, output
    code, output = roles.manage(
        *("shell", "--verbosity", "0", "-c"),
        "from django.contrib.auth.models import User; print(User.objects.get().username)",
    )
    assert (code, output) == (0, "kim")
    # A role that may do more is refused.
    roles.database.query(f'GRANT "{roles.owner}" TO "{roles.app}"')
    code, output = roles.manage("migrate")
    assert code == 1
    assert f"The role {roles.app} may do everything with the table" in output.splitlines()[-1]
