"""The configuration of triage. Only this file reads Django's settings for it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from .providers.base import Endpoint
from .providers.proxies import Proxies
from .providers.table import PROVIDERS, ProviderRow


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of triage: each field holds the setting of its name in upper case.

    Types, defaults and limits are declared in `config/environment/declarations/triage.py`.
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
    anthropic_api_key: str = field(repr=False)
    anthropic_model: str
    anthropic_base_url: str
    https_proxy: str = field(repr=False)
    http_proxy: str = field(repr=False)
    all_proxy: str = field(repr=False)
    no_proxy: str
    triage_shadow: str
    triage_encoder: bool
    data_dir: Path

    @property
    def provider(self) -> str:
        """The provider to ask, one of PROVIDERS, or "none".

        LLM_API_KEY alone is no reason to ask anybody: it does not say whose key it is.
        """
        if not self.llm_enabled:
            return "none"
        return self._provider_with_key() if self.llm_provider == "auto" else self.llm_provider

    def _provider_with_key(self) -> str:
        for name, row in PROVIDERS.items():
            if row.needs_key and self._setting(row.key_setting):
                return name
        return "local" if self.llm_base_url else "none"

    @property
    def proxies(self) -> Proxies:
        return Proxies(self.https_proxy, self.http_proxy, self.all_proxy, self.no_proxy)

    def endpoint(self, task: str = "classify") -> Endpoint | None:
        """Return the model to ask for a task, or None if none is configured."""
        row = PROVIDERS.get(self.provider)
        if row is None:
            return None
        return Endpoint(
            provider=self.provider,
            model=self._model(row, task),
            api_key=self._setting(row.key_setting) or self.llm_api_key,
            base_url=self._setting(row.address_setting),
            needs_key=row.needs_key,
            backend=self._setting(f"{row.prefix}_BACKEND"),
            reasoning_effort=row.reasoning_effort,
            temperature=self.llm_temperature,
            max_output_tokens=self.llm_max_output_tokens,
            timeout=row.timeout if self.llm_timeout is None else max(self.llm_timeout, 0.0),
            input_price=_default(self.llm_price_input, row.input_price),
            output_price=_default(self.llm_price_output, row.output_price),
            proxies=self.proxies,
        )

    def _model(self, row: ProviderRow, task: str) -> str:
        model = self._setting(row.classify_model_setting) if task == "classify" else ""
        return model or self._setting(row.model_setting)

    def _setting(self, name: str) -> str:
        """Return a setting of a provider; "" if the provider does not have it."""
        return str(getattr(self, name.lower(), ""))

    def with_provider(self, provider: str, model: str = "") -> Config:
        """Return the same configuration with another provider and, if given, that model."""
        changes: dict[str, Any] = {"llm_provider": provider}
        row = PROVIDERS.get(provider)
        if model and row is not None:
            changes[row.model_setting.lower()] = model
            if row.has_classify_model:
                changes[row.classify_model_setting.lower()] = ""
        return dataclasses.replace(self, **changes)

    def shadow(self) -> Config | None:
        """Return the configuration of TRIAGE_SHADOW's source, or None if it is not set.

        For another provider than the main one, the common key and prices do not apply.
        """
        provider, _, model = self.triage_shadow.strip().partition(":")
        if not provider:
            return None
        shadow = self.with_provider(provider, model)
        if provider == self.provider:
            return shadow
        return dataclasses.replace(
            shadow, llm_api_key="", llm_price_input=None, llm_price_output=None
        )


def from_settings() -> Config:
    """Return the current configuration. Cheap, so tests need no restart for a changed setting."""
    from django.conf import settings

    return Config(**{entry.name: getattr(settings, entry.name.upper()) for entry in fields(Config)})


def _default(value: float | None, default: float) -> float:
    return default if value is None else value
