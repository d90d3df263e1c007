"""What triage may be told from outside: the only file here that reads Django's settings."""

from __future__ import annotations

from dataclasses import dataclass, field, fields


@dataclass(frozen=True, slots=True)
class Config:
    """One field per setting, named after it in lower case."""

    llm_enabled: bool = True
    llm_timeout: float = 4.0  # seconds, over the whole call
    llm_max_input_chars: int = 4000
    llm_min_chars: int = 20  # shorter texts are not worth a call
    llm_max_output_tokens: int = 512
    gemini_api_key: str = field(default="", repr=False)
    gemini_model: str = "gemini-3.5-flash-lite"
    gemini_base_url: str = ""  # empty: Google's own

    @property
    def has_model(self) -> bool:
        return self.llm_enabled and bool(self.gemini_api_key)


def from_settings() -> Config:
    """The configuration in force. Cheap, so that a changed setting needs no restart in tests."""
    from django.conf import settings

    given = {
        entry.name: getattr(settings, entry.name.upper())
        for entry in fields(Config)
        if hasattr(settings, entry.name.upper())
    }
    return Config(**given)
