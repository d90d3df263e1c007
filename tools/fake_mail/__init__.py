"""A fake mail server that listens on loopback only.

It takes all email of the desk, shows it on a page of its own, and lets one answer it as the
customer, or write a new message to the desk. Needs no Django.
"""

from .delivery import deliver_by_lmtp
from .server import FakeMail

__all__ = ["FakeMail", "deliver_by_lmtp"]
