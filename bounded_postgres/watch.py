"""What a process knows of a server: whether it is silent.

Once a server has not answered in time, asking it again would only keep threads waiting. So nobody
asks until a thread of its own has got an answer.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from .connection import NoAnswer

logger = logging.getLogger(__name__)
PAUSE = 0.3  # seconds between two attempts


class Watch:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_silent = False

    def require(self) -> None:
        """Raise NoAnswer while the server is silent."""
        if self._is_silent:
            raise NoAnswer("the database does not answer, and is asked again when it does")

    def note_silence(self, answers: Callable[[], bool]) -> None:
        """Let nobody ask the server until `answers`, which a thread calls again and again, is True.

        `answers` asks the server, and returns in bounded time.
        """
        with self._lock:
            if self._is_silent:
                return
            self._is_silent = True
        logger.error("the database does not answer")
        threading.Thread(target=self._wait, args=[answers], name="watch", daemon=True).start()

    def _wait(self, answers: Callable[[], bool]) -> None:
        pause = threading.Event()
        try:
            while not answers():
                pause.wait(PAUSE)
        finally:
            self._is_silent = False
        logger.warning("the database answers again")
