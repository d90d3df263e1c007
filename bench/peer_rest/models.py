"""The one table."""

from django.db import models
from django.utils import timezone


class Ticket(models.Model):
    title = models.CharField(max_length=200)
    description = models.TextField()
    category = models.CharField(max_length=10, default="general", db_index=True)
    priority = models.CharField(max_length=10, default="medium", db_index=True)
    status = models.CharField(max_length=12, default="open", db_index=True)
    sentiment = models.CharField(max_length=10, default="neutral")
    urgency_score = models.SmallIntegerField(default=50)
    requester_email = models.EmailField(blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "peer_rest"
        db_table = "ticket"
        ordering = ["-created_at"]

    def __str__(self):
        return self.title
