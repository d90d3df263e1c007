"""Drop the search column of tickets and its index, and that of addresses: documents hold both.

Not atomic: nothing is locked for longer than a moment.
"""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.contrib.postgres.search import SearchConfig
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("tickets", "0029_search_documents")]
    operations = [
        RemoveIndexConcurrently("ticket", "ticket_document"),
        RemoveIndexConcurrently("ticket", "ticket_requester"),
        migrations.RemoveField("ticket", "document"),
    ]
