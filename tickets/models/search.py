"""What a search finds tickets by."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from ..querysets.search.bounded import lexemes_of_quarter
from ..querysets.search.documents import DocumentQuerySet
from .ticket import Ticket


class TicketDocument(models.Model):
    """The words of a ticket, of its conversation, and of the tickets merged into it.

    Database triggers write it, see the migration `search_documents`; a merged ticket has none.
    Weights tell where a word stands: A title, B description, C replies, D notes and the
    requester's address. The address stands there once more, each word behind an `@`, and each
    number is a lexeme like `#12`.
    """

    # The database deletes it with its ticket.
    ticket = models.OneToOneField(
        Ticket, on_delete=models.DO_NOTHING, primary_key=True, related_name="search_document"
    )
    created_at = models.DateTimeField()  # of the ticket
    document = SearchVectorField()

    objects = DocumentQuerySet.as_manager()

    class Meta:
        indexes = [
            # A pending list would have to be read by every search.
            GinIndex(lexemes_of_quarter(), name="document_quarters", fastupdate=False),
            models.Index(fields=["-created_at", "-ticket"], name="document_newest_first"),
        ]

    def __str__(self) -> str:
        return f"#{self.ticket_id}"
