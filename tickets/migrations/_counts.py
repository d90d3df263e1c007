"""The functions of `0031_counts`. See docs/decisions/0040-counts.md."""

LISTED = "merged_into_id IS NULL AND NOT spam"
VALUES = "status, category, priority, sentiment, assignee_id"
COLUMNS = f"created_at, {VALUES}, first_response, resolved, tickets, urgency, waiting"
# Writers of the folded tables take turns. Hold it before you look at them.
LOCK = "hashtextextended('ticket counts', 0)"


def copies(table, sign):
    """Return the rows of CountChange that stand for the tickets in a table."""

    def since_created(column):
        return f"(extract(epoch FROM {column} - created_at) * 1000000)::bigint"

    return f"""
    SELECT created_at, {VALUES}, {since_created("first_response_at")} AS first_response,
        {since_created("resolved_at")} AS resolved, {sign}::bigint AS tickets,
        {sign}::bigint * urgency_score AS urgency,
        CASE WHEN waiting_since IS NULL THEN 0 ELSE {sign}::bigint END AS waiting
    FROM {table} WHERE {LISTED}"""


# Nothing is stored for what stayed as it was. A large change is folded at once, so that it slows
# no reader.
NOTE_CHANGES = f"""
CREATE FUNCTION tickets_note_counts() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE stored integer;
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO tickets_countchange ({COLUMNS}) {copies("new_rows", "1")};
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO tickets_countchange ({COLUMNS}) {copies("old_rows", "-1")};
    ELSE
        INSERT INTO tickets_countchange ({COLUMNS})
        SELECT created_at, {VALUES}, first_response, resolved,
            sum(tickets), sum(urgency), sum(waiting)
        FROM ({copies("old_rows", "-1")} UNION ALL {copies("new_rows", "1")}) change
        GROUP BY created_at, {VALUES}, first_response, resolved
        HAVING sum(tickets) <> 0 OR sum(urgency) <> 0 OR sum(waiting) <> 0;
    END IF;
    GET DIAGNOSTICS stored = ROW_COUNT;
    IF stored > 0 AND random() < stored * 0.002 THEN
        PERFORM tickets_fold_counts();
    END IF;
    RETURN NULL;
END $body$;

CREATE FUNCTION tickets_forget_counts() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    DELETE FROM tickets_countchange;
    DELETE FROM tickets_ticketcount;
    DELETE FROM tickets_periodcount;
    DELETE FROM tickets_periodduration;
    RETURN NULL;
END $body$;
"""

# From `change`, rows like those of CountChange: what has to be added to each folded table.
CELLS = f"""
    SELECT counted.assignee_id, status, category, priority, sentiment,
        sum(tickets)::bigint AS tickets, sum(urgency)::bigint AS urgency,
        sum(waiting)::bigint AS waiting
    FROM change, LATERAL (VALUES (-1), (coalesce(change.assignee_id, 0))) counted (assignee_id)
    GROUP BY counted.assignee_id, status, category, priority, sentiment"""
DAYS = """
    SELECT zone, dimension, value, (created_at AT TIME ZONE zone)::date AS first_day,
        sum(tickets)::bigint AS tickets, sum(urgency)::bigint AS urgency,
        sum(waiting)::bigint AS waiting
    FROM change, tickets_countedzone, LATERAL (VALUES
        ('', ''), ('status', status), ('category', category), ('priority', priority),
        ('sentiment', sentiment), ('assignee', coalesce(assignee_id, 0)::text),
        ('first_response', CASE WHEN first_response IS NOT NULL THEN 'reached'
            WHEN status IN ('open', 'in_progress') THEN 'waiting' END),
        ('resolved', CASE WHEN resolved IS NOT NULL THEN 'reached'
            WHEN status IN ('open', 'in_progress') THEN 'waiting' END)
    ) facet (dimension, value)
    WHERE value IS NOT NULL
    GROUP BY 1, 2, 3, 4"""
# `crossed` is 1 for a day that gets its first ticket, and -1 for one that loses its last.
CROSSED = f"""
    SELECT day.*, (coalesce(stored.tickets, 0) + day.tickets > 0)::int
        - (coalesce(stored.tickets, 0) > 0)::int AS crossed
    FROM ({DAYS}) day LEFT JOIN tickets_periodcount stored ON
        (stored.zone, stored.dimension, stored.value, stored.span, stored.first_day)
        = (day.zone, day.dimension, day.value, 1, day.first_day)"""
CROSSED_FROM_NOTHING = f"SELECT day.*, (day.tickets > 0)::int AS crossed FROM ({DAYS}) day"
SPANS = "(VALUES (0), (1), (16)) period (span)"
FIRST_DAY = """CASE span WHEN 0 THEN DATE '0001-01-01'
            ELSE DATE '0001-01-01' + (first_day - DATE '0001-01-01') / span * span END"""


def periods(days):
    return f"""
    SELECT zone, dimension, value, span::smallint AS span, {FIRST_DAY} AS first_day,
        sum(tickets)::bigint AS tickets, sum(urgency)::bigint AS urgency,
        sum(waiting)::bigint AS waiting,
        sum(CASE span WHEN 0 THEN crossed ELSE 0 END)::int AS days
    FROM ({days}) day, {SPANS}
    GROUP BY 1, 2, 3, 4, 5"""


# Readers ask for 90 days, or for all.
KEPT_DAYS = "first_day >= (now() AT TIME ZONE 'UTC')::date - 128"
BUCKET = "floor(16 * ln(greatest(duration, 1000000) / 1000000::float8) / ln(2::float8))::smallint"
DURATIONS = f"""
    SELECT zone, event, span::smallint AS span, first_day, bucket,
        sum(tickets)::bigint AS tickets, sum(microseconds)::bigint AS microseconds
    FROM (
        SELECT zone, event, span, {FIRST_DAY} AS first_day, bucket, tickets, microseconds FROM (
        SELECT zone, event, (created_at AT TIME ZONE zone)::date AS first_day, {BUCKET} AS bucket,
            sum(tickets) AS tickets, sum(tickets * duration) AS microseconds
        FROM change, tickets_countedzone, LATERAL (VALUES
            ('first_response', first_response), ('resolved', resolved)) reached (event, duration)
        WHERE duration IS NOT NULL
        GROUP BY 1, 2, 3, 4
        ) day, {SPANS}
    ) period WHERE span = 0 OR {KEPT_DAYS}
    GROUP BY 1, 2, 3, 4, 5"""
# Table, key and sums.
CELL = ("tickets_ticketcount", VALUES, "tickets urgency waiting".split())
PERIOD = (
    "tickets_periodcount",
    "zone, span, dimension, value, first_day",
    "tickets urgency waiting days".split(),
)
DURATION = (
    "tickets_periodduration",
    "zone, event, span, first_day, bucket",
    "tickets microseconds".split(),
)


def addition(table, key, sums, rows):
    """Return the statement that adds rows to a folded table."""
    return f"""
    INSERT INTO {table} AS stored ({key}, {", ".join(sums)})
    SELECT {key}, {", ".join(sums)} FROM ({rows}) added
    WHERE {" OR ".join(f"{name} <> 0" for name in sums)}
    ON CONFLICT ({key}) DO UPDATE SET
        {", ".join(f"{name} = stored.{name} + excluded.{name}" for name in sums)}
    RETURNING 1"""


def missing(table, key, sums, rows):
    """Return what has to be added to a folded table so that it has these rows."""
    negated = ", ".join(f"-{name}" for name in sums)
    total = ", ".join(
        f"sum({name})::{'int' if name == 'days' else 'bigint'} AS {name}" for name in sums
    )
    return f"""
    SELECT {key}, {total} FROM (
        SELECT {key}, {", ".join(sums)} FROM ({rows}) counted
        UNION ALL SELECT {key}, {negated} FROM {table}
    ) difference GROUP BY {key}"""


FOLD = f"""
CREATE FUNCTION tickets_fold_counts() RETURNS integer LANGUAGE plpgsql AS $body$
DECLARE folded integer;
BEGIN
    -- Another isolation would see what was there before it waited for the lock.
    IF current_setting('transaction_isolation') <> 'read committed'
        OR NOT pg_try_advisory_xact_lock({LOCK})
        OR NOT EXISTS (SELECT FROM tickets_countedzone)
    THEN
        RETURN 0;
    END IF;
    WITH change AS MATERIALIZED (DELETE FROM tickets_countchange RETURNING *),
    cell AS ({addition(*CELL, CELLS)}),
    period AS ({addition(*PERIOD, periods(CROSSED))}),
    duration AS ({addition(*DURATION, DURATIONS)})
    SELECT count(*) INTO folded FROM change;
    RETURN folded;
END $body$;
"""
# One statement, so one look at tickets, changes and counts. Nobody is locked out meanwhile but
# those who fold, and what they would fold is still there afterwards.
RECOUNT = f"""
CREATE FUNCTION tickets_recount(zones text[]) RETURNS integer LANGUAGE plpgsql
SET work_mem = '64MB' AS $body$
DECLARE mended integer;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE 'tickets_recount needs the isolation read committed';
    END IF;
    PERFORM pg_advisory_xact_lock({LOCK});
    DELETE FROM tickets_countedzone WHERE zone <> ALL (zones);
    INSERT INTO tickets_countedzone (zone, counted_at, mended)
    SELECT unnest(zones), now(), 0 ON CONFLICT DO NOTHING;
    DELETE FROM tickets_periodcount WHERE zone <> ALL (zones);
    DELETE FROM tickets_periodduration
    WHERE zone <> ALL (zones) OR span > 0 AND NOT {KEPT_DAYS};
    WITH change AS MATERIALIZED (
        {copies("tickets_ticket", "1")}
        UNION ALL SELECT created_at, {VALUES}, first_response, resolved,
            -tickets, -urgency, -waiting FROM tickets_countchange
    ),
    cell AS ({addition(*CELL, missing(*CELL, CELLS))}),
    period AS ({addition(*PERIOD, missing(*PERIOD, periods(CROSSED_FROM_NOTHING)))}),
    duration AS ({addition(*DURATION, missing(*DURATION, DURATIONS))})
    SELECT (SELECT count(*) FROM cell) + (SELECT count(*) FROM period)
        + (SELECT count(*) FROM duration) INTO mended;
    RETURN mended;
END $body$;
"""
