"""Application set-up."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig
from django.db.models.signals import post_migrate


class TicketsConfig(AppConfig):
    name = "tickets"

    def ready(self) -> None:
        from . import checks  # noqa: F401  (registers the system checks)
        from .roles import create_groups
        from .triage import engine

        post_migrate.connect(create_groups, sender=self)
        engine.set_budget(spend_model_call)


class AdminConfig(DjangoAdminConfig):
    default_site = "tickets.admin_site.DeskAdminSite"


def spend_model_call() -> bool:
    """Count one call of the model; False when the day's budget is used up."""
    from django.conf import settings

    from .models import Counter

    day = 24 * 3600
    return not Counter.objects.hit("model-calls", limit=settings.LLM_DAILY_CALLS, seconds=day)
