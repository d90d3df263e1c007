"""Give back the text of a form that could not be stored.

With scripts the pages keep drafts themselves. This is for a browser without them, which shows
our answer in place of the form.
"""

from __future__ import annotations

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest

TEXT_NAMES = ("title", "description", "body")


def draft_of(request: HttpRequest | None) -> str:
    """Return the texts of the form, one below the other; "" if there are none."""
    try:
        data = request.POST if request is not None else {}
    except (BadRequest, SuspiciousOperation, OSError):  # too large, malformed or incomplete
        return ""
    # The admin calls a new comment's text "comments-0-body".
    texts = (data[key].strip() for name in TEXT_NAMES for key in data if key.split("-")[-1] == name)
    return "\n\n".join(filter(None, texts))
