"""Events are only added. One function takes some away, and says so."""

import django.utils.timezone
from django.db import migrations, models

# The names are in full, and nothing that a caller has made is found first: the function runs with
# the rights of the role that owns the tables.
ERASE = """
CREATE FUNCTION tickets_erase_events(ticket_ids bigint[], context jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    ticket bigint;
    erased bigint;
    rows bigint;
BEGIN
    FOREACH ticket IN ARRAY ticket_ids LOOP
        IF EXISTS (SELECT FROM public.tickets_ticket WHERE id = ticket) THEN
            RAISE EXCEPTION 'Ticket % exists: its events stay.', ticket
                USING ERRCODE = 'restrict_violation';
        END IF;
        DELETE FROM public.tickets_ticketevent WHERE pgh_obj_id = ticket;
        GET DIAGNOSTICS erased = ROW_COUNT;
        DELETE FROM public.tickets_commentevent WHERE ticket_id = ticket;
        GET DIAGNOSTICS rows = ROW_COUNT;
        erased := erased + rows;
        DELETE FROM public.tickets_participantevent WHERE ticket_id = ticket;
        GET DIAGNOSTICS rows = ROW_COUNT;
        erased := erased + rows;
        DELETE FROM public.tickets_attachmentevent WHERE ticket_id = ticket;
        GET DIAGNOSTICS rows = ROW_COUNT;
        erased := erased + rows;
        INSERT INTO public.tickets_erasure (ticket_number, actor, account, events, erased_at)
        VALUES (ticket, context->>'actor', (context->>'user')::bigint, erased, clock_timestamp());
    END LOOP;
END $$;
REVOKE EXECUTE ON FUNCTION tickets_erase_events(bigint[], jsonb) FROM PUBLIC;
"""


class Migration(migrations.Migration):
    dependencies = [("tickets", "0035_triage_counts")]
    operations = [
        migrations.CreateModel(
            name="Erasure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ticket_number", models.BigIntegerField(db_index=True)),
                ("actor", models.CharField(max_length=200)),
                ("account", models.BigIntegerField(null=True)),
                ("events", models.PositiveIntegerField()),
                ("erased_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.RunSQL(ERASE, "DROP FUNCTION tickets_erase_events(bigint[], jsonb)"),
    ]
