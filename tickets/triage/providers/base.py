"""What every provider offers, and the one way in which it may fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ..prompts import Prompt


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
        """The reply within about `timeout` seconds, or ProviderError."""


STATUS_REASONS = {
    401: "bad_key",
    403: "bad_key",
    404: "missing_model",
    408: "deadline",
    429: "rate_limited",
}


def reason_for_status(status: int) -> str:
    """The reason behind an HTTP error status."""
    return STATUS_REASONS.get(status, "server_error" if status >= 500 else "bad_request")
