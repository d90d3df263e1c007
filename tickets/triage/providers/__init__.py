"""Which provider answers. Each one's packages are imported only when it is built."""

from __future__ import annotations

from ..config import Endpoint
from .base import Provider, ProviderError


def build(endpoint: Endpoint) -> Provider:
    """The configured provider. Slow the first time: it imports the provider's package."""
    try:
        from .gemini_sdk import GeminiSdk
    except ImportError as error:
        raise ProviderError("sdk_missing") from error
    return GeminiSdk(endpoint)
