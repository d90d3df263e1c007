"""Let the database keep the counts of tickets. See docs/decisions/0040-counts.md.

The triggers come last, and lock the tickets for a moment only. Tickets that there are already are
counted by a job (`services/counts.py`).
"""

from django.db import migrations, models

from ._count_readers import BY_STATUS, DURATION_QUANTILES, OVERVIEW, STATISTICS
from ._counts import FOLD, NOTE_CHANGES, RECOUNT

FUNCTIONS = (FOLD, NOTE_CHANGES, RECOUNT, BY_STATUS, STATISTICS, OVERVIEW, DURATION_QUANTILES)
DROP_FUNCTIONS = """
DROP FUNCTION tickets_duration_quantiles(text, date);
DROP FUNCTION tickets_overview(text, date);
DROP FUNCTION tickets_statistics(text[], text[], text[], text[], integer[], text, text[], date);
DROP FUNCTION tickets_by_status(text[], text[], text[], text[], integer[]);
DROP FUNCTION tickets_recount(text[]);
DROP FUNCTION tickets_forget_counts();
DROP FUNCTION tickets_note_counts();
DROP FUNCTION tickets_fold_counts();
"""
TRIGGERS = """
LOCK TABLE tickets_ticket IN SHARE ROW EXCLUSIVE MODE;
CREATE TRIGGER tickets_counts_insert AFTER INSERT ON tickets_ticket
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION tickets_note_counts();
CREATE TRIGGER tickets_counts_update AFTER UPDATE ON tickets_ticket
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION tickets_note_counts();
CREATE TRIGGER tickets_counts_delete AFTER DELETE ON tickets_ticket
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION tickets_note_counts();
CREATE TRIGGER tickets_counts_truncate AFTER TRUNCATE ON tickets_ticket
    FOR EACH STATEMENT EXECUTE FUNCTION tickets_forget_counts();
"""
DROP_TRIGGERS = "".join(
    f"DROP TRIGGER tickets_counts_{event} ON tickets_ticket;"
    for event in ("insert", "update", "delete", "truncate")
)
# Rows come and go all the time.
VACUUM_OFTEN = """
ALTER TABLE tickets_countchange SET (
    autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0)
"""


def sums(*names):
    return [(name, models.BigIntegerField()) for name in names]


def values():
    return [
        (name, models.CharField(max_length=length))
        for name, length in (("status", 12), ("category", 10), ("priority", 10), ("sentiment", 10))
    ]


class Migration(migrations.Migration):
    dependencies = [("tickets", "0030_drop_old_documents")]
    operations = [
        migrations.CreateModel(
            "CountChange",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField()),
                *values(),
                ("assignee_id", models.IntegerField(null=True)),
                ("first_response", models.BigIntegerField(null=True)),
                ("resolved", models.BigIntegerField(null=True)),
                *sums("tickets", "urgency", "waiting"),
            ],
            options={"default_permissions": ()},
        ),
        migrations.CreateModel(
            "TicketCount",
            [
                ("pk", models.CompositePrimaryKey("assignee_id", "status", "category", "priority", "sentiment", blank=True, editable=False, primary_key=True, serialize=False)),
                ("assignee_id", models.IntegerField()),
                *values(),
                *sums("tickets", "urgency", "waiting"),
            ],
            options={"default_permissions": ()},
        ),
        migrations.CreateModel(
            "PeriodCount",
            [
                ("pk", models.CompositePrimaryKey("zone", "span", "dimension", "value", "first_day", blank=True, editable=False, primary_key=True, serialize=False)),
                ("zone", models.CharField(max_length=64)),
                ("dimension", models.CharField(max_length=15)),
                ("value", models.CharField(max_length=12)),
                ("span", models.SmallIntegerField()),
                ("first_day", models.DateField()),
                *sums("tickets", "urgency", "waiting"),
                ("days", models.IntegerField(default=0)),
            ],
            options={"default_permissions": ()},
        ),
        migrations.CreateModel(
            "PeriodDuration",
            [
                ("pk", models.CompositePrimaryKey("zone", "event", "span", "first_day", "bucket", blank=True, editable=False, primary_key=True, serialize=False)),
                ("zone", models.CharField(max_length=64)),
                ("event", models.CharField(max_length=15)),
                ("span", models.SmallIntegerField()),
                ("first_day", models.DateField()),
                ("bucket", models.SmallIntegerField()),
                *sums("tickets", "microseconds"),
            ],
            options={"default_permissions": ()},
        ),
        migrations.CreateModel(
            "CountedZone",
            [
                ("zone", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("counted_at", models.DateTimeField()),
                ("mended_at", models.DateTimeField(null=True)),
                ("mended", models.IntegerField(default=0)),
            ],
            options={"default_permissions": ()},
        ),
        migrations.RunSQL(VACUUM_OFTEN, migrations.RunSQL.noop),
        migrations.RunSQL("".join(FUNCTIONS), DROP_FUNCTIONS),
        migrations.RunSQL(TRIGGERS, DROP_TRIGGERS),
    ]
