"""Commands that do what only the role that owns the tables may."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import ProgrammingError, connection
from psycopg.errors import InsufficientPrivilege

from tickets.exceptions import RoleError


class OwnerCommand(BaseCommand):
    """A command that runs as this role, if the process knows it."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            with connection.as_owner():  # type: ignore[attr-defined]
                return super().execute(*args, **options)
        except ProgrammingError as error:
            if not isinstance(error.__cause__, InsufficientPrivilege):
                raise
            raise CommandError(
                f"{str(error).splitlines()[0]}. This needs the role that owns the tables:"
                " DATABASE_OWNER_URL, or the service migrate of Docker Compose."
            ) from None
        except RoleError as error:
            raise CommandError(str(error)) from None


def desk_login() -> tuple[str, str]:
    """Return the role of web server and worker, and its password."""
    database = settings.DATABASES["default"]
    return database["USER"], database.get("PASSWORD", "")
