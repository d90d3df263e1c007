"""A column for secrets that the desk must be able to use, such as passwords of mailboxes."""

from __future__ import annotations

import base64
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.db import models
from django.utils.crypto import salted_hmac


class EncryptedField(models.TextField):  # type: ignore[type-arg]
    """Text that is encrypted with a key derived from SECRET_KEY.

    A copy of the database alone reveals none. Under another SECRET_KEY the value is "", as if it
    had never been entered.
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


def _cipher() -> Fernet:
    key = salted_hmac("tickets.encrypted-field", "", algorithm="sha256").digest()
    return Fernet(base64.urlsafe_b64encode(key))
