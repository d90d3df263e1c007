"""Which account of the desk an identity of the provider signs in to, and with which rights."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db import transaction

from ...access import security_log
from ...exceptions import Conflict, ProviderRefused
from ...forms.fields import EmailField
from ...models.identities import MAX_SUBJECT_CHARS, ProviderIdentity
from ...vocabulary import (
    ADMINS_GROUP,
    AGENTS_GROUP,
    MAX_EMAIL_CHARS,
    MAX_USERNAME_CHARS,
    RESERVED_USERNAMES,
    SecurityEvent,
)
from ..accounts import is_name_taken
from .requests import Claims

NOT_CONNECTED = (
    "No account here is connected with this one. Sign in with your password and connect it on the"
    " page of your account, or ask an administrator."
)
CLOSED = "Your account here is closed. Ask an administrator."
OF_ANOTHER = "This account of the provider signs in to another account of the desk already."
NOT_IN_A_NAME = re.compile(r"[^\w.@+-]+")  # Django's rule for user names
# Scripts with letters that look the same. A name that mixes them imitates another one.
ALIKE = frozenset({"LATIN", "CYRILLIC", "GREEK"})


def signed_in_account(claims: Claims) -> User:
    """Return the account that an identity signs in to, with the rights that its groups give it.

    Create it if OIDC_CREATE_ACCOUNTS says so. An address or a name never leads to an account:
    agents choose their address, and people may choose their name at the provider.
    Raise ProviderRefused.
    """
    with transaction.atomic():
        identity = _stored(claims)
        if identity is None:
            if not (settings.OIDC_CREATE_ACCOUNTS and _roles(claims)):
                raise ProviderRefused(NOT_CONNECTED)
            user = _create(claims)
            ProviderIdentity.objects.create(account=user, **_key(claims))
        else:
            user = User.objects.select_for_update().get(pk=identity.account_id)
        if not user.is_active:
            raise ProviderRefused(CLOSED)
        _set_rights(user, claims)
    return user


def connect(user: User, claims: Claims) -> None:
    """Let an identity sign in to the account. Raise Conflict if it signs in to another one."""
    identity, is_new = ProviderIdentity.objects.get_or_create(
        **_key(claims), defaults={"account": user}
    )
    if identity.account_id != user.pk:
        raise Conflict(OF_ANOTHER)
    if is_new:
        security_log.note(SecurityEvent.IDENTITY_CONNECTED, user.get_username())


def disconnect(user: User, identity_id: int) -> bool:
    """Return False if it is not connected, or is the only way into the account."""
    if not user.has_usable_password():
        return False
    removed, _ = ProviderIdentity.objects.filter(pk=identity_id, account=user).delete()
    if removed:
        security_log.note(SecurityEvent.IDENTITY_REMOVED, user.get_username())
    return bool(removed)


def is_own(user: User, claims: Claims) -> bool:
    identity = _stored(claims)
    return identity is not None and identity.account_id == user.pk


def _stored(claims: Claims) -> ProviderIdentity | None:
    return ProviderIdentity.objects.filter(**_key(claims)).first()


def _key(claims: Claims) -> dict[str, str]:
    subject = _text(claims, "sub")
    if not subject or len(subject) > MAX_SUBJECT_CHARS:
        raise ProviderRefused
    return {"issuer": settings.OIDC_ISSUER, "subject": subject}


def _create(claims: Claims) -> User:
    email = _email(claims)
    base = _name(_text(claims, "preferred_username")) or _name(email.partition("@")[0]) or "user"
    name, number = base, 1
    while name.lower() in RESERVED_USERNAMES or is_name_taken(name):
        number += 1
        name = f"{base}-{number}"
    user = User.objects.create_user(name, email)
    security_log.note(SecurityEvent.ACCOUNT_CREATED, name, ["by the provider"])
    return user


def _text(claims: Claims, name: str) -> str:
    """Return a claim that is text and can be stored, or else ""."""
    value = claims.get(name)
    if not isinstance(value, str) or "\0" in value:
        return ""
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON allows
        return ""
    return value


def _email(claims: Claims) -> str:
    """Return the address that the provider has verified, or "" if there is none that is valid."""
    if claims.get("email_verified") is not True:
        return ""
    email = User.objects.normalize_email(_text(claims, "email"))
    try:
        return str(EmailField(max_length=MAX_EMAIL_CHARS, required=False).clean(email))
    except ValidationError:
        return ""


def _name(wanted: str) -> str:
    """Return the user name to make of a name, or "" if none can be made of it.

    There is no name with letters of scripts that look alike, such as "admin" with a Cyrillic "a".
    """
    name = wanted
    for _ in range(2):  # letters that come together here may be one in the normal form
        name = NOT_IN_A_NAME.sub("", User.normalize_username(name))
    name = name[: MAX_USERNAME_CHARS - 5]
    scripts = {unicodedata.name(letter, "").partition(" ")[0] for letter in name}
    return "" if len(scripts & ALIKE) > 1 else name


def _roles(claims: Claims) -> set[str]:
    claimed: Any = claims.get(settings.OIDC_GROUPS_CLAIM) or []
    groups = {str(group) for group in (claimed if isinstance(claimed, list) else [claimed])}
    mapping = {AGENTS_GROUP: settings.OIDC_AGENTS, ADMINS_GROUP: settings.OIDC_ADMINS}
    return {role for role, names in mapping.items() if groups & set(names)}


def _set_rights(user: User, claims: Claims) -> None:
    """Make the account's roles those of the provider, unless none are mapped.

    Staff status comes with the role of admins, and ends with it or with the last role. That of an
    agent was given by hand, and stays; so does a superuser's.
    """
    if not (settings.OIDC_AGENTS or settings.OIDC_ADMINS):
        return
    wanted = _roles(claims)
    before = set(
        user.groups.filter(name__in=[AGENTS_GROUP, ADMINS_GROUP]).values_list("name", flat=True)
    )
    is_staff = user.is_staff
    if ADMINS_GROUP in wanted ^ before:
        is_staff = ADMINS_GROUP in wanted
    elif not wanted and not user.is_superuser:
        is_staff = False
    if wanted == before and is_staff == user.is_staff:
        return
    user.groups.add(*Group.objects.filter(name__in=wanted - before))
    user.groups.remove(*Group.objects.filter(name__in=before - wanted))
    user.is_staff = is_staff
    user.save(update_fields=["is_staff"])
    security_log.note(SecurityEvent.ACCOUNT_CHANGED, user.get_username(), ["groups"])
