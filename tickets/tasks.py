"""Lets the worker find the background jobs, each declared beside the service that it runs."""

from .services import (
    counts,
    housekeeping,
    leavers,
    passwords,
    private_links,
    replies,
    rescue,
    search_documents,
)
from .services.attachments import deletion, processing
from .services.mail import delivery, notifications
from .services.mail.incoming import handling
from .services.personal_data import retention
from .services.triage import assessment, feedback, report, similar

__all__ = [
    "assessment",
    "counts",
    "deletion",
    "delivery",
    "feedback",
    "handling",
    "housekeeping",
    "leavers",
    "notifications",
    "passwords",
    "private_links",
    "processing",
    "replies",
    "report",
    "rescue",
    "retention",
    "search_documents",
    "similar",
]
