"""Index what lists and counts read: tickets without spam, spam, and a requester's tickets.

Not atomic: nothing is locked while an index is built, and an interrupted run starts again.
"""

import django.db.models.functions.comparison
import django.db.models.functions.text
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

INDEXES = [
    models.Index(
        fields=["-created_at", "-id"],
        condition=models.Q(("spam", False)),
        name="ticket_newest_first",
    ),
    models.Index(condition=models.Q(('spam', False)), fields=['status', '-created_at', '-id'], name='ticket_status_counted'),
    models.Index(condition=models.Q(('spam', True)), fields=['-created_at', '-id'], name='ticket_spam'),
    models.Index(django.db.models.functions.text.Upper('requester_email'), models.OrderBy(models.F('created_at'), descending=True), models.OrderBy(models.F('id'), descending=True), condition=models.Q(models.Q(('requester_email', ''), _negated=True), ('spam', False)), name='ticket_of_requester'),
    models.Index(condition=models.Q(models.Q(models.Q(('category_source__in', ['offline', 'default']), models.Q(('category_confidence', None), ('category_confidence__lt', 0.6), _connector='OR')), models.Q(('priority_source__in', ['offline', 'default']), models.Q(('priority_confidence', None), ('priority_confidence__lt', 0.6), _connector='OR')), _connector='OR'), ('spam', False), ('status__in', ['open', 'in_progress'])), fields=['created_at'], name='ticket_review'),
    models.Index(django.db.models.functions.comparison.Least(models.Case(models.When(category_source='human', then=models.Value(1.0)), default=django.db.models.functions.comparison.Coalesce(models.F('category_confidence'), models.Value(0.0))), models.Case(models.When(priority_source='human', then=models.Value(1.0)), default=django.db.models.functions.comparison.Coalesce(models.F('priority_confidence'), models.Value(0.0)))), models.F('created_at'), models.F('id'), condition=models.Q(models.Q(models.Q(('category_source__in', ['offline', 'default']), models.Q(('category_confidence', None), ('category_confidence__lt', 0.6), _connector='OR')), models.Q(('priority_source__in', ['offline', 'default']), models.Q(('priority_confidence', None), ('priority_confidence__lt', 0.6), _connector='OR')), _connector='OR'), ('spam', False), ('status__in', ['open', 'in_progress'])), name='ticket_review_confidence'),
]
# The new ones replace these, which have spam in them.
REPLACED = ["ticket_newest", "ticket_status_newest", "ticket_needs_review", "ticket_lowest_confidence"]


def operations():
    for index in INDEXES:
        # An interrupted build leaves an unusable index of this name.
        yield migrations.RunSQL(
            f"DROP INDEX CONCURRENTLY IF EXISTS {index.name}", migrations.RunSQL.noop
        )
        yield AddIndexConcurrently("ticket", index)
    for name in REPLACED:
        yield RemoveIndexConcurrently("ticket", name)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("tickets", "0018_mark_spam")]
    operations = list(operations())
