"""What the role of web server and worker may do in the database.

It owns nothing, so it cannot change the schema. It reads and writes all tables but those below.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from pghistory.models import Event
from psycopg import sql

from ..exceptions import RoleError
from ..models.events import ErasedAddress, Erasure

# Migrations write the first, and functions such as `tickets_erase_events` the others.
READ_ONLY = ["django_migrations", Erasure._meta.db_table, ErasedAddress._meta.db_table]
# In one transaction: a desk that runs lacks nothing at any time.
GRANTS = """
GRANT USAGE ON SCHEMA public TO {role};
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};
GRANT SELECT, USAGE ON ALL SEQUENCES IN SCHEMA public TO {role};
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {role};
"""
EXISTING = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename = ANY(%s)"


def append_only_tables() -> list[str]:
    """Return the tables of events. Rows are added to them, and nothing else."""
    return [model._meta.db_table for model in apps.get_models() if issubclass(model, Event)]


def known_of_owner() -> Iterator[str]:
    """Yield by what this process could become the role that owns the tables, a line for each.

    Web server and worker should not be able to. The embedded server asks nobody for a password.
    """
    if settings.MIGRATES:
        return
    if (settings.DATABASES["default"].get("OWNER") or {}).get("PASSWORD"):
        name = "POSTGRES_PASSWORD" if settings.POSTGRES_HOST else "DATABASE_OWNER_URL"
        yield (
            f"{name} is set here, so this process can become the role that owns the database: set"
            " it only for the commands migrate and restore."
        )
    for path in settings.OWNER_FILES:
        if os.access(path, os.R_OK):
            name = os.path.basename(path)
            yield (
                f"{path} lets whoever reads it become the role that owns the database, and this"
                f" process can read it: move it to deploy/owner-secrets, and name it"
                f" /run/owner-secrets/{name}."
            )


def grant_privileges(role: str, password: str) -> None:
    """Give the desk's role what it needs, and only that. Run it as the owner of the tables.

    `role` is that of web server and worker. Create it if it is missing. A desk that has one role
    for everything is left alone. Raise RoleError.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('privileges', 0))")
        cursor.execute(
            "SELECT rolname, rolsuper, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        )
        [owner, is_superuser, creates_roles] = cursor.fetchone() or ("", False, False)
        if role in ("", owner):
            return
        _prepare(cursor, role, password, is_superuser or creates_roles, is_superuser)
        for statement, tables in (
            (GRANTS, []),
            ("REVOKE UPDATE, DELETE ON {table} FROM {role}", append_only_tables()),
            ("REVOKE INSERT, UPDATE, DELETE ON {table} FROM {role}", READ_ONLY),
        ):
            cursor.execute(EXISTING, [tables])  # after a migration backwards some are gone
            for table in [name for (name,) in cursor.fetchall()] if tables else [""]:
                names = {"role": sql.Identifier(role), "table": sql.Identifier(table)}
                _execute(cursor, sql.SQL(statement).format(**names))
        _refuse_more(cursor, role)


def _prepare(
    cursor: CursorWrapper, role: str, password: str, may_create: bool, sets_password: bool
) -> None:
    """Create the role, or give it the password that the desk has."""
    cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", [role])
    exists = bool(cursor.rowcount)
    if not exists and not may_create:
        raise RoleError(f"The role {role} does not exist. Create it: CREATE ROLE {role} LOGIN.")
    if exists and not (password and sets_password):
        return
    statement = sql.SQL("ALTER ROLE {}" if exists else "CREATE ROLE {} LOGIN")
    parts = [statement.format(sql.Identifier(role))]
    if password:
        # Hashed here: the server may log statements.
        hashed = connection.connection.pgconn.encrypt_password(password.encode(), role.encode())
        parts.append(sql.SQL("PASSWORD {}").format(hashed.decode()))
    _execute(cursor, sql.SQL(" ").join(parts))


def _refuse_more(cursor: CursorWrapper, role: str) -> None:
    """Raise RoleError if the role may do more by other means, as a superuser may."""
    cursor.execute(
        "SELECT min(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " AND relkind = 'r' AND has_table_privilege(%s, oid, 'TRUNCATE')",
        [role],
    )
    [table] = cursor.fetchone() or (None,)
    if table:
        raise RoleError(
            f"The role {role} may do everything with the table {table}: it owns it, is a superuser,"
            " or a member of another role that may. Web server and worker need one that may not."
        )


def _execute(cursor: CursorWrapper, statement: sql.Composable) -> None:
    cursor.execute(statement.as_string(connection.connection))
