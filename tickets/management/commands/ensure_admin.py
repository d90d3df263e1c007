"""Create the first admin."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from tickets.checks import on_loopback
from tickets.exceptions import InvalidInput
from tickets.services.accounts import create_account


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
            if not password and not on_loopback():
                raise CommandError("Set ADMIN_PASSWORD: the desk has no account yet.")
            password = password or settings.DEFAULT_SECRET
        if not username or not password:
            return
        user = User.objects.filter(username=username).first()
        if user is None:
            try:
                create_account(username, password, admin=True)
            except InvalidInput as error:
                raise CommandError(f"ADMIN_USERNAME: {error.detail}") from None
            self.stdout.write(f"Created the admin account {username}.")
        elif not on_loopback() and user.check_password(settings.DEFAULT_SECRET):
            # The account was created on loopback, and others are about to reach it.
            raise CommandError(
                f"{username} still has the default password. Change it before you set HOST to"
                f" {settings.HOST} (manage.py changepassword {username})."
            )
