"""Texts of the audit trail can be emptied, too, while what happened and when stays."""

import django.contrib.postgres.fields
import django.utils.timezone
from django.db import migrations, models

# `tickets_empty_events` makes an event say what its row says now, or "[erased]" if there is no such
# row any more. So nothing is left of a text that the row does not have. Like `tickets_erase_events`,
# the functions run with the rights of the role that owns the tables.
EMPTY = """
CREATE FUNCTION tickets_empty_events(
    ticket_ids bigint[], fields text[], comment_ids bigint[], attachment_ids uuid[], kind text,
    context jsonb
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    ticket bigint;
    emptied bigint;
    rows bigint;
BEGIN
    IF kind IS NULL OR kind NOT IN ('erased', 'redacted') THEN
        RAISE EXCEPTION 'Events are erased or redacted.' USING ERRCODE = 'check_violation';
    END IF;
    IF coalesce(cardinality(ticket_ids), 0) = 0 THEN
        RAISE EXCEPTION 'No ticket is named.' USING ERRCODE = 'check_violation';
    END IF;
    FOREACH ticket IN ARRAY ticket_ids LOOP
        UPDATE public.tickets_ticketevent event SET
            title = CASE WHEN 'title' = ANY(fields) THEN present.title ELSE event.title END,
            description = CASE
                WHEN 'description' = ANY(fields) AND event.description <> '' THEN present.description
                ELSE event.description
            END,
            requester_email = CASE
                WHEN 'requester_email' = ANY(fields) THEN present.requester_email
                ELSE event.requester_email
            END
        FROM public.tickets_ticket present
        WHERE event.pgh_obj_id = ticket AND present.id = ticket AND (
            ('title' = ANY(fields) AND event.title <> present.title)
            OR ('description' = ANY(fields) AND event.description NOT IN ('', present.description))
            OR ('requester_email' = ANY(fields) AND event.requester_email <> present.requester_email)
        );
        GET DIAGNOSTICS emptied = ROW_COUNT;
        IF 'participants' = ANY(fields) THEN
            UPDATE public.tickets_participantevent event
            SET address = '[erased]', folded = '', name = ''
            WHERE event.ticket_id = ticket AND event.address <> '[erased]' AND NOT EXISTS (
                SELECT FROM public.tickets_participant WHERE id = event.pgh_obj_id
            );
            GET DIAGNOSTICS rows = ROW_COUNT;
            emptied := emptied + rows;
        END IF;
        UPDATE public.tickets_commentevent event
        SET body = coalesce(
            (SELECT body FROM public.tickets_comment WHERE id = event.pgh_obj_id), '[erased]'
        )
        WHERE event.pgh_obj_id = ANY(comment_ids);
        GET DIAGNOSTICS rows = ROW_COUNT;
        emptied := emptied + rows;
        UPDATE public.tickets_attachmentevent event SET name = '[erased]'
        WHERE event.pgh_obj_id = ANY(attachment_ids) AND NOT EXISTS (
            SELECT FROM public.tickets_attachment WHERE uuid = event.pgh_obj_id
        );
        GET DIAGNOSTICS rows = ROW_COUNT;
        emptied := emptied + rows;
        INSERT INTO public.tickets_erasure
            (ticket_number, kind, fields, comment_numbers, actor, account, events, erased_at)
        VALUES (
            ticket, kind, fields, comment_ids, context->>'actor', (context->>'user')::bigint,
            emptied, clock_timestamp()
        );
    END LOOP;
END $$;
REVOKE EXECUTE ON FUNCTION
    tickets_empty_events(bigint[], text[], bigint[], uuid[], text, jsonb) FROM PUBLIC;

CREATE FUNCTION tickets_erase_address(addresses text[], keyed_hash text, context jsonb)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM public.tickets_ticket WHERE requester_email = ANY(addresses))
        OR EXISTS (SELECT FROM public.tickets_participant WHERE address = ANY(addresses))
        OR EXISTS (SELECT FROM public.tickets_blockedaddress WHERE address = ANY(addresses))
    THEN
        RAISE EXCEPTION 'The address is still in use: its events stay.'
            USING ERRCODE = 'restrict_violation';
    END IF;
    WITH of_tickets AS (
        UPDATE public.tickets_ticketevent SET requester_email = ''
        WHERE requester_email = ANY(addresses) RETURNING pgh_obj_id AS ticket
    ), of_participants AS (
        UPDATE public.tickets_participantevent SET address = '[erased]', folded = '', name = ''
        WHERE address = ANY(addresses) RETURNING ticket_id AS ticket
    ), emptied AS (
        SELECT ticket FROM of_tickets UNION ALL SELECT ticket FROM of_participants
    )
    INSERT INTO public.tickets_erasure
        (ticket_number, kind, actor, account, events, erased_at)
    SELECT ticket, 'erased', context->>'actor', (context->>'user')::bigint, count(*),
        clock_timestamp()
    FROM emptied GROUP BY ticket;
    DELETE FROM public.tickets_blockedaddressevent WHERE address = ANY(addresses);
    INSERT INTO public.tickets_erasedaddress (keyed_hash, actor, account, erased_at)
    VALUES (keyed_hash, context->>'actor', (context->>'user')::bigint, clock_timestamp());
END $$;
REVOKE EXECUTE ON FUNCTION tickets_erase_address(text[], text, jsonb) FROM PUBLIC;

CREATE FUNCTION tickets_prune_events(days integer, most integer)
RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    before timestamptz := clock_timestamp() - make_interval(days => days);
    pruned bigint[];
BEGIN
    IF days IS NULL OR days < 30 THEN
        RAISE EXCEPTION 'Events stay for 30 days.' USING ERRCODE = 'check_violation';
    END IF;
    pruned := ARRAY(
        SELECT id FROM public.tickets_ticket ticket
        WHERE status IN ('resolved', 'closed') AND updated_at < before
            AND EXISTS (SELECT FROM public.tickets_ticketevent WHERE pgh_obj_id = ticket.id)
            AND NOT EXISTS (
                SELECT FROM public.tickets_ticketevent
                WHERE pgh_obj_id = ticket.id AND pgh_created_at >= before
            )
        LIMIT most
    );
    DELETE FROM public.tickets_ticketevent WHERE pgh_obj_id = ANY(pruned);
    DELETE FROM public.tickets_commentevent
    WHERE ticket_id = ANY(pruned) AND pgh_created_at < before;
    DELETE FROM public.tickets_participantevent
    WHERE ticket_id = ANY(pruned) AND pgh_created_at < before;
    DELETE FROM public.tickets_attachmentevent
    WHERE ticket_id = ANY(pruned) AND pgh_created_at < before;
    RETURN coalesce(cardinality(pruned), 0);
END $$;
REVOKE EXECUTE ON FUNCTION tickets_prune_events(integer, integer) FROM PUBLIC;
"""
DROP = """
DROP FUNCTION tickets_empty_events(bigint[], text[], bigint[], uuid[], text, jsonb);
DROP FUNCTION tickets_erase_address(text[], text, jsonb);
DROP FUNCTION tickets_prune_events(integer, integer);
"""


class Migration(migrations.Migration):
    dependencies = [("tickets", "0040_sign_in_locks")]
    operations = [
        migrations.AddField(
            "erasure",
            "kind",
            models.CharField(
                choices=[("deleted", "Deleted"), ("erased", "Erased"), ("redacted", "Redacted")],
                db_default="deleted",
                default="deleted",
                max_length=8,
            ),
        ),
        migrations.AddField(
            "erasure",
            "fields",
            django.contrib.postgres.fields.ArrayField(models.TextField(), null=True, size=None),
        ),
        migrations.AddField(
            "erasure",
            "comment_numbers",
            django.contrib.postgres.fields.ArrayField(models.BigIntegerField(), null=True, size=None),
        ),
        migrations.CreateModel(
            name="ErasedAddress",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("keyed_hash", models.CharField(max_length=64)),
                ("actor", models.CharField(max_length=200)),
                ("account", models.BigIntegerField(null=True)),
                ("erased_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={"verbose_name_plural": "personal data"},
        ),
        migrations.RunSQL(EMPTY, DROP),
    ]
