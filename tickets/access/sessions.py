"""Sessions of accounts: Django's, and beside each when and from where it was used.

This is `SESSION_ENGINE`. A session ends when nobody uses it for SESSION_IDLE_MINUTES, and the
database ends it when its account is deactivated or gets another password.
"""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends import db
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from ..models.sign_ins import SEEN_INTERVAL, SignIn
from ..vocabulary import MAX_BROWSER_CHARS
from .client_addresses import client_address

# A form that was opened in time can still be sent this long.
FORM_MINUTES = 15


class SessionStore(db.SessionStore):
    """Django's store, which finds the sign-in with the session, by one statement.

    The name is part of what Django signs sessions with, so it must stay.
    """

    sign_in: SignIn | None = None

    def _get_session_from_db(self) -> Any:
        now = timezone.now()
        sessions = self.model.objects.select_related("sign_in")  # type: ignore[misc]
        session = sessions.filter(session_key=self.session_key, expire_date__gt=now).first()
        sign_in = getattr(session, "sign_in", None)
        if session is not None and (sign_in is None or not sign_in.is_idle(now)):
            self.sign_in = sign_in
            return session
        if session is not None:
            session.delete()
        self._session_key = None  # as Django's does
        return None

    def cycle_key(self) -> None:
        """Take the sign-in along: Django gives a session another key with a new password."""
        self.get(SESSION_KEY)  # loads it
        sign_in = self.sign_in
        super().cycle_key()
        if sign_in is not None:
            sign_in.pk, sign_in.session_id = None, str(self.session_key)
            sign_in.save(force_insert=True)

    def flush(self) -> None:
        super().flush()
        self.sign_in = None


def store_of(request: HttpRequest) -> SessionStore:
    return cast(SessionStore, request.session)


def sign_in_of(request: HttpRequest) -> SignIn | None:
    """Return what is known of the request's session; None if it has not been noted yet."""
    store = store_of(request)
    store.get(SESSION_KEY)  # loads it
    sign_in = getattr(store, "sign_in", None)
    return sign_in if sign_in and sign_in.session_id == store.session_key else None


def begin(request: HttpRequest, user: Any) -> None:
    """Note that the account's owner has just typed the password in this session."""
    store = store_of(request)
    if store.session_key is None:
        store.create()
    store.sign_in = _store(request, user.pk, confirmed_at=timezone.now())


def confirm(request: HttpRequest) -> None:
    """Note that the account's owner has typed the password once more."""
    begin(request, request.user)


def forget_confirmation(request: HttpRequest) -> None:
    """Note that the session began without a password: the provider asked for none just now."""
    sign_in = sign_in_of(request)
    if sign_in is not None:
        sign_in.confirmed_at = None
        sign_in.save(update_fields=["confirmed_at"])


def note_second_factor(request: HttpRequest) -> None:
    """Note that the account's owner has shown a second factor in this session."""
    sign_in = sign_in_of(request)
    if sign_in is not None:
        sign_in.has_second_factor = True
        sign_in.save(update_fields=["has_second_factor"])


def is_past_second_step(request: HttpRequest) -> bool:
    sign_in = sign_in_of(request)
    return sign_in is not None and sign_in.has_second_factor


def is_confirmed(request: HttpRequest) -> bool:
    """Return whether the password was typed within CONFIRM_MINUTES, and a little more for what was
    begun in time."""
    minutes = settings.CONFIRM_MINUTES
    if request.method not in ("GET", "HEAD"):
        minutes += FORM_MINUTES
    sign_in = sign_in_of(request)
    return sign_in is not None and sign_in.was_confirmed_within(minutes)


def note_seen(request: HttpRequest) -> None:
    """Store that the session was used, at most once in SEEN_INTERVAL."""
    store, now = store_of(request), timezone.now()
    account = store.get(SESSION_KEY)
    if account is None or store.session_key is None:
        return
    sign_in = sign_in_of(request)
    if sign_in is None:  # of an earlier release
        store.sign_in = _store(request, int(account))
    elif now - sign_in.seen_at > SEEN_INTERVAL:
        values = {"seen_at": now, "address": client_address(request)}
        SignIn.objects.filter(pk=sign_in.pk).update(**values)


def _store(request: HttpRequest, account: int, **values: Any) -> SignIn:
    values |= {
        "account_id": account,
        "browser": _printable(request.headers.get("User-Agent", ""))[:MAX_BROWSER_CHARS],
        "address": client_address(request),
        "seen_at": timezone.now(),
    }
    key = store_of(request).session_key
    return SignIn.objects.update_or_create(session_id=key, defaults=values)[0]


def _printable(text: str) -> str:
    return "".join(character for character in text if character.isprintable())


@receiver(user_logged_in)
def _signed_in(request: HttpRequest, user: Any, **_signal: Any) -> None:
    begin(request, user)
