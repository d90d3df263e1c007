from django.db import migrations

# What is known of the tickets so far: the first public reply of an agent, and since when a
# finished ticket has been finished without a break.
FIRST_RESPONSES = """
UPDATE tickets_ticket ticket SET first_response_at = first.at
FROM (SELECT ticket_id, min(created_at) AS at FROM tickets_comment
      WHERE public AND author_role = 'agent' GROUP BY ticket_id) first
WHERE first.ticket_id = ticket.id
"""
RESOLUTIONS = """
UPDATE tickets_ticket ticket SET resolved_at = coalesce(finished.at, ticket.updated_at)
FROM (SELECT done.id, (
        SELECT min(event.pgh_created_at) FROM tickets_ticketevent event
        WHERE event.pgh_obj_id = done.id AND event.pgh_id > coalesce((
            SELECT max(earlier.pgh_id) FROM tickets_ticketevent earlier
            WHERE earlier.pgh_obj_id = done.id AND earlier.status NOT IN ('resolved', 'closed')
        ), 0)) AS at
      FROM tickets_ticket done WHERE done.status IN ('resolved', 'closed')) finished
WHERE finished.id = ticket.id
"""


class Migration(migrations.Migration):
    dependencies = [("tickets", "0004_workplace")]

    operations = [
        migrations.RunSQL(FIRST_RESPONSES, migrations.RunSQL.noop),
        migrations.RunSQL(RESOLUTIONS, migrations.RunSQL.noop),
    ]
