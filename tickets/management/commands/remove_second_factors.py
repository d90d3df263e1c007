"""Remove an account's second factors."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from tickets.services.accounts import stored_name
from tickets.services.second_factors import remove_all_factors


class Command(BaseCommand):
    help = (
        "Remove an account's second factors and recovery codes. For an admin who has lost them; for"
        " others, the back office has an action."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["username"]
        user = User.objects.filter(username=stored_name(name)).first()
        if user is None:
            raise CommandError(f"There is no account {name}.")
        count = remove_all_factors(user)
        self.stdout.write(f"Removed: {count}. {user.get_username()} signs in by password.")
