"""Print each email in one short line instead of sending it."""

from __future__ import annotations

import re

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends import console
from django.utils.text import Truncator

MAX_PRINTED_SUBJECT_CHARS = 60


class EmailBackend(console.EmailBackend):
    """Prints whom an email is for, its subject, and where its link leads."""

    def write_message(self, message: EmailMessage) -> None:
        # A reply may mention other pages of the desk, so the last link is the email's own.
        links = re.findall(rf"{re.escape(settings.SITE_URL)}\S+", str(message.body))
        subject = Truncator(str(message.subject)).chars(MAX_PRINTED_SUBJECT_CHARS)
        line = f"Email to {', '.join(message.recipients())}: {subject}"
        self.stream.write(" ".join([line, *links[-1:]]) + "\n")
