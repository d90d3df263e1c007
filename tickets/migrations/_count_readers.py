"""What reads the counts, among the functions of `0031_counts`."""

from ._counts import BUCKET

MATCHES = """(statuses IS NULL OR {row}.status = ANY (statuses))
            AND (categories IS NULL OR {row}.category = ANY (categories))
            AND (priorities IS NULL OR {row}.priority = ANY (priorities))
            AND (sentiments IS NULL OR {row}.sentiment = ANY (sentiments))"""
ASSIGNED = "(assignees IS NULL OR coalesce({row}.assignee_id, 0) = ANY (assignees))"
FILTERS = """statuses text[], categories text[], priorities text[], sentiments text[],
    assignees integer[]"""
ROWS = "TABLE (kind text, value text, tickets bigint, urgency bigint, waiting bigint)"
# The folded counts and what changed since, of tickets that match the filters.
MATCHING = f"""
        SELECT c.status, c.category, c.priority, c.sentiment, c.tickets, c.urgency, c.waiting
        FROM tickets_ticketcount c
        WHERE c.assignee_id = ANY (coalesce(assignees, ARRAY[-1])) AND {MATCHES.format(row="c")}
        UNION ALL
        SELECT c.status, c.category, c.priority, c.sentiment, c.tickets, c.urgency, c.waiting
        FROM tickets_countchange c
        WHERE {ASSIGNED.format(row="c")} AND {MATCHES.format(row="c")}"""
IS_COUNTED = "EXISTS (SELECT FROM tickets_countedzone z WHERE z.zone = {zone})"
OLDEST = "(extract(epoch FROM min(t.waiting_since)) * 1000000)::bigint"
# Functions keep their plans. Planning these statements takes longer than running them.
BY_STATUS = f"""
CREATE FUNCTION tickets_by_status({FILTERS})
RETURNS TABLE (status text, tickets bigint) LANGUAGE plpgsql STABLE AS $body$
#variable_conflict use_column
BEGIN
    IF {IS_COUNTED.format(zone="'UTC'")} THEN
        RETURN QUERY SELECT '', 0::bigint;  -- says that they are counted
        RETURN QUERY SELECT m.status::text, sum(m.tickets)::bigint FROM ({MATCHING}) m GROUP BY 1;
    END IF;
END $body$;
"""
STATISTICS = f"""
CREATE FUNCTION tickets_statistics({FILTERS}, facet text, members text[], since date)
RETURNS {ROWS} LANGUAGE plpgsql STABLE AS $body$
#variable_conflict use_column
DECLARE days bigint; wait bigint;
BEGIN
    IF NOT {IS_COUNTED.format(zone="'UTC'")} THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT
        CASE WHEN grouping(m.status) = 0 THEN 'status'
            WHEN grouping(m.category) = 0 THEN 'category'
            WHEN grouping(m.priority) = 0 THEN 'priority'
            WHEN grouping(m.sentiment) = 0 THEN 'sentiment' ELSE '' END,
        coalesce(m.status, m.category, m.priority, m.sentiment, '')::text,
        coalesce(sum(m.tickets), 0)::bigint, coalesce(sum(m.urgency), 0)::bigint,
        coalesce(sum(m.waiting), 0)::bigint
    FROM ({MATCHING}) m
    GROUP BY GROUPING SETS ((), (m.status), (m.category), (m.priority), (m.sentiment));

    RETURN QUERY SELECT 'day', d.day::text, sum(d.tickets)::bigint, 0::bigint, 0::bigint
    FROM (
        SELECT p.first_day AS day, p.tickets FROM tickets_periodcount p
        WHERE p.zone = 'UTC' AND p.dimension = facet AND p.value = ANY (members) AND p.span = 1
            AND p.first_day >= since
        UNION ALL
        SELECT (c.created_at AT TIME ZONE 'UTC')::date, c.tickets FROM tickets_countchange c
        WHERE c.created_at >= since::timestamp AT TIME ZONE 'UTC'
            AND {ASSIGNED.format(row="c")} AND {MATCHES.format(row="c")}
    ) d GROUP BY d.day;

    IF cardinality(members) = 1 THEN
        SELECT coalesce(sum(p.days), 0) INTO days FROM tickets_periodcount p
        WHERE p.zone = 'UTC' AND p.dimension = facet AND p.value = members[1] AND p.span = 0;
        days := days + (
            SELECT coalesce(sum((coalesce(p.tickets, 0) + d.tickets > 0)::int
                - (coalesce(p.tickets, 0) > 0)::int), 0)
            FROM (
                SELECT (c.created_at AT TIME ZONE 'UTC')::date AS day, sum(c.tickets) AS tickets
                FROM tickets_countchange c
                WHERE {ASSIGNED.format(row="c")} AND {MATCHES.format(row="c")}
                GROUP BY 1
            ) d LEFT JOIN tickets_periodcount p ON
                (p.zone, p.dimension, p.value, p.span, p.first_day)
                = ('UTC', facet, members[1], 1, d.day)
        );
    ELSE
        SELECT count(*) INTO days FROM (
            SELECT FROM (
                SELECT p.first_day AS day, p.tickets FROM tickets_periodcount p
                WHERE p.zone = 'UTC' AND p.dimension = facet AND p.value = ANY (members)
                    AND p.span = 1
                UNION ALL
                SELECT (c.created_at AT TIME ZONE 'UTC')::date, c.tickets
                FROM tickets_countchange c
                WHERE {ASSIGNED.format(row="c")} AND {MATCHES.format(row="c")}
            ) d GROUP BY d.day HAVING sum(d.tickets) > 0
        ) used;
    END IF;
    RETURN QUERY SELECT 'days', '', days, 0::bigint, 0::bigint;

    SELECT coalesce({OLDEST}, 0) INTO wait FROM (
        SELECT t.waiting_since FROM tickets_ticket t
        WHERE t.waiting_since IS NOT NULL AND t.merged_into_id IS NULL AND NOT t.spam
            AND {MATCHES.format(row="t")} AND {ASSIGNED.format(row="t")}
        ORDER BY t.waiting_since LIMIT 1
    ) t;
    RETURN QUERY SELECT 'longest_wait', '', wait, 0::bigint, 0::bigint;
END $body$;
"""
# The tickets created since a day, or all if it is NULL. The first part of a period is days, and
# what follows are spans of 16.
OVERVIEW = f"""
CREATE FUNCTION tickets_overview(desk_zone text, first date)
RETURNS {ROWS} LANGUAGE plpgsql STABLE AS $body$
#variable_conflict use_column
DECLARE
    midnight timestamptz := coalesce(first, DATE '0001-01-01')::timestamp AT TIME ZONE desk_zone;
    boundary date := first + (16 - (first - DATE '0001-01-01') % 16) % 16;
    wait bigint;
BEGIN
    IF NOT {IS_COUNTED.format(zone="desk_zone")} THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT r.dimension::text, r.value::text, sum(r.tickets)::bigint,
        sum(r.urgency)::bigint, sum(r.waiting)::bigint
    FROM (
        SELECT p.dimension, p.value, p.tickets, p.urgency, p.waiting
        FROM (VALUES (''), ('status'), ('category'), ('priority'), ('sentiment'),
            ('first_response'), ('resolved')) facet (dimension)
        JOIN tickets_periodcount v ON (v.zone, v.dimension, v.span) = (desk_zone, facet.dimension, 0)
        JOIN LATERAL (
            SELECT v.dimension, v.value, v.tickets, v.urgency, v.waiting WHERE first IS NULL
            UNION ALL
            SELECT p.dimension, p.value, p.tickets, p.urgency, p.waiting
            FROM tickets_periodcount p
            WHERE (p.zone, p.dimension, p.value, p.span) = (v.zone, v.dimension, v.value, 1)
                AND p.first_day >= first AND p.first_day < boundary
            UNION ALL
            SELECT p.dimension, p.value, p.tickets, p.urgency, p.waiting
            FROM tickets_periodcount p
            WHERE (p.zone, p.dimension, p.value, p.span) = (v.zone, v.dimension, v.value, 16)
                AND p.first_day >= boundary
        ) p ON true
        UNION ALL
        SELECT facet.dimension, facet.value, c.tickets, c.urgency, c.waiting
        FROM tickets_countchange c, LATERAL (VALUES
            ('', ''), ('status', c.status), ('category', c.category), ('priority', c.priority),
            ('sentiment', c.sentiment),
            ('first_response', CASE WHEN c.first_response IS NOT NULL THEN 'reached'
                WHEN c.status IN ('open', 'in_progress') THEN 'waiting' END),
            ('resolved', CASE WHEN c.resolved IS NOT NULL THEN 'reached'
                WHEN c.status IN ('open', 'in_progress') THEN 'waiting' END)
        ) facet (dimension, value)
        WHERE facet.value IS NOT NULL AND (first IS NULL OR c.created_at >= midnight)
    ) r GROUP BY 1, 2;

    RETURN QUERY SELECT 'day', r.day::text, sum(r.tickets)::bigint, 0::bigint, 0::bigint
    FROM (
        SELECT p.first_day AS day, p.tickets FROM tickets_periodcount p
        WHERE (p.zone, p.dimension, p.value, p.span) = (desk_zone, '', '', 1)
            AND p.first_day >= coalesce(first, DATE '0001-01-01')
        UNION ALL
        SELECT (c.created_at AT TIME ZONE desk_zone)::date, c.tickets
        FROM tickets_countchange c
        WHERE c.created_at >= midnight
    ) r GROUP BY r.day HAVING sum(r.tickets) > 0;

    -- No ticket waits since before it was created.
    SELECT coalesce({OLDEST}, 0) INTO wait FROM (
        SELECT t.waiting_since FROM tickets_ticket t
        WHERE t.waiting_since >= midnight AND t.created_at >= midnight
            AND t.merged_into_id IS NULL AND NOT t.spam
        ORDER BY t.waiting_since LIMIT 1
    ) t;
    RETURN QUERY SELECT 'longest_wait', '', wait, 0::bigint, 0::bigint;
END $body$;
"""
# The mean of a bucket stands for all in it. Between two of them, as percentile_cont does it.
QUANTILE = """
        min(mean) FILTER (WHERE upto >= floor({at}))
        + (min(mean) FILTER (WHERE upto >= ceil({at})) - min(mean) FILTER (WHERE upto >= floor({at})))
        * ({at} - floor({at}))"""
DURATION_QUANTILES = f"""
CREATE FUNCTION tickets_duration_quantiles(desk_zone text, first date)
RETURNS TABLE (event text, median float8, ninetieth float8) LANGUAGE plpgsql STABLE AS $body$
#variable_conflict use_column
DECLARE
    midnight timestamptz := coalesce(first, DATE '0001-01-01')::timestamp AT TIME ZONE desk_zone;
    boundary date := first + (16 - (first - DATE '0001-01-01') % 16) % 16;
BEGIN
    RETURN QUERY
    SELECT b.event, ({QUANTILE.format(at="(1 + 0.5 * (b.total - 1))")})::float8,
        ({QUANTILE.format(at="(1 + 0.9 * (b.total - 1))")})::float8
    FROM (
        SELECT h.event, h.microseconds / h.tickets AS mean,
            sum(h.tickets) OVER (PARTITION BY h.event ORDER BY h.bucket) AS upto,
            sum(h.tickets) OVER (PARTITION BY h.event) AS total
        FROM (
            SELECT r.event, r.bucket, sum(r.tickets) AS tickets,
                sum(r.microseconds) AS microseconds
            FROM (
                SELECT p.event::text, p.bucket, p.tickets, p.microseconds
                FROM (VALUES ('first_response'), ('resolved')) reached (event)
                JOIN LATERAL (
                    SELECT * FROM tickets_periodduration d
                    WHERE (d.zone, d.event, d.span) = (desk_zone, reached.event, 0)
                        AND first IS NULL
                    UNION ALL
                    SELECT * FROM tickets_periodduration d
                    WHERE (d.zone, d.event, d.span) = (desk_zone, reached.event, 1)
                        AND d.first_day >= first AND d.first_day < boundary
                    UNION ALL
                    SELECT * FROM tickets_periodduration d
                    WHERE (d.zone, d.event, d.span) = (desk_zone, reached.event, 16)
                        AND d.first_day >= boundary
                ) p ON true
                UNION ALL
                SELECT reached.event, {BUCKET}, c.tickets, c.tickets * duration
                FROM tickets_countchange c, LATERAL (VALUES
                    ('first_response', c.first_response), ('resolved', c.resolved)
                ) reached (event, duration)
                WHERE duration IS NOT NULL AND c.created_at >= midnight
            ) r GROUP BY r.event, r.bucket HAVING sum(r.tickets) > 0
        ) h
    ) b GROUP BY b.event, b.total;
END $body$;
"""
