"""Which provider answers. Each one's packages are imported only when it is built."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache

from ..config import Endpoint
from .base import Provider, ProviderError

logger = logging.getLogger(__name__)


def build(endpoint: Endpoint) -> Provider:
    """The endpoint's provider. Slow the first time: it imports what the provider needs."""
    if endpoint.needs_key and not endpoint.api_key.strip():
        raise ProviderError("no_key")
    if not endpoint.model.strip():
        raise ProviderError("no_model")
    if endpoint.provider == "gemini":
        return _gemini(endpoint.backend)(endpoint)
    from .chat_completions import ChatCompletions

    return ChatCompletions(endpoint)


@cache
def _gemini(backend: str) -> Callable[[Endpoint], Provider]:
    """Google's package unless told otherwise; REST needs no package and always goes."""
    if backend != "rest":
        try:
            from .gemini_sdk import GeminiSdk
        except Exception as error:  # a broken installation raises whatever it likes
            logger.warning("Gemini is asked over REST: its package cannot be used (%s).", error)
        else:
            return GeminiSdk
    from .gemini_rest import GeminiRest

    return GeminiRest
