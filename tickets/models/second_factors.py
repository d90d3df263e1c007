"""What an account signs in with besides its password."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from ..vocabulary import MAX_FACTOR_NAME_CHARS, FactorKind
from .constraints import one_of, visible
from .encrypted import EncryptedField


class SecondFactorQuerySet(models.QuerySet["SecondFactor"]):
    def of(self, account: int, kind: FactorKind | None = None) -> Self:
        """Return the account's factors, of one kind or all, the oldest first."""
        factors = self.filter(account_id=account)
        return (factors.filter(kind=kind) if kind else factors).order_by("pk")


class SecondFactor(models.Model):
    """An authenticator app or a passkey. Who has one also has recovery codes."""

    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="second_factors"
    )
    kind = models.CharField(max_length=10, choices=FactorKind)
    name = models.CharField(max_length=MAX_FACTOR_NAME_CHARS)
    # An app's key in base32, or a passkey's id and public key (WebAuthn's attested credential
    # data) in base64.
    secret = EncryptedField()
    # The last period of 30 seconds whose code was used: each code works once.
    last_step = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True)

    objects = SecondFactorQuerySet.as_manager()

    class Meta:
        verbose_name = "second factor"
        constraints = [one_of("kind", FactorKind), visible("name", MAX_FACTOR_NAME_CHARS)]

    def __str__(self) -> str:
        return self.name


class RecoveryCode(models.Model):
    """A code that replaces a second factor once. Its row is deleted then."""

    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recovery_codes"
    )
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = "recovery code"
        constraints = [
            models.UniqueConstraint(fields=["account", "digest"], name="recoverycode_once")
        ]

    def __str__(self) -> str:
        return f"recovery code of account {self.account_id}"
