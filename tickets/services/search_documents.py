"""Write the search documents of tickets that are older than the documents."""

from __future__ import annotations

import time

from django.db import connection
from procrastinate.contrib.django import app

from ..models.housekeeping import Backfill
from ..models.ticket import Ticket

NAME = "documents"  # of the Backfill
BATCH = 500  # tickets between two notes of how far it has come
SECONDS = 50  # of one job

# A document that a trigger has written since is newer than this one. Each statement commits, so
# nobody waits for more than one ticket, and none waits for the disk: if the server stops, the
# Backfill, which waits for it, is not ahead of the documents.
WRITE = """
WITH own AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
INSERT INTO tickets_ticketdocument (ticket_id, created_at, document)
SELECT id, created_at, tickets_document(id) FROM tickets_ticket, own
WHERE id = %s AND merged_into_id IS NULL
ON CONFLICT DO NOTHING
"""


def write_lacking(seconds: float = SECONDS) -> None:
    """Write documents, of the newest tickets first, until all have one or the time is over.

    An interrupted run is continued by the next one.
    """
    end = time.monotonic() + seconds
    while (backfill := Backfill.objects.filter(name=NAME).first()) and time.monotonic() < end:
        ids = Ticket.with_merged.ids_below(backfill.below, BATCH)
        if not ids:
            backfill.delete()
            return
        with connection.cursor() as cursor:
            for ticket_id in ids:
                cursor.execute(WRITE, [ticket_id])
        backfill.below = ids[-1]
        backfill.save(update_fields=["below"])


def searchable_from() -> int | None:
    """Return the number from which on tickets are found; None once all are."""
    return Backfill.objects.filter(name=NAME).values_list("below", flat=True).first()


# --- jobs -------------------------------------------------------------------------------


@app.periodic(cron="* * * * *")
@app.task(
    name=f"{__name__}.write_lacking",
    queue="learning",
    lock="write_lacking",
    queueing_lock="write_lacking",
)
def write_lacking_job(timestamp: int) -> None:
    """Make the tickets of earlier releases searchable."""
    write_lacking()
