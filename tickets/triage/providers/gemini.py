"""Google's Gemini: through Google's package, or over REST without it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache

from .base import Endpoint, Provider

logger = logging.getLogger(__name__)


def build_gemini(endpoint: Endpoint) -> Provider:
    """Return the provider for the endpoint's backend; REST if Google's package is unusable."""
    return _provider_class(endpoint.backend)(endpoint)


@cache
def _provider_class(backend: str) -> Callable[[Endpoint], Provider]:
    if backend != "rest":
        try:
            from .gemini_sdk import GeminiSdk
        except Exception as error:  # a broken installation may raise anything
            logger.warning("Using Gemini over REST: its package cannot be imported (%s).", error)
        else:
            return GeminiSdk
    from .gemini_rest import GeminiRest

    return GeminiRest
