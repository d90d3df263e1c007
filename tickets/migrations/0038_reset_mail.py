"""Allow emails that reset a password. The check is validated without blocking writers."""

from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models

KINDS = [
    *("received", "reply", "resolved", "link", "links", "confirm", "moved"),
    *("notice", "digest", "invitation", "reset"),
]
LABELS = [
    *("ticket received", "public reply", "ticket resolved", "private link"),
    *("private links of all tickets", "confirmation of a new address"),
    "notice to the old address",
    *("notice to an agent", "digest for an agent", "invitation of an agent"),
    "reset of a password",
]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("tickets", "0037_sessions")]

    operations = [
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
