"""The support desk: tickets, their triage, and the pages and the API to work on them."""

__version__ = "0.5.0"
