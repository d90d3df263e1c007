"""Links that set an account's password, once: invitations, and resets of a forgotten one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.contrib.auth.tokens import PasswordResetTokenGenerator, default_token_generator
from django.db import transaction
from django.utils.encoding import force_bytes
from django.utils.http import base36_to_int, urlsafe_base64_decode, urlsafe_base64_encode

from ..access import security_log
from ..exceptions import NotFound
from ..vocabulary import RESET_LIFETIME, SecurityEvent

INVITATION_OVER = (
    "This invitation was used, or it has expired. Ask an administrator for a new one, or sign in."
)
RESET_OVER = "This link was used, or it has expired. Ask for a new one, or sign in."


class ResetTokens(PasswordResetTokenGenerator):
    """Like Django's own tokens, which an invitation has, but with a shorter life."""

    key_salt = "tickets.reset-password"

    def check_token(self, user: Any, token: str | None) -> bool:
        if not super().check_token(user, token):
            return False
        made = base36_to_int(str(token).partition("-")[0])  # seconds since 2001
        age = (self._now() - datetime(2001, 1, 1)).total_seconds() - made
        return bool(age <= RESET_LIFETIME.total_seconds())


@dataclass(frozen=True)
class PasswordLink:
    """A kind of link. Its token ends when the password or the address changes, or somebody signs
    in to the account."""

    tokens: PasswordResetTokenGenerator
    over: str  # what a link that no longer works says
    event: SecurityEvent

    def key(self, user: User) -> tuple[str, str]:
        """Return the account's key and a token for the link's address."""
        return urlsafe_base64_encode(force_bytes(user.pk)), self.tokens.make_token(user)

    def account(self, key: str, token: str) -> User:
        """Return whose password the link sets. Raise NotFound if it was used or has expired."""
        try:
            user = User.objects.filter(pk=int(urlsafe_base64_decode(key)), is_active=True).first()
        except ValueError:
            user = None
        if user is None or not self.tokens.check_token(user, token):
            raise NotFound(self.over)
        return user

    def accept(self, key: str, token: str, password: str) -> User:
        """Set the password, which ends the account's sessions. Raise NotFound.

        Of several attempts at the same moment, one succeeds.
        """
        with transaction.atomic():
            User.objects.select_for_update().filter(pk=self.account(key, token).pk).first()
            user = self.account(key, token)
            user.set_password(password)
            user.save(update_fields=["password"])
        security_log.note(self.event, user.get_username())
        return user


# It works for PASSWORD_RESET_TIMEOUT.
INVITATION = PasswordLink(default_token_generator, INVITATION_OVER, SecurityEvent.PASSWORD_SET)
RESET = PasswordLink(ResetTokens(), RESET_OVER, SecurityEvent.PASSWORD_RESET)
