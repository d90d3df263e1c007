"""End sessions of an account."""

from __future__ import annotations

from typing import Any

from ..access import security_log
from ..models.sign_ins import SignInQuerySet
from ..vocabulary import SecurityEvent


def end_sessions(chosen: SignInQuerySet, account: Any) -> int:
    """End these sessions of an account. Return how many."""
    count = chosen.end()
    if count:
        security_log.note(SecurityEvent.SESSIONS_ENDED, account.get_username(), [str(count)])
    return count
