"""The two groups that make a user an agent or an admin, and what the admin site lets them do."""

from typing import Any

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db.models import Q

from .models import ADMINS, AGENTS

ADMINISTERED = ["tickets", "auth", "procrastinate", "axes"]
# Agents work tickets; accounts, tokens and deleting are the admins'.
AGENT_PERMISSIONS = Q(
    content_type__app_label="tickets",
    codename__in=["view_ticket", "change_ticket", "add_ticket", "view_comment", "add_comment"],
)
ADMIN_PERMISSIONS = Q(content_type__app_label__in=ADMINISTERED)


def create_groups(**_: Any) -> None:
    """Make the groups after each migration."""
    # Django makes each application's permissions at this same moment, but in its own order.
    for label in ADMINISTERED:
        create_permissions(apps.get_app_config(label), verbosity=0)
    for name, condition in ((AGENTS, AGENT_PERMISSIONS), (ADMINS, ADMIN_PERMISSIONS)):
        group, _created = Group.objects.get_or_create(name=name)
        group.permissions.add(*Permission.objects.filter(condition))
