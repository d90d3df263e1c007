"""Filters of the back office's list of tickets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest

from ..models.ticket import Ticket
from ..querysets.tickets import TicketQuerySet


class AssigneeFilter(admin.SimpleListFilter):
    """Offers me, unassigned, and the account that the address names."""

    title = parameter_name = "assignee"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        name = request.GET.get("assignee", "")
        known = name not in ("", "me", "none") and User.objects.filter(username=name).exists()
        return [("me", "Me"), ("none", "Unassigned"), *([(name, name)] if known else [])]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        value = self.value()
        if not value:
            return queryset
        keywords = {"me": request.user.pk, "none": None}
        if value in keywords:
            return queryset.filter(assignee=keywords[value])
        return queryset.filter(assignee__in=User.objects.filter(username=value).values("pk"))


class ReviewFilter(admin.SimpleListFilter):
    title, parameter_name = "triage", "needs_review"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("true", "Needs review")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        tickets = cast("TicketQuerySet[Ticket]", queryset)
        return tickets.needing_review() if self.value() == "true" else tickets


class SpamFilter(admin.SimpleListFilter):
    """Leaves spam out of the list, or shows nothing else."""

    title = parameter_name = "spam"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("true", "Spam")]

    def choices(self, changelist: Any) -> Iterator[Any]:
        without, only = super().choices(changelist)
        yield {**without, "display": "Without spam"}
        yield only

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        return queryset.filter(spam=self.value() == "true")
