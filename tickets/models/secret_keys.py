"""What is derived from SECRET_KEY, or from a key before it (SECRET_KEY_FALLBACKS).

The present key makes, all of them read. What Django signs by itself follows the same settings.
"""

from __future__ import annotations

from typing import cast

from django.conf import settings
from django.utils.crypto import salted_hmac


def secret_keys() -> list[str]:
    """Return the present key and those before it, which may still be in use."""
    former = cast(list[str], settings.SECRET_KEY_FALLBACKS)  # as config/environment declares them
    return [settings.SECRET_KEY, *former]


def derived(salt: str, value: str, key: str = "") -> bytes:
    """Return 32 bytes that depend on all of these; without a key on the present one."""
    secret = key or settings.SECRET_KEY
    return salted_hmac(salt, value, secret=secret, algorithm="sha256").digest()
