"""What somebody wrote into a form that could not be stored: the page that says so gives it back.

With scripts the pages keep such text themselves; this is for a browser without them, which puts
our answer in place of the form.
"""

from __future__ import annotations

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest

FIELDS = ("title", "description", "body")


def unsent(request: HttpRequest | None) -> str:
    """The texts of a form, one below the other; "" where none was sent, or none can be read."""
    try:
        sent = request.POST if request is not None else {}
    except (BadRequest, SuspiciousOperation, OSError):  # too large, broken, or broken off
        return ""
    # The back office calls a new comment's text "comments-0-body".
    texts = (sent[key].strip() for field in FIELDS for key in sent if key.split("-")[-1] == field)
    return "\n\n".join(filter(None, texts))
