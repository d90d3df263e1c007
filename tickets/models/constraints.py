"""Constraints and fields that several models share. The database itself enforces the vocabulary."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length

from ..vocabulary import VISIBLE_CHARACTER, Source

models.TextField.register_lookup(Length)
models.CharField.register_lookup(Length)


def one_of(field: str, choices: type[models.TextChoices]) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(**{f"{field}__in": choices.values}), name=f"%(class)s_{field}_known"
    )


def between(field: str, low: float, high: float) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(**{f"{field}__gte": low, f"{field}__lte": high}),
        name=f"%(class)s_{field}_in_range",
    )


def visible(field: str, max_chars: int) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(**{f"{field}__regex": VISIBLE_CHARACTER, f"{field}__length__lte": max_chars}),
        name=f"%(class)s_{field}_visible",
    )


def source_field() -> models.CharField[str, str]:
    return models.CharField(
        max_length=10, choices=Source, default=Source.DEFAULT, db_default=Source.DEFAULT
    )


def confidence_field() -> models.FloatField[float | None, float | None]:
    return models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(0), MaxValueValidator(1)]
    )
