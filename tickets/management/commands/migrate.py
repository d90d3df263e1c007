"""Migrate the database, as the role that owns it."""

from typing import Any

from django.core.management.commands import migrate

from tickets.management.owner import OwnerCommand, desk_login
from tickets.services.privileges import grant_privileges


class Command(OwnerCommand, migrate.Command):
    help = f"{migrate.Command.help} Give the role of web server and worker what it needs."

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        if not (options["plan"] or options["check_unapplied"]):
            grant_privileges(*desk_login())
