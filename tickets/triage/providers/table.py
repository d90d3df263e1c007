"""The table of providers. A row holds all that the rest of the program needs to know of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .base import HOSTED_TIMEOUT, Endpoint, Provider, ProviderError


def _gemini(endpoint: Endpoint) -> Provider:
    from .gemini import build_gemini

    return build_gemini(endpoint)


def _chat_completions(endpoint: Endpoint) -> Provider:
    from .chat_completions import ChatCompletions

    return ChatCompletions(endpoint)


def _anthropic(endpoint: Endpoint) -> Provider:
    from .anthropic import Anthropic

    return Anthropic(endpoint)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderRow:
    """One provider.

    Its settings are <prefix>_API_KEY, <prefix>_MODEL and <prefix>_BASE_URL. The prices are list
    prices of its default model in USD per million tokens, from which costs are estimated;
    LLM_PRICE_INPUT and LLM_PRICE_OUTPUT replace them for other models.
    """

    factory: Callable[[Endpoint], Provider]  # imports its packages when it is called
    prefix: str
    needs_key: bool = True
    has_classify_model: bool = False  # <prefix>_CLASSIFY_MODEL may name another for that task
    timeout: float = HOSTED_TIMEOUT  # seconds
    input_price: float = 0.0
    output_price: float = 0.0
    # Thinking would use up the time and the tokens of answers as short as ours.
    reasoning_effort: str = ""

    @property
    def key_setting(self) -> str:
        return f"{self.prefix}_API_KEY"

    @property
    def model_setting(self) -> str:
        return f"{self.prefix}_MODEL"

    @property
    def classify_model_setting(self) -> str:
        """The setting of the model that classifies; "" if the provider has one model only."""
        return f"{self.prefix}_CLASSIFY_MODEL" if self.has_classify_model else ""

    @property
    def address_setting(self) -> str:
        return f"{self.prefix}_BASE_URL"


# LLM_PROVIDER=auto takes the first one whose key is set.
PROVIDERS = {
    "gemini": ProviderRow(
        factory=_gemini,
        prefix="GEMINI",
        input_price=0.25,
        output_price=1.50,
    ),
    "openai": ProviderRow(
        factory=_chat_completions,
        prefix="OPENAI",
        has_classify_model=True,
        input_price=1.00,
        output_price=6.00,
        reasoning_effort="none",
    ),
    "groq": ProviderRow(
        factory=_chat_completions,
        prefix="GROQ",
        input_price=0.075,
        output_price=0.30,
        reasoning_effort="low",
    ),
    "anthropic": ProviderRow(
        factory=_anthropic,
        prefix="ANTHROPIC",
        input_price=0.10,
        output_price=0.50,
        reasoning_effort="none",
    ),
    "local": ProviderRow(
        factory=_chat_completions,
        prefix="LLM",
        needs_key=False,
        timeout=15.0,
    ),
}

_HOSTED = [name for name, row in PROVIDERS.items() if row.needs_key]
NAME_A_PROVIDER = (
    f"Set LLM_PROVIDER to {', '.join(_HOSTED[:-1])} or {_HOSTED[-1]}, or LLM_BASE_URL for a server"
    " of your own."
)


def build(endpoint: Endpoint) -> Provider:
    """Return the endpoint's provider. Slow the first time, when it imports what it needs."""
    if endpoint.missing:
        raise ProviderError(endpoint.missing)
    return PROVIDERS[endpoint.provider].factory(endpoint)
