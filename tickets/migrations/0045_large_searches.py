"""Let a search stop in the middle of a quarter, and after a while.

A quarter of a large desk has more matches of a common word than a search reads. It gave up there,
so that the list had to be read up to where they begin. And where two common words never stand
together, each quarter takes longer the more tickets it has.
"""

from importlib import import_module

from django.db import migrations

SQL = r"""
DROP FUNCTION tickets_found(tsquery, tsquery, timestamptz, boolean, integer, integer);

-- The first matches of a quarter in one direction of time, among `most` documents, in no order. The
-- last row has no ticket and says up to where they reach, as in `tickets_found`.
CREATE FUNCTION tickets_found_in_quarter(
    asked tsquery, needed tsquery, quarter integer, newest_first boolean, most integer
) RETURNS TABLE (ticket_id bigint, created_at timestamptz)
LANGUAGE sql STABLE ROWS 100 AS $$
WITH nearest AS MATERIALIZED (
    SELECT ticket_id, created_at FROM tickets_ticketdocument
    WHERE tickets_lexemes_of_quarter(document, created_at) @@
        tickets_query_of_quarters(needed, quarter, quarter)
    ORDER BY CASE WHEN newest_first THEN created_at END DESC,
        CASE WHEN NOT newest_first THEN created_at END
    LIMIT most
), reached AS MATERIALIZED (
    SELECT CASE WHEN newest_first THEN min(created_at) ELSE max(created_at) END AS moment
    FROM nearest
)
-- Of the last moment there may be more.
SELECT ticket_id, nearest.created_at FROM nearest
JOIN tickets_ticketdocument found USING (ticket_id), reached
WHERE nearest.created_at <> moment AND document @@ asked
UNION ALL
SELECT NULL, CASE WHEN newest_first THEN moment + interval '1 microsecond' ELSE moment END
FROM reached
$$;

-- The tickets whose documents match `asked`, from `start` on in one direction of time, in no order.
-- Every match of `asked` matches `needed` as well, which has no exclusion. At most `most` documents
-- are read, and no further quarter once there are `enough`, or after `patience` if the quarters so
-- far may have `covered` documents. With `enough` as large as `most`, it is for all or none.
--
-- The last row has no ticket. It says up to where the search came: nothing between `start` and
-- there is missing. Without that row it came to the end.
CREATE FUNCTION tickets_found(
    asked tsquery, needed tsquery, start timestamptz, newest_first boolean, enough integer,
    most integer, covered integer, patience interval
) RETURNS TABLE (ticket_id bigint, created_at timestamptz)
LANGUAGE plpgsql STABLE ROWS 100
SET enable_seqscan = off SET jit = off SET max_parallel_workers_per_gather = 0
SET work_mem = '16MB' AS $$
#variable_conflict use_column
DECLARE
    step integer := CASE WHEN newest_first THEN -1 ELSE 1 END;
    is_for_all boolean := enough >= most;
    deadline timestamptz := clock_timestamp() + patience;
    quarter integer;
    final integer;
    far integer;
    patient bigint;  -- quarters
    width integer := 1;
    visited integer;
    ids bigint[];
    times timestamptz[];
    came_to timestamptz;  -- null for nowhere
BEGIN
    SELECT tickets_quarter(min(created_at)), tickets_quarter(max(created_at))
    INTO final, quarter FROM tickets_ticketdocument;
    SELECT covered * (quarter - final + 1)::bigint / greatest(reltuples::bigint, 1)
    INTO patient FROM pg_class WHERE oid = 'tickets_ticketdocument'::regclass;
    IF newest_first THEN
        quarter := least(quarter, tickets_quarter(start));
    ELSE
        SELECT quarter, final INTO final, quarter;
        quarter := greatest(quarter, tickets_quarter(start));
    END IF;
    WHILE (final - quarter) * step >= 0 LOOP
        far := quarter + step * least(width - 1, abs(final - quarter));
        -- Reading documents takes longest, so they are counted first.
        WITH visited AS MATERIALIZED (
            SELECT ticket_id, created_at, document FROM tickets_ticketdocument
            WHERE tickets_lexemes_of_quarter(document, created_at) @@
                tickets_query_of_quarters(needed, least(quarter, far), greatest(quarter, far))
            LIMIT most + 1
        ), counted AS MATERIALIZED (SELECT count(*) AS value FROM visited)
        SELECT (SELECT value FROM counted), array_agg(ticket_id), array_agg(created_at)
        INTO visited, ids, times FROM visited
        WHERE (SELECT value FROM counted) <= most AND document @@ asked AND CASE
            WHEN start IS NULL THEN true
            WHEN newest_first THEN created_at <= start
            ELSE created_at >= start END;
        IF visited > most THEN
            IF width > 1 THEN
                width := 1;
                CONTINUE;
            END IF;
            IF is_for_all OR came_to IS NULL THEN
                RETURN QUERY SELECT NULL::bigint, came_to;
            ELSE
                RETURN QUERY SELECT * FROM tickets_found_in_quarter(
                    asked, needed, quarter, newest_first, least(most, 2000)
                );
            END IF;
            RETURN;
        END IF;
        RETURN QUERY SELECT * FROM unnest(ids, times);
        most := most - visited;
        enough := enough - coalesce(cardinality(ids), 0);
        patient := patient - abs(far - quarter) - 1;
        quarter := far + step;
        came_to := tickets_quarter_start(CASE WHEN newest_first THEN far ELSE far + 1 END);
        IF (final - quarter) * step >= 0 AND (enough <= 0
            OR patient <= 0 AND NOT is_for_all AND clock_timestamp() >= deadline) THEN
            RETURN QUERY SELECT NULL::bigint, came_to;
            RETURN;
        END IF;
        -- Not more than a year: all that the index has of it is read before the first document is.
        width := least(width * 2, 4, 1 + most * width / (2 * visited + 1));
    END LOOP;
END $$;
"""
BOUNDED_SEARCH = import_module("tickets.migrations.0034_bounded_search").SQL
REVERSE_SQL = f"""
DROP FUNCTION tickets_found(
    tsquery, tsquery, timestamptz, boolean, integer, integer, integer, interval
);
DROP FUNCTION tickets_found_in_quarter(tsquery, tsquery, integer, boolean, integer);
{BOUNDED_SEARCH[BOUNDED_SEARCH.index("CREATE FUNCTION tickets_found(") :]}
"""


class Migration(migrations.Migration):
    dependencies = [("tickets", "0044_vouched_participants")]

    operations = [migrations.RunSQL(SQL, REVERSE_SQL)]
