"""Lets the worker find the background jobs, each declared beside the service that it runs."""

from .services import housekeeping, leavers, private_links, replies
from .services.mail import delivery, notifications
from .services.mail.incoming import handling
from .services.triage import assessment, feedback

__all__ = [
    "assessment",
    "delivery",
    "feedback",
    "handling",
    "housekeeping",
    "leavers",
    "notifications",
    "private_links",
    "replies",
]
