"""Create the first admin."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from tickets.access.publication import published_by
from tickets.exceptions import InvalidInput
from tickets.services.accounts import create_account, stored_name


class Command(BaseCommand):
    help = (
        "Create the first admin from ADMIN_USERNAME and ADMIN_PASSWORD. Does nothing if the"
        " account exists or if a variable is not set. With Docker Compose on loopback, a desk"
        " without accounts gets one without variables, too."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        username, password = settings.ADMIN_USERNAME, settings.ADMIN_PASSWORD
        if settings.INSTALLATION == "compose" and not User.objects.exists():
            username = username or "admin"
            if not password and published_by():
                raise CommandError("Set ADMIN_PASSWORD: the desk has no account yet.")
            password = password or settings.DEFAULT_SECRET
        if not username or not password:
            return
        user = User.objects.filter(username=stored_name(username)).first()
        if user is None:
            try:
                create_account(username, password, admin=True)
            except InvalidInput as error:
                raise CommandError(f"ADMIN_USERNAME: {error.detail}") from None
            self.stdout.write(f"Created the admin account {username}.")
        elif published_by() and user.check_password(settings.DEFAULT_SECRET):
            # The account was created while only this machine reached the desk.
            raise CommandError(
                f"{username} still has the default password. Change it first (manage.py"
                f" changepassword {username}). Others can reach the desk: {published_by()}."
            )
