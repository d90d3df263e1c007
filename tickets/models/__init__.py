"""Tables, their constraints, and what one row can do.

Import a model from its own module. Django finds them all through the import below.
"""

from . import (  # noqa: F401
    attachments,
    counts,
    housekeeping,
    identities,
    incoming,
    mail,
    participants,
    relations,
    search,
    second_factors,
    sign_ins,
    spam,
    ticket,
    tokens,
    triage,
    workplace,
)
