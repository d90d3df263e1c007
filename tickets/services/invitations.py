"""Invitations: a link that sets an account's password, once."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from ..access import security_log
from ..exceptions import NotFound
from ..vocabulary import SecurityEvent

INVITATION_OVER = (
    "This invitation was used, or it has expired. Ask an administrator for a new one, or sign in."
)


def invitation_key(user: User) -> tuple[str, str]:
    """Return the account's key and a token for the address of an invitation.

    The token expires after PASSWORD_RESET_TIMEOUT, and when the password or the address changes.
    """
    return urlsafe_base64_encode(force_bytes(user.pk)), default_token_generator.make_token(user)


def invited_account(key: str, token: str) -> User:
    """Return whom an invitation is for. Raise NotFound if it was used or has expired."""
    try:
        user = User.objects.filter(pk=int(urlsafe_base64_decode(key)), is_active=True).first()
    except ValueError:
        user = None
    if user is None or not default_token_generator.check_token(user, token):
        raise NotFound(INVITATION_OVER)
    return user


def accept_invitation(key: str, token: str, password: str) -> User:
    """Set the password. Of several attempts at the same moment, one succeeds. Raise NotFound."""
    with transaction.atomic():
        User.objects.select_for_update().filter(pk=invited_account(key, token).pk).first()
        user = invited_account(key, token)
        user.set_password(password)
        user.save(update_fields=["password"])
    security_log.note(SecurityEvent.PASSWORD_SET, user.get_username())
    return user
