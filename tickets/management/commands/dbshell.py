"""Open a database shell, as the role that owns the database if this process knows it."""

from django.core.management.commands import dbshell

from tickets.management.owner import OwnerCommand


class Command(OwnerCommand, dbshell.Command):
    pass
