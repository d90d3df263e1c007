"""The two groups that make an account an agent or an admin, and their admin permissions."""

from typing import Any

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db.models import Q

from ..vocabulary import ADMINS_GROUP, AGENTS_GROUP

ADMINISTERED = ["tickets", "auth", "procrastinate", "axes"]
# Agents work on tickets. Accounts, tokens and deleting are for admins.
AGENT_PERMISSIONS = Q(
    content_type__app_label="tickets",
    codename__in=["view_ticket", "change_ticket", "add_ticket", "view_comment", "add_comment"],
)
ADMIN_PERMISSIONS = Q(content_type__app_label__in=ADMINISTERED)


def create_groups(**_: Any) -> None:
    """Create the groups after each migration."""
    # Django creates permissions on the same signal, but in its own order.
    for label in ADMINISTERED:
        create_permissions(apps.get_app_config(label), verbosity=0)
    for name, condition in ((AGENTS_GROUP, AGENT_PERMISSIONS), (ADMINS_GROUP, ADMIN_PERMISSIONS)):
        group, _created = Group.objects.get_or_create(name=name)
        group.permissions.add(*Permission.objects.filter(condition))
