"""Count what became of predictions by day. See docs/decisions/0047-triage-report.md.

The triggers come last, and lock the tables for a moment only. A job counts the days that there
are already (`services/triage/report.py`).
"""

import django.contrib.postgres.fields
from django.db import migrations, models

from ._at_once import AtOnce

SUMS = ("predictions", "judged", "correct", "answered", "accepted", "confident")
AMOUNTS = ("confidence", "amount")
COLUMNS = ", ".join((*SUMS, *AMOUNTS))
KEY = "ARRAY[p.field, p.source, p.provider, p.model, p.prompt_version, p.use]::text[]"
JUDGED = "p.final_value <> ''"
CORRECT = f"{JUDGED} AND p.final_value = p.value"


def counted(kind, key, *, confidence="0::float8", amount="0::float8", where="true"):
    return f"""
    SELECT '{kind}'::text, {key}, count(*), count(*) FILTER (WHERE {JUDGED}),
        count(*) FILTER (WHERE {CORRECT}), count(p.accepted),
        count(*) FILTER (WHERE p.accepted), count(p.confidence), {confidence}, {amount}
    FROM p WHERE {where} GROUP BY 2"""


# A prediction of a ticket that is spam counts nowhere.
ROWS = f"""
CREATE FUNCTION tickets_triage_rows(since timestamptz, until timestamptz, day_zone text)
RETURNS TABLE (kind text, key text[], {", ".join(f"{name} bigint" for name in SUMS)},
    {", ".join(f"{name} float8" for name in AMOUNTS)})
LANGUAGE plpgsql STABLE AS $body$
#variable_conflict use_column
BEGIN
    RETURN QUERY WITH p AS MATERIALIZED (
        SELECT p.*, p.use <> 'shadow' AS decides,
            -- Of a NULL and a number, least() takes the number.
            CASE WHEN p.confidence IS NOT NULL
                THEN least(floor(p.confidence * 10)::int, 9)::text END AS bin
        FROM tickets_prediction p
        WHERE p.created_at >= since AND p.created_at < until
            AND NOT EXISTS (SELECT FROM tickets_ticket t WHERE t.id = p.ticket_id AND t.spam)
    )
    {counted("source", KEY, confidence="coalesce(sum(p.confidence), 0)",
             amount="sum(p.cost_usd)")}
    UNION ALL
    {counted("latency", KEY + " || floor(16 * ln(p.latency_ms + 1) / ln(2::float8))::text",
             amount="sum(p.latency_ms)::float8")}
    UNION ALL
    {counted("bin", "ARRAY[p.field, coalesce(p.bin, '')]",
             confidence=f"coalesce(sum(p.confidence) FILTER (WHERE {JUDGED}), 0)",
             where="p.decides")}
    UNION ALL
    {counted("confusion", "ARRAY[p.field, p.value, p.final_value]::text[]",
             where=f"p.decides AND {JUDGED} AND p.field IN ('category', 'priority')")}
    UNION ALL
    {counted("day",
             "ARRAY[(p.created_at AT TIME ZONE day_zone)::date::text, p.field, p.source]",
             where=f"p.decides AND {JUDGED}")}
    UNION ALL
    SELECT 'coverage', '{{}}'::text[], count(*), count(*) FILTER (WHERE EXISTS (
            SELECT FROM tickets_prediction p WHERE p.ticket_id = t.id AND p.use <> 'shadow')),
        0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::float8, 0::float8
    FROM (  -- each has an index
        SELECT t.id FROM tickets_ticket t WHERE t.merged_into_id IS NULL AND NOT t.spam
            AND t.created_at >= since AND t.created_at < until
        UNION ALL
        SELECT t.id FROM tickets_ticket t WHERE t.merged_into_id IS NOT NULL AND NOT t.spam
            AND t.created_at >= since AND t.created_at < until
    ) t HAVING count(*) > 0;
END $body$;
"""
SPAN_START = "DATE '0001-01-01' + (day - DATE '0001-01-01') / {span} * {span}"


def sum_up(span, part):
    """Return the statements that sum up the spans around `days`."""
    sums = ", ".join(f"sum({name})" for name in (*SUMS, *AMOUNTS))
    return f"""
    starts := ARRAY(SELECT DISTINCT {SPAN_START.format(span=span)} FROM unnest(days) day);
    DELETE FROM tickets_triagecount c
    WHERE c.zone = day_zone AND c.span = {span} AND c.first_day = ANY (starts);
    INSERT INTO tickets_triagecount (zone, span, kind, first_day, key, {COLUMNS})
    SELECT day_zone, {span}, kind, start, key, {sums}
    FROM unnest(starts) start JOIN tickets_triagecount c ON c.zone = day_zone
        AND c.span = {part} AND c.first_day >= start AND c.first_day < start + {span}
    WHERE kind <> 'day' GROUP BY kind, start, key;"""


COUNT_DAYS = f"""
CREATE FUNCTION tickets_count_triage(day_zone text, days date[]) RETURNS void
LANGUAGE plpgsql AS $body$
DECLARE starts date[];
BEGIN
    DELETE FROM tickets_triagecount c
    WHERE c.zone = day_zone AND c.span = 1 AND c.first_day = ANY (days);
    INSERT INTO tickets_triagecount (zone, span, kind, first_day, key, {COLUMNS})
    SELECT day_zone, 1, kind, day, key, {COLUMNS}
    FROM unnest(days) day, tickets_triage_rows(
        day::timestamp AT TIME ZONE day_zone, (day + 1)::timestamp AT TIME ZONE day_zone, day_zone);
    {sum_up(16, 1)}
    {sum_up(256, 16)}
END $body$;
"""
QUARTER = "date_bin('15 minutes', {moment}, TIMESTAMPTZ '2000-01-01 00:00Z')"


def noting(name, query):
    return f"""
CREATE FUNCTION tickets_note_triage_{name}() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    INSERT INTO tickets_triagechange (quarter) {query};
    RETURN NULL;
END $body$;
"""


MADE = QUARTER.format(moment="p.created_at")
OPENED = QUARTER.format(moment="t.created_at")
# A ticket that gets its first prediction days later counts as covered on its own day.
NOTES = "".join(
    [
        noting(
            "insert",
            f"""SELECT {MADE} FROM changed p UNION
            SELECT {OPENED} FROM changed p JOIN tickets_ticket t ON t.id = p.ticket_id""",
        ),
        noting(
            "update",
            f"""SELECT {MADE} FROM changed p JOIN before b USING (id)
            WHERE (p.ticket_id, p.value, p.final_value, p.accepted, p.use)
                IS DISTINCT FROM (b.ticket_id, b.value, b.final_value, b.accepted, b.use)
            UNION SELECT {OPENED} FROM changed p JOIN before b USING (id)
            JOIN tickets_ticket t ON t.id IN (p.ticket_id, b.ticket_id)
            WHERE p.ticket_id IS DISTINCT FROM b.ticket_id""",
        ),
        noting("ticket", f"SELECT DISTINCT {OPENED} FROM changed t"),
        noting(
            "spam",
            f"""SELECT {QUARTER.format(moment="NEW.created_at")} UNION
            SELECT {MADE} FROM tickets_prediction p WHERE p.ticket_id = NEW.id""",
        ),
    ]
)
FUNCTIONS = ROWS + COUNT_DAYS + NOTES
DROP_FUNCTIONS = """
DROP FUNCTION tickets_note_triage_spam();
DROP FUNCTION tickets_note_triage_ticket();
DROP FUNCTION tickets_note_triage_update();
DROP FUNCTION tickets_note_triage_insert();
DROP FUNCTION tickets_count_triage(text, date[]);
DROP FUNCTION tickets_triage_rows(timestamptz, timestamptz, text);
"""


def trigger(table, name, event, tables, function, when=""):
    return f"""
CREATE TRIGGER tickets_triage_{name} AFTER {event} ON tickets_{table} {tables}
    EXECUTE FUNCTION tickets_note_triage_{function}();"""


STATEMENT = "REFERENCING {rows} FOR EACH STATEMENT"
NEW, OLD = "NEW TABLE AS changed", "OLD TABLE AS changed"
TRIGGERS = "".join(
    [
        trigger("prediction", "insert", "INSERT", STATEMENT.format(rows=NEW), "insert"),
        trigger(
            "prediction",
            "update",
            "UPDATE",
            STATEMENT.format(rows=f"OLD TABLE AS before {NEW}"),
            "update",
        ),
        trigger("prediction", "delete", "DELETE", STATEMENT.format(rows=OLD), "insert"),
        trigger("ticket", "insert", "INSERT", STATEMENT.format(rows=NEW), "ticket"),
        trigger("ticket", "delete", "DELETE", STATEMENT.format(rows=OLD), "ticket"),
        trigger(
            "ticket",
            "spam",
            "UPDATE OF spam",
            "FOR EACH ROW WHEN (OLD.spam <> NEW.spam)",
            "spam",
        ),
    ]
)
DROP_TRIGGERS = "".join(
    f"DROP TRIGGER tickets_triage_{name} ON tickets_{table};"
    for table, names in (
        ("prediction", ("insert", "update", "delete")),
        ("ticket", ("insert", "delete", "spam")),
    )
    for name in names
)
VACUUM_OFTEN = """
ALTER TABLE tickets_triagechange SET (
    autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0)
"""
ALONE = {"default_permissions": ()}


class Migration(migrations.Migration):
    dependencies = [("tickets", "0034_bounded_search")]
    operations = [
        migrations.CreateModel(
            "TriageCount",
            [
                (
                    "pk",
                    models.CompositePrimaryKey(
                        *("zone", "span", "kind", "first_day", "key"),
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("zone", models.CharField(max_length=64)),
                ("span", models.SmallIntegerField()),
                ("kind", models.CharField(max_length=10)),
                ("first_day", models.DateField()),
                ("key", django.contrib.postgres.fields.ArrayField(models.TextField(), size=None)),
                *((name, models.BigIntegerField()) for name in SUMS),
                *((name, models.FloatField()) for name in AMOUNTS),
            ],
            options=ALONE,
        ),
        migrations.CreateModel(
            "TriageChange",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("quarter", models.DateTimeField()),
            ],
            options=ALONE,
        ),
        migrations.CreateModel(
            "TriageZone",
            [("zone", models.CharField(max_length=64, primary_key=True, serialize=False))],
            options=ALONE,
        ),
        migrations.RunSQL(VACUUM_OFTEN, migrations.RunSQL.noop),
        migrations.RunSQL(FUNCTIONS, DROP_FUNCTIONS),
        AtOnce(
            ["tickets_ticket", "tickets_prediction"], [migrations.RunSQL(TRIGGERS, DROP_TRIGGERS)]
        ),
    ]
