"""The configuration of triage. No other file of this package reads Django's settings."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field, fields

PROVIDERS = ("gemini", "openai", "groq", "local")
HOSTED_TIMEOUT, LOCAL_TIMEOUT = 4.0, 15.0  # seconds
# List prices of the default models, in USD per million input and output tokens. For other models,
# LLM_PRICE_INPUT and LLM_PRICE_OUTPUT are set.
LIST_PRICES = {
    "gemini": (0.25, 1.50),
    "openai": (1.00, 6.00),
    "groq": (0.075, 0.30),
    "local": (0.0, 0.0),
}
# Thinking would use up the time and the tokens of so short an answer.
EFFORTS = {"openai": "none", "groq": "low"}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One model at one address, with everything that its provider needs to know."""

    provider: str
    model: str
    api_key: str = field(default="", repr=False)
    base_url: str = ""  # empty: the provider's own
    backend: str = ""  # Gemini's: "sdk" or "rest"
    reasoning_effort: str = ""
    temperature: float | None = None  # None: not sent
    max_output_tokens: int = 512
    timeout: float = HOSTED_TIMEOUT  # seconds, over the whole call
    input_price: float = 0.0  # USD for a million tokens
    output_price: float = 0.0

    @property
    def needs_key(self) -> bool:
        return self.provider != "local"

    def cost(self, input_tokens: int, output_tokens: int) -> float:
        """The estimated price of a call in USD."""
        return (input_tokens * self.input_price + output_tokens * self.output_price) / 1_000_000


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of triage: each field holds the setting of its name in upper case.

    Types, defaults and limits are declared in `config/environment/declarations.py`.
    """

    llm_enabled: bool
    llm_provider: str
    llm_api_key: str = field(repr=False)
    llm_base_url: str
    llm_model: str
    llm_timeout: float | None
    llm_concurrency: int
    llm_min_chars: int
    llm_max_input_chars: int
    llm_max_output_tokens: int
    llm_temperature: float | None
    llm_price_input: float | None
    llm_price_output: float | None
    gemini_api_key: str = field(repr=False)
    gemini_model: str
    gemini_base_url: str
    gemini_backend: str
    openai_api_key: str = field(repr=False)
    openai_model: str
    openai_classify_model: str
    openai_base_url: str
    groq_api_key: str = field(repr=False)
    groq_model: str
    groq_base_url: str
    triage_shadow: str

    @property
    def provider(self) -> str:
        """One of PROVIDERS, or "none"."""
        if not self.llm_enabled:
            return "none"
        return self._by_key() if self.llm_provider == "auto" else self.llm_provider

    def _by_key(self) -> str:
        for name in ("gemini", "openai", "groq"):
            if getattr(self, f"{name}_api_key"):
                return name
        if self.llm_base_url:
            return "local"
        return "gemini" if self.llm_api_key else "none"

    def endpoint(self, task: str = "classify") -> Endpoint | None:
        """The model to ask for a task, or None if no model is configured."""
        name = self.provider
        if name not in PROVIDERS:
            return None
        input_price, output_price = LIST_PRICES[name]
        is_local = name == "local"
        timeout = LOCAL_TIMEOUT if is_local else HOSTED_TIMEOUT
        return Endpoint(
            provider=name,
            model=self._model(name, task),
            api_key=("" if is_local else getattr(self, f"{name}_api_key")) or self.llm_api_key,
            base_url=self.llm_base_url if is_local else getattr(self, f"{name}_base_url"),
            backend=self.gemini_backend if name == "gemini" else "",
            reasoning_effort=EFFORTS.get(name, ""),
            temperature=self.llm_temperature,
            max_output_tokens=self.llm_max_output_tokens,
            timeout=timeout if self.llm_timeout is None else max(self.llm_timeout, 0.0),
            input_price=input_price if self.llm_price_input is None else self.llm_price_input,
            output_price=output_price if self.llm_price_output is None else self.llm_price_output,
        )

    def _model(self, name: str, task: str) -> str:
        if name == "local":
            return self.llm_model
        if name == "openai" and task == "classify" and self.openai_classify_model:
            return self.openai_classify_model
        return str(getattr(self, f"{name}_model"))

    def asking(self, provider: str, model: str = "") -> Config:
        """Return a copy with another provider and, if `model` is not empty, that model."""
        changes: dict[str, str] = {"llm_provider": provider}
        if model and provider in PROVIDERS:
            changes["llm_model" if provider == "local" else f"{provider}_model"] = model
            changes["openai_classify_model"] = ""
        return dataclasses.replace(self, **changes)  # type: ignore[arg-type]

    def shadow(self) -> Config | None:
        """Return the configuration of the source in TRIAGE_SHADOW, or None if it is empty.

        LLM_API_KEY and the prices belong to the main provider, so another one does without them.
        """
        provider, _, model = self.triage_shadow.strip().partition(":")
        if not provider:
            return None
        shadow = self.asking(provider, model)
        if provider == self.provider:
            return shadow
        return dataclasses.replace(
            shadow, llm_api_key="", llm_price_input=None, llm_price_output=None
        )


def from_settings() -> Config:
    """Return the present configuration. It is read at each call, so that tests can change it."""
    from django.conf import settings

    return Config(**{entry.name: getattr(settings, entry.name.upper()) for entry in fields(Config)})
