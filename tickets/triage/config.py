"""What triage may be told from outside: the only file here that reads Django's settings."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field, fields

PROVIDERS = ("gemini", "openai", "groq", "local")
HOSTED_TIMEOUT, LOCAL_TIMEOUT = 4.0, 15.0  # seconds
OPENAI_URL = "https://api.openai.com/v1"
GROQ_URL = "https://api.groq.com/openai/v1"
# List prices in USD for a million tokens in and out, for an estimate of the cost. They belong to
# the default models; LLM_PRICE_INPUT and LLM_PRICE_OUTPUT say it for others.
LIST_PRICES = {
    "gemini": (0.25, 1.50),
    "openai": (1.00, 6.00),
    "groq": (0.075, 0.30),
    "local": (0.0, 0.0),
}
# Thinking would use up the time and the tokens of an answer this short.
EFFORTS = {"openai": "none", "groq": "low"}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One model at one address, with everything that its provider must know."""

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
    """One field per setting, named after it in lower case."""

    llm_enabled: bool = True
    llm_provider: str = "auto"
    llm_api_key: str = field(default="", repr=False)
    llm_base_url: str = ""
    llm_model: str = ""
    llm_timeout: float | None = None  # seconds, over the whole call; None: by provider
    llm_concurrency: int = 4  # calls at once in one process
    llm_min_chars: int = 20  # shorter texts are not worth a call
    llm_max_input_chars: int = 4000
    llm_max_output_tokens: int = 512
    llm_temperature: float | None = None
    llm_price_input: float | None = None  # USD for a million tokens; None: the list price
    llm_price_output: float | None = None
    gemini_api_key: str = field(default="", repr=False)
    gemini_model: str = "gemini-3.5-flash-lite"
    gemini_base_url: str = ""
    gemini_backend: str = "sdk"
    openai_api_key: str = field(default="", repr=False)
    openai_model: str = "gpt-6-luna"
    openai_classify_model: str = ""  # empty: openai_model
    openai_base_url: str = OPENAI_URL
    groq_api_key: str = field(default="", repr=False)
    groq_model: str = "openai/gpt-oss-20b"
    groq_base_url: str = GROQ_URL
    triage_shadow: str = ""  # "provider:model"

    @property
    def provider(self) -> str:
        """Which of PROVIDERS is asked, or "none"."""
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
        """The model that is asked for a task, or None when none is configured."""
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
            input_price=_first(self.llm_price_input, input_price),
            output_price=_first(self.llm_price_output, output_price),
        )

    def _model(self, name: str, task: str) -> str:
        if name == "local":
            return self.llm_model
        if name == "openai" and task == "classify" and self.openai_classify_model:
            return self.openai_classify_model
        return str(getattr(self, f"{name}_model"))

    def asking(self, provider: str, model: str = "") -> Config:
        """The same, but with another provider and, where `model` is given, that model."""
        changes: dict[str, str] = {"llm_provider": provider}
        if model and provider in PROVIDERS:
            changes["llm_model" if provider == "local" else f"{provider}_model"] = model
            changes["openai_classify_model"] = ""
        return dataclasses.replace(self, **changes)  # type: ignore[arg-type]

    def shadow(self) -> Config | None:
        """The configuration of TRIAGE_SHADOW's source, or None where there is none.

        What was said of the main model is not said of another's: neither its price, nor the key
        that it uses in common.
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
    """The configuration in force. Cheap, so that a changed setting needs no restart in tests."""
    from django.conf import settings

    given = {
        entry.name: getattr(settings, entry.name.upper())
        for entry in fields(Config)
        if hasattr(settings, entry.name.upper())
    }
    return Config(**given)


def _first(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value
