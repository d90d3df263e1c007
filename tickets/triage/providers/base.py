"""What every provider offers, and the one way in which it may fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from ..prompts import Prompt

# Why there is no reply. Words of this list are counted, shown by `manage.py check_triage` and
# kept: change none.
REASONS = (
    "no_key",
    "no_model",
    "bad_key",
    "missing_model",
    "rate_limited",
    "bad_request",
    "server_error",
    "deadline",
    "unreachable",
    "blocked",  # the service would not say, or not about this text
    "bad_response",  # not what the protocol says
)


class ProviderError(Exception):
    """No usable reply. `reason` is a stable word, counted and never shown to a requester."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model wrote, and what it counted: tokens are 0 where it did not say."""

    text: str
    input_tokens: int = 0
    output_tokens: int = 0  # thinking included


class Provider(Protocol):
    """A model behind a network. `complete` may be called from several threads at once."""

    def complete(self, prompt: Prompt, timeout: float) -> Reply:
        """The reply within about `timeout` seconds, or ProviderError with one of REASONS."""


STATUS_REASONS = {
    401: "bad_key",
    403: "bad_key",
    404: "missing_model",
    408: "deadline",
    429: "rate_limited",
}


def reason_for_status(status: int) -> str:
    """The reason behind an HTTP status other than 200."""
    if status < 400:  # a redirect, say, which is not followed: it could lead the key elsewhere
        return "bad_response"
    return STATUS_REASONS.get(status, "server_error" if status >= 500 else "bad_request")


def header_value(key: str) -> str:
    """The key, if a header can carry it: http.client would put it into its exception's text."""
    key = key.strip()
    if not (key.isascii() and key.isprintable()):
        raise ProviderError("bad_key")
    return key


def count(tokens: Any) -> int:
    """A count of tokens as a service gave it; 0 for what is none."""
    return tokens if isinstance(tokens, int) and tokens > 0 else 0
