"""Create an API token."""

from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from tickets.access.actors import SYSTEM
from tickets.forms.fields import OneLineField
from tickets.services.accounts import create_token
from tickets.vocabulary import MAX_TOKEN_DAYS, MAX_TOKEN_NAME_CHARS, Scope


class Command(BaseCommand):
    help = "Create an API token and print its secret, which cannot be shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="what the token is for, such as 'nightly export'")
        parser.add_argument(
            "--scopes", default="read,write", help="comma-separated: read, write, admin, mail"
        )
        parser.add_argument("--user", help="limit the token to what this user may do")
        parser.add_argument("--days", type=int, help="days until it expires (default: never)")

    def handle(self, *args: Any, **options: Any) -> None:
        scopes = [scope.strip() for scope in options["scopes"].split(",")]
        unknown = set(scopes) - set(Scope.values)
        if unknown:
            names = ", ".join(sorted(unknown))
            raise CommandError(f"Unknown scope {names}; use read, write, admin or mail.")
        days = options["days"]
        if days is not None and not 1 <= days <= MAX_TOKEN_DAYS:
            raise CommandError(f"--days must be 1 to {MAX_TOKEN_DAYS}.")
        name, user = self._name(options["name"]), self._user(options["user"])
        secret = create_token(name, scopes, SYSTEM, user=user, days=days).secret
        # Print only the secret, so that a script can use the output.
        self.stdout.write(secret)

    def _name(self, name: str) -> str:
        try:
            return str(OneLineField(max_length=MAX_TOKEN_NAME_CHARS).clean(name))
        except ValidationError as error:
            raise CommandError(f"The name is not usable. {' '.join(error.messages)}") from None

    def _user(self, username: str | None) -> User | None:
        if username is None:
            return None
        user = User.objects.filter(username=username, is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active user {username}.")
        return user
