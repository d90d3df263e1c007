"""Programs' keys to the JSON API."""

from __future__ import annotations

import secrets
from datetime import datetime

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from .choices import Scope, visible
from .ticket import digest


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def usable(self, secret: str) -> ApiToken | None:
        """The token that this secret opens, unless it has expired or was revoked."""
        token = self.select_related("user").filter(digest=digest(secret)).first()
        return token if token and token.is_usable else None


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    exclude=["digest", "last_used_at"],
    context_field=pghistory.ContextJSONField(),
)
class ApiToken(models.Model):
    """A program's key to the JSON API. The secret itself is shown once and not kept."""

    PREFIX = "desk_"
    MOST_DAYS = 3650  # whoever needs a longer life gives none

    name = models.CharField(max_length=100)
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
            visible("name", 100),
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
        """Remember the use, at most once a minute so that reading does not become writing."""
        if self.last_used_at is None or (now - self.last_used_at).total_seconds() > 60:
            ApiToken.objects.filter(pk=self.pk).update(last_used_at=now)
