"""A column for secrets that the desk must be able to use, such as passwords of mailboxes."""

from __future__ import annotations

import base64
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.db import models

from .secret_keys import derived, secret_keys


class EncryptedField(models.TextField):  # type: ignore[type-arg]
    """Text that is encrypted with a key derived from SECRET_KEY.

    A copy of the database alone reveals none. Under a SECRET_KEY that is neither the present one
    nor among SECRET_KEY_FALLBACKS the value is "", as if it had never been entered.
    """

    def get_prep_value(self, value: Any) -> Any:
        return _cipher().encrypt(str(value).encode()).decode() if value else value

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        if not value:
            return value
        try:
            return _cipher().decrypt(value.encode()).decode()
        except InvalidToken:
            return ""


def _cipher() -> MultiFernet:
    """Return what encrypts with the present key, and decrypts with any."""
    fernet_keys = [derived("tickets.encrypted-field", "", key) for key in secret_keys()]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in fernet_keys])
