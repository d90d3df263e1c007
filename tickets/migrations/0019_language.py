"""Add the language of a requester's page and emails.

No row is rewritten, and none is read while the table is locked: the constraint is validated
afterwards. Not atomic: an interrupted run starts again.
"""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations, models

ADD_COLUMN = """
ALTER TABLE tickets_ticket
    ADD COLUMN IF NOT EXISTS language varchar(2) DEFAULT 'en' NOT NULL,
    DROP CONSTRAINT IF EXISTS ticket_language_known,
    ADD CONSTRAINT ticket_language_known
        CHECK (language IN ('en', 'de', 'fr', 'es', 'pt')) NOT VALID
"""


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("tickets", "0018_index_listed")]

    operations = [
        migrations.RunSQL(
            ADD_COLUMN,
            "ALTER TABLE tickets_ticket DROP COLUMN language",
            state_operations=[
                migrations.AddField(
                    model_name="ticket",
                    name="language",
                    field=models.CharField(
                        choices=[
                            ("en", "English"),
                            ("de", "Deutsch"),
                            ("fr", "Français"),
                            ("es", "Español"),
                            ("pt", "Português"),
                        ],
                        db_default="en",
                        default="en",
                        max_length=2,
                    ),
                ),
                migrations.AddConstraint(
                    model_name="ticket",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("language__in", ["en", "de", "fr", "es", "pt"])),
                        name="ticket_language_known",
                    ),
                ),
            ],
        ),
        ValidateConstraint("ticket", "ticket_language_known"),
    ]
