"""Second factors of accounts: authenticator apps, passkeys and recovery codes.

The codes of apps (RFC 6238) come from `cryptography`, WebAuthn from `fido2`. What somebody types or
a browser sends is checked here; `pages/second_step.py` limits the tries.
"""

from __future__ import annotations

import json
import secrets
import time
from base64 import b32decode, b32encode, b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from textwrap import wrap
from typing import Any

from cryptography.hazmat.primitives.constant_time import bytes_eq
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.db import transaction
from django.utils import timezone
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    UserVerificationRequirement,
)

from ..access import security_log
from ..exceptions import InvalidInput
from ..models.private_link import digest
from ..models.second_factors import RecoveryCode, SecondFactor
from ..models.sign_ins import SignIn
from ..vocabulary import MAX_FACTORS, RECOVERY_CODES, FactorKind, SecurityEvent

STEP = 30  # seconds for which an app shows a code
DRIFT = 1  # steps by which its clock may differ
KEY_BYTES = 20
KEY_SALT = "tickets.second-factor-key"
KEY_LIFETIME = timedelta(hours=1)  # from the page that shows it to the code that adds the app
RECOVERY_BYTES = 15  # of a recovery code: with 112 bits or more a plain hash is enough
TOO_MANY = f"An account has at most {MAX_FACTORS} second factors. Remove one first."


def has_second_factor(user: User) -> bool:
    return SecondFactor.objects.of(user.pk).exists()


# --- authenticator apps -----------------------------------------------------------------


def new_key() -> str:
    """Return a key for an app, in base32."""
    return b32encode(secrets.token_bytes(KEY_BYTES)).decode()


def signed_key(user: User, key: str) -> str:
    """Return a key as its page sends it back: only keys that the desk has made are taken."""
    return signing.dumps([user.pk, key], salt=KEY_SALT)


def shown_key(user: User, signed: str) -> str:
    """Return the key that the account's page has shown. Raise InvalidInput if it has not."""
    try:
        account, key = signing.loads(signed, salt=KEY_SALT, max_age=KEY_LIFETIME)
    except (signing.BadSignature, ValueError, TypeError):
        account, key = None, ""
    if account != user.pk:
        raise InvalidInput(errors={"code": ["This key has expired. Scan the new one."]})
    return str(key)


def app_address(user: User, key: str) -> str:
    """Return the address that an app reads from a QR code."""
    return _totp(key).get_provisioning_uri(user.get_username(), settings.DESK_NAME)


def step_of(key: str, code: str, after: int = 0) -> int:
    """Return the step whose code this is, later than `after`; 0 if it is none's."""
    now = int(time.time()) // STEP
    for step in range(now - DRIFT, now + DRIFT + 1):
        if step > after and bytes_eq(_totp(key).generate(step * STEP), code.encode()):
            return step
    return 0


def _totp(key: str) -> TOTP:
    return TOTP(b32decode(key), 6, SHA1(), STEP)  # noqa: S303  # nosec B303  # what apps support


def add_app(user: User, name: str, key: str, code: str) -> list[str]:
    """Add an app whose owner has typed its code. Return the recovery codes if it is the first
    factor. Raise InvalidInput for a wrong code."""
    step = step_of(key, code)
    if not step:
        message = "This is not the code that the app shows now. Check the clock of its device."
        raise InvalidInput(errors={"code": [message]})
    return _add(SecondFactor(account=user, kind=FactorKind.APP, name=name, secret=key), step)


# --- passkeys ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Site:
    """Where passkeys are used: the host without its port, and the origin of the pages."""

    host: str
    origin: str

    def server(self) -> Fido2Server:
        desk = PublicKeyCredentialRpEntity(id=self.host, name=settings.DESK_NAME)
        return Fido2Server(desk, verify_origin=lambda origin: origin == self.origin)


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a browser is asked, as JSON, and what has to be remembered until it answers."""

    options: dict[str, Any]
    state: dict[str, Any]


def offer_passkey(user: User, site: Site) -> Challenge:
    """Ask a browser to make a passkey for the account."""
    entity = PublicKeyCredentialUserEntity(
        id=str(user.pk).encode(), name=user.get_username(), display_name=user.get_username()
    )
    options, state = site.server().register_begin(
        entity, _passkeys(user), user_verification=UserVerificationRequirement.PREFERRED
    )
    return Challenge(dict(options["publicKey"]), state)


def add_passkey(
    user: User, name: str, site: Site, state: Mapping[str, Any], answer: str
) -> list[str]:
    """Add the passkey that a browser has made. Return as `add_app`. Raise InvalidInput."""
    try:
        made = site.server().register_complete(state, json.loads(answer))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InvalidInput("The browser's passkey is not valid. Try again.") from None
    assert made.credential_data is not None
    secret = b64encode(made.credential_data).decode()
    return _add(SecondFactor(account=user, kind=FactorKind.PASSKEY, name=name, secret=secret))


def ask_for_passkey(user: User, site: Site) -> Challenge | None:
    """Ask a browser for one of the account's passkeys; None if it has none."""
    credentials = _passkeys(user)
    if not credentials:
        return None
    options, state = site.server().authenticate_begin(
        credentials, user_verification=UserVerificationRequirement.PREFERRED
    )
    return Challenge(dict(options["publicKey"]), state)


def is_right_passkey(user: User, site: Site, state: Mapping[str, Any], answer: str) -> bool:
    """Return whether a browser has signed the challenge with one of the account's passkeys."""
    credentials = _passkeys(user)
    try:
        used = site.server().authenticate_complete(state, credentials, json.loads(answer))
    except (ValueError, KeyError, TypeError, AttributeError):
        return False
    for factor in SecondFactor.objects.of(user.pk, FactorKind.PASSKEY):
        if factor.secret and _credential(factor).credential_id == used.credential_id:
            factor.last_used_at = timezone.now()
            factor.save(update_fields=["last_used_at"])
    return True


def _passkeys(user: User) -> list[AttestedCredentialData]:
    factors = SecondFactor.objects.of(user.pk, FactorKind.PASSKEY)
    return [_credential(factor) for factor in factors if factor.secret]  # "" under another key


def _credential(factor: SecondFactor) -> AttestedCredentialData:
    return AttestedCredentialData(b64decode(factor.secret))


# --- codes ------------------------------------------------------------------------------


def is_right_code(user: User, typed: str) -> bool:
    """Return whether it is a code of an app or a recovery code of the account. It works once."""
    code = "".join(typed.split()).replace("-", "").upper()
    with transaction.atomic():
        apps = SecondFactor.objects.of(user.pk, FactorKind.APP).select_for_update()
        for app in apps:
            step = step_of(app.secret, code, after=app.last_step) if app.secret else 0
            if step:
                app.last_step, app.last_used_at = step, timezone.now()
                app.save(update_fields=["last_step", "last_used_at"])
                return True
        used, _ = RecoveryCode.objects.filter(account=user, digest=digest(code)).delete()
    if used:
        security_log.note(SecurityEvent.RECOVERY_CODE_USED, user.get_username())
    return bool(used)


def make_recovery_codes(user: User) -> list[str]:
    """Replace the account's recovery codes. Return the new ones, which cannot be read again."""
    codes = [b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode() for _ in range(RECOVERY_CODES)]
    with transaction.atomic():
        RecoveryCode.objects.filter(account=user).delete()
        RecoveryCode.objects.bulk_create(
            RecoveryCode(account=user, digest=digest(code)) for code in codes
        )
    security_log.note(SecurityEvent.RECOVERY_CODES_MADE, user.get_username())
    return ["-".join(wrap(code, 4)) for code in codes]


# --- adding and removing ----------------------------------------------------------------


def _add(factor: SecondFactor, step: int = 0) -> list[str]:
    user = factor.account
    with transaction.atomic():
        User.objects.select_for_update().filter(pk=user.pk).first()
        count = SecondFactor.objects.of(user.pk).count()
        if count >= MAX_FACTORS:
            raise InvalidInput(TOO_MANY)
        factor.last_step = step
        factor.save()
        codes = [] if count else make_recovery_codes(user)
    security_log.note(SecurityEvent.FACTOR_ADDED, user.get_username(), [factor.kind])
    return codes


def remove_factor(factor: SecondFactor) -> None:
    """Remove one. The recovery codes go with the last."""
    user = factor.account
    with transaction.atomic():
        User.objects.select_for_update().filter(pk=user.pk).first()
        factor.delete()
        if not has_second_factor(user):
            _forget(user)
    security_log.note(SecurityEvent.FACTOR_REMOVED, user.get_username(), [factor.kind])


def remove_all_factors(user: User) -> int:
    """Remove all of an account, such as one whose owner has lost them. Return how many."""
    with transaction.atomic():
        count, _ = SecondFactor.objects.of(user.pk).delete()
        _forget(user)
    if count:
        security_log.note(SecurityEvent.FACTOR_REMOVED, user.get_username(), ["all"])
    return count


def _forget(user: User) -> None:
    RecoveryCode.objects.filter(account=user).delete()
    SignIn.objects.filter(account=user).update(has_second_factor=False)
