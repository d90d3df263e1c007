"""API tokens: how programs call the JSON API."""

from __future__ import annotations

import secrets
from datetime import datetime

import pghistory
from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import OuterRef, Q
from django.utils import timezone

from ..vocabulary import MAX_TOKEN_NAME_CHARS, Scope
from .constraints import visible
from .private_link import digest


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def usable(self, secret: str) -> ApiToken | None:
        """Return the token with this secret; None if it is unknown, expired or revoked.

        One query, with all that a request asks about its user.
        """
        groups = Group.objects.filter(user=OuterRef("user")).values("name")
        tokens = self.select_related("user__agent_profile").annotate(groups=ArraySubquery(groups))
        token = tokens.filter(digest=digest(secret)).first()
        if token is None or not token.is_usable:
            return None
        if token.user:
            token.user._group_names = set(token.groups)  # type: ignore[attr-defined]
        return token


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    exclude=["digest", "last_used_at"],
    context_field=pghistory.ContextJSONField(),
)
class ApiToken(models.Model):
    """Lets a program call the JSON API. Its secret is shown once and never stored."""

    PREFIX = "desk_"

    name = models.CharField(max_length=MAX_TOKEN_NAME_CHARS)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True
    )
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope))
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = "API token"
        constraints = [
            visible("name", MAX_TOKEN_NAME_CHARS),
            models.CheckConstraint(
                condition=Q(scopes__contained_by=Scope.values, scopes__len__gt=0),
                name="apitoken_scopes_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def new_secret(cls) -> str:
        return cls.PREFIX + secrets.token_urlsafe(32)

    @property
    def is_usable(self) -> bool:
        now = timezone.now()
        return (
            self.revoked_at is None
            and (self.expires_at is None or self.expires_at > now)
            and (self.user is None or self.user.is_active)
        )

    def note_use(self, now: datetime) -> None:
        """Store the time of use, at most once a minute, so that most reads stay reads."""
        if self.last_used_at is None or (now - self.last_used_at).total_seconds() > 60:
            ApiToken.objects.filter(pk=self.pk).update(last_used_at=now)
