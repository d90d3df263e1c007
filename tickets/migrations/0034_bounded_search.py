"""Let a search read the index of documents quarter by quarter, and no further than it must.

The index has the quarter of the ticket's creation before each lexeme. The functions that are part
of it name nothing outside of pg_catalog, because a restored dump has no search path yet.
"""

import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.contrib.postgres.search import SearchVectorField
from django.db import migrations, models

SQL = r"""
-- Quarters are counted from 1900 on; what is older or far in the future goes to the first or last.
CREATE FUNCTION tickets_quarter(moment timestamptz) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
SELECT least(greatest(
    date_part('year', timezone('UTC', moment)) * 4
    + date_part('quarter', timezone('UTC', moment)) - 7601, 0), 1700)::integer
$$;

CREATE FUNCTION tickets_quarter_start(quarter integer) RETURNS timestamptz
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
SELECT timezone('UTC', make_timestamp(1900 + quarter / 4, quarter % 4 * 3 + 1, 1, 0, 0, 0))
$$;

-- The lexemes of a document, each behind the sign of its quarter.
CREATE FUNCTION tickets_lexemes_of_quarter(document tsvector, created_at timestamptz)
RETURNS tsvector LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    sign text := chr(256 + least(greatest(
        date_part('year', timezone('UTC', created_at)) * 4
        + date_part('quarter', timezone('UTC', created_at)) - 7601, 0), 1700)::integer);
BEGIN
    IF document = '' THEN
        RETURN document;
    END IF;
    RETURN array_to_tsvector(string_to_array(
        sign || array_to_string(tsvector_to_array(document), E'\x01' || sign), E'\x01'
    ));
END $$;

-- The same question to some quarters. The index knows no positions and no weights.
CREATE FUNCTION tickets_query_of_quarters(query tsquery, first integer, last integer)
RETURNS tsquery LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    plain text := regexp_replace(
        regexp_replace(query::text, ' <(-|\d+)> ', ' & ', 'g'), ''':(\*?)[A-D]+', '''\1', 'g'
    );
BEGIN
    RETURN string_agg(
        '(' || regexp_replace(plain, '''((?:[^'']|'''')*)''', '''' || chr(256 + quarter) || '\1''', 'g')
        || ')', '|'
    )::tsquery FROM generate_series(first, last) quarter;
END $$;

-- The tickets whose documents match `asked`, from `start` on in one direction of time, in no order.
-- Every match of `asked` matches `needed` as well, which has no exclusion. At most `most` documents
-- are read, and no further quarter once there are `enough`.
--
-- The last row has no ticket. It says up to where the search came: nothing between `start` and
-- there is missing. Without that row it came to the end.
CREATE FUNCTION tickets_found(
    asked tsquery, needed tsquery, start timestamptz, newest_first boolean, enough integer,
    most integer
) RETURNS TABLE (ticket_id bigint, created_at timestamptz)
LANGUAGE plpgsql STABLE ROWS 100
SET enable_seqscan = off SET jit = off SET max_parallel_workers_per_gather = 0 AS $$
#variable_conflict use_column
DECLARE
    step integer := CASE WHEN newest_first THEN -1 ELSE 1 END;
    quarter integer;
    final integer;
    far integer;
    width integer := 1;
    visited integer;
    ids bigint[];
    times timestamptz[];
    came_to timestamptz;  -- null for nowhere
BEGIN
    SELECT tickets_quarter(min(created_at)), tickets_quarter(max(created_at))
    INTO final, quarter FROM tickets_ticketdocument;
    IF newest_first THEN
        quarter := least(quarter, tickets_quarter(start));
    ELSE
        SELECT quarter, final INTO final, quarter;
        quarter := greatest(quarter, tickets_quarter(start));
    END IF;
    WHILE (final - quarter) * step >= 0 LOOP
        far := quarter + step * least(width - 1, abs(final - quarter));
        SELECT count(*),
            array_agg(ticket_id) FILTER (WHERE is_match),
            array_agg(created_at) FILTER (WHERE is_match)
        INTO visited, ids, times FROM (
            SELECT ticket_id, created_at, document @@ asked AND CASE
                WHEN start IS NULL THEN true
                WHEN newest_first THEN created_at <= start
                ELSE created_at >= start END AS is_match
            FROM tickets_ticketdocument
            WHERE tickets_lexemes_of_quarter(document, created_at) @@
                tickets_query_of_quarters(needed, least(quarter, far), greatest(quarter, far))
            LIMIT most + 1
        ) visited;
        IF visited > most THEN
            IF width = 1 THEN
                RETURN QUERY SELECT NULL::bigint, came_to;
                RETURN;
            END IF;
            width := 1;
            CONTINUE;
        END IF;
        RETURN QUERY SELECT * FROM unnest(ids, times);
        most := most - visited;
        enough := enough - coalesce(cardinality(ids), 0);
        quarter := far + step;
        came_to := tickets_quarter_start(CASE WHEN newest_first THEN far ELSE far + 1 END);
        IF enough <= 0 AND (final - quarter) * step >= 0 THEN
            RETURN QUERY SELECT NULL::bigint, came_to;
            RETURN;
        END IF;
        -- Not more than a year: all that the index has of it is read before the first document is.
        width := least(width * 2, 4, 1 + most * width / (2 * visited + 1));
    END LOOP;
END $$;
"""
REVERSE_SQL = """
DROP FUNCTION tickets_found(tsquery, tsquery, timestamptz, boolean, integer, integer);
DROP FUNCTION tickets_query_of_quarters(tsquery, integer, integer);
DROP FUNCTION tickets_lexemes_of_quarter(tsvector, timestamptz);
DROP FUNCTION tickets_quarter_start(integer);
DROP FUNCTION tickets_quarter(timestamptz);
"""


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("tickets", "0033_sparing_events")]
    operations = [
        migrations.RunSQL(SQL, REVERSE_SQL),
        AddIndexConcurrently(
            "ticketdocument",
            django.contrib.postgres.indexes.GinIndex(
                models.Func(
                    "document",
                    "created_at",
                    function="tickets_lexemes_of_quarter",
                    output_field=SearchVectorField(),
                ),
                fastupdate=False,
                name="document_quarters",
            ),
        ),
        RemoveIndexConcurrently("ticketdocument", "document_words"),
    ]
