"""Application setup."""

from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig
from django.db.models.signals import post_migrate


class TicketsConfig(AppConfig):
    name = "tickets"
    verbose_name = settings.DESK_NAME  # as the back office calls what its lists belong to

    def ready(self) -> None:
        from . import checks  # noqa: F401  (registers the system checks)
        from .access.groups import create_groups
        from .services.counts import count_empty_desk
        from .services.triage.feedback import load_learner
        from .services.triage.shared_state import DatabaseSharedState
        from .triage import engine
        from .triage.offline import classifier

        post_migrate.connect(create_groups, sender=self)
        post_migrate.connect(count_empty_desk, sender=self)
        engine.set_shared_state(DatabaseSharedState())
        classifier.set_learner_loader(load_learner)


class AdminConfig(DjangoAdminConfig):
    default_site = "tickets.admin_site.DeskAdminSite"
