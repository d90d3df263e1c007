"""Which encoder this process uses."""

from __future__ import annotations

import logging
import threading
from functools import lru_cache
from pathlib import Path

from ...config import from_settings
from .base import Encoder
from .hashed_words import WordEncoder
from .sentences import SentenceEncoder

logger = logging.getLogger(__name__)
_lock = threading.Lock()
MAX_REASON_CHARS = 200  # numpy explains itself on two pages


def current() -> Encoder:
    """Return the sentence encoder, or the one by words where it is off or missing."""
    with _lock:  # two threads must not load it twice
        return _load(*_settings())[0]


def problem() -> str:
    """Return why the sentence encoder is not used; "" if it is."""
    with _lock:
        return _load(*_settings())[1]


def _settings() -> tuple[bool, Path]:
    config = from_settings()
    return config.triage_encoder, config.data_dir / "encoder"


@lru_cache(2)
def _load(is_on: bool, folder: Path) -> tuple[Encoder, str]:
    if not is_on:
        return WordEncoder(), "TRIAGE_ENCODER is off."
    try:
        return SentenceEncoder(folder), ""
    except Exception as error:  # whatever is wrong with it, tickets still need their triage
        reason = " ".join(str(error).split())[:MAX_REASON_CHARS] or type(error).__name__
        text = f"The sentence encoder cannot be loaded: {reason.rstrip('.')}."
        logger.warning("%s Triage uses words instead.", text)
        return WordEncoder(), text
