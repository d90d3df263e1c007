"""Add the emails that confirm an address and that list private links.

The check of the kinds is validated without blocking writers.
"""

from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models

KINDS = [
    *("received", "reply", "resolved", "link", "links", "confirm", "moved"),
    *("notice", "digest", "invitation"),
]
LABELS = [
    *("ticket received", "public reply", "ticket resolved", "private link"),
    *("private links of all tickets", "confirmation of a new address"),
    "notice to the old address",
    *("notice to an agent", "digest for an agent", "invitation of an agent"),
]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("tickets", "0013_notifications")]

    operations = [
        migrations.AddField(
            model_name="email",
            name="confirmed_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AlterField(
            model_name="email",
            name="kind",
            field=models.CharField(choices=list(zip(KINDS, LABELS, strict=True)), max_length=10),
        ),
        migrations.RemoveConstraint(model_name="email", name="email_kind_known"),
        AddConstraintNotValid(
            model_name="email",
            constraint=models.CheckConstraint(
                condition=models.Q(kind__in=KINDS), name="email_kind_known"
            ),
        ),
        ValidateConstraint(model_name="email", name="email_kind_known"),
    ]
