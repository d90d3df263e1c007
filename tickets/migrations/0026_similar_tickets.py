"""Store which tickets mean nearly the same.

The table comes last, so that its foreign keys lock the tickets for a moment only.
"""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tickets", "0025_vectors")]
    operations = [
        migrations.AddField("ticketvector", "matched", models.BooleanField(default=False)),
        migrations.AddField(
            "ticketvector", "stored_at", models.DateTimeField(default=django.utils.timezone.now)
        ),
        migrations.AddIndex(
            "ticketvector", models.Index(fields=["stored_at"], name="ticketvector_stored")
        ),
        migrations.CreateModel(
            "TicketMatch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                *(
                    (
                        name,
                        models.ForeignKey(
                            "tickets.ticket",
                            db_index=False,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name=reverse,
                        ),
                    )
                    for name, reverse in (("ticket", "matches"), ("other", "matched_by"))
                ),
                ("similarity", models.FloatField()),
                ("possibly_same", models.BooleanField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["ticket", "other"], name="ticketmatch_once"),
                    models.CheckConstraint(
                        condition=~models.Q(ticket=models.F("other")),
                        name="ticketmatch_not_itself",
                    ),
                ],
                "indexes": [
                    models.Index(fields=["other", "-similarity"], name="ticketmatch_of_other")
                ],
            },
        ),
    ]
