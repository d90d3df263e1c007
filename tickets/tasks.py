"""Lets the worker find the background jobs, each declared beside the service that it runs."""

from .services import housekeeping, private_links, replies
from .services.mail import delivery
from .services.triage import assessment, feedback

__all__ = ["assessment", "delivery", "feedback", "housekeeping", "private_links", "replies"]
