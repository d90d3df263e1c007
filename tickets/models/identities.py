"""Accounts of an OpenID Connect provider that sign in to accounts of the desk."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

MAX_SUBJECT_CHARS = 255  # as OpenID Connect says


class ProviderIdentity(models.Model):
    """Whoever the provider says this is signs in to the account."""

    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="identities"
    )
    issuer = models.CharField(max_length=500)
    subject = models.CharField(max_length=MAX_SUBJECT_CHARS)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "identity"
        verbose_name_plural = "identities"
        constraints = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="provideridentity_once")
        ]

    def __str__(self) -> str:
        return f"{self.subject} of {self.issuer}"
