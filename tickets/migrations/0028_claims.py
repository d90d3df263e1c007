"""Keep what a model itself states about its confidence.

Not atomic: nothing is locked while the index is built, and an interrupted run starts again.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q

JUDGED = models.Index(
    fields=["field", "-final_at"],
    condition=~Q(final_value="") & Q(claimed__isnull=False),
    name="prediction_judged_claim",
)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("tickets", "0027_review_models")]
    operations = [
        migrations.SeparateDatabaseAndState(
            [
                migrations.RunSQL(
                    "ALTER TABLE tickets_prediction ADD COLUMN IF NOT EXISTS claimed float8 NULL",
                    "ALTER TABLE tickets_prediction DROP COLUMN claimed",
                )
            ],
            [
                migrations.AddField(
                    "prediction", "claimed", models.FloatField(blank=True, null=True)
                )
            ],
        ),
        # An interrupted build leaves an unusable index of this name.
        migrations.RunSQL(
            f"DROP INDEX CONCURRENTLY IF EXISTS {JUDGED.name}", migrations.RunSQL.noop
        ),
        AddIndexConcurrently("prediction", JUDGED),
    ]
