"""The interface of a provider, and the one error that it may raise."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from ..prompts import Prompt
from .proxies import NO_PROXIES, Proxies

HOSTED_TIMEOUT = 4.0  # seconds

# Why there is no reply. The database counts these words for a day, and `manage.py check_triage` and
# docs/triage.md explain them.
FAILURE_REASONS = (
    "no_key",
    "no_model",
    "bad_key",
    "missing_model",  # unknown, or retired
    "no_credit",  # nothing is left to pay with, or a limit on spending is reached
    "rate_limited",
    "bad_request",
    "server_error",
    "deadline",
    "unreachable",
    "proxy",  # a proxy is unreachable, refuses, or is of a kind that is not supported
    "blocked",  # the service refuses to answer, or refuses this text
    "cut_off",  # the limit of tokens was reached before the answer was complete
    "empty",  # the model ended without an answer
    "bad_response",  # not what the protocol prescribes
)


class Usage(NamedTuple):
    """The tokens that a service counted, and charges; 0 if it did not say."""

    input_tokens: int = 0
    output_tokens: int = 0  # including thinking


NOTHING_USED = Usage()


class ProviderError(Exception):
    """There is no usable reply. `reason` is counted, and never shown to a requester.

    `usage` is what was charged all the same. With `answer_lost` that is unknown, because the
    service began to answer. `retry_after` is how many seconds the service asks us to wait.
    """

    def __init__(
        self,
        reason: str,
        *,
        usage: Usage = NOTHING_USED,
        retry_after: float = 0.0,
        answer_lost: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason, self.usage = reason, usage
        self.retry_after, self.answer_lost = retry_after, answer_lost


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One model at one address, with everything that its provider needs to know."""

    provider: str
    model: str
    api_key: str = field(default="", repr=False)
    base_url: str = ""  # empty: the provider's own
    needs_key: bool = True
    backend: str = ""  # for Gemini: "sdk" or "rest"
    reasoning_effort: str = ""
    temperature: float | None = None  # None: not sent
    max_output_tokens: int = 512
    timeout: float = HOSTED_TIMEOUT  # seconds, for the whole call
    input_price: float = 0.0  # USD per million tokens
    output_price: float = 0.0
    proxies: Proxies = NO_PROXIES

    @property
    def missing(self) -> str:
        """The reason why it cannot be asked, "no_key" or "no_model"; "" if nothing is missing."""
        if self.needs_key and not self.api_key.strip():
            return "no_key"
        return "" if self.model.strip() else "no_model"

    def cost(self, input_tokens: int, output_tokens: int) -> float:
        """Return the estimated price of a call in USD."""
        return (input_tokens * self.input_price + output_tokens * self.output_price) / 1_000_000


@dataclass(frozen=True, slots=True)
class Reply:
    """The text that the model wrote, and the tokens that the service counted.

    `cut_off` is set if the limit of tokens ended the text.
    """

    text: str
    usage: Usage = NOTHING_USED
    cut_off: bool = False


class Provider(Protocol):
    """A model behind a network. `complete` may be called from several threads at once."""

    def complete(self, prompt: Prompt, timeout: float) -> Reply:
        """Return the reply within about `timeout` seconds, or raise ProviderError."""


MAX_TOKENS = 100_000_000  # of one call; no model reads or writes as many
STATUS_REASONS = {
    401: "bad_key",
    402: "no_credit",
    403: "bad_key",
    404: "missing_model",
    407: "proxy",
    408: "deadline",
    410: "missing_model",
    429: "rate_limited",
}


def reason_for_status(status: int) -> str:
    """Return the reason for an HTTP status other than 200."""
    if status < 400:  # a redirect, for example; following it could send the key elsewhere
        return "bad_response"
    return STATUS_REASONS.get(status, "server_error" if status >= 500 else "bad_request")


def header_value(key: str) -> str:
    """Return the key without outer white space; ProviderError if a header cannot carry it.

    http.client would quote such a key in the text of its exception.
    """
    key = key.strip()
    if not (key.isascii() and key.isprintable()):
        raise ProviderError("bad_key")
    return key


def token_count(value: Any) -> int:
    """Return a number of tokens as a service reported it; 0 for anything else."""
    return value if type(value) is int and 0 < value <= MAX_TOKENS else 0
