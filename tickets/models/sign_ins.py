"""Who is signed in: what the desk knows of each session of an account."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Self

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import models
from django.db.models import Exists, OuterRef, Subquery, Sum
from django.utils import timezone

from ..vocabulary import MAX_BROWSER_CHARS

LOCK_LIFETIME = timedelta(hours=settings.AXES_COOLOFF_TIME)  # after the last wrong password
SEEN_INTERVAL = timedelta(minutes=1)  # between two notes of the time


class SignInQuerySet(models.QuerySet["SignIn"]):
    def live(self, account: Any) -> Self:
        """Return the account's sessions that have not expired, the last seen first."""
        now = timezone.now()
        signed_in = self.filter(account=account, session__expire_date__gt=now)
        if settings.SESSION_IDLE_MINUTES:
            idle = timedelta(minutes=settings.SESSION_IDLE_MINUTES)
            signed_in = signed_in.filter(seen_at__gt=now - idle)
        return signed_in.order_by("-seen_at", "-pk")

    def end(self) -> int:
        """Delete the sessions. Return how many."""
        session_keys = list(self.values_list("session_id", flat=True))
        Session.objects.filter(pk__in=session_keys).delete()
        return len(session_keys)

    def purge(self) -> int:
        """Delete the rows of sessions that ended while they were noted. Return how many."""
        sessions = Session.objects.filter(pk=OuterRef("session_id"))
        return self.exclude(Exists(sessions)).delete()[0]


class SignIn(models.Model):
    """A session of an account. The database deletes it with the session, and the session when the
    account is deactivated or activated or its password changes (`tickets_end_sessions`)."""

    # Django's table stays as it is, so the database knows of no relation.
    session = models.OneToOneField(
        Session, on_delete=models.CASCADE, related_name="sign_in", db_constraint=False
    )
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sign_ins"
    )
    browser = models.CharField(max_length=MAX_BROWSER_CHARS, blank=True)  # as it calls itself
    address = models.CharField(max_length=45, blank=True)  # the client's
    signed_in_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)  # accurate to SEEN_INTERVAL
    # When the account's password was typed in this session for the last time, here or at the
    # provider; None if it never was.
    confirmed_at = models.DateTimeField(null=True)

    # Whether the account's second factor was asked for in this session.
    has_second_factor = models.BooleanField(default=False, db_default=False)

    objects = SignInQuerySet.as_manager()

    def __str__(self) -> str:
        return f"session of account {self.account_id}"

    def is_idle(self, now: datetime) -> bool:
        """Return whether it ended because nobody used it for SESSION_IDLE_MINUTES."""
        limit: int = settings.SESSION_IDLE_MINUTES
        return bool(limit) and now - self.seen_at > timedelta(minutes=limit)

    def was_confirmed_within(self, minutes: int) -> bool:
        age = timezone.now() - self.confirmed_at if self.confirmed_at else None
        return age is not None and age < timedelta(minutes=minutes)


class SignInLockQuerySet(models.QuerySet["SignInLock"]):
    def present(self) -> Self:
        """Return one row for each account that is locked for an address now.

        django-axes has a row for each browser, and adds up their `tries`.
        """
        recent = AccessAttempt.objects.filter(attempt_time__gt=timezone.now() - LOCK_LIFETIME)
        same = recent.filter(username=OuterRef("username"), ip_address=OuterRef("ip_address"))
        total = same.order_by().values("username").annotate(tries=Sum("failures_since_start"))
        rows = self.filter(pk__in=recent.values("pk")).annotate(
            tries=Subquery(total.values("tries"))
        )
        return rows.filter(tries__gte=settings.AXES_FAILURE_LIMIT).exclude(
            Exists(same.filter(pk__gt=OuterRef("pk")))
        )


class SignInLock(AccessAttempt):  # type: ignore[misc]  # has no types
    """What django-axes knows of wrong passwords for a name from an address."""

    objects = SignInLockQuerySet.as_manager()

    class Meta:
        proxy = True
        verbose_name = "sign-in lock"

    def __str__(self) -> str:
        # Without the name, which may be a password in the wrong field.
        return f"wrong passwords from {self.ip_address}"

    @property
    def ends_at(self) -> datetime:
        last_try: datetime = self.attempt_time
        return last_try + LOCK_LIFETIME
